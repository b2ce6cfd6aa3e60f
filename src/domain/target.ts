import { type FieldPath, findElement, isKeyPart, type KeyPart, valueAt, withValueAt } from './field-path.ts';
import { stepName } from './field-set.ts';
import { type Finding, revealValue } from './finding.ts';
import { isJsonArray, isJsonObject, type Json, type JsonObject, own, stringAt } from './json.ts';
import { withRelatedFields } from './related-fields.ts';
import type { FieldOwner } from './snapshot.ts';

/** The target of a fix: live with some fields as desired, and everything else unchanged. */
export interface Target {
  readonly body: JsonObject;
  /** The paths that differ from live, those of related fields and emptied parents included. */
  readonly changed: readonly FieldPath[];
}

/** One object's two sides. `owners` are those of the live object. */
interface Sides {
  readonly kind: string;
  readonly live: JsonObject;
  readonly desired: JsonObject;
  readonly owners: readonly FieldOwner[];
}

/**
 * Live with these findings brought back: declared fields as desired has them, elements at their declared place, additions
 * gone together with what only held them.
 */
export function targetOf({ kind, live, desired, owners }: Sides, findings: readonly Finding[]): Target {
  let body = live;
  const changed: FieldPath[] = [];
  const follow = (path: FieldPath): void => {
    const related = withRelatedFields(body, kind, path, desired);
    body = related.body;
    changed.push(path, ...related.changed);
  };
  const isSet = (finding: Finding): boolean => finding.desired !== undefined && finding.isReordered !== true;
  for (const { path, desired: value } of findings.filter(isSet)) {
    body = withDeclared(body, path, revealValue(value), desired);
    follow(path);
  }
  // Of several elements with one key the last goes first, so that the others keep their number.
  const additions = findings.filter(({ desired: value }) => value === undefined).toSorted(byLastElement);
  const adders = new Set(additions.flatMap(({ blame }) => blame?.manager ?? []));
  for (const { path } of additions) {
    body = asObject(withValueAt(body, path, undefined), body);
    follow(path);
    for (let depth = path.length - 1; depth > 0; depth--) {
      const parent = path.slice(0, depth);
      if (!isEmptied(valueAt(body, parent)) || isKept(parent, desired, owners, adders)) break;
      body = asObject(withValueAt(body, parent, undefined), body);
      changed.push(parent);
    }
  }
  for (const { path } of findings.filter(({ isReordered }) => isReordered)) {
    body = withDeclaredOrder(body, path, desired);
    changed.push(path);
  }
  return { body, changed };
}

function asObject(value: Json | undefined, otherwise: JsonObject): JsonObject {
  return isJsonObject(value) ? value : otherwise;
}

function byLastElement(one: Finding, other: Finding): number {
  return duplicateOf(other.path) - duplicateOf(one.path);
}

function duplicateOf(path: FieldPath): number {
  const last = path.at(-1);
  return last && 'key' in last ? (last.duplicate ?? 0) : 0;
}

function isEmptied(value: Json | undefined): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

/**
 * An empty struct or map stays where desired declares it, and goes where the managers whose additions go put it there:
 * what others made, or the server filled in, was there before.
 */
function isKept(parent: FieldPath, desired: JsonObject, owners: readonly FieldOwner[], adders: ReadonlySet<string>): boolean {
  const [first] = parent;
  const isRequired = parent.length === 1 && first && 'field' in first && ['metadata', 'spec'].includes(first.field);
  if (isRequired || valueAt(desired, parent) !== undefined) return true;
  const makers = owners.filter(({ fields }) => ownsNode(fields, parent));
  if (makers.length === 0) {
    // Who updates owns what it made, and who applies owns the ends alone (measured on 1.34).
    const known = owners.filter(({ manager }) => adders.has(manager));
    return known.length > 0 && known.every(({ operation }) => operation === 'Update');
  }
  return makers.some(({ manager }) => !adders.has(manager));
}

function ownsNode(fields: JsonObject, path: FieldPath): boolean {
  let below: Json | undefined = fields;
  for (const step of path) below = own(below, stepName(step));
  return isJsonObject(below) && (Object.keys(below).length === 0 || Object.hasOwn(below, '.'));
}

/** The body with a declared value at its path; an element that was not there goes to its declared place in the list. */
function withDeclared(body: JsonObject, path: FieldPath, value: Json | undefined, desired: JsonObject): JsonObject {
  const set = asObject(withValueAt(body, path, value), body);
  const last = path.at(-1);
  if (last === undefined || 'field' in last || valueAt(body, path) !== undefined) return set;
  const list = path.slice(0, -1);
  const [now, declared] = [valueAt(set, list), valueAt(desired, list)];
  if (!isJsonArray(now) || !isJsonArray(declared)) return set;
  const element = now.at(-1);
  const others = now.slice(0, -1);
  if (element === undefined) return set;
  const place = placeOf(others, declared, last);
  return asObject(withValueAt(set, list, others.toSpliced(place, 0, element)), set);
}

/** Behind the nearest declared element before it, or else before the nearest one behind it. */
function placeOf(list: readonly Json[], declared: readonly Json[], step: ElementStep): number {
  const index = findElement(declared, step);
  const place = (element: Json | undefined): number => {
    const alike = element === undefined ? undefined : stepOf(element, step);
    return alike ? findElement(list, alike) : -1;
  };
  for (let before = index - 1; before >= 0; before--) {
    const found = place(declared[before]);
    if (found >= 0) return found + 1;
  }
  for (let behind = index + 1; index >= 0 && behind < declared.length; behind++) {
    const found = place(declared[behind]);
    if (found >= 0) return found;
  }
  return list.length;
}

type ElementStep = Exclude<FieldPath[number], { readonly field: string }>;

/** The step to another element of the list that `step` leads into. */
function stepOf(element: Json, step: ElementStep): ElementStep | undefined {
  if ('member' in step) return { member: element };
  const key: Record<string, KeyPart> = {};
  for (const name of Object.keys(step.key)) {
    const part = own(element, name);
    // What is left out has a default, which is the same for both.
    if (isKeyPart(part)) key[name] = part;
  }
  return Object.keys(key).length === 0 ? undefined : { key };
}

/** Declared elements change places among themselves; what others added stays where it is. */
function withDeclaredOrder(body: JsonObject, path: FieldPath, desired: JsonObject): JsonObject {
  const [now, declared] = [valueAt(body, path), valueAt(desired, path)];
  if (!isJsonArray(now) || !isJsonArray(declared)) return body;
  const indexOf = (element: Json): number => findElement(declared, { key: { name: stringAt(element, 'name') ?? '' } });
  const sorted = now.filter((element) => indexOf(element) >= 0).toSorted((one, other) => indexOf(one) - indexOf(other));
  const ordered = now.map((element) => (indexOf(element) < 0 ? element : (sorted.shift() ?? element)));
  return asObject(withValueAt(body, path, ordered), body);
}
