import { expect } from 'chai';
import fc from 'fast-check';
import { hasColor } from '../../src/outputs/terminal/screen.ts';
import { paintSeverity } from '../../src/outputs/terminal/severity.ts';
import { type Column, fitTable } from '../../src/outputs/terminal/table.ts';
import { breakToWidth, displayWidth, wrapWords } from '../../src/outputs/terminal/width.ts';

const COLUMNS: readonly Column[] = [
  { title: 'SEVERITY', role: 'key', paint: paintSeverity },
  { title: 'WORKLOAD', role: 'key' },
  { title: 'WHAT', role: 'text' },
  { title: 'BY', role: 'extra' },
  { title: 'STATE', role: 'name' },
];
const IMAGE = 'image of container app 3.1.0 → 3.1.0-hotfix, and what else there is to say of it';
const ROWS = [
  ['critical', 'shop/deployment/checkout', IMAGE, 'kubectl', 'fixed, revision 3'],
  ['medium', 'shop/deployment/漢字', 'replicas 3 → 5', 'helm', 'failed'],
];

function lines(columns: number | undefined, rows: readonly (readonly string[])[] = ROWS): readonly string[] {
  return fitTable(COLUMNS, rows, { columns, hasColor: false }).split('\n').slice(0, -1);
}

describe('tables on a terminal', () => {
  it('are as wide as they need to be in a file or pipe', () => {
    expect(lines(undefined)[1]).to.contain(IMAGE).and.to.contain('kubectl').and.to.contain('fixed, revision 3');
  });

  it('go on below the free text where the line is too short for all, and lose nothing of it', () => {
    const [header = '', first = '', second = '', third = ''] = lines(110);
    expect(header).to.match(/^SEVERITY +WORKLOAD +WHAT +BY +STATE$/u);
    expect(first).to.match(/^critical {2}shop\/deployment\/checkout {2}image of container app .* kubectl {2}fixed, revision 3$/u);
    const [from, to] = [header.indexOf('WHAT'), header.indexOf('BY')];
    const told = [first, second, third].map((line) => line.slice(from, to).trim()).join(' ');
    expect(told).to.contain('3.1.0 → 3.1.0-hotfix').and.to.contain('what else there is to say of it');
    for (const line of [first, second, third]) expect(displayWidth(line)).to.be.at.most(110);
  });

  it('say once below the rows what is the same in all of them, on a terminal alone', () => {
    const rows = ['api', 'web', 'worker'].map((name) => ['high', name, `replicas 3 → ${name.length}`, 'kubectl', 'report only']);
    const columns = COLUMNS.map((column) => (column.title === 'WORKLOAD' ? { ...column, isSubject: true as const } : column));
    const printed = fitTable(columns, rows, { columns: 80, hasColor: false }).split('\n');
    expect(printed[0]).to.match(/^WORKLOAD +WHAT$/u);
    expect(printed.slice(4)).to.deep.equal(['In all rows: severity high; by kubectl; state report only', '']);
    expect(fitTable(columns, rows.slice(0, 1), { columns: 80, hasColor: false }))
      .to.contain('kubectl')
      .and.not.contain('In all');
    expect(fitTable(columns, rows, { columns: undefined, hasColor: false })).to.match(/^SEVERITY .*\n(high .*\n){3}$/u);
  });

  it('leave out what is least needed on 80 columns', () => {
    const [header, first = ''] = lines(80);
    expect(header).to.match(/^SEVERITY +WORKLOAD +WHAT +STATE$/u);
    expect(first).to.contain('shop/deployment/checkout').and.to.contain('fixed, revision 3').and.to.not.contain('kubectl');
  });

  it('put the rest of a record below its names on 60 columns, and lose nothing of it', () => {
    const rows = [['high', 'shop/deployment/a-name-of-a-good-length', IMAGE, 'kubectl', 'report only (auto-fix-off)']];
    const printed = lines(60, rows);
    expect(printed[0]).to.equal('high  shop/deployment/a-name-of-a-good-length');
    for (const line of printed) expect(displayWidth(line)).to.be.at.most(60);
    const below = printed.slice(1).map((line) => line.trim());
    expect(below.join(' ')).to.equal(`${IMAGE} by kubectl; report only (auto-fix-off)`);
  });

  it('line up behind wide and combining characters', () => {
    const states = lines(undefined, [
      ['low', '漢字', 'e\u0301\u0301', 'x', 'one'],
      ['low', 'abcd', 'é', 'x', 'two'],
    ]);
    expect(displayWidth(states[1]?.slice(0, states[1].indexOf('one')) ?? '')).to.equal(states[2]?.indexOf('two'));
  });

  it('break words that are longer than the line, and no character in two', () => {
    expect(breakToWidth('漢字漢字', 5)).to.deep.equal(['漢字', '漢字']);
    expect(breakToWidth('ae\u0301e\u0301e\u0301', 2)).to.deep.equal(['ae\u0301', 'e\u0301e\u0301']);
    expect(breakToWidth('👩‍👩‍👧‍👧👩‍👩‍👧‍👧', 3)).to.deep.equal(['👩‍👩‍👧‍👧', '👩‍👩‍👧‍👧']);
  });

  it('break words only between them', () => {
    expect(wrapWords('one two three', 7)).to.deep.equal(['one two', 'three']);
    expect(wrapWords('a-word-that-is-too-long for it', 8)).to.deep.equal(['a-word-that-is-too-long', 'for it']);
  });

  it('colour the severity alone, and only when asked to', () => {
    const [, first = ''] = fitTable(COLUMNS, ROWS, { columns: 200, hasColor: true }).split('\n');
    expect(first.startsWith('\u001b[1;31mcritical\u001b[0m  shop/')).to.equal(true);
    expect(first.split('\u001b')).to.have.length(3);
    expect(lines(200).join('')).to.not.contain('\u001b');
  });

  it('show nothing that a terminal could act on, whatever a cell contains', () => {
    const text = fc.string({ unit: 'binary', maxLength: 30 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(text, text, text, text, text), { maxLength: 4 }),
        fc.integer({ min: 1, max: 300 }),
        (rows, columns) => {
          const printed = fitTable(COLUMNS, rows, { columns, hasColor: false });
          expect(printed.replaceAll('\n', '')).to.not.match(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('fit every width, but for names that are longer than the line', () => {
    const word = fc.stringMatching(/^[a-z漢é]{1,12}$/u);
    const cell = fc.array(word, { minLength: 1, maxLength: 8 }).map((words) => words.join(' '));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(word, word, cell, word, word), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 60, max: 200 }),
        (rows, columns) => {
          const printed = fitTable(COLUMNS, rows, { columns, hasColor: false });
          for (const line of printed.split('\n')) expect(displayWidth(line), line).to.be.at.most(columns);
          for (const [severity, workload, , , state] of rows) {
            expect(printed).to.contain(severity).and.to.contain(workload).and.to.contain(state);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('colour', () => {
  for (const [environment, isTerminal, expected] of [
    [{}, true, true],
    [{}, false, false],
    [{ TERM: 'dumb' }, true, false],
    [{ NO_COLOR: '1' }, true, false],
    [{ NO_COLOR: '' }, true, true],
    [{ FORCE_COLOR: '1' }, false, true],
    [{ FORCE_COLOR: '1', TERM: 'dumb' }, true, true],
    [{ FORCE_COLOR: '0' }, true, false],
    [{ FORCE_COLOR: 'false' }, true, false],
    [{ FORCE_COLOR: '' }, true, true],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, true, false],
  ] as const) {
    it(`is ${expected ? 'on' : 'off'} with ${JSON.stringify(environment)} ${isTerminal ? 'on a terminal' : 'in a pipe'}`, () => {
      expect(hasColor(environment, isTerminal)).to.equal(expected);
    });
  }
});
