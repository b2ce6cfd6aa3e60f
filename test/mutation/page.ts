import { explanationOf } from './explained.ts';
import { type AreaResult, SEED } from './mutate.ts';

/** docs/mutation.md: what became of the mutants of a long run. */
export function pageOf(results: readonly AreaResult[]): string {
  const rows = results.map(({ area, all, verdicts }) => {
    const count = (wanted: string): number => verdicts.filter(({ status }) => status === wanted).length;
    const explained = verdicts.filter(({ status, mutant }) => status === 'survived' && explanationOf(mutant)).length;
    return [
      area.sources.map((glob) => `\`${glob}\``).join(', '),
      all,
      verdicts.length,
      count('killed'),
      count('timeout'),
      explained,
      count('survived') - explained,
    ];
  });
  const sums = [1, 2, 3, 4, 5, 6].map((place) => rows.reduce((sum, row) => sum + Number(row[place]), 0));
  const explained = results
    .flatMap(({ verdicts }) => verdicts)
    .filter(({ status }) => status === 'survived')
    .map(({ mutant }) => ({ mutant, reason: explanationOf(mutant)?.reason ?? 'not explained' }))
    .sort((a, b) => (a.mutant.file === b.mutant.file ? a.mutant.line - b.mutant.line : a.mutant.file < b.mutant.file ? -1 : 1));
  return [
    '# Mutants',
    '',
    'Each mutant is a small fault in the program (a condition negated, a bound moved by one, `&&` for `||`, a block or a call removed,',
    'a text emptied). The tests that need no cluster run on it, and must fail. It survives if they do not.',
    `\`DRIFT_LONG=1 npm run mocha -- test/mutation/mutation.test.ts\` tries a sample of each row (seed ${SEED}) and all`,
    'explained survivors, and writes this page; `npm test` tries a few.',
    '',
    '| sources | mutants | tried | killed | timed out | survived, explained | survived |',
    '|---|--:|--:|--:|--:|--:|--:|',
    ...[...rows, ['all', ...sums]].map((row) => `| ${row.join(' | ')} |`),
    '',
    '## Survivors',
    '',
    'Mutants that no test can notice, and why ([data](../fixtures/mutation/explained.yaml)).',
    '',
    '| where | mutant | why nobody notices |',
    '|---|---|---|',
    ...explained.map(
      ({ mutant: { file, original, replacement }, reason }) =>
        `| \`${file}\` | ${code(original)} → ${code(replacement)} | ${reason.trim().replaceAll('|', '\\|').replaceAll(/\s+/gu, ' ')} |`,
    ),
    '',
  ].join('\n');
}

/** Code in a cell of a table. */
function code(text: string): string {
  const short = text.length > 90 ? `${text.slice(0, 89)}…` : text;
  const fence = short.includes('`') ? '``' : '`';
  return `${fence}${fence === '``' ? ' ' : ''}${short.replaceAll('|', '\\|')}${fence === '``' ? ' ' : ''}${fence}`;
}
