import { createHash } from 'node:crypto';
import { cutText, sanitize } from '../../domain/describe.ts';
import type { FindingClass } from '../../domain/finding.ts';
import { displayRef } from '../../domain/object-ref.ts';
import { SEVERITIES, type Severity } from '../../domain/ranking.ts';
import { linesOf } from './circumstances.ts';
import { type Entry, type ShownReport, worstFirst } from './entry.ts';

// Static Analysis Results Interchange Format 2.1.0 (OASIS standard), sections in brackets.

/** Readers take a few hundred results; GitHub refuses a run of more than 25,000. */
const MOST_RESULTS = 25_000;
const TEXT_LENGTH = 1_000;

interface Rule {
  readonly name: string;
  readonly short: string;
  readonly full: string;
  readonly help: string;
}

const DECIDE =
  "The workload's page in the report says what changed it and what it costs, and has the commands to bring it back (fix), to make it desired (accept) and to live with it (ignore).";

/** GitHub refuses a rule without its full description and its help. */
const RULES: Readonly<Record<FindingClass, Rule>> = {
  changed: {
    name: 'FieldChanged',
    short: 'A declared field has another value.',
    full: 'The live value of a field departs from the one that the unit declares.',
    help: DECIDE,
  },
  removed: {
    name: 'FieldRemoved',
    short: 'A declared field is gone.',
    full: 'The unit declares a field that the live object does not have any more.',
    help: DECIDE,
  },
  added: {
    name: 'FieldAdded',
    short: 'A field that is not declared was added.',
    full: 'The live object has a field beside those that the unit declares, and nothing that is expected to put it there did.',
    help: DECIDE,
  },
  to_remove: {
    name: 'FieldLeftBehind',
    short: 'A field was dropped from the unit and is still live.',
    full: 'An earlier revision of the unit put a field there that the present one does not declare.',
    help: DECIDE,
  },
  missing: {
    name: 'ObjectMissing',
    short: 'A declared object is not there.',
    full: 'The unit declares an object that the cluster does not have.',
    help: "The workload's page in the report has the commands to create it (fix) and to live without it (ignore).",
  },
  unmanaged: {
    name: 'ObjectUnmanaged',
    short: 'No unit declares the object.',
    full: 'The cluster has an object in a monitored namespace that no unit declares. It is no drift.',
    help: 'drift-detector adopt makes a unit of it; drift-detector ignore takes it off the list.',
  },
  conflicting: {
    name: 'DeclaredTwice',
    short: 'Two documents declare the same object.',
    full: 'More than one document declares the object, so that nobody can say what is desired.',
    help: 'Leave it in one unit and take it out of the others.',
  },
  terminating: {
    name: 'BeingDeleted',
    short: 'A declared object is being deleted.',
    full: 'Somebody deleted an object that a unit declares, and a finalizer still holds it. It is no drift yet.',
    help: 'Find out who deleted it; once it is gone it is missing. Nothing brings it back before.',
  },
  pending: {
    name: 'NotApplied',
    short: 'What is declared was not applied yet.',
    full: 'The unit declares what ConfigHub has not applied to the cluster yet. It is no drift.',
    help: 'Apply the unit.',
  },
  informational: {
    name: 'NoDrift',
    short: 'A difference that is no drift.',
    full: 'Live departs from desired as it is meant to, such as the replicas that an autoscaler sets, or as a rule lets it.',
    help: 'Nothing is to be done.',
  },
};
const RULE_IDS = Object.keys(RULES);

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
  /** The one cluster that is told of; `undefined` where it may be any number of them. */
  readonly cluster: string | undefined;
  /** Where the report was committed; `undefined` where it was not, or where that is no address for others. */
  readonly provenance: { readonly repositoryUri: string; readonly revisionId: string; readonly branch: string } | undefined;
  /** Name the compared states, such as commits; absent where nothing is compared. */
  readonly compared?: { readonly before: string; readonly after: string };
}

/** One run, since GitHub refuses a file of more than 20; a result lies where the report tells of the workload. */
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
    tool: { driver: { name: 'drift-detector', version: facts.version, rules: Object.entries(RULES).map(descriptorOf) } },
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

function descriptorOf([id, { name, short, full, help }]: readonly [string, Rule]): object {
  return { id, name, shortDescription: { text: short }, fullDescription: { text: full }, help: { text: help } };
}

function notificationsOf(reports: readonly ShownReport[], left: number, { cluster }: SarifFacts): readonly object[] {
  const lines = reports.flatMap((report) =>
    linesOf(report).map((line) => (cluster === undefined ? `${report.cluster}: ${line}` : line)),
  );
  if (left > 0) lines.push(`${left} more findings are left out, none of them worse than those that are here`);
  return lines.map((line) => ({ level: 'warning', message: { text: plain(line) } }));
}

function resultOf({ cluster, drift, change, id, fingerprint, state }: Entry, uri: string, namesCluster: boolean): object {
  const object = displayRef(drift.object);
  const who = drift.blame ? `, by ${drift.blame.manager}` : '';
  const baselineState = BASELINE[change];
  return {
    ruleId: drift.class,
    ruleIndex: RULE_IDS.indexOf(drift.class),
    level: LEVELS[drift.severity],
    ...(baselineState ? { baselineState } : {}),
    message: { text: plain(`${namesCluster ? `${cluster}: ` : ''}${object}: ${drift.summary}${who} (${state})`) },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri }, region: { startLine: 1 } },
        logicalLocations: [{ fullyQualifiedName: shortened(`${cluster}/${object}${drift.path}`), kind: 'resource' }],
      },
    ],
    // [3.27.17] Equal for the same field of the same cluster that drifts in the same way, whatever its value. GitHub looks at
    // the first alone, and would make one alert of all that lies on the same line.
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
  const hash = createHash('sha256').update(name).digest('hex');
  // SARIF's schema knows versions 1 to 5 only.
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-5${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
}
