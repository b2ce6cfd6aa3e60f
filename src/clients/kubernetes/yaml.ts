import { DUMP_SCHEMA, dump, loadAll, Schema, YAMLException } from 'js-yaml';
import type { Json } from '../../domain/json.ts';
import { indentFlow, lenient } from './flow-indent.ts';
import { KUBERNETES_SCHEMA, toJson } from './yaml-schema.ts';

/** Why a text is no YAML that Kubernetes would read, and where; lines and columns from 1. */
export class YamlError extends Error {
  readonly reason: string;
  readonly line: number;
  readonly column: number;
  constructor(reason: string, line: number, column: number) {
    super(`${reason} (line ${line}, column ${column})`);
    this.reason = reason;
    this.line = line;
    this.column = column;
  }
}

export interface YamlLimits {
  /** How deep collections may stand in each other. */
  readonly depth: number;
  /** How many aliases a document may have. */
  readonly aliases: number;
}

/**
 * Characters that YAML 1.1, which Kubernetes reads, takes for line breaks and later versions for text, and halves of
 * characters: what they would come to is better asked than guessed.
 */
const AMBIGUOUS = /[\u0085\u2028\u2029]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]|(?<!^)\ufeff/u;

/** The documents of a text, with the values that Kubernetes' own reader gives them. Throws `YamlError`. */
export function readYaml(text: string, limits: YamlLimits): readonly unknown[] {
  const ambiguous = AMBIGUOUS.exec(text);
  if (ambiguous) {
    const before = text.slice(0, ambiguous.index).split('\n');
    const code = (ambiguous[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    const reason = `the character U+${code}, which versions of YAML read differently; write it as an escape in double quotes`;
    throw new YamlError(reason, before.length, (before.at(-1) ?? '').length + 1);
  }
  // Blanks on a last line of their own are no text of a block.
  const trimmed = text.replace(/\n[ \t]+$/u, '\n');
  try {
    return readDocuments(trimmed, limits);
  } catch (error) {
    const indented = indentFlow(trimmed);
    if (indented.text === trimmed) throw error;
    return readDocuments(indented.text, limits, indented.original);
  }
}

function readDocuments(text: string, limits: YamlLimits, original = (offset: number): number => offset): readonly unknown[] {
  try {
    return readWithoutFinalBreak(text, limits) ?? load(text, limits);
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const { line = 0, column = 0, position = 0 } = error.mark ?? {};
    const added = position - original(position) - (position - column - original(position - column));
    // The parser's own message quotes the lines around it, and these may hold secrets.
    throw new YamlError(error.reason, line + 1, column - added + 1);
  }
}

function load(text: string, limits: YamlLimits): readonly unknown[] {
  const options = { schema: KUBERNETES_SCHEMA, maxDepth: limits.depth, maxAliases: limits.aliases };
  return lenient(
    () => false,
    () => loadAll(text, options),
  ).map(toJson);
}

/** A marker that no text contains, to recognize a text that ends in it. */
const MARK = '\u{10fffd}';
const BLOCK_HEADER = /[|>][-+1-9]{0,2}[ \t]*(?:#.*)?\r?$/mu;

/**
 * A block of text at the very end of a file without a final line break: Kubernetes' reader gives it none, js-yaml gives
 * it one. `undefined` where the text does not end so.
 */
function readWithoutFinalBreak(text: string, limits: YamlLimits): readonly unknown[] | undefined {
  if (/[\r\n]$/u.test(text) || text.includes(MARK) || !BLOCK_HEADER.test(text)) return undefined;
  let documents: readonly unknown[];
  try {
    documents = load(text + MARK, limits);
  } catch {
    // Where the mark does not fit, the text ends in something else.
    return undefined;
  }
  let isBlock = false;
  const withoutMark = (value: unknown): unknown => {
    if (typeof value === 'string' && value.endsWith(`${MARK}\n`)) {
      isBlock = true;
      return value.slice(0, -MARK.length - 1);
    }
    if (Array.isArray(value)) for (const [index, entry] of value.entries()) value[index] = withoutMark(entry);
    // Only the last value can end in it, and no key can.
    else if (typeof value === 'object' && value !== null) {
      const [last] = Object.entries(value).slice(-1);
      if (last) Object.assign(value, { [last[0]]: withoutMark(last[1]) });
    }
    return value;
  };
  const cleaned = documents.map(withoutMark);
  return isBlock ? cleaned : undefined;
}

const WRITTEN = new Schema(
  DUMP_SCHEMA.tags.map((tag) =>
    tag.tagName === 'tag:yaml.org,2002:int'
      ? { ...tag, identify: (value) => typeof value === 'bigint' || tag.identify(value) }
      : tag,
  ),
);

/** A value as the text of one YAML document. */
export function writeYaml(value: Json): string {
  return dump(value, { schema: WRITTEN });
}
