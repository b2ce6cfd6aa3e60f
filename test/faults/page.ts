import type { Verdict } from './court.ts';
import type { FaultKind, Server } from './kinds.ts';

const TITLES: Readonly<Record<Server, string>> = { cluster: 'API server', confighub: 'ConfigHub', git: 'Git server' };

/** docs/reliability.md: one row for each kind of fault, by the name of its test. `undefined` is one that failed. */
export function reliabilityPage(kinds: readonly FaultKind[], verdicts: ReadonlyMap<FaultKind, Verdict | undefined>): string {
  const failed = kinds.filter((kind) => verdicts.get(kind) === undefined).length;
  return [
    '# What a pass does when a server answers wrongly',
    '',
    `\`DRIFT_LONG=1 npm run mocha -- test/faults/faults.test.ts\`: ${kinds.length} kinds of fault, ${failed} failed. Passes run with AUTO_FIX on a real API`,
    'server, the embedded ConfigHub and a Git server over http, each behind a proxy. Before each fault somebody changes images,',
    'numbers, a variable and the name of a port in seven units, one more is paused and one has an autoscaler. After the pass to',
    'which the fault happened, each object was as somebody had left it or exactly as before, in at most one step; the desired',
    'data of each unit was unharmed; nothing else was written; what the report called fixed was fixed; no file, lock or process',
    'was left. Then passes ran without a fault until one had nothing to write: by then every field was back, with one pair of',
    'revisions for each correction, and the report named all of it.',
    '',
    'Struck: which of the requests of this kind, with `on` for all that followed. Exit: the code of that pass. Healed: passes',
    'after it until everything was whole; 0 where it already was.',
    ...Object.entries(TITLES).flatMap(([server, title]) => [
      '',
      `## ${title}`,
      '',
      '| request | fault | struck | exit | healed |',
      '|---|---|---|---|---|',
      ...kinds.filter(({ request }) => request.server === server).map((kind) => rowOf(kind, verdicts.get(kind))),
    ]),
    '',
  ].join('\n');
}

function rowOf({ request, fault, isLasting }: FaultKind, verdict: Verdict | undefined): string {
  const outcome = verdict ? [`${verdict.from}${isLasting ? ' on' : ''}`, verdict.exit, verdict.healing] : ['', '', 'FAILED'];
  return `| ${[request.name, fault.name, ...outcome].join(' | ')} |`;
}
