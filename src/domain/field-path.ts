import { stringifyJson } from './exact-json.ts';
import { isJsonArray, isJsonObject, type Json, type JsonObject } from './json.ts';
import { HIDDEN } from './secret.ts';

/** What may be a key field of a list's elements. */
export type KeyPart = string | number | bigint | boolean;

export function isKeyPart(value: Json | undefined): value is KeyPart {
  return value !== undefined && value !== null && typeof value !== 'object';
}

/**
 * One step into an object: a field, an element found by its key fields, or an element of a set found by its value.
 * `hidden`: what the step says must not be shown, and this is its number in the live object or list, from 1; 0 where it has none.
 */
export type PathStep =
  | { readonly field: string; readonly hidden?: number }
  /** `duplicate` is the live list's position where several elements share the key, from 0. */
  | { readonly key: Readonly<Record<string, KeyPart>>; readonly duplicate?: number; readonly hidden?: number }
  | { readonly member: Json; readonly hidden?: number };

export type FieldPath = readonly PathStep[];

/** Characters that make a key value ambiguous in the text form, so that it is written as a JSON string. */
const NEEDS_QUOTES = /[/~[\],="\s]/u;

function printKeyValue(value: Json): string {
  return typeof value === 'string' && (NEEDS_QUOTES.test(value) || value === '') ? JSON.stringify(value) : String(value);
}

/** The text form: `/spec/template/spec/containers[name=app]/env[name=DEBUG]`; map keys write `~1` for a slash. */
export function printPath(path: FieldPath): string {
  let text = '';
  for (const step of path) {
    if (step.hidden !== undefined) text += 'field' in step ? `/${HIDDEN}#${step.hidden}` : `[=${HIDDEN}#${step.hidden}]`;
    else if ('field' in step) text += `/${step.field.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    else if ('key' in step) {
      const pairs = Object.entries(step.key).map(([name, value]) => `${name}=${printKeyValue(value)}`);
      text += `[${pairs.join(',')}]${step.duplicate ? `#${step.duplicate + 1}` : ''}`;
    } else text += `[=${typeof step.member === 'object' ? stringifyJson(step.member) : printKeyValue(step.member)}]`;
  }
  return text;
}

const QUOTED = '"(?:[^"\\\\]|\\\\.)*"';
const FIELD_TEXT = /\/([^/[\]]*)/uy;
const ELEMENT_TEXT = new RegExp(`\\[((?:[^\\]"]|${QUOTED})*)\\](?:#\\d+)?`, 'uy');
const PAIR_TEXT = new RegExp(`(?<![^=,])([^=,]+)=(${QUOTED}|[^,]*)`, 'gu');

/** The path of a text form, with every key value as a text; a text that is none is one field. */
export function parsePath(text: string): FieldPath {
  const path: PathStep[] = [];
  const unquote = (value: string): string => (value.startsWith('"') ? String(JSON.parse(value)) : value);
  for (let at = 0; at < text.length; ) {
    const form = text[at] === '[' ? ELEMENT_TEXT : FIELD_TEXT;
    form.lastIndex = at;
    const [whole, inner = ''] = form.exec(text) ?? [];
    if (!whole) return [{ field: text }];
    if (form === FIELD_TEXT) path.push({ field: inner.replaceAll('~1', '/').replaceAll('~0', '~') });
    else if (inner.startsWith('=')) path.push({ member: inner.slice(1) });
    else
      path.push({
        key: Object.fromEntries([...inner.matchAll(PAIR_TEXT)].map(([, name = '', value = '']) => [name, unquote(value)])),
      });
    at += whole.length;
  }
  return path;
}

/** The same place or one below it, step by step: `/image` is not above `/imagePullPolicy`. */
export function isWithin(path: FieldPath, above: FieldPath): boolean {
  return above.every((step, index) => path[index] !== undefined && printPath([step]) === printPath([path[index]]));
}

function matches(element: Json, key: Readonly<Record<string, Json>>, defaults: Readonly<Record<string, Json>>): boolean {
  if (!isJsonObject(element)) return false;
  return Object.entries(key).every(([name, value]) => (element[name] ?? defaults[name] ?? '') === value);
}

/** Key fields that manifests leave out because the API server fills them in: they are part of the key all the same. */
const KEY_DEFAULTS: Readonly<Record<string, Json>> = { protocol: 'TCP' };

/** Position of the element that a step names in a list; -1 where it is not there. */
export function findElement(list: readonly Json[], step: Exclude<PathStep, { readonly field: string }>): number {
  if ('member' in step) return list.findIndex((element) => stringifyJson(element) === stringifyJson(step.member));
  let skip = step.duplicate ?? 0;
  return list.findIndex((element) => matches(element, step.key, KEY_DEFAULTS) && skip-- === 0);
}

/** The path with `hidden` at the steps that `isHidden` says it of. */
export function withHiddenSteps(
  path: FieldPath,
  root: Json | undefined,
  isHidden: (step: PathStep, index: number) => boolean,
): FieldPath {
  return path.map((step, index) => {
    if (!isHidden(step, index)) return step;
    const parent = valueAt(root, path.slice(0, index));
    if ('field' in step) return { ...step, hidden: isJsonObject(parent) ? Object.keys(parent).indexOf(step.field) + 1 : 0 };
    return { ...step, hidden: isJsonArray(parent) ? findElement(parent, step) + 1 : 0 };
  });
}

/** The path as others may see it. */
export function shownPath(path: FieldPath): FieldPath {
  return path.map((step) => {
    if (step.hidden === undefined) return step;
    const text = `${HIDDEN}#${step.hidden}`;
    return 'field' in step ? { field: text } : { member: text };
  });
}

/** The value at a path; `undefined` where it is absent. */
export function valueAt(root: Json | undefined, path: FieldPath): Json | undefined {
  let node = root;
  for (const step of path) {
    if ('field' in step) node = isJsonObject(node) && Object.hasOwn(node, step.field) ? node[step.field] : undefined;
    else node = isJsonArray(node) ? node[findElement(node, step)] : undefined;
    if (node === undefined) return undefined;
  }
  return node;
}

/** The path as list indexes and fields of one very object, for a JSON pointer or an edit; `undefined` where it leads nowhere. */
export function locate(root: Json, path: FieldPath): readonly (string | number)[] | undefined {
  const located: (string | number)[] = [];
  let node: Json | undefined = root;
  for (const step of path) {
    const key: string | number = 'field' in step ? step.field : isJsonArray(node) ? findElement(node, step) : -1;
    if (key === -1) return undefined;
    located.push(key);
    node = typeof key === 'number' ? (isJsonArray(node) ? node[key] : undefined) : isJsonObject(node) ? node[key] : undefined;
    if (node === undefined) return undefined;
  }
  return located;
}

/** RFC 6901 text of a located path. */
export function toJsonPointer(located: readonly (string | number)[]): string {
  return located.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/**
 * A copy of the object with the value at the path set, or removed where `value` is `undefined`. Steps that are absent
 * on the way are created, an element with its key fields; only the values on the path are copied.
 */
export function withValueAt(root: Json | undefined, path: FieldPath, value: Json | undefined): Json | undefined {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if ('field' in step) {
    const object: JsonObject = isJsonObject(root) ? root : {};
    const child = withValueAt(Object.hasOwn(object, step.field) ? object[step.field] : undefined, rest, value);
    const { [step.field]: _, ...others } = object;
    if (child === undefined) return Object.hasOwn(object, step.field) ? others : root;
    // Rebuilt in place, so that the order of keys stays as it was.
    if (!Object.hasOwn(object, step.field)) return { ...object, [step.field]: child };
    return Object.fromEntries(Object.entries(object).map(([key, entry]) => [key, key === step.field ? child : entry]));
  }
  const list = isJsonArray(root) ? root : [];
  const index = findElement(list, step);
  const before = index < 0 ? ('key' in step && value !== undefined ? { ...step.key } : undefined) : list[index];
  const child = withValueAt(before, rest, value);
  if (child === undefined) return index < 0 ? root : list.filter((_, position) => position !== index);
  return index < 0 ? [...list, child] : list.map((element, position) => (position === index ? child : element));
}
