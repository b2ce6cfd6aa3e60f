import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { OPTION_NAMES } from '../../src/cli/options/options.ts';
import { variablesOf } from '../../src/cli/options/variables.ts';
import { GUARDS } from '../../src/domain/guards.ts';
import { cliPage } from './cli-page.ts';
import { configurationPage, quotedPage, TABLES } from './generated.ts';

const ROOT = new URL('../../', import.meta.url);
/** The README has the page between these two lines. */
const PAGE = /(?<=<!-- test\/docs\/generated\.ts writes this page -->\n)[\s\S]*?(?=\n\n<!-- end of the page -->)/u;

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

  it('lists every command with its arguments, own options, example and exit codes', () => {
    expectFile('docs/cli.md', cliPage);
  });

  for (const [name, { path, table }] of Object.entries(TABLES))
    it(`has a table of ${name} in ${path}`, () => {
      const place = new RegExp(
        `(?<=<!-- test/docs/generated.ts writes this table: ${name} -->\\n)[\\s\\S]*?(?=<!-- end of ${name} -->)`,
        'u',
      );
      expectFile(path, (text) => {
        expect(text).to.match(place);
        return text.replace(place, () => `${table()}\n\n`);
      });
    });

  it('names only options that there are', () => {
    const variables = new Set(OPTION_NAMES.flatMap(variablesOf));
    for (const option of Object.values(GUARDS).flatMap(({ options }): readonly string[] => options))
      expect(variables).to.include(option);
  });

  it('shows a page of a report in the README as a pass writes it', () => {
    expectFile('README.md', (text) => {
      expect(text).to.match(PAGE);
      return text.replace(PAGE, () => quotedPage());
    });
  });
});
