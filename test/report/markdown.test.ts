import { expect } from 'chai';
import { details, escapeText, fence, table, tableWithin } from '../../src/stages/report/markdown.ts';
import { toHtml } from '../browser/markdown.ts';
import { hostileStrings } from './hostile-report.ts';

/** The tags of a text as Markdown, without what they hold. */
function tagsOf(markdown: string): readonly string[] {
  return [...toHtml(markdown).matchAll(/<\/?[a-z][^>]*>/giu)].map(([tag]) => tag);
}

describe('text from the outside as Markdown', () => {
  it('is nothing but text in a paragraph, with a full stop behind it or without', () => {
    for (const { text } of hostileStrings())
      for (const end of ['', '.', ': x'])
        expect(tagsOf(`before\n\n${escapeText(text)}${end}x\n\nafter`), JSON.stringify(text)).to.deep.equal(
          Array(3).fill(['<p>', '</p>']).flat(),
        );
    for (const { text } of hostileStrings())
      expect(tagsOf(`${escapeText(text)}.`), JSON.stringify(text)).to.deep.equal(['<p>', '</p>']);
  });

  it('is nothing but text in a heading, a link and a cell', () => {
    const shape = (text: string): readonly string[] =>
      tagsOf([`# ${text}`, `[${text}](README.md)`, table(['a', 'b'], [[text, text]])].join('\n\n'));
    for (const { text } of hostileStrings()) expect(shape(escapeText(text)), JSON.stringify(text)).to.deep.equal(shape('x'));
  });

  it('is nothing but text in a fence', () => {
    for (const { text } of hostileStrings())
      expect(tagsOf(`${fence('diff', [`- ${text}`, ` ${text}`, text])}\n\nafter`), JSON.stringify(text)).to.deep.equal(
        tagsOf(`${fence('diff', ['x'])}\n\nafter`),
      );
  });

  for (const [text, shown] of [
    ['DB_PASSWORD', 'DB_PASSWORD'],
    ['shop/deployment/web-1.2', 'shop/deployment/web-1.2'],
    ['registry.example/app@sha256:0123abcd', 'registry.example/app@sha256:0123abcd'],
    ['replicas 3 → 5', 'replicas 3 → 5'],
    ['2026-11-23T03:12:00Z', '2026-11-23T03:12:00Z'],
    ['@torvalds', '@&#8203;torvalds'],
    ['fixes #1', 'fixes \\#&#8203;1'],
    ['https://x.example', 'https:&#8203;//x.example'],
    [':tada:', ':&#8203;tada:'],
  ] as const)
    it(`writes ${JSON.stringify(text)} so that it reads well in a terminal too`, () => {
      expect(escapeText(text)).to.equal(shown);
    });

  it('is cut where it is longer than any name', () => {
    expect(escapeText('x'.repeat(1_000))).to.equal(`${'x'.repeat(400)}…`);
  });
});

describe('a table that must fit', () => {
  const rows = Array.from({ length: 100 }, (_, index) => [String(index), 'x'.repeat(50)]);

  it('ends at a whole row, and says how many are left', () => {
    const { text, left } = tableWithin(1_000, ['n', 'x'], rows);
    const shown = text.split('\n').length - 2;
    expect(shown + left).to.equal(100);
    expect(Buffer.byteLength(text)).to.be.at.most(1_100).and.at.least(900);
    expect(tagsOf(text).filter((tag) => tag === '<tr>')).to.have.length(shown + 1);
  });

  it('is whole where there is room, and nothing where there is none', () => {
    expect(tableWithin(100_000, ['n', 'x'], rows).left).to.equal(0);
    expect(tableWithin(10, ['n', 'x'], rows)).to.deep.equal({ text: '', left: 100 });
  });

  it('is a table inside what is folded as well', () => {
    expect(tagsOf(details('more', [table(['a'], [['b']])]))).to.include.members(['<details>', '<table>', '</details>']);
  });
});
