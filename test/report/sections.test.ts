import { expect } from 'chai';
import { assemblePage, type Section } from '../../src/stages/report/sections.ts';

const of =
  (name: string, words: number): Section<null> =>
  () => [`## ${name}`, 'word '.repeat(words).trim()];

describe('a page of sections', () => {
  const limits = { bytes: 2_000, lines: 100, elsewhere: 'findings.jsonl' };
  const headingsOf = (page: string): readonly string[] => [...page.matchAll(/^## (.*)$/gmu)].map(([, name = '']) => name);

  it('gives room to those that are kept first, and leaves each in its place', () => {
    const [first, long, kept, short] = [of('first', 10), of('long', 250), of('kept', 200), of('short', 10)];
    const page = assemblePage(null, [first, long, kept, short], limits, [kept]);
    expect(headingsOf(page)).to.deep.equal(['first', 'kept', 'short']);
    expect(page).to.match(/\nNo room here for: long; see \[findings\.jsonl\]\(findings\.jsonl\)\.\n$/u);
    expect(headingsOf(assemblePage(null, [first, long, kept, short], limits))).to.deep.equal(['first', 'long', 'short']);
  });

  it('has its first section however long it is, and none that has nothing to say', () => {
    expect(headingsOf(assemblePage(null, [of('first', 1_000), () => [], of('other', 1)], limits))).to.deep.equal(['first']);
  });
});
