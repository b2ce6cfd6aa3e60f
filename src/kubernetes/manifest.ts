import { CORE_SCHEMA, defineScalarTag, loadAll, mergeTag, NOT_RESOLVED, YAMLException } from 'js-yaml';
import { messageOf } from '../types/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../types/json.ts';

/** Bounds that a unit of real manifests never meets; what exceeds one is refused instead of exhausting the process. */
const LIMITS = { bytes: 1 << 20, depth: 100, aliases: 1_000, nodes: 200_000 } as const;

export type ManifestResult =
  | { readonly ok: true; readonly documents: readonly JsonObject[] }
  | { readonly ok: false; readonly error: string };

// Kubernetes reads YAML with Go's parser (sigs.k8s.io/yaml), which follows YAML 1.1 for booleans and octal numbers but
// knows no sexagesimal numbers and leaves dates as text. fixtures/yaml/go-parser.json holds its answers; a test compares.
const TRUE = new Set(['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON']);
const FALSE = new Set(['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF']);
const BOOL_FIRST = [...new Set([...TRUE, ...FALSE].map((word) => word.charAt(0)))];
const NUMBER_FIRST = [...'+-.0123456789'];
const FLOAT = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/u;

/** An integer as Go's `strconv.ParseInt(text, 0, 64)` reads it: leading 0 or 0o is octal, 0x hexadecimal, 0b binary. */
function parseInteger(source: string): number | typeof NOT_RESOLVED {
  const match = /^([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))$/u.exec(source);
  if (!match) return NOT_RESOLVED;
  const [, sign, hex, binary, octal, decimal] = match;
  const value = hex
    ? Number.parseInt(hex, 16)
    : binary
      ? Number.parseInt(binary, 2)
      : octal
        ? Number.parseInt(octal, 8)
        : Number(decimal);
  return sign === '-' ? -value : value;
}

const boolTag = defineScalarTag<boolean>('tag:yaml.org,2002:bool', {
  implicit: true,
  implicitFirstChars: BOOL_FIRST,
  resolve: (source) => (TRUE.has(source) ? true : FALSE.has(source) ? false : NOT_RESOLVED),
  identify: () => false,
});
const intTag = defineScalarTag<number>('tag:yaml.org,2002:int', {
  implicit: true,
  implicitFirstChars: NUMBER_FIRST,
  resolve: (source) => (source.startsWith('_') ? NOT_RESOLVED : parseInteger(source.replaceAll('_', ''))),
  identify: () => false,
});
const floatTag = defineScalarTag<number>('tag:yaml.org,2002:float', {
  implicit: true,
  implicitFirstChars: NUMBER_FIRST,
  resolve: (source) => {
    const digits = source.replaceAll('_', '');
    if (!FLOAT.test(digits)) return NOT_RESOLVED;
    const value = Number(digits);
    return Number.isFinite(value) ? value : NOT_RESOLVED;
  },
  identify: () => false,
});
const SCHEMA = CORE_SCHEMA.withTags(boolTag, intTag, floatTag, mergeTag);

/** Aliases share nodes, so a short text can stand for an endless tree: counts what a walk over it would meet. */
function exceedsNodeLimit(value: unknown): boolean {
  let nodes = 0;
  const stack: unknown[] = [value];
  while (stack.length > 0) {
    if (++nodes > LIMITS.nodes) return true;
    const node = stack.pop();
    if (typeof node === 'object' && node !== null) stack.push(...Object.values(node));
  }
  return false;
}

/**
 * Reads the text of a unit or manifest file as Kubernetes does. Empty documents are left out and a `List` is opened.
 * Never throws for bad input: the error says what is wrong and where.
 */
export function parseManifest(text: string): ManifestResult {
  if (Buffer.byteLength(text) > LIMITS.bytes) return { ok: false, error: `larger than ${LIMITS.bytes} bytes` };
  const documents: JsonObject[] = [];
  let parsed: unknown[];
  try {
    parsed = loadAll(text, { schema: SCHEMA, maxDepth: LIMITS.depth, maxAliases: LIMITS.aliases });
  } catch (error) {
    return { ok: false, error: `not YAML: ${explain(error)}` };
  }
  for (const [index, document] of parsed.entries()) {
    if (document === null || document === undefined) continue;
    if (exceedsNodeLimit(document))
      return { ok: false, error: `document ${index + 1} unfolds to more than ${LIMITS.nodes} nodes` };
    if (!isJsonObject(document)) return { ok: false, error: `document ${index + 1} is not a mapping` };
    const items = document['items'];
    if (document['kind'] === 'List' && Array.isArray(items)) documents.push(...items.filter((item: Json) => isJsonObject(item)));
    else documents.push(document);
  }
  return { ok: true, documents };
}

/** What is wrong and where. The parser's own message quotes the lines around it, and these may hold secrets. */
function explain(error: unknown): string {
  if (!(error instanceof YAMLException)) return messageOf(error);
  return error.mark ? `${error.reason} (line ${error.mark.line + 1}, column ${error.mark.column + 1})` : error.reason;
}
