import { expect } from 'chai';
import fc from 'fast-check';
import { parseJson, stringifyJson, wholeNumber } from '../../src/domain/exact-json.ts';
import type { Json } from '../../src/domain/json.ts';

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const longNumber = fc.oneof(int64, fc.bigInt({ min: 2n ** 53n - 3n, max: 2n ** 53n + 3n })).map(wholeNumber);
const json = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    longNumber,
    fc.constantFrom(null, true, 0, -1.5, 1e300, '9007199254740993', '{"a": 9007199254740993}', '[-9007199254740993,'),
    fc.string(),
    fc.array(tie('value'), { maxLength: 4 }),
    // As JSON.parse makes objects, also of such a key.
    fc.dictionary(fc.oneof(fc.string(), fc.constant('__proto__')), tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;

describe('exact JSON', () => {
  it('gives every value back as it was written, indented or not', () => {
    fc.assert(
      fc.property(json, fc.constantFrom(undefined, 1, 2), (value, space) => {
        expect(parseJson(stringifyJson(value, space))).to.deep.equal(value);
      }),
    );
  });

  it('writes what JSON.stringify writes where no number is long, and the digits themselves where one is', () => {
    const short = { a: [1, 1.5, 'é\u2028', null, undefined], b: undefined, c: new Date(0) };
    expect(stringifyJson(short)).to.equal(JSON.stringify(short));
    expect(stringifyJson({ a: [9007199254740993n, -9223372036854775808n] })).to.equal(
      '{"a":[9007199254740993,-9223372036854775808]}',
    );
  });

  for (const [text, value] of [
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', 9007199254740992n],
    ['-9007199254740993', -9007199254740993n],
    ['9223372036854775807', 9223372036854775807n],
    ['-9223372036854775808', -9223372036854775808n],
    // Go holds what is beyond 64 bits as a float, and whatever is written as one.
    ['9223372036854775808', 2 ** 63],
    ['18446744073709551615', 2 ** 64],
    ['9007199254740993.0', 9007199254740992],
    ['9.007199254740993e15', 9007199254740992],
    ['"9007199254740993"', '9007199254740993'],
  ] as const) {
    it(`reads ${text} as ${typeof value} ${String(value)}, in any place`, () => {
      expect(parseJson(text)).to.equal(value);
      for (const [before, after] of [
        ['{"a":', '}'],
        ['[0, ', ', 1]'],
        ['[\n\t', '\r\n]'],
        [`[${'1,'.repeat(9)}"${'1'.repeat(40)}",`, ']'],
      ]) {
        const read = parseJson(`${before}${text}${after}`) as Record<string, Json>;
        expect(Object.values(read)).to.include(value, `${before}${text}${after}`);
      }
    });
  }

  it('refuses what is no JSON with the error of JSON.parse, and circles with that of JSON.stringify', () => {
    expect(() => parseJson('{"a": 9007199254740993')).to.throw(SyntaxError);
    const circle: unknown[] = [9007199254740993n];
    circle.push(circle);
    expect(() => stringifyJson(circle)).to.throw(TypeError, 'circular');
  });
});
