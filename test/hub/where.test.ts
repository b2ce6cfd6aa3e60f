import { expect } from 'chai';
import fc from 'fast-check';
import type { Json, JsonObject } from '../../src/domain/json.ts';
import { compileWhere } from '../../src/hub/where/compile.ts';
import { like } from '../../src/hub/where/operators.ts';
import { parseWhere } from '../../src/hub/where/parse.ts';
import { printWhere } from '../../src/hub/where/print.ts';
import { comparisonOperators, type Literal, type Operand, type Subject, type Term } from '../../src/hub/where/syntax.ts';

/** Positions are where the text was, not what it means. */
function withoutPositions(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, entry: unknown) => (key === 'position' ? 0 : entry)));
}

const keywords = ['AND', 'OR', 'IN', 'NOT', 'LIKE', 'ILIKE', 'IS', 'NULL', 'FALSE', 'LEN', 'true', 'false'];
const identifier = fc.stringMatching(/^[A-Za-z][A-Za-z0-9]{0,8}$/u).filter((name) => !keywords.includes(name));
const key = fc.oneof(fc.stringMatching(/^[A-Za-z0-9_/-]{1,8}$/u), fc.stringMatching(/^[a-z.:/ ]{1,8}$/u));
const path = fc.tuple(identifier, fc.array(key, { maxLength: 2 })).map(([first, rest]) => [first, ...rest]);
const string = fc.string({ maxLength: 12 }).filter((text) => !/['"\\]/u.test(text));
const literal: fc.Arbitrary<Literal> = fc.oneof(
  fc.record({ kind: fc.constant('string' as const), value: string }),
  fc.record({ kind: fc.constant('integer' as const), value: fc.nat({ max: 2_000_000_000 }) }),
  fc.record({ kind: fc.constant('boolean' as const), value: fc.boolean() }),
);
const subject: fc.Arbitrary<Subject> = fc.record({ path, length: fc.boolean(), position: fc.constant(0) });
const operand: fc.Arbitrary<Operand> = fc.oneof(
  literal,
  fc.record({ kind: fc.constant('attribute' as const), path, position: fc.constant(0) }),
);
const term: fc.Arbitrary<Term> = fc.oneof(
  fc.record({
    kind: fc.constant('comparison' as const),
    subject,
    operator: fc.constantFrom(...comparisonOperators),
    operand,
    orAbsent: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('in' as const),
    subject,
    negated: fc.boolean(),
    values: fc.array(literal, { minLength: 1, maxLength: 4 }),
    orAbsent: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('null' as const), subject, negated: fc.boolean() }),
  fc.record({ kind: fc.constant('member' as const), subject, value: literal }),
);

const web: JsonObject = {
  Slug: 'web',
  UnitID: '97c05496-42e4-4241-8b4c-dc890ee2b46d',
  Labels: { app: 'x', tier: 'frontend', 'app.kubernetes.io/name': 'web' },
  ApplyGates: { 'trig/fn': true },
  ApprovedBy: ['7c61626f-ddbe-41af-93f6-b69f4ab6d308'],
  HeadRevisionNum: 3,
  LiveRevisionNum: 2,
  UpstreamRevisionNum: 1,
  CreatedAt: '2026-11-23T10:00:00.000Z',
  SetID: null,
  UpstreamUnitID: 'up',
  SpaceID: 'dev',
};
const related: Readonly<Record<string, JsonObject>> = {
  UpstreamUnitID: { Slug: 'web', HeadRevisionNum: 4 },
  SpaceID: { Slug: 'p-dev', Labels: { project: 'p' } },
};

function holds(text: string): boolean {
  const row = (record: JsonObject): Parameters<ReturnType<typeof compileWhere>>[0] => ({
    field: (name): Json | undefined => record[name],
    related: (field) => {
      const other = record === web ? related[field] : undefined;
      return other && row(other);
    },
  });
  return compileWhere('Unit', parseWhere(text))(row(web));
}

describe('where', () => {
  it('reads back what it prints, whatever the terms', () => {
    fc.assert(
      fc.property(fc.array(term, { maxLength: 4 }), (where) => {
        expect(withoutPositions(parseWhere(printWhere(where)))).to.deep.equal(withoutPositions(where));
      }),
    );
  });

  it('refuses any other text with 400 and never with something else', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc
            .array(fc.constantFrom('Slug', '=', "'a'", 'AND', 'IN', '(', ')', ',', '!', '~', '?', '3', 'IS'), { maxLength: 8 })
            .map((parts) => parts.join(' ')),
        ),
        (text) => {
          try {
            compileWhere('Unit', parseWhere(text));
          } catch (error) {
            expect(error).to.have.property('status', 400);
          }
        },
      ),
    );
  });

  it('matches LIKE as a regular expression would', () => {
    const letters = fc.array(fc.constantFrom('a', 'b', '%', '_'), { maxLength: 8 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'b'), { maxLength: 10 }), letters, (text, pattern) => {
        const expression = new RegExp(`^${pattern.replaceAll('%', '.*').replaceAll('_', '.')}$`, 'u');
        expect(like(text.join(''), pattern)).to.equal(expression.test(text.join('')));
      }),
    );
  });

  for (const text of [
    '',
    "Slug = 'web'",
    "Slug='web'",
    "Unit.Slug = 'web'",
    "Slug IN ('web') AND HeadRevisionNum = 3",
    "Labels.app='x' AND Labels.tier = 'frontend'",
    "Labels.app.kubernetes.io/name = 'web'",
    "Labels.'app.kubernetes.io/name' = 'web'",
    "Space.Labels.project = 'p' AND Space.Slug LIKE 'p-%'",
    'HeadRevisionNum > LiveRevisionNum',
    'Unit.UpstreamRevisionNum < UpstreamUnit.HeadRevisionNum',
    "Slug ~ '^w' AND Slug !~ 'x' AND Slug ~* 'WEB'",
    "Slug ~~ 'w_b' AND Slug ILIKE 'WE%' AND Slug !~~ 'x%'",
    'HeadRevisionNum IN (1, 3) AND HeadRevisionNum NOT IN (2)',
    'ApplyGates.trig/fn = true AND LEN(ApplyGates) > 0',
    "ApprovedBy ? '7c61626f-ddbe-41af-93f6-b69f4ab6d308' AND LEN(ApprovedBy) = 1",
    "CreatedAt >= '2026-11-23' AND CreatedAt < '2026-11-23T10:00:01'",
    "UnitID = '97C05496-42E4-4241-8B4C-DC890EE2B46D'",
    'SetID IS NULL AND Labels.app IS NOT NULL AND Target.Slug IS NULL',
    "Space.Labels.base != 'true'",
    "Labels.none NOT IN ('a') AND Labels.none !~ 'a' AND Labels.none NOT LIKE 'a'",
    "Labels.none = 'a' IS NOT FALSE",
  ]) {
    it(`holds: ${text || '(nothing)'}`, () => {
      expect(holds(text)).to.equal(true);
    });
  }

  for (const text of [
    "Slug = 'Web'",
    "Labels.none = 'a'",
    "Labels.none LIKE '%'",
    "Space.Labels.project != 'p'",
    "SetID = '97c05496-42e4-4241-8b4c-dc890ee2b46d'",
  ]) {
    it(`does not hold: ${text}`, () => {
      expect(holds(text)).to.equal(false);
    });
  }

  for (const [text, message] of [
    ["Foo = 'x'", 'unknown attribute Foo of Unit at position 0'],
    ["Slug = 'a' AND Space.Foo = 'x'", 'unknown attribute Space.Foo of Unit at position 15'],
    ["Slug = 'a' OR Slug = 'b'", 'expected AND at position 11, found "OR"'],
    ["Slug = 'a", 'at position 7'],
    ["Slug == 'a'", 'at position 6'],
    ['HeadRevisionNum LIKE 3', 'LIKE does not apply to HeadRevisionNum (integer) at position 0'],
    ["HeadRevisionNum = '3'", 'compares with an integer'],
    ["SetID = 'critical'", 'compares with a UUID'],
    ["Slug ~ '('", 'not a regular expression'],
    ['HeadRevisionNum = 12345678901', 'more than 10 digits'],
    ['HeadRevisionNum = Slug', 'is integer and Slug at position 18 is string'],
  ] as const) {
    it(`refuses ${text}, and says where`, () => {
      expect(() => holds(text)).to.throw(message);
    });
  }
});
