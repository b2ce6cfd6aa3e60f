import { createHash } from 'node:crypto';
import { cutText, sanitize } from '../types/describe.ts';
import type { FindingClass } from '../types/finding.ts';
import { displayRef } from '../types/object-ref.ts';
import { SEVERITIES, type Severity } from '../types/ranking.ts';
import type { Entry, ShownReport } from './entry.ts';

// Static Analysis Results Interchange Format 2.1.0 (OASIS standard), sections in brackets.

/** Readers take a few hundred results; GitHub refuses a run of more than 25,000. */
const MOST_RESULTS = 25_000;
const TEXT_LENGTH = 1_000;

const RULES: Readonly<Record<FindingClass, { readonly name: string; readonly text: string }>> = {
  changed: { name: 'FieldChanged', text: 'A declared field has another value.' },
  removed: { name: 'FieldRemoved', text: 'A declared field is gone.' },
  added: { name: 'FieldAdded', text: 'A field that is not declared was added.' },
  to_remove: { name: 'FieldLeftBehind', text: 'A field was dropped from the unit and is still live.' },
  missing: { name: 'ObjectMissing', text: 'A declared object is not there.' },
  unmanaged: { name: 'ObjectUnmanaged', text: 'No unit declares the object.' },
  conflicting: { name: 'DeclaredTwice', text: 'Two documents declare the same object.' },
  pending: { name: 'NotApplied', text: 'What is declared was not applied yet.' },
  informational: { name: 'Informational', text: 'A difference that is no drift.' },
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
  /** Where the report was committed; `undefined` where it was not, or where that is no address for others. */
  readonly provenance: { readonly repositoryUri: string; readonly revisionId: string; readonly branch: string } | undefined;
  /** Name the compared states, such as commits; absent where nothing is compared. */
  readonly compared?: { readonly before: string; readonly after: string };
}

/** One run for each cluster; a result lies where the report tells of the workload. */
export function toSarif(
  reports: readonly ShownReport[],
  entriesOf: (report: ShownReport) => readonly Entry[],
  facts: SarifFacts,
): object {
  return {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: reports.map((report) => ({
      tool: {
        driver: {
          name: 'drift-detector',
          version: facts.version,
          rules: Object.entries(RULES).map(([id, { name, text }]) => ({ id, name, shortDescription: { text } })),
        },
      },
      automationDetails: {
        id: `drift-detector/${report.cluster}/`,
        ...(facts.compared ? { guid: guidOf(`${report.cluster} ${facts.compared.after}`) } : {}),
      },
      ...(facts.compared ? { baselineGuid: guidOf(`${report.cluster} ${facts.compared.before}`) } : {}),
      invocations: [
        {
          executionSuccessful: report.incomplete.length === 0,
          ...(report.incomplete.length > 0 ? { toolExecutionNotifications: report.incomplete.map(notification) } : {}),
        },
      ],
      ...(facts.provenance ? { versionControlProvenance: [facts.provenance] } : {}),
      columnKind: 'utf16CodeUnits',
      results: entriesOf(report)
        .slice(0, MOST_RESULTS)
        .map((entry) => resultOf(entry, report)),
    })),
  };
}

function notification({ what, error }: { readonly what: string; readonly error: string }): object {
  return { level: 'warning', message: { text: plain(`Not compared: ${what}: ${error}`) } };
}

function resultOf(entry: Entry, report: ShownReport): object {
  const { drift, change, id, fingerprint } = entry;
  const who = drift.blame ? `, by ${drift.blame.manager}` : '';
  const baselineState = BASELINE[change];
  return {
    ruleId: drift.class,
    ruleIndex: RULE_IDS.indexOf(drift.class),
    level: LEVELS[drift.severity],
    ...(baselineState ? { baselineState } : {}),
    message: { text: plain(`${displayRef(drift.object)}: ${drift.summary}${who} (${entry.state})`) },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri: report.pathOf(drift.object) }, region: { startLine: 1 } },
        logicalLocations: [{ fullyQualifiedName: shortened(`${displayRef(drift.object)}${drift.path}`), kind: 'resource' }],
      },
    ],
    // [3.27.17] Equal for the same field that drifts in the same way, whatever its value.
    partialFingerprints: { 'driftFinding/v1': id, ...(fingerprint === '' ? {} : { 'driftValue/v1': fingerprint }) },
    // [3.27.25] 100 is the most important.
    rank: 100 - 25 * SEVERITIES.indexOf(drift.severity),
    properties: {
      cluster: report.cluster,
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
