import { stringify } from 'yaml';
import { displayBlame, displayTime, displayValue, sanitize, summarize } from '../../domain/describe.ts';
import { stringifyJson } from '../../domain/exact-json.ts';
import { actorWords } from '../../domain/field-managers.ts';
import { printPath } from '../../domain/field-path.ts';
import type { Blame, Finding } from '../../domain/finding.ts';
import type { Json } from '../../domain/json.ts';
import { displayRef, type ObjectRef } from '../../domain/object-ref.ts';
import { shownPart } from '../../domain/secret.ts';
import { serverFieldsOf } from '../../domain/server-fields.ts';
import { countsLine, countWords } from '../../outputs/formats/counts.ts';
import { printUnified, type UnifiedField } from '../../outputs/formats/unified.ts';
import { printTable } from '../../outputs/output.ts';
import { explainPath } from './explain.ts';
import type { OfflineDiff, OfflineObject } from './offline.ts';
import { repairOfObject } from './repair.ts';

export type DiffForm = 'json' | 'yaml' | 'table' | 'diff';

/** The answer of `drift-detector diff` as text; with `explain` also why the fields at that path are judged as they are. */
export function printDiff(result: OfflineDiff, form: DiffForm, explain: string | undefined): string {
  switch (form) {
    case 'json':
      return `${stringifyJson(documentOf(result, explain), 2)}\n`;
    case 'yaml':
      return stringify(documentOf(result, explain), { version: '1.1', aliasDuplicateObjects: false });
    case 'diff':
      return printUnified(result.objects.flatMap(fieldsOf));
    case 'table':
      return explain === undefined
        ? tableOf(result)
        : result.objects.map((object) => explanationText(result, object, explain)).join('');
  }
}

function named({ apiVersion, kind, namespace, name }: ObjectRef): Record<string, Json> {
  return { apiVersion, kind, namespace, name };
}

function blameOf(blame: Blame | undefined): Json {
  if (!blame) return null;
  const { manager, operation, subresource, time, actor } = blame;
  return { manager, operation, subresource, time: time ?? null, actor };
}

function documentOf(result: OfflineDiff, explain: string | undefined): Record<string, unknown> {
  const objects = result.objects.map((object) => ({
    ...named(object.ref),
    verdict: object.verdict,
    ...noteOf(object),
    findings: object.findings.map(findingOf),
    informational: object.informational.map(findingOf),
    pending: object.pending.map(findingOf),
    ...optional('repair', repairOfObject(object)),
    ...object.fault,
    ...(explain === undefined ? {} : { explained: explainPath(result, object, explain) }),
  }));
  const ignores = result.ignores.map(({ rule, matches, isExpired }) => ({ ...rule, matches, isExpired }));
  return { objects, groups: result.groups, ...(ignores.length > 0 ? { ignores } : {}) };
}

function optional(name: string, value: unknown): Record<string, unknown> {
  return value === undefined ? {} : { [name]: value };
}

/** Said of an object whose manifest was printed from a live one. */
function noteOf({ desired }: OfflineObject): { readonly note?: string } {
  const fields = desired ? serverFieldsOf(desired.document) : [];
  return fields.length === 0 ? {} : { note: `only the API server writes ${fields.join(', ')}: left out` };
}

function findingOf(finding: Finding): Record<string, unknown> {
  const { method, command } = finding.repair;
  const isWhole = finding.path.length === 0;
  return {
    path: printPath(finding.path),
    class: finding.class,
    // A whole object is in the file that was given.
    desired: isWhole ? null : (shownPart(finding.desired) ?? null),
    live: isWhole ? null : (shownPart(finding.live) ?? null),
    blame: blameOf(finding.blame),
    ...(finding.note === '' ? {} : { note: finding.note }),
    ...(method === 'none'
      ? {}
      : { repair: { method, restartsPods: finding.restartsPods, ...(command === '' ? {} : { command }) } }),
  };
}

function fieldsOf({ ref, findings }: OfflineObject): readonly UnifiedField[] {
  return findings.map((finding) => ({
    object: ref,
    steps: finding.path,
    summary: summarize(finding),
    desired: shownPart(finding.desired) ?? null,
    live: shownPart(finding.live) ?? null,
  }));
}

function tableOf(result: OfflineDiff): string {
  const rows = result.objects.flatMap((object) => rowsOf(object));
  const table = printTable(['OBJECT', 'VERDICT', 'CLASS', 'PATH', 'DESIRED', 'LIVE', 'BY', 'SINCE'], rows);
  const groups = result.groups.map(({ title, findings }) => `${findings} findings are one action: ${displayValue(title)}\n`);
  const ignores = result.ignores.flatMap(({ rule, matches, isExpired }) => {
    if (isExpired) return `ignore rule expired ${rule.until}: ${displayValue(rule.reason)}\n`;
    return matches === 0 ? `ignore rule unused: ${displayValue(rule.reason)}\n` : [];
  });
  const notes = result.objects.flatMap((object) => {
    const { note } = noteOf(object);
    return note === undefined ? [] : `${nameOf(object)}: ${note}\n`;
  });
  const counts = countWords(result.objects.map(({ verdict }) => verdict));
  return [table, ...groups, ...notes, ...ignores, countsLine(counts)].join('');
}

function nameOf({ ref }: OfflineObject): string {
  return ref.name === '' ? '(no name)' : displayRef(ref);
}

function rowsOf(object: OfflineObject): readonly (readonly string[])[] {
  const name = nameOf(object);
  if (object.fault) {
    const { file, line, path, error } = object.fault;
    return [[name, object.verdict, '', path, `${file} line ${line}: ${error}`, '', '', '']];
  }
  const all = [...object.findings, ...object.pending, ...object.informational];
  if (all.length === 0) return [[name, object.verdict, '', '', '', '', '', '']];
  return all.map((finding) => {
    const isWhole = finding.path.length === 0;
    return [
      name,
      object.verdict,
      finding.class,
      printPath(finding.path),
      isWhole ? '' : displayValue(finding.desired),
      isWhole ? '' : displayValue(finding.live),
      isWhole ? finding.note : finding.note === '' ? displayBlame(finding) : `${displayBlame(finding)}: ${finding.note}`,
      isWhole ? '' : displayTime(finding),
    ];
  });
}

function explanationText(result: OfflineDiff, object: OfflineObject, path: string): string {
  const head = `${nameOf(object)}: ${object.verdict}\n`;
  const parts = explainPath(result, object, path).map(
    ({ path: at, rule, because, class: found, note, desired, live, owners }) => {
      const who = owners.map(
        ({ manager, operation, subresource, time, actor, isOurs }) =>
          `${manager} ${operation}${subresource === '' ? '' : ` via ${subresource}`}, ${time ?? 'time unknown'} (${isOurs ? 'delivers desired state' : actorWords({ manager, actor })})`,
      );
      const lines: readonly (readonly [string, string])[] = [
        ['verdict', found === null ? 'in sync' : `${found}${note === '' ? '' : `, ${note}`}`],
        ['rule', `${rule}: ${because}`],
        ['desired', displayValue(desired ?? undefined)],
        ['live', displayValue(live ?? undefined)],
        ['owners', who.length === 0 ? 'none' : who.join('; ')],
      ];
      return `  ${displayValue(at)}\n${lines.map(([label, text]) => `    ${label.padEnd(8)} ${sanitize(text)}\n`).join('')}`;
    },
  );
  if (parts.length > 0) return head + parts.join('');
  const isCompared = object.desired !== undefined && object.live !== undefined;
  return `${head}  ${isCompared ? `neither side has ${displayValue(path)}` : 'there is no object to compare it with, so no field was judged'}\n`;
}
