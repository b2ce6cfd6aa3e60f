import { flagOf, OPTION_NAMES, OPTIONS, type OptionName } from '../../src/cli/options/options.ts';
import type { Option } from '../../src/cli/options/values.ts';
import { formerVariableOf, variablesOf } from '../../src/cli/options/variables.ts';
import { ACTORS } from '../../src/domain/actor-classes.ts';
import { EXIT_CODES } from '../../src/domain/exit-codes.ts';
import { CLASSES } from '../../src/domain/finding-classes.ts';
import { GUARDS } from '../../src/domain/guards.ts';
import { FORMATS, type Format } from '../../src/outputs/formats/formats.ts';
import { renderReport } from '../../src/stages/report/report.ts';
import { realisticReport } from '../browser/realistic.ts';
import { code, tableOf } from './markdown.ts';

// Texts under docs/ and in the README that follow from the code.

const HEAD = `# Configuration

Generated from the tables under [src/cli/options](../src/cli/options/). To rewrite it after a change:
\`UPDATE=1 npm run mocha -- test/docs/generated.test.ts\`.

A flag wins over a variable, a variable over the configuration file, the file over the default. An empty variable counts as not
set. Of two variables the first that is set wins. The configuration file (\`--config FILE\`, or \`DRIFT_CONFIG\`) is YAML; its keys
are the names in the first column. A list has commas in a flag or variable, and is a YAML list or the same text in the file. A
duration has a unit: \`30s\`, \`10m\`, \`1h30m\`. A flag below without a value means \`true\`; it also takes \`true\` or \`false\`.
\`drift-detector run --help\` prints the same list.

A secret has no flag and no key in the file: a flag shows in the process list. Set its variable, or the variable with \`_FILE\` to
the path of a file that holds the value.

A pass needs \`CONFIGHUB_URL\` with a token or a worker's login, \`CONFIGHUB_SPACE\`, and \`REPORT_REPO\`; in a pod it takes the cluster from
the service account.

`;
const TABLE = `| name and file key | variable | flag | default | meaning |
|---|---|---|---|---|
`;
const FORMER_HEAD = `
## Former variables

Variables had no prefix before. For one release the former names are still read, with a warning, where the new name is not set. A bare
number in \`LEASE_SECONDS\` and \`TIMEOUT\` means seconds; the new names need a unit. Rename those with a note first: CI systems and images
set them for their own purposes.

| former | now | note |
|---|---|---|
`;

function rowOf(name: OptionName): string {
  const option = OPTIONS[name];
  const isSecret = 'isSecret' in option;
  const flag = 'value' in option ? `${flagOf(name)} ${option.value}` : flagOf(name);
  const usual = 'default' in option && option.default !== '' ? code(option.default) : '';
  const variables = variablesOf(name).flatMap((variable) => (isSecret ? [variable, `${variable}_FILE`] : [variable]));
  const cells = [isSecret ? `${name} (secret)` : code(name), variables.map(code).join(', '), isSecret ? '' : code(flag), usual];
  return `| ${cells.join(' | ')} | ${option.help.replaceAll('|', '\\|')} |\n`;
}

function formerRowOf(name: OptionName): string {
  const former = formerVariableOf(name);
  if (former === undefined) return '';
  const option: Option = OPTIONS[name];
  const suffixes = option.isSecret ? ['', '_FILE'] : [''];
  const [last] = variablesOf(name);
  const cells = [former, last].map((variable) => suffixes.map((suffix) => code(variable + suffix)).join(', '));
  return `| ${[...cells, option.clash ?? ''].join(' | ')} |\n`;
}

/** docs/configuration.md. */
export function configurationPage(): string {
  return HEAD + TABLE + OPTION_NAMES.map(rowOf).join('') + FORMER_HEAD + OPTION_NAMES.map(formerRowOf).join('');
}

/** The tables that stand in pages, each between two comments with its name. */
export const TABLES: Readonly<Record<string, { readonly path: string; readonly table: () => string }>> = {
  'output formats': {
    path: 'docs/report.md',
    table: () => {
      const aside = '; a tripped guard and what was not compared go to standard error';
      const rows = Object.entries<Format>(FORMATS);
      return tableOf(
        ['`-o`', 'prints'],
        rows.map(([name, { about, hasFindingsOnly }]) => [code(name), `${about}${hasFindingsOnly ? aside : ''}`]),
      );
    },
  },
  'exit codes': {
    path: 'docs/report.md',
    table: () =>
      tableOf(
        ['code', 'meaning'],
        Object.values(EXIT_CODES).map(({ code: exit, meaning }) => [String(exit), meaning.replaceAll(/--[a-z-]+/gu, code)]),
      ),
  },
  classes: {
    path: 'docs/comparison.md',
    table: () =>
      tableOf(
        ['class', 'meaning', 'with `AUTO_FIX=true`'],
        Object.entries(CLASSES).map(([name, { short, outcome }]) => [code(name), short, outcome]),
      ),
  },
  'changed by': {
    path: 'docs/comparison.md',
    table: () =>
      tableOf(
        ['changed by', 'field managers', 'changed, removed, to_remove', 'added'],
        Object.entries(ACTORS).map(([name, { managers, fixes }]) => {
          const isFixed = (is: boolean): string => (is ? 'fixed' : 'reported');
          return [code(name), managers, isFixed(fixes !== 'nothing'), isFixed(fixes === 'all')];
        }),
      ),
  },
  guards: {
    path: 'docs/fixing.md',
    table: () =>
      tableOf(
        ['guard', 'against', 'option that allows it'],
        Object.entries(GUARDS).map(([name, { against, options }]) => [code(name), against, options.map(code).join(', ')]),
      ),
  },
};

/** The first sections of a page of a report, as a quotation in Markdown. */
export function quotedPage(): string {
  const page = renderReport(realisticReport()).get('prod-eu/shop/deployment.checkout.md') ?? '';
  // A box within a quotation is none to any host.
  const [top] = page.replace('> [!CAUTION]\n> ', '').split('## Advice from the model');
  return (top ?? '').trimEnd().replaceAll(/^(.*)$/gmu, (line) => (line === '' ? '>' : `> ${line.replace(/^#/u, '##')}`));
}
