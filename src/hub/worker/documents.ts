import { boolYaml11Tag, CORE_SCHEMA, defineScalarTag, dump, loadAll, mergeTag, NOT_RESOLVED, type Schema } from 'js-yaml';
import { isJsonObject, type Json, type JsonObject } from '../../types/json.ts';

export type Documents =
  | { readonly outcome: 'documents'; readonly documents: readonly JsonObject[] }
  | { readonly outcome: 'unreadable'; readonly message: string };

/** Far above any manifest, far below what an alias bomb expands to: js-yaml shares aliased nodes, a walk does not. */
const MAX_NODES = 500_000;

/** Reads a unit's configuration as Kubernetes' own parser would: `0644` is 420, `yes` is true, a date stays text. Empty documents are left out. */
export function readDocuments(text: string): Documents {
  try {
    const documents: JsonObject[] = [];
    let budget = MAX_NODES;
    for (const document of loadAll(text, { schema: kubernetesSchema() })) {
      if (document === null || document === undefined) continue;
      const json = toJson(document, () => {
        budget -= 1;
        if (budget < 0) throw new Error(`more than ${MAX_NODES} values, counting what aliases expand to`);
      });
      if (!isJsonObject(json)) throw new Error('a document is not a mapping');
      documents.push(json);
    }
    return { outcome: 'documents', documents };
  } catch (error) {
    return { outcome: 'unreadable', message: error instanceof Error ? error.message : String(error) };
  }
}

export function writeDocuments(documents: readonly JsonObject[]): string {
  return documents.map((document) => dump(document)).join('---\n');
}

function toJson(value: unknown, count: () => void): Json {
  count();
  if (Array.isArray(value)) return value.map((entry: unknown) => toJson(entry, count));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, entry]: [string, unknown]) => [key, toJson(entry, count)]));
  }
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  throw new Error(`a value of type ${typeof value}`);
}

function kubernetesSchema(): Schema {
  return CORE_SCHEMA.withTags(boolYaml11Tag, mergeTag, integerTag);
}

/** Go reads integers by strconv.ParseInt with base 0: a leading zero is octal, underscores are ignored. */
const integerTag = defineScalarTag<number>('tag:yaml.org,2002:int', {
  implicit: true,
  implicitFirstChars: [...'+-0123456789'],
  resolve: (source) => parseInteger(source) ?? NOT_RESOLVED,
  identify: (value) => Number.isInteger(value),
  represent: String,
});

const integerForms: readonly (readonly [RegExp, number])[] = [
  [/^[-+]?0x[0-9a-fA-F]+$/u, 16],
  [/^[-+]?0b[01]+$/u, 2],
  [/^[-+]?0o?[0-7]+$/u, 8],
  [/^[-+]?(?:0|[1-9]\d*)$/u, 10],
];

function parseInteger(source: string): number | undefined {
  const digits = source.replaceAll('_', '');
  const form = integerForms.find(([pattern]) => pattern.test(digits));
  if (!form) return undefined;
  const negative = digits.startsWith('-');
  const magnitude = Number.parseInt(digits.replace(/^[-+]/u, '').replace(/^0[xbo]/u, ''), form[1]);
  return negative ? -magnitude : magnitude;
}
