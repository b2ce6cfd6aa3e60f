import { cutText, sanitize } from '../../domain/describe.ts';
import { CLASSES, FINDING_CLASSES, type FindingClass } from '../../domain/finding-classes.ts';
import { displayRef } from '../../domain/object-ref.ts';
import { SEVERITIES, type Severity } from '../../domain/ranking.ts';
import { sha256 } from '../../domain/sha256.ts';
import { linesOf } from './context-lines.ts';
import { type Entry, type ShownReport, worstFirst } from './entry.ts';

// Static Analysis Results Interchange Format 2.1.0 (OASIS standard), sections in brackets.

/** Readers take a few hundred results; GitHub refuses a run of more than 25,000. */
const MOST_RESULTS = 25_000;
const TEXT_LENGTH = 1_000;

/** [3.27.10] */
const LEVELS: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  critical: 'error',
  high: 'error',
  medium: 'warning',
  low: 'note',
  info: 'note',
};

/** [3.27.24] What a comparison of two reports says of each result. */
const BASELINE = { new: 'new', changed: 'updated', resolved: 'absent', corrected: 'absent', open: undefined } as const;

export interface SarifFacts {
  readonly version: string;
  /** The only cluster of the report; `undefined` if there may be any number. */
  readonly cluster: string | undefined;
  /** Where the report was committed; `undefined` where it was not, or where that is no address for others. */
  readonly provenance: { readonly repositoryUri: string; readonly revisionId: string; readonly branch: string } | undefined;
  /** Name the compared states, such as commits; absent where nothing is compared. */
  readonly compared?: { readonly before: string; readonly after: string };
}

/** One run, since GitHub refuses a file of more than 20; the location of a result is the workload's page. */
export function toSarif(
  reports: readonly ShownReport[],
  entriesOf: (report: ShownReport) => readonly Entry[],
  facts: SarifFacts,
): object {
  const { cluster, compared, provenance } = facts;
  const entries = worstFirst(reports.flatMap(entriesOf));
  const pathsOf = new Map(reports.map((report) => [report.cluster, report.pathOf]));
  const notifications = notificationsOf(reports, Math.max(0, entries.length - MOST_RESULTS), facts);
  const guidAt = (state: string): string => guidOf(`${cluster ?? ''} ${state}`);
  const run = {
    tool: { driver: { name: 'drift-detector', version: facts.version, rules: FINDING_CLASSES.map(descriptorOf) } },
    automationDetails: {
      // What GitHub calls the category: an upload takes the place of the last one with the same.
      id: cluster === undefined ? 'drift-detector/' : `drift-detector/${cluster}/`,
      ...(compared ? { guid: guidAt(compared.after) } : {}),
    },
    ...(compared ? { baselineGuid: guidAt(compared.before) } : {}),
    invocations: [
      {
        executionSuccessful: reports.every(({ incomplete }) => incomplete.length === 0),
        ...(notifications.length > 0 ? { toolExecutionNotifications: notifications } : {}),
      },
    ],
    ...(provenance ? { versionControlProvenance: [provenance] } : {}),
    columnKind: 'utf16CodeUnits',
    results: entries
      .slice(0, MOST_RESULTS)
      .map((entry) => resultOf(entry, pathsOf.get(entry.cluster)?.(entry.drift.object) ?? '', cluster === undefined)),
  };
  return {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [run],
  };
}

function descriptorOf(id: FindingClass): object {
  const { name, short, full, help } = CLASSES[id];
  return { id, name, shortDescription: { text: short }, fullDescription: { text: full }, help: { text: help } };
}

function notificationsOf(reports: readonly ShownReport[], left: number, { cluster }: SarifFacts): readonly object[] {
  const lines = reports.flatMap((report) =>
    linesOf(report).map((line) => (cluster === undefined ? `${report.cluster}: ${line}` : line)),
  );
  if (left > 0) lines.push(`${left} more findings are left out; they are no worse than those listed`);
  return lines.map((line) => ({ level: 'warning', message: { text: plain(line) } }));
}

function resultOf({ cluster, drift, change, id, fingerprint, state }: Entry, uri: string, namesCluster: boolean): object {
  const object = displayRef(drift.object);
  const who = drift.blame ? `, by ${drift.blame.manager}` : '';
  const baselineState = BASELINE[change];
  return {
    ruleId: drift.class,
    ruleIndex: FINDING_CLASSES.indexOf(drift.class),
    level: LEVELS[drift.severity],
    ...(baselineState ? { baselineState } : {}),
    message: { text: plain(`${namesCluster ? `${cluster}: ` : ''}${object}: ${drift.summary}${who} (${state})`) },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri }, region: { startLine: 1 } },
        logicalLocations: [{ fullyQualifiedName: shortened(`${cluster}/${object}${drift.path}`), kind: 'resource' }],
      },
    ],
    // [3.27.17] Equal for the same field of the same cluster that drifts in the same way, whatever its value. GitHub reads
    // only the first, and would merge all results of one line into one alert.
    partialFingerprints: {
      primaryLocationLineHash: `${id}:1`,
      'driftFinding/v1': id,
      ...(fingerprint === '' ? {} : { 'driftValue/v1': fingerprint }),
    },
    // [3.27.25] 100 is the most important.
    rank: 100 - 25 * SEVERITIES.indexOf(drift.severity),
    properties: {
      cluster,
      severity: drift.severity,
      unit: shortened(drift.unit),
      firstSeen: drift.firstSeen,
      costUsdPerMonth: drift.costUsdPerMonth,
    },
  };
}

function shortened(text: string): string {
  return cutText(sanitize(text), TEXT_LENGTH);
}

/** [3.11.5, 3.11.6] In a message's text, braces would be placeholders and brackets links. */
function plain(text: string): string {
  return shortened(text)
    .replaceAll(/[\\[\]]/gu, '\\$&')
    .replaceAll('{', '{{')
    .replaceAll('}', '}}');
}

/** A name-based UUID, by which runs of the same state find each other. */
function guidOf(name: string): string {
  const hash = sha256(name);
  // SARIF's schema knows versions 1 to 5 only.
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-5${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
}
