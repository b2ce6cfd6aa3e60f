import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import type { DecisionKind } from '../../src/domain/decision.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { editDecisions, readDecisions } from '../../src/stages/decisions/decisions.ts';

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

describe('decisions.yaml', () => {
  for (const { name, text, holds = [], mistakes = [], unreadable = '' } of cases<FileCase>('files')) {
    it(`${name}`, () => {
      const file = readDecisions(text);
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
    expect(readDecisions(`# ${'x'.repeat(300_000)}\nfix: []\n`).unreadable).to.contain('larger than');
  });

  it('is read in a moment however many fields an entry has', function () {
    this.timeout(8_000);
    const keys = Array.from({ length: 18_000 }, (_, index) => `k${index}: 1`);
    const [mistake] = readDecisions(`ignore:\n- {${keys.join(', ')}}\n`).mistakes;
    expect(mistake?.error).to.contain('and 17997 more').and.to.have.length.below(500);
  });

  it('takes an entry whose reason was mended for the same decision', () => {
    const entry = (reason: string): string => `fix:\n- {fingerprint: 1234567890abcdef1234567890abcdef, reason: ${reason}}\n`;
    const ids = ['typo', 'mended'].map((reason) => readDecisions(entry(reason)).decisions[0]?.id);
    expect(ids[0])
      .to.match(/^[0-9a-f]{16}$/u)
      .and.to.equal(ids[1]);
  });
});

describe('a decision written into the file', () => {
  for (const { name, kind, add, remove = [], before, after } of cases<EditCase>('edits')) {
    it(`goes ${name}`, () => {
      const without = readDecisions(before).decisions.filter(({ line }) => remove.includes(line));
      expect(without).to.have.lengthOf(remove.length);
      expect(editDecisions(before, { kind, entry: add, without })).to.equal(after);
    });
  }
});
