import { type FieldPath, printPath } from './field-path.ts';
import type { FieldValue, Finding } from './finding.ts';
import { canonicalJson } from './finding.ts';
import { rowOf } from './finding-classes.ts';
import { isJsonObject, type Json, stringAt } from './json.ts';
import { type ChangedLeaf, changedLeaves, changedLines, isBranch, leavesOf } from './leaves.ts';
import { HIDDEN, shownPart } from './secret.ts';

const MAX_VALUE_LENGTH = 120;
/** Of a value that is one of several in a sentence. */
const MAX_LEAF_LENGTH = 40;
/** Leaves of a value that a sentence names. */
const NAMED_LEAVES = 3;
/** Characters that two long values share, shown before those that differ. */
const SHARED_LENGTH = 12;

/** A value in one short line: a hidden one as its mask, an absent one as `(none)`, control characters as escapes. */
export function displayValue(given: FieldValue): string {
  return displayWithin(shownPart(given), MAX_VALUE_LENGTH);
}

function displayWithin(value: Json | undefined, length: number): string {
  if (value === undefined) return '(none)';
  if (isJsonObject(value) && Object.keys(value).length === 0) return '(empty)';
  const text = typeof value === 'string' ? value : (canonicalJson(value) ?? '');
  const safe = sanitize(text);
  return safe.length > length ? `${cutText(safe, length)}…` : safe;
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
function shownChange(path: FieldPath, from: FieldValue, to: FieldValue): string {
  const last = path.at(-1);
  if (last && 'field' in last && last.field === 'image' && typeof from === 'string' && typeof to === 'string') {
    const tagAt = (image: string): number => image.search(/[:@][^/]*$/u);
    const name = (image: string): string => (tagAt(image) < 0 ? image : image.slice(0, tagAt(image)));
    const isSameName = name(from) === name(to) && tagAt(from) > 0 && tagAt(to) > 0;
    if (isSameName) return `${displayValue(from.slice(tagAt(from) + 1))} → ${displayValue(to.slice(tagAt(to) + 1))}`;
  }
  return inShort(shownPart(from), shownPart(to), MAX_VALUE_LENGTH);
}

/** Two values in one line: of texts of several lines the first that differs, of long ones the part that differs. */
function inShort(from: Json | undefined, to: Json | undefined, length: number): string {
  if (typeof from === 'string' && typeof to === 'string') {
    if (isMultiLine(from) || isMultiLine(to)) return inLines(from, to, length);
    const shared = sharedLength(from, to) - SHARED_LENGTH;
    if (shared > 0 && Math.max(from.length, to.length) > length)
      return `…${displayWithin(from.slice(shared), length)} → …${displayWithin(to.slice(shared), length)}`;
  }
  return `${displayWithin(from, length)} → ${displayWithin(to, length)}`;
}

function isMultiLine(text: string): boolean {
  return text.trimEnd().includes('\n');
}

function sharedLength(one: string, other: string): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length++;
  return length;
}

function inLines(from: string, to: string, length: number): string {
  const changed = changedLines(from, to);
  const lines = (text: string): string => `(${text.trimEnd().split('\n').length} lines)`;
  if (!changed) return `${lines(from)} → ${lines(to)}`;
  const trimmed = (line: Json | undefined): Json | undefined => (typeof line === 'string' ? line.trim() : line);
  const more = changed.others === 0 ? '' : `, and ${changed.others} more ${changed.others === 1 ? 'line' : 'lines'}`;
  return `${inShort(trimmed(changed.from), trimmed(changed.to), length)}${more}`;
}

/** The leaf's own path, for its name in a sentence. */
function pathTo(path: FieldPath, { names }: Pick<ChangedLeaf, 'names'>): FieldPath {
  return [...path, ...names.map((field) => ({ field }))];
}

/** Leaves with their names, the first few of them; `text` gives the words for one. */
function listed<T extends Pick<ChangedLeaf, 'names'>>(leaves: readonly T[], text: (leaf: T) => string): string {
  const named = leaves
    .slice(0, NAMED_LEAVES)
    .map((leaf) => [...leaf.names.map(sanitize), text(leaf)].filter((part) => part !== '').join(' '));
  const rest = leaves.length - named.length;
  return `${named.join(', ')}${rest > 0 ? `, and ${rest} more` : ''}`;
}

/** A change of a value that may be an object: as the leaves that differ. */
function changeWords(path: FieldPath, from: FieldValue, to: FieldValue): string {
  const [before, after] = [shownPart(from) ?? null, shownPart(to) ?? null];
  const leaves = isBranch(before) || isBranch(after) ? changedLeaves(before, after) : [];
  const [only] = leaves;
  // Hidden parts may look alike where the values are not.
  if (!only) return `${fieldName(path)} ${isBranch(before) ? `${HIDDEN} → ${HIDDEN}` : shownChange(path, from, to)}`;
  if (leaves.length === 1) return `${fieldName(pathTo(path, only))} ${shownChange(pathTo(path, only), only.from, only.to)}`;
  return `${fieldName(path)}: ${listed(leaves, (leaf) => inShort(leaf.from, leaf.to, MAX_LEAF_LENGTH))}`;
}

/** Names of the leaves of a value that is there on one side only, and the path that they are below of. */
function sideOf({ path }: Pick<Described, 'path'>, given: FieldValue): { readonly name: string; readonly value: string } {
  const value = shownPart(given);
  if (value === undefined || !isBranch(value)) return { name: fieldName(path), value: displayValue(value) };
  if (isJsonObject(value) && path.some((step) => 'field' in step && step.field === 'env')) {
    const text = stringAt(value, 'value');
    if (text !== undefined && Object.keys(value).length <= 2) return { name: fieldName(path), value: displayValue(text) };
  }
  const last = path.at(-1);
  const keys = last && 'key' in last ? Object.keys(last.key) : [];
  const leaves = leavesOf(value).filter(({ names }) => names.length !== 1 || !keys.includes(names[0] ?? ''));
  const [only] = leaves;
  if (!only) return { name: fieldName(path), value: '' };
  if (leaves.length === 1) return { name: fieldName(pathTo(path, only)), value: displayValue(only.value) };
  return { name: fieldName(path), value: listed(leaves, (leaf) => displayWithin(leaf.value, MAX_LEAF_LENGTH)) };
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
      return withValue(sideOf(finding, finding.live), 'added');
    case 'to_remove':
      return withValue(sideOf(finding, finding.live), 'was dropped from desired and is still live');
    case 'removed': {
      const { name, value } = sideOf(finding, finding.desired);
      return `${name} removed${value === '' ? '' : ` (was ${value})`}`;
    }
    default:
      return finding.path.length === 0
        ? `${finding.ref.kind} is not ${finding.class === 'pending' ? 'applied yet' : 'there'}`
        : changeWords(finding.path, finding.desired, finding.live);
  }
}

function withValue({ name, value }: { readonly name: string; readonly value: string }, what: string): string {
  return `${name} ${what}${value === '' ? '' : `: ${value}`}`;
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
  const hasBranch = [finding.live, finding.desired].some((side) => isBranch(shownPart(side)));
  if (finding.class === 'changed' && !hasBranch)
    return `${subject} has ${fieldName(finding.path)} ${displayValue(finding.live)}, expected ${displayValue(finding.desired)}`;
  return `${subject}: ${summarize(finding)}`;
}

/** The sentence after "Fixed:": `backend-api scaled to 3 replicas`. */
export function fixedSentence(finding: Finding): string {
  const name = sanitize(finding.ref.name);
  if (isReplicas(finding) && finding.desired !== undefined) return `${name} scaled to ${replicas(finding.desired)}`;
  if (finding.class === 'missing') return `${name} created`;
  if (finding.class === 'added' || finding.class === 'to_remove') return `${name} ${fieldName(finding.path)} removed`;
  const { name: field, value } = sideOf(finding, finding.desired);
  return `${name} ${field} ${value === '' ? 'restored' : `set to ${value}`}`;
}

/** What the fix changed, in a few words: `replicas: 5 → 3`, `env DEBUG of container app removed`. */
export function summarizeFix(finding: Finding): string {
  if (finding.becomes !== undefined) return fieldName(swapped(finding, (own, other) => `${other} → ${own}`));
  const name = fieldName(finding.path);
  if (finding.class === 'added' || finding.class === 'to_remove') return `${name} removed`;
  if (finding.class === 'removed') return `${name} restored`;
  const isWhole = ![finding.live, finding.desired].some((side) => isBranch(shownPart(side)));
  return isWhole
    ? `${name}: ${shownChange(finding.path, finding.live, finding.desired)}`
    : changeWords(finding.path, finding.live, finding.desired);
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
