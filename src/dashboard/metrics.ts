import { Hono } from 'hono';
import { Gauge, Registry } from 'prom-client';
import { SEVERITIES } from '../domain/ranking.ts';
import { sumCosts } from '../domain/words.ts';
import type { View } from './pages/page.ts';

type Known = Omit<View, 'query'> & {
  /** RFC 3339 of the last look at the report repository that succeeded; empty where none did. */
  readonly readAt: string;
};
type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly samples: (known: Known) => readonly Sample[];
}

const seconds = (time: string): number => Date.parse(time) / 1000;
/** A sample of each cluster. */
const each = ({ state }: Known, value: (report: Known['state']['reports'][number]) => number): readonly Sample[] =>
  state.reports.map((report) => [{ cluster: report.cluster }, value(report)]);
/** What the Lease says of the dashboard's own cluster. */
const ofPass = (
  { lastPass, settings }: Known,
  value: (pass: NonNullable<Known['lastPass']>) => number | undefined,
): readonly Sample[] => {
  const found = lastPass && value(lastPass);
  return found === undefined || Number.isNaN(found) ? [] : [[{ cluster: settings.cluster }, found]];
};

/** Labels are clusters, severities and results: no name of a workload, and no text. */
const METRICS: readonly Metric[] = [
  {
    name: 'findings',
    help: 'Open findings by severity.',
    samples: ({ state }) =>
      state.reports.flatMap(({ cluster, findings }) =>
        SEVERITIES.map(
          (severity): Sample => [{ cluster, severity }, findings.filter((finding) => finding.severity === severity).length],
        ),
      ),
  },
  {
    name: 'fixes_kept',
    help: 'Fixes that the report keeps, by result.',
    samples: ({ state }) =>
      state.reports.flatMap(({ cluster, corrections }) =>
        [...Map.groupBy(corrections, ({ result }) => result)].map(
          ([result, fixes]): Sample => [{ cluster, result }, fixes.length],
        ),
      ),
  },
  {
    name: 'drift_cost_usd_per_month',
    help: 'Sum of the known costs of open findings, US dollars a month.',
    samples: (known) => each(known, ({ findings }) => sumCosts(findings).known),
  },
  {
    name: 'guard_tripped',
    help: '1 where a guard stopped all fixes.',
    samples: (known) => each(known, ({ guard }) => (guard ? 1 : 0)),
  },
  {
    name: 'incomplete_sources',
    help: 'Sources that could not be read.',
    samples: (known) => each(known, ({ incomplete }) => incomplete.length),
  },
  {
    name: 'last_report_timestamp_seconds',
    help: 'Time of the newest report; a pass without a change makes none.',
    samples: (known) =>
      each(known, ({ cluster }) =>
        seconds(known.state.commits.find(({ trailers }) => trailers['Drift-Cluster'] === cluster)?.time ?? ''),
      ).filter(([, value]) => !Number.isNaN(value)),
  },
  {
    name: 'last_run_timestamp_seconds',
    help: 'End of the last pass, by the Lease.',
    samples: (known) => ofPass(known, ({ endedAt }) => seconds(endedAt)),
  },
  {
    name: 'last_success_timestamp_seconds',
    help: 'End of the last complete pass, by the Lease.',
    samples: (known) => ofPass(known, ({ lastSuccess }) => seconds(lastSuccess)),
  },
  {
    name: 'workloads_compared',
    help: 'Objects that the last pass compared.',
    samples: (known) => ofPass(known, ({ counts }) => counts['compared']),
  },
  {
    name: 'reports_read_timestamp_seconds',
    help: 'Last time that the dashboard could read the report repository.',
    samples: ({ readAt }) => (readAt === '' ? [] : [[{}, seconds(readAt)]]),
  },
  { name: 'build_info', help: 'Version of the dashboard.', samples: ({ settings: { version } }) => [[{ version }, 1]] },
];

/** The metrics in the Prometheus text format. */
async function metricsText(known: Known): Promise<{ readonly text: string; readonly type: string }> {
  const registry = new Registry();
  for (const { name, help, samples } of METRICS) {
    const found = samples(known);
    const labelNames = Object.keys(found[0]?.[0] ?? {});
    const gauge = new Gauge({ name: `drift_detector_${name}`, help, labelNames, registers: [registry] });
    // A gauge without labels would begin with 0.
    if (found.length === 0) gauge.remove();
    for (const [labels, value] of found) gauge.set({ ...labels }, value);
  }
  return { text: await registry.metrics(), type: registry.contentType };
}

/** Probes and metrics, for all addresses: `/healthz`, `/readyz`, `/metrics`. */
export function metricsApp(known: () => Known): Hono {
  const app = new Hono();
  app.use(async (context, next) =>
    ['GET', 'HEAD'].includes(context.req.method) ? next() : context.text('GET and HEAD only\n', 405, { allow: 'GET, HEAD' }),
  );
  app.get('/healthz', (context) => context.text('ok\n'));
  app.get('/readyz', (context) => (known().readAt === '' ? context.text('no report was read yet\n', 503) : context.text('ok\n')));
  app.get('/metrics', async (context) => {
    const { text, type } = await metricsText(known());
    return context.body(text, 200, { 'content-type': type });
  });
  return app;
}
