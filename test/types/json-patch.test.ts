import { expect } from 'chai';
import fc from 'fast-check';
import jsonPatch from 'fast-json-patch';
import type { JsonObject } from '../../src/domain/json.ts';
import { type JsonPatchOperation, operationsBetween } from '../../src/domain/json-patch.ts';

function apply(before: JsonObject, operations: readonly JsonPatchOperation[]): unknown {
  // The library's types want mutable operations; these are plain data.
  const mutable = structuredClone(operations) as Parameters<typeof jsonPatch.applyPatch>[1];
  return jsonPatch.applyPatch(structuredClone(before), mutable, true).newDocument;
}

const value = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, true, 0, 1, '', 'a', 'b'),
    fc.array(tie('json'), { maxLength: 5 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'a/b', '~', '0', '-'), tie('json'), { maxKeys: 4 }),
  ),
})).json;
const object = fc.dictionary(fc.constantFrom('a', 'b', 'a/b', '~', '0', '-'), value, { maxKeys: 5 });

describe('the operations between two objects', () => {
  it('make one the other, whatever they are', () => {
    fc.assert(
      fc.property(object, object, (one, other) => {
        const [before, after] = [one as JsonObject, other as JsonObject];
        expect(apply(before, operationsBetween(before, after))).to.deep.equal(after);
      }),
    );
  });

  it('are none for equal objects, and one for an element that comes or goes', () => {
    const list = (...names: readonly string[]): JsonObject => ({ env: names.map((name) => ({ name, value: name })) });
    expect(operationsBetween(list('a', 'b'), list('a', 'b'))).to.deep.equal([]);
    expect(operationsBetween(list('b', 'c'), list('a', 'b', 'c'))).to.deep.equal([
      { op: 'add', path: '/env/0', value: { name: 'a', value: 'a' } },
    ]);
    expect(operationsBetween(list('a', 'b', 'c'), list('a', 'c'))).to.deep.equal([{ op: 'remove', path: '/env/1' }]);
  });

  it('replace the nearest list or map where they would be more than a thousand', () => {
    const data = (value: string): JsonObject =>
      Object.fromEntries(Array.from({ length: 1_001 }, (_, index) => [`k${index}`, value]));
    const operations = operationsBetween({ data: data('1'), kept: 1 }, { data: data('2'), kept: 1 });
    expect(operations).to.deep.equal([{ op: 'replace', path: '/data', value: data('2') }]);
  });
});
