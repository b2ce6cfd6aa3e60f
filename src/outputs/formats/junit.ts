import { sanitize } from '../../domain/describe.ts';
import { DRIFT_CLASSES } from '../../domain/finding-classes.ts';
import { displayRef } from '../../domain/object-ref.ts';
import type { Entry, ShownReport } from './entry.ts';

/** A suite for each namespace, a failing case for each drift, a skipped one for other findings, an error for what could not be compared. */
export function printJunit(reports: readonly ShownReport[], entriesOf: (report: ShownReport) => readonly Entry[]): string {
  const suites = reports.flatMap((report) => {
    const byNamespace = Map.groupBy(entriesOf(report), ({ drift }) => drift.object.namespace || 'cluster-scoped');
    const found = [...byNamespace]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([namespace, entries]) => ({ name: `${report.cluster}/${namespace}`, cases: entries.map(caseOf) }));
    const unread = report.incomplete.map(({ what, error }) => ({ kind: 'error' as const, xml: errorOf(what, error) }));
    if (unread.length > 0) found.push({ name: `${report.cluster}/not compared`, cases: unread });
    // A suite without a case is a mistake to many readers.
    const clear = { kind: 'passed' as const, xml: `<testcase ${attributes({ classname: report.cluster, name: 'no drift' })}/>` };
    return found.length > 0 ? found : [{ name: report.cluster, cases: [clear] }];
  });
  const total = totals(suites.flatMap(({ cases }) => cases));
  const lines = suites.flatMap(({ name, cases }) => [
    `  <testsuite ${attributes({ name, ...totals(cases) })}>`,
    ...cases.map(({ xml }) => `    ${xml}`),
    '  </testsuite>',
  ]);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${attributes({ name: 'drift', ...total })}>`,
    ...lines,
    '</testsuites>',
    '',
  ].join('\n');
}

interface Case {
  readonly kind: 'passed' | 'failure' | 'skipped' | 'error';
  readonly xml: string;
}

function caseOf({ drift, change, state, detail }: Entry): Case {
  const isOver = change === 'resolved' || change === 'corrected';
  const kind = isOver ? 'passed' : DRIFT_CLASSES.has(drift.class) ? 'failure' : 'skipped';
  const name = attributes({ classname: displayRef(drift.object), name: drift.path === '' ? drift.class : drift.path });
  if (kind === 'passed') return { kind, xml: `<testcase ${name}/>` };
  if (kind === 'skipped')
    return { kind, xml: `<testcase ${name}><skipped ${attributes({ message: drift.summary })}/></testcase>` };
  const text = [
    `unit ${drift.unit}`,
    `by ${drift.blame?.manager ?? 'unknown'}`,
    `first seen ${drift.firstSeen}`,
    state,
    detail,
  ].filter((part) => part !== '');
  const failure = `<failure ${attributes({ type: drift.severity, message: drift.summary })}>${escapeXml(text.join('; '))}</failure>`;
  return { kind, xml: `<testcase ${name}>${failure}</testcase>` };
}

function errorOf(what: string, error: string): string {
  return `<testcase ${attributes({ classname: 'not compared', name: what })}><error ${attributes({ message: error })}/></testcase>`;
}

function totals(cases: readonly Case[]): Record<string, number> {
  const count = (kind: Case['kind']): number => cases.filter((entry) => entry.kind === kind).length;
  return { tests: cases.length, failures: count('failure'), errors: count('error'), skipped: count('skipped') };
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}="${escapeXml(String(value))}"`)
    .join(' ');
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

/** XML 1.0 has no way to write most control characters, nor U+FFFE and U+FFFF: they are written out (section 2.2). */
function escapeXml(text: string): string {
  return sanitize(text)
    .replaceAll(/[\ufffe\uffff]/gu, (character) => `\\u{${character.charCodeAt(0).toString(16)}}`)
    .replaceAll(/[&<>"']/gu, (character) => ENTITIES[character] ?? '');
}
