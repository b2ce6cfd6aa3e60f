import { defineMappingTag, defineScalarTag, defineSequenceTag, NOT_RESOLVED, Schema } from 'js-yaml';
import { wholeNumber } from '../../domain/exact-json.ts';

// Kubernetes reads YAML with sigs.k8s.io/yaml over go.yaml.in/yaml/v2. It follows YAML 1.1 for booleans and octal numbers
// but knows no sexagesimal numbers and leaves dates as text. Tests compare with the Go libraries themselves.

const WORDS = new Map<string, null | boolean | number>([
  ...words('y Y yes Yes YES true True TRUE on On ON', true),
  ...words('n N no No NO false False FALSE off Off OFF', false),
  ...words('~ null Null NULL', null),
  ['', null],
  ...words('.nan .NaN .NAN', Number.NaN),
  ...words('.inf .Inf .INF +.inf +.Inf +.INF', Number.POSITIVE_INFINITY),
  ...words('-.inf -.Inf -.INF', Number.NEGATIVE_INFINITY),
]);

function words<T>(list: string, value: T): [string, T][] {
  return list.split(' ').map((word) => [word, value]);
}

const INTEGER = /^([-+]?)(?:(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+)|0([0-7]+)|(0|[1-9][0-9]*))$/u;
/** A sign behind the prefix, which Go's second attempt at binary numbers lets pass. */
const SIGN_IN_BINARY = /^0b([-+]?)([01]+)$/u;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/u;
/** What starts with a dot: here, underscores may stand only between digits. */
const FRACTION = /^\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?$/u;
const MIN_INT = -(2n ** 63n);
const MAX_UINT = 2n ** 64n - 1n;

type Plain = null | boolean | number | bigint | string;

/** The value of a scalar without quotes and tag. */
function resolvePlain(source: string): Plain {
  const word = WORDS.get(source);
  if (word !== undefined) return word;
  // The common case, for speed: no bits are lost, and no other base is meant.
  if (/^-?[1-9][0-9]{0,14}$/u.test(source)) return Number(source);
  const isNumberLike = /^[-+0-9]/u.test(source) || FRACTION.test(source);
  return (isNumberLike ? resolveNumber(source.replaceAll('_', '')) : undefined) ?? source;
}

function resolveNumber(digits: string): number | bigint | undefined {
  const [, sign = '', prefixed, octal, decimal] = INTEGER.exec(digits) ?? [];
  const magnitude = prefixed ?? (octal === undefined ? decimal : `0o${octal}`);
  const integer = magnitude === undefined ? undefined : resolveInteger(sign, BigInt(magnitude));
  if (integer !== undefined) return integer;
  const [, binarySign = '', binary] = SIGN_IN_BINARY.exec(digits) ?? [];
  if (binary !== undefined) return resolveInteger(binarySign, BigInt(`0b${binary}`));
  const value = FLOAT.test(digits) ? Number(digits) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}

/** Go has integers of 64 bits, and above the largest signed one only those without a sign. */
function resolveInteger(sign: string, magnitude: bigint): number | bigint | undefined {
  const value = sign === '-' ? -magnitude : magnitude;
  const isPossible = value >= MIN_INT && value <= (sign === '' ? MAX_UINT : 2n ** 63n - 1n);
  return isPossible ? wholeNumber(value) : undefined;
}

const TAG = 'tag:yaml.org,2002:';

/** A fraction that is a whole number: as a key, Go writes it otherwise than an integer. */
class WholeFraction {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

type Value = Plain | WholeFraction;

/** Written as a fraction, though its value may be whole. */
const FRACTION_LIKE = /^[-+]?[0-9_.]*[.eE]/u;

function resolveTyped(source: string): Value {
  const value = resolvePlain(source);
  const isWhole = Number.isInteger(value) && FRACTION_LIKE.test(source);
  return isWhole && typeof value === 'number' ? new WholeFraction(value) : value;
}

/** Every plain scalar is asked once what it is; only those that begin so can be anything but text. */
const plain = defineScalarTag<Value>(`${TAG}plain`, {
  implicit: true,
  implicitFirstChars: ['', ...'yYnNtTfFoO~.+-0123456789'],
  resolve(source) {
    const value = resolveTyped(source);
    return typeof value === 'string' ? NOT_RESOLVED : value;
  },
  identify: () => false,
});

function explicitTag(name: string, isOfType: (value: Value) => boolean): ReturnType<typeof defineScalarTag<Value>> {
  return defineScalarTag<Value>(TAG + name, {
    resolve(source) {
      const resolved = resolveTyped(source);
      const value = name === 'float' && typeof resolved === 'bigint' ? Number(resolved) : resolved;
      return isOfType(value) ? value : NOT_RESOLVED;
    },
    identify: () => false,
  });
}

const text = { resolve: (source: string): string => source, identify: () => false };
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/u;
const binary = defineScalarTag<string>(`${TAG}binary`, {
  resolve(source) {
    const base64 = source.replaceAll(/\s/gu, '');
    return BASE64.test(base64) ? Buffer.from(base64, 'base64').toString('utf8') : NOT_RESOLVED;
  },
  identify: () => false,
});

/** The key of a merge; in quotes it is a key like any other. */
const MERGE = Symbol('<<');
// Not by YAML's own name for it: js-yaml would merge by a rule of its own, where an own key wins in any position.
const mergeKey = defineScalarTag<symbol>(`${TAG}merge-in-order`, {
  implicit: true,
  implicitFirstChars: ['<'],
  resolve: (source) => (source === '<<' ? MERGE : NOT_RESOLVED),
  identify: () => false,
});

/** What a finished node is in JSON. */
export function toJson(value: unknown): unknown {
  if (value instanceof WholeFraction) return value.value;
  return value === MERGE ? '<<' : value;
}

/** A mapping on its way: keys that only a merge brought may come again. */
interface Mapping {
  readonly object: Record<string, unknown>;
  merged: Set<string> | undefined;
}

function set(object: Record<string, unknown>, key: string, value: unknown): void {
  // Assigning to this name would change the prototype.
  if (key !== '__proto__') object[key] = value;
  else Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

const SHORT_FRACTION = /^-?(?=[\d.]{3,7}$)(?!0\.0000)\d+\.\d+$/u;

/** A key as JSON has it, which is text; an error for what is none, or what Go writes in digits of its own. */
function nameOf(key: unknown): { readonly name: string } | { readonly error: string } {
  if (typeof key === 'string') return { name: key };
  if (typeof key === 'boolean' || typeof key === 'bigint') return { name: String(key) };
  if (Number.isSafeInteger(key)) return { name: String(key === 0 ? 0 : key) };
  // Go prints a fraction in the digits of 32 bits, which for a short one are its own.
  if (typeof key === 'number' && SHORT_FRACTION.test(String(key))) return { name: String(key) };
  if (typeof key === 'number' || key instanceof WholeFraction)
    return { error: 'a key that is a long fraction or a huge number; put it in quotes' };
  return { error: 'a key that is no text' };
}

/** Each merge copies: a short text could ask for copies without end. */
const MAX_MERGED_KEYS = 10_000;

/** The last wins, whether it is merged or not, as in Go. */
function merge(mapping: Mapping, source: unknown): string {
  const sources: unknown[] = Array.isArray(source) ? source.toReversed() : [source];
  mapping.merged ??= new Set();
  for (const entry of sources) {
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return 'a merge of what is no mapping';
    for (const [key, value] of Object.entries(entry)) {
      if (!Object.hasOwn(mapping.object, key)) mapping.merged.add(key);
      if (mapping.merged.size > MAX_MERGED_KEYS) return `more than ${MAX_MERGED_KEYS} merged keys`;
      set(mapping.object, key, value);
    }
  }
  return '';
}

function checkValue(value: unknown): string {
  return typeof value === 'number' && !Number.isFinite(value) ? 'a number that JSON does not have' : '';
}

const mappingRules = {
  create: (): Mapping => ({ object: {}, merged: undefined }),
  addPair(mapping: Mapping, key: unknown, value: unknown): string {
    if (key === MERGE) return merge(mapping, value);
    const named = nameOf(key);
    if ('error' in named) return named.error;
    const isMerged = mapping.merged?.delete(named.name) ?? false;
    if (Object.hasOwn(mapping.object, named.name) && !isMerged) return 'duplicated mapping key';
    set(mapping.object, named.name, toJson(value));
    return checkValue(value);
  },
  has: () => false,
  keys: (result: Record<string, unknown>) => Object.keys(result),
  get: (result: Record<string, unknown>, key: unknown) => result[String(key)],
  finalize: (mapping: Mapping) => mapping.object,
  identify: () => false,
};
const sequenceRules = {
  create: (): unknown[] => [],
  addItem(list: unknown[], item: unknown): string {
    list.push(toJson(item));
    return checkValue(item);
  },
  identify: () => false,
};

/** Unknown tags are ignored, as in Go; a scalar with one is text. */
const ANY = { matchByTagPrefix: true } as const;

/** Values as Kubernetes reads them, for js-yaml. */
export const KUBERNETES_SCHEMA = new Schema([
  defineScalarTag<string>(`${TAG}str`, text),
  plain,
  explicitTag('null', (value) => value === null),
  explicitTag('bool', (value) => typeof value === 'boolean'),
  explicitTag('int', (value) => typeof value === 'bigint' || Number.isInteger(value)),
  explicitTag('float', (value) => typeof value === 'number' || value instanceof WholeFraction),
  binary,
  mergeKey,
  defineScalarTag<string>(TAG, { ...text, ...ANY }),
  defineScalarTag<string>('!', { ...text, ...ANY }),
  defineSequenceTag(`${TAG}seq`, sequenceRules),
  defineSequenceTag(TAG, { ...sequenceRules, ...ANY }),
  defineSequenceTag('!', { ...sequenceRules, ...ANY }),
  defineMappingTag(`${TAG}map`, mappingRules),
  defineMappingTag(TAG, { ...mappingRules, ...ANY }),
  defineMappingTag('!', { ...mappingRules, ...ANY }),
]);
