import { expect } from 'chai';
import fc from 'fast-check';
import { intersection, partAt, stepName, union, without } from '../../src/domain/field-set.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { CONTAINER } from './builders.ts';

/** A set as the paths of its members, which is what managedFields mean. */
function membersOf(fields: JsonObject, above = ''): readonly string[] {
  return Object.entries(fields).flatMap(([step, below]) => {
    if (step === '.') return [above];
    const inside = below as JsonObject;
    return Object.keys(inside).length === 0 ? [`${above}/${step}`] : membersOf(inside, `${above}/${step}`);
  });
}

const set = fc
  .letrec<{ fields: JsonObject }>((tie) => ({
    fields: fc
      .dictionary(
        fc.constantFrom('f:a', 'f:b', 'k:{"name":"x"}', '.'),
        fc.oneof({ depthSize: 'small' }, fc.constant({}), tie('fields')),
        { maxKeys: 3 },
      )
      .map((fields) => {
        const tidy: JsonObject = Object.fromEntries(
          Object.entries(fields).map(([step, below]) => [step, step === '.' ? {} : below]),
        );
        // A member alone is written as an empty object.
        return Object.keys(tidy).length === 1 && Object.hasOwn(tidy, '.') ? {} : tidy;
      }),
  }))
  .fields.filter((fields) => !Object.hasOwn(fields, '.'));

describe('sets of fields', () => {
  it('are without a path what their members outside of it are', () => {
    const steps = [{ field: 'a' }, { field: 'b' }, { key: { name: 'x' } }];
    fc.assert(
      fc.property(set, fc.array(fc.constantFrom(...steps), { minLength: 1, maxLength: 3 }), (fields, path) => {
        const place = path.map((step) => `/${stepName(step)}`).join('');
        const outside = membersOf(fields).filter((member) => member !== place && !member.startsWith(`${place}/`));
        expect(new Set(membersOf(without(fields, path)))).to.deep.equal(new Set(outside));
      }),
    );
  });

  it('unite and intersect as the sets of their members do', () => {
    fc.assert(
      fc.property(set, set, (one, other) => {
        const [left, right] = [new Set(membersOf(one)), new Set(membersOf(other))];
        expect(new Set(membersOf(union(one, other)))).to.deep.equal(left.union(right));
        expect(new Set(membersOf(intersection(one, other)))).to.deep.equal(left.intersection(right));
      }),
    );
  });

  it('give the part at a path with the way to it, and nothing for a path that they lack', () => {
    const container = { '.': {}, 'f:image': {} };
    const fields = {
      'f:spec': { 'f:replicas': {}, 'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"app"}': container } } } },
    };
    expect(partAt(fields, CONTAINER)).to.deep.equal({
      'f:spec': { 'f:template': (fields['f:spec'] as JsonObject)['f:template'] },
    });
    expect(partAt(fields, [...CONTAINER, { field: 'image' }, { field: 'x' }])).to.deep.equal({});
    expect(partAt(fields, [{ field: 'spec' }, { field: 'paused' }])).to.deep.equal({});
  });

  it('name elements and members as Go spells them', () => {
    expect(stepName({ key: { protocol: 'TCP', containerPort: 80 } })).to.equal('k:{"containerPort":80,"protocol":"TCP"}');
    expect(stepName({ member: 'new & <shiny>\u2028' })).to.equal('v:"new \\u0026 \\u003cshiny\\u003e\\u2028"');
  });
});
