import { SEVERITIES } from '../../domain/ranking.ts';
import { isSuccess, type PassRecord } from './record.ts';

// OpenMetrics 1.0 text. Types are those that the older Prometheus text format has as well, so that collectors of text
// files take it: build_info is a gauge of 1.

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number];

interface Family {
  /** Below `drift_detector_`, as samples have it. */
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  readonly samples: readonly Sample[];
}

const PREFIX = 'drift_detector_';

/** The metrics of a pass. Counters, and the time of the last success, go on from the text that the last pass left. */
export function printMetrics(record: PassRecord, before: string): string {
  const known = readSamples(before);
  const lines = familiesOf(record).flatMap((family) => printFamily(family, record.cluster, known));
  return [...lines, '# EOF', ''].join('\n');
}

function familiesOf(record: PassRecord): readonly Family[] {
  const { endedAt, seconds, phases, requests, numbers, version } = record;
  const now = endedAt.getTime() / 1000;
  const by = (label: string, counts: Readonly<Record<string, number>> = {}): readonly Sample[] =>
    Object.entries(counts).map(([value, count]) => [{ [label]: value }, count]);
  const gauge = (name: string, help: string, samples: readonly Sample[]): Family => ({ name, type: 'gauge', help, samples });
  const counter = (name: string, help: string, samples: readonly Sample[]): Family => ({ name, type: 'counter', help, samples });
  const severities = numbers && Object.fromEntries(SEVERITIES.map((severity) => [severity, numbers.findings[severity] ?? 0]));
  return [
    gauge('build_info', 'The program.', [[{ version }, 1]]),
    gauge('last_run_timestamp_seconds', 'When a pass ended last.', [[{}, now]]),
    gauge('last_success_timestamp_seconds', 'When a pass was complete last.', isSuccess(record) ? [[{}, now]] : []),
    gauge('pass_duration_seconds', 'How long the last pass took.', [[{}, seconds]]),
    gauge('phase_duration_seconds', 'How long its phases took.', by('phase', Object.fromEntries(phases))),
    gauge('workloads', 'Workloads by state.', by('state', numbers?.workloads)),
    gauge('findings', 'Open findings by severity.', by('severity', severities)),
    gauge('suppressed', 'Drift that is left as it is, by reason.', by('reason', numbers?.suppressed)),
    counter('corrections_total', 'What became of corrections.', by('result', numbers?.corrections)),
    counter('ai_tokens_total', 'Tokens of the model.', by('kind', numbers?.tokens)),
    counter(
      'api_requests_total',
      'Answers of servers by status; none where there was no answer.',
      [...requests].map(([key, count]) => {
        const [service = '', code = ''] = key.split(' ');
        return [{ service, code }, count];
      }),
    ),
  ];
}

function printFamily(
  { name, type, help, samples }: Family,
  cluster: string,
  known: ReadonlyMap<string, number>,
): readonly string[] {
  const full = `${PREFIX}${name}`;
  const values = new Map(samples.map(([labels, value]) => [`${full}${printLabels({ cluster, ...labels })}`, value]));
  for (const [sample, value] of known) {
    if (!sample.startsWith(`${full}{`) || !sample.startsWith(`${full}${printLabels({ cluster }).slice(0, -1)}`)) continue;
    if (type === 'counter') values.set(sample, (values.get(sample) ?? 0) + value);
    else if (name === 'last_success_timestamp_seconds' && !values.has(sample)) values.set(sample, value);
  }
  if (values.size === 0) return [];
  // A counter's family has no _total; its samples have it.
  const family = type === 'counter' ? full.replace(/_total$/u, '') : full;
  const unit = family.endsWith('_seconds') ? [`# UNIT ${family} seconds`] : [];
  return [
    `# TYPE ${family} ${type}`,
    ...unit,
    `# HELP ${family} ${help}`,
    ...[...values].map(([sample, value]) => `${sample} ${value}`),
  ];
}

function printLabels(labels: Labels): string {
  const escaped = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
  return `{${Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(',')}}`;
}

/** Samples of a text that was written here; lines of any other form are left out. */
function readSamples(text: string): ReadonlyMap<string, number> {
  const samples = new Map<string, number>();
  for (const line of text.split('\n')) {
    const match = /^(drift_detector_[a-z_]+\{[^\n]*\}) ([0-9.e+-]+)$/u.exec(line);
    const value = Number(match?.[2]);
    if (match?.[1] !== undefined && Number.isFinite(value)) samples.set(match[1], value);
  }
  return samples;
}
