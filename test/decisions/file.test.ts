import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import { editDecisions, readDecisions } from '../../src/decisions/decisions.ts';
import type { Decider, DecisionKind } from '../../src/types/decision.ts';
import type { JsonObject } from '../../src/types/json.ts';

interface FileCase {
  readonly name: string;
  readonly text: string;
  readonly holds?: readonly string[];
  readonly mistakes?: readonly (readonly [number, string])[];
  readonly unreadable?: string;
}

interface EditCase {
  readonly name: string;
  readonly kind: DecisionKind;
  readonly add: JsonObject;
  readonly remove?: readonly number[];
  readonly before: string;
  /** Absent where the edit cannot be made. */
  readonly after?: string;
}

/** Cases written by hand, of the shape that the file's head describes. */
function cases<T>(name: string): readonly T[] {
  return parse(readFileSync(new URL(`../../fixtures/decisions/${name}.yaml`, import.meta.url), 'utf8')) as readonly T[];
}

const ANN: Decider = { name: 'Ann Lee', email: 'ann@example.org', time: '2026-11-20T10:00:00Z', commit: 'a' };
const BOB: Decider = { name: 'Bob Ray', email: 'bob@example.org', time: '2026-11-21T10:00:00Z', commit: 'b' };

describe('decisions.yaml', () => {
  for (const { name, text, holds = [], mistakes = [], unreadable = '' } of cases<FileCase>('files')) {
    it(`${name}`, () => {
      const file = readDecisions(text, []);
      const held = file.decisions.map((decision) =>
        decision.kind === 'ignore' ? 'ignore' : `${decision.kind} ${decision.fingerprint}`,
      );
      expect(held).to.deep.equal(holds);
      expect(file.mistakes.map(({ line }) => line)).to.deep.equal(mistakes.map(([line]) => line));
      for (const [index, [, sentence]] of mistakes.entries()) expect(file.mistakes[index]?.error).to.contain(sentence);
      if (unreadable === '') expect(file.unreadable).to.equal('');
      else expect(file.unreadable).to.contain(unreadable);
    });
  }

  it('is refused where it is larger than anybody writes', () => {
    expect(readDecisions(`# ${'x'.repeat(300_000)}\nfix: []\n`, []).unreadable).to.contain('larger than');
  });

  it('tells who decided from the newest change of an entry, whoever wrote the lines around it', () => {
    const text =
      'fix:\n- fingerprint: 1234567890abcdef1234567890abcdef\n  reason: mended\n- fingerprint: abcdef1234567890abcdef1234567890\n';
    const file = readDecisions(text, [ANN, ANN, BOB, ANN]);
    expect(file.decisions.map(({ by }) => by?.name)).to.deep.equal(['Bob Ray', 'Ann Lee']);
    expect(readDecisions(text, [undefined, undefined, undefined, ANN]).decisions.map(({ by }) => by?.name)).to.deep.equal([
      undefined,
      'Ann Lee',
    ]);
  });

  it('takes whoever renamed a section for the one who decided what it holds', () => {
    const text = 'fix:\n- fingerprint: 1234567890abcdef1234567890abcdef\n';
    expect(readDecisions(text, [BOB, ANN]).decisions[0]?.by).to.equal(BOB);
  });

  it('takes an entry whose reason was mended for the same decision', () => {
    const entry = (reason: string): string => `fix:\n- {fingerprint: 1234567890abcdef1234567890abcdef, reason: ${reason}}\n`;
    const ids = ['typo', 'mended'].map((reason) => readDecisions(entry(reason), []).decisions[0]?.id);
    expect(ids[0])
      .to.match(/^[0-9a-f]{16}$/u)
      .and.to.equal(ids[1]);
  });
});

describe('a decision written into the file', () => {
  for (const { name, kind, add, remove = [], before, after } of cases<EditCase>('edits')) {
    it(`goes ${name}`, () => {
      const without = readDecisions(before, []).decisions.filter(({ line }) => remove.includes(line));
      expect(without).to.have.lengthOf(remove.length);
      expect(editDecisions(before, { kind, entry: add, without })).to.equal(after);
    });
  }
});
