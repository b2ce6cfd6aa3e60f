import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { configurationPage, formatsTable, quotedPage } from './generated.ts';

const ROOT = new URL('../../', import.meta.url);
/** The README has the page between these two lines. */
const PAGE = /(?<=<!-- test\/docs\/generated\.ts writes this page -->\n)[\s\S]*?(?=\n\n<!-- end of the page -->)/u;
/** docs/report.md has the output formats between these two. */
const FORMATS = /(?<=<!-- test\/docs\/generated\.ts writes this table -->\n\n)[\s\S]*?(?=\n\n<!-- end of the table -->)/u;

/** Compares, or writes where UPDATE is set. */
function expectFile(path: string, expected: (text: string) => string): void {
  const file = new URL(path, ROOT);
  const text = readFileSync(file, { encoding: 'utf8', flag: 'a+' });
  if (process.env['UPDATE']) writeFileSync(file, expected(text));
  expect(readFileSync(file, 'utf8')).to.equal(expected(text));
}

describe('docs: what follows from the code (UPDATE=1 rewrites it)', () => {
  it('lists every option with its variable, flag, default and meaning', () => {
    expectFile('docs/configuration.md', configurationPage);
  });

  it('lists every output format', () => {
    expectFile('docs/report.md', (text) => {
      expect(text).to.match(FORMATS);
      return text.replace(FORMATS, () => formatsTable());
    });
  });

  it('shows a page of a report in the README as a pass writes it', () => {
    expectFile('README.md', (text) => {
      expect(text).to.match(PAGE);
      return text.replace(PAGE, () => quotedPage());
    });
  });
});
