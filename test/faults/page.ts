import type { Verdict } from './court.ts';
import type { FaultKind, Server } from './kinds.ts';

const TITLES: Readonly<Record<Server, string>> = { cluster: 'API server', confighub: 'ConfigHub', git: 'Git server' };

/** docs/reliability.md: one row for each kind of fault, by the name of its test. `undefined` is one that failed. */
export function reliabilityPage(kinds: readonly FaultKind[], verdicts: ReadonlyMap<FaultKind, Verdict | undefined>): string {
  const failed = kinds.filter((kind) => verdicts.get(kind) === undefined).length;
  return [
    '# What a pass does when a server fails',
    '',
    `\`DRIFT_LONG=1 npm run mocha -- test/faults/faults.test.ts\`: ${kinds.length} kinds of fault, ${failed} failed.`,
    '',
    'Passes run with `AUTO_FIX` on. The API server, the embedded ConfigHub and a Git server over http are real, each behind a proxy that',
    'injects the fault. Before each pass a person edits images, replicas, a variable and the name of a port in seven units. Another',
    'workload is paused, and one has an autoscaler. After the pass with the fault, the test checks that:',
    '',
    '- each object is either as the person left it or exactly as before, with at most one step of `metadata.generation`;',
    '- no desired data is lost in ConfigHub, and nothing else is written;',
    '- what the report calls fixed is fixed, and a complete pass reports all drift;',
    '- no temporary file and no process is left.',
    '',
    'Then passes without a fault run until one writes nothing. By then every field is restored, each fix has one pair of',
    'revisions, and the report lists all of them.',
    '',
    'Number: the first request of its kind that fails; `+` where all later ones of the pass fail, too. Exit: the exit code of that pass. Healed',
    'after: the number of passes that wrote anything afterwards.',
    ...Object.entries(TITLES).flatMap(([server, title]) => [
      '',
      `## ${title}`,
      '',
      '| request | fault | number | exit | healed after |',
      '|---|---|---|---|---|',
      ...kinds.filter(({ request }) => request.server === server).map((kind) => rowOf(kind, verdicts.get(kind))),
    ]),
    '',
  ].join('\n');
}

function rowOf({ request, fault, isLasting }: FaultKind, verdict: Verdict | undefined): string {
  const outcome = verdict ? [`${verdict.from}${isLasting ? '+' : ''}`, verdict.exit, verdict.healing] : ['', '', 'FAILED'];
  return `| ${[request.name, fault.name, ...outcome].join(' | ')} |`;
}
