import { type FieldPath, printPath } from '../../domain/field-path.ts';
import type { Finding, FindingGroup } from '../../domain/finding.ts';
import { objectKey } from '../../domain/object-ref.ts';

/** Changes of one kind by one actor within this time count as one action. */
const WINDOW_MS = 10 * 60_000;

/** What was changed, in a word that is the same for all objects: the last named field of the path. */
function subjectOf(path: FieldPath): string {
  const fields = path.flatMap((step) => ('field' in step ? [step.field] : []));
  if (fields.includes('env') || fields.includes('envFrom')) return 'env';
  if (fields.includes('resources')) return 'resources';
  if (fields.includes('labels')) return 'labels';
  if (fields.includes('annotations')) return 'annotations';
  return fields.at(-1) ?? '';
}

/** The command that leaves such a mark, where there is one; else the manager's own name. */
function toolOf(finding: Finding, subject: string): string {
  const { blame } = finding;
  if (!blame) return 'no field manager recorded';
  if (blame.manager === 'kubectl' && blame.subresource === 'scale') return 'kubectl scale';
  const command = /^kubectl-(edit|set|patch|label|annotate|rollout|create|replace)$/u.exec(blame.manager)?.[1];
  if (command === 'set') return `kubectl set ${subject}`;
  if (command === 'label' || command === 'annotate') return `kubectl ${command}`;
  const name = command ? `kubectl ${command}` : blame.manager;
  const through = blame.subresource === '' ? '' : ` via ${blame.subresource}`;
  return `${name}${through}: ${subject}`;
}

function clock(time: string | undefined): string {
  return time === undefined ? 'time unknown' : `${time.slice(11, 16)}Z`;
}

function count(findings: readonly Finding[]): string {
  const kinds = Map.groupBy(
    new Map(findings.map((finding) => [objectKey(finding.ref), finding.ref.kind])).values(),
    (kind) => kind,
  );
  return [...kinds]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([kind, objects]) => `${objects.length} ${kind}${objects.length === 1 ? '' : 's'}`)
    .join(', ');
}

/** Findings of one actor, one kind of change and one window of time as one action; those of a single object stand alone. */
export function groupFindings(findings: readonly Finding[]): readonly FindingGroup[] {
  const bySign = Map.groupBy(findings, (finding) => {
    const { blame } = finding;
    // Writers of whom nothing is known are not one.
    const sign = blame ? [blame.manager, blame.operation, blame.subresource] : [objectKey(finding.ref)];
    return JSON.stringify([...sign, finding.class, subjectOf(finding.path)]);
  });
  const groups: FindingGroup[] = [];
  for (const alike of bySign.values())
    for (const together of splitByTime(alike)) {
      const [first] = together;
      if (!first) continue;
      const tool = toolOf(first, subjectOf(first.path));
      groups.push({ title: `${tool}, ${clock(first.blame?.time)}, ${count(together)}`, findings: together });
    }
  return groups.sort((a, b) => b.findings.length - a.findings.length || (a.title < b.title ? -1 : 1));
}

function splitByTime(findings: readonly Finding[]): readonly (readonly Finding[])[] {
  const sorted = [...findings].sort((a, b) => {
    const [left, right] = [a.blame?.time ?? '', b.blame?.time ?? ''];
    if (left !== right) return left < right ? -1 : 1;
    return objectKey(a.ref) + printPath(a.path) < objectKey(b.ref) + printPath(b.path) ? -1 : 1;
  });
  const parts: Finding[][] = [];
  let last = Number.NaN;
  for (const finding of sorted) {
    const time = Date.parse(finding.blame?.time ?? '');
    const isNew = parts.length === 0 || Number.isNaN(time) !== Number.isNaN(last) || time - last > WINDOW_MS;
    if (isNew) parts.push([]);
    parts.at(-1)?.push(finding);
    last = time;
  }
  return parts;
}
