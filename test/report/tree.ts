import { createHash } from 'node:crypto';
import type { ObjectComparison } from '../../src/domain/finding.ts';
import { NO_REPORT, type PreviousReport } from '../../src/domain/report.ts';
import { DEFAULT_PRICES, rankFindings } from '../../src/stages/rank/rank.ts';
import { renderReport } from '../../src/stages/report/report.ts';
import { compared, comparison, envValue, finding, IMAGE, label, ref, workload } from '../types/builders.ts';
import { asPrevious, NOW, outcome, ranked, reportOf } from './build.ts';

const NAMES = ['web', 'Web', 'ärger', 'zeta', 'i', 'İ', 'ı', 'ä', 'z', 'a-1', 'a.1', 'a_1'];

/** Drifts of names and values that languages sort and write in different ways. */
function objects(): readonly ObjectComparison[] {
  return NAMES.map((name) => {
    const object = ref(name);
    const findings = [
      finding({ ref: object, live: 1234567.5 }),
      finding({ ref: object, path: IMAGE, desired: 'r/a:1', live: `r/a:${name}` }),
      finding({ ref: object, path: envValue(name), desired: 'x', live: 'y' }),
      finding({ ref: object, path: label(name), class: 'added', desired: undefined, live: 'İI' }),
    ];
    return compared(findings, { document: workload(object, 3) });
  });
}

/** The tree of a pass that met these objects, reads and earlier lines in this order, at this time. */
export async function tree(shuffle: <T>(list: readonly T[]) => readonly T[], now: Date): Promise<string> {
  const ranking = await rankFindings(
    comparison(shuffle(objects()).map((object) => ({ ...object, findings: shuffle(object.findings) }))),
    {
      environment: 'prod',
      prices: DEFAULT_PRICES,
      model: '',
      known: new Map(),
      now,
      signal: new AbortController().signal,
    },
  );
  const before = asPrevious(earlier());
  const previous: PreviousReport = { ...before, findings: shuffle(before.findings) };
  const [first, second] = objects();
  const report = reportOf(ranking.findings, {
    previous,
    now,
    outcomes: shuffle([first, second].flatMap((object) => object?.findings.slice(0, 1) ?? [])).map(({ id }) =>
      outcome(id, { result: 'failed', message: 'no' }),
    ),
    snapshot: { failedReads: shuffle(NAMES).map((namespace) => ({ what: 'v1/ConfigMap', namespace, error: 'forbidden' })) },
  });
  return createHash('sha256')
    .update(JSON.stringify([...renderReport(report)]))
    .digest('hex');
}

/** All of it was known before, at one time, so that nothing is first seen now. */
function earlier(): ReturnType<typeof reportOf> {
  return reportOf(
    objects().flatMap((object) => object.findings.map((entry) => ranked(entry, { costUsdPerMonth: 1 }))),
    {
      previous: NO_REPORT,
      now: NOW,
    },
  );
}

if (import.meta.main) {
  const { locale } = Intl.DateTimeFormat().resolvedOptions();
  process.stdout.write(JSON.stringify({ locale, tree: await tree((list) => list, NOW) }));
}
