import { type FieldPath, printPath } from './field-path.ts';
import type { FieldValue, Finding } from './finding.ts';
import { canonicalJson } from './finding.ts';
import { rowOf } from './finding-classes.ts';
import { isJsonObject, stringAt } from './json.ts';
import { HIDDEN, shownPart } from './secret.ts';

const MAX_VALUE_LENGTH = 120;

/** A value in one short line: a hidden one as its mask, an absent one as `(none)`, control characters as escapes. */
export function displayValue(given: FieldValue): string {
  const value = shownPart(given);
  if (value === undefined) return '(none)';
  const text = typeof value === 'string' ? value : (canonicalJson(value) ?? '');
  const safe = sanitize(text);
  return safe.length > MAX_VALUE_LENGTH ? `${cutText(safe, MAX_VALUE_LENGTH)}…` : safe;
}

/** The start of a text, at most `length` UTF-16 units; never ends with half a surrogate pair. */
export function cutText(text: string, length: number): string {
  return text.slice(0, length).replace(/[\ud800-\udbff]$/u, '');
}

/** Text from a cluster, ConfigHub or the model in one line, without what a terminal or a page could act on. */
export function sanitize(text: string): string {
  // Controls, what is not seen at all, line and paragraph ends, halves of a character.
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{DI}]/gu, (character) => {
    if (character === '\n') return '\\n';
    return `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`;
  });
}

/**
 * Whether two texts differ at most in words that contain digits: a repeated failure gives the same message with other
 * durations, ports, ids and times.
 */
export function differOnlyInNumbers(one: string, other: string): boolean {
  return withoutNumbers(one) === withoutNumbers(other);
}

/** A text with `0` for each word that has a digit in it. */
export function withoutNumbers(text: string): string {
  return text.replaceAll(/\S+/gu, (word) => (/\d/u.test(word) ? '0' : word));
}

const RESOURCES: Readonly<Record<string, string>> = { requests: 'request', limits: 'limit' };
const RESOURCE_NAMES: Readonly<Record<string, string>> = { cpu: 'CPU' };

/** What a field is called in a sentence: `replicas`, `image of container app`, `env DEBUG of container app`. */
export function fieldName(path: FieldPath): string {
  const fields = path.map((step) => {
    if (step.hidden !== undefined) return HIDDEN;
    return 'field' in step ? step.field : 'key' in step ? Object.values(step.key).join('/') : String(step.member);
  });
  if (printPath(path) === '/spec/replicas') return 'replicas';
  const list = fields.findIndex((field) => field === 'containers' || field === 'initContainers');
  const container = list >= 0 ? fields[list + 1] : undefined;
  if (container !== undefined) {
    const inside = fields.slice(list + 2);
    const kind = fields[list] === 'containers' ? 'container' : 'init container';
    if (inside.length === 0) return `${kind} ${sanitize(container)}`;
    const [first, section = '', name] = inside;
    const noun = RESOURCES[section];
    if (first === 'resources' && noun && name && inside.length === 3)
      return `${RESOURCE_NAMES[name] ?? sanitize(name)} ${noun} of ${kind} ${sanitize(container)}`;
    return `${inside.map(sanitize).join(' ')} of ${kind} ${sanitize(container)}`;
  }
  const known = fields[0] === 'metadata' || fields[0] === 'spec' ? fields.slice(1) : fields;
  return known.length === 0 ? 'object' : known.map(sanitize).join(' ');
}

/** The parts of a finding that its summary is made of. */
export type Described = Pick<Finding, 'class' | 'ref' | 'path' | 'desired' | 'live' | 'becomes'>;

/** `from → to`; for two images of the same name only tag or digest. */
function shownChange({ path }: Described, from: FieldValue, to: FieldValue): string {
  const last = path.at(-1);
  if (last && 'field' in last && last.field === 'image' && typeof from === 'string' && typeof to === 'string') {
    const tagAt = (image: string): number => image.search(/[:@][^/]*$/u);
    const name = (image: string): string => (tagAt(image) < 0 ? image : image.slice(0, tagAt(image)));
    const isSameName = name(from) === name(to) && tagAt(from) > 0 && tagAt(to) > 0;
    if (isSameName) return `${displayValue(from.slice(tagAt(from) + 1))} → ${displayValue(to.slice(tagAt(to) + 1))}`;
  }
  return `${inShort(from)} → ${inShort(to)}`;
}

/** A value in one line; a text of several lines as their number, since its first lines rarely show the change. */
function inShort(value: FieldValue): string {
  const lines = typeof value === 'string' ? value.trimEnd().split('\n').length : 1;
  return lines > 1 ? `(${lines} lines)` : displayValue(value);
}

/** A value for a sentence; an element of env as its value only. */
function shownValue(finding: Described, given: FieldValue): string {
  const value = shownPart(given);
  if (isJsonObject(value) && finding.path.some((step) => 'field' in step && step.field === 'env')) {
    const text = stringAt(value, 'value');
    if (text !== undefined && Object.keys(value).length <= 2) return displayValue(text);
  }
  return displayValue(value);
}

/** The path whose last field is replaced by another one (`becomes`); `words` joins both names. */
function swapped({ path, becomes = '' }: Described, words: (own: string, other: string) => string): FieldPath {
  const last = path.at(-1);
  return [...path.slice(0, -1), { field: words(last && 'field' in last ? last.field : '', becomes) }];
}

/** The change in a few words: `replicas 3 → 5`, `env DEBUG of container app added: true`. */
export function summarize(finding: Described): string {
  if (finding.becomes !== undefined) return fieldName(swapped(finding, (own, other) => `${own} → ${other}`));
  const { ofObject } = rowOf(finding.class);
  if (ofObject !== '') return `${finding.ref.kind} ${ofObject}`;
  switch (finding.class) {
    case 'added':
      return `${fieldName(finding.path)} added: ${shownValue(finding, finding.live)}`;
    case 'to_remove':
      return `${fieldName(finding.path)} was dropped from desired and is still live: ${shownValue(finding, finding.live)}`;
    case 'removed':
      return `${fieldName(finding.path)} removed (was ${shownValue(finding, finding.desired)})`;
    default:
      return finding.path.length === 0
        ? `${finding.ref.kind} is not ${finding.class === 'pending' ? 'applied yet' : 'there'}`
        : `${fieldName(finding.path)} ${shownChange(finding, finding.desired, finding.live)}`;
  }
}

function replicas(value: FieldValue): string {
  return value === 1 ? '1 replica' : `${displayValue(value)} replicas`;
}

function isReplicas(finding: Finding): boolean {
  return printPath(finding.path) === '/spec/replicas';
}

/** The sentence after "DRIFT DETECTED:": `backend-api has 5 replicas, expected 3`. */
export function driftSentence(finding: Finding): string {
  const { name } = finding.ref;
  const tier = finding.isCritical ? ' (tier=critical)' : '';
  const subject = `${sanitize(name)}${tier}`;
  if (finding.becomes !== undefined) return `${subject}: ${summarize(finding)}`;
  if (isReplicas(finding) && finding.class === 'changed')
    return `${subject} has ${replicas(finding.live)}, expected ${displayValue(finding.desired)}`;
  if (finding.class === 'missing') return `${subject} is missing`;
  if (finding.class === 'changed') {
    return `${subject} has ${fieldName(finding.path)} ${shownValue(finding, finding.live)}, expected ${shownValue(finding, finding.desired)}`;
  }
  return `${subject}: ${summarize(finding)}`;
}

/** The sentence after "Fixed:": `backend-api scaled to 3 replicas`. */
export function fixedSentence(finding: Finding): string {
  const name = sanitize(finding.ref.name);
  if (isReplicas(finding) && finding.desired !== undefined) return `${name} scaled to ${replicas(finding.desired)}`;
  if (finding.class === 'missing') return `${name} created`;
  if (finding.class === 'added' || finding.class === 'to_remove') return `${name} ${fieldName(finding.path)} removed`;
  return `${name} ${fieldName(finding.path)} set to ${shownValue(finding, finding.desired)}`;
}

/** What the fix changed, in a few words: `replicas: 5 → 3`, `env DEBUG of container app removed`. */
export function summarizeFix(finding: Finding): string {
  if (finding.becomes !== undefined) return fieldName(swapped(finding, (own, other) => `${other} → ${own}`));
  const name = fieldName(finding.path);
  if (finding.class === 'added' || finding.class === 'to_remove') return `${name} removed`;
  if (finding.class === 'removed') return `${name} restored`;
  return `${name}: ${shownChange(finding, finding.live, finding.desired)}`;
}

/** `kubectl via scale`, `kubectl-set`, or `unknown`. */
export function displayBlame(finding: Finding): string {
  const { blame } = finding;
  if (!blame) return 'unknown';
  return `${sanitize(blame.manager)}${blame.subresource === '' ? '' : ` via ${sanitize(blame.subresource)}`}`;
}

/** RFC 3339 time of the last write, or `time unknown`. */
export function displayTime(finding: Finding): string {
  return finding.blame?.time ?? 'time unknown';
}
