import { isJsonArray, isJsonObject, type JsonObject, stringAt } from '../../domain/json.ts';
import { readYaml, YamlError } from './yaml.ts';

/** Bounds on one text; what exceeds one is refused instead of exhausting the process. */
export interface ManifestLimits {
  readonly bytes: number;
  readonly depth: number;
  readonly aliases: number;
  /** Values in one document, aliases unfolded. */
  readonly nodes: number;
}
/** A unit of real manifests never meets these. */
const UNIT_LIMITS: ManifestLimits = { bytes: 1 << 20, depth: 100, aliases: 1_000, nodes: 200_000 };

export interface ManifestDocument {
  readonly document: JsonObject;
  /** Position among the text's documents that are not empty, from 0; the items of a List share it. */
  readonly index: number;
  /** Positions in the Lists that it stood in, the outermost first; empty for a document of its own. */
  readonly items: readonly number[];
  /** First line of the document, or of the List, from 1: not its marker, and no comment. */
  readonly line: number;
}

/** What the parser itself takes: deeper than any bound on a document, so that a bound is met by that document alone. */
const PARSER_DEPTH = 1_000;

/** A document, or an item of a List, that cannot be read. */
interface ManifestFault {
  readonly index: number;
  /** Line of the mistake where it is known, else the first one of the document. */
  readonly line: number;
  readonly error: string;
}

export interface Manifest {
  readonly documents: readonly ManifestDocument[];
  readonly faults: readonly ManifestFault[];
}

export type ManifestResult =
  | { readonly ok: true; readonly documents: readonly JsonObject[] }
  | { readonly ok: false; readonly error: string };

/** Aliases share nodes, so a short text can stand for an endless tree: counts what a walk over it would meet. */
function exceeds(value: unknown, { limits, met }: Opened): string | undefined {
  const stack: { readonly value: unknown; readonly depth: number }[] = [{ value, depth: 1 }];
  for (let next = stack.pop(); next; next = stack.pop()) {
    if (++met.nodes > limits.nodes) return `unfolds to more than ${limits.nodes} values`;
    if (next.depth > limits.depth) return `is nested deeper than ${limits.depth} levels`;
    if (typeof next.value !== 'object' || next.value === null) continue;
    for (const child of Object.values(next.value)) stack.push({ value: child, depth: next.depth + 1 });
  }
  return undefined;
}

interface Chunk {
  readonly text: string;
  /** From 1. */
  readonly line: number;
}

/**
 * Cuts a stream before each line that begins a document, as Kubernetes' own reader does, so that a broken document
 * leaves its neighbours readable. Directives stay with the document that follows them.
 */
export function splitStream(text: string): readonly Chunk[] {
  const chunks: Chunk[] = [];
  let [start, line] = [0, 1];
  // JSON documents may follow each other without a marker, each over several lines or in one, as `kubectl` reads them.
  const begin = /^\s*\{/u.test(text) ? /^---(?=\s|$)|(?<=\}[ \t]*\r?\n)(?=\{)/gmu : /^---(?=\s|$)/gmu;
  for (const match of text.matchAll(begin)) {
    const before = text.slice(start, match.index);
    if (match.index === 0 || (/^%/mu.test(before) && before.split('\n').every((row) => /^(%|#|\s*$)/u.test(row)))) continue;
    chunks.push({ text: before, line });
    line += before.split('\n').length - 1;
    start = match.index;
  }
  return [...chunks, { text: text.slice(start), line }];
}

function firstLine({ text, line }: Chunk): number {
  const rows = text.split('\n');
  const found = rows.findIndex((row) => !/^\s*(#|$)|^(---|%)/u.test(row));
  return found < 0 ? line : line + found;
}

/**
 * Reads the text of a unit or manifest file as Kubernetes does, document by document. Empty documents are left out, a
 * `List` is opened. Invalid documents are reported with their line; the others are still read. Never throws for bad input.
 */
export function readManifest(text: string, limits: ManifestLimits = UNIT_LIMITS): Manifest {
  const documents: ManifestDocument[] = [];
  const faults: ManifestFault[] = [];
  const size = Buffer.byteLength(text);
  if (size > limits.bytes) return { documents, faults: [{ index: 0, line: 1, error: `larger than ${limits.bytes} bytes` }] };
  let index = 0;
  // Files of Windows that were joined have their mark before each part.
  for (const chunk of splitStream(text.replaceAll('\n\ufeff---', '\n---'))) {
    const parsed = parseChunk(chunk, limits);
    if ('error' in parsed) {
      faults.push({ ...parsed, index: index++ });
      continue;
    }
    for (const value of parsed) {
      if (value === null || value === undefined) continue;
      const here = { index: index++, line: firstLine(chunk) };
      if (!isJsonObject(value)) faults.push({ ...here, error: `document ${here.index + 1} is not a mapping` });
      else
        openList(value, `document ${here.index + 1}`, { ...here, items: [] }, { limits, met: { nodes: 0 }, documents, faults });
    }
  }
  return { documents, faults };
}

/** The same for a text that was JSON, already parsed. */
export function manifestOfJson(value: JsonObject, limits: ManifestLimits): Manifest {
  const documents: ManifestDocument[] = [];
  const faults: ManifestFault[] = [];
  openList(value, 'the document', { index: 0, line: 1, items: [] }, { limits, met: { nodes: 0 }, documents, faults });
  return { documents, faults };
}

/** The documents of a text that is a manifest as a whole; an error for the first thing in it that is none. */
export function parseManifest(text: string): ManifestResult {
  const { documents, faults } = readManifest(text);
  const [first] = faults;
  return first ? { ok: false, error: first.error } : { ok: true, documents: documents.map(({ document }) => document) };
}

function parseChunk({ text, line }: Chunk, limits: ManifestLimits): readonly unknown[] | Omit<ManifestFault, 'index'> {
  try {
    return readYaml(text, { ...limits, depth: PARSER_DEPTH });
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    const at = line + error.line - 1;
    return { line: at, error: `not YAML: ${error.reason} (line ${at}, column ${error.column})` };
  }
}

interface Opened {
  readonly limits: ManifestLimits;
  /** Values met so far, in all items of the list together. */
  readonly met: { nodes: number };
  readonly documents: ManifestDocument[];
  readonly faults: ManifestFault[];
}

/**
 * One document, or those of a list. The API's own lists (`DeploymentList`) leave apiVersion and kind of their items out.
 * What has a name of its own is an object, whatever its kind is called. Bounds hold for each item by itself, so that one
 * that is too deep leaves its neighbours.
 */
function openList(
  value: JsonObject,
  name: string,
  here: Pick<ManifestDocument, 'index' | 'line' | 'items'>,
  opened: Opened,
): void {
  const { index, line } = here;
  const { kind, apiVersion, items = null } = value;
  const isList =
    typeof kind === 'string' &&
    kind.endsWith('List') &&
    (isJsonArray(items) || (items === null && Object.hasOwn(value, 'items'))) &&
    stringAt(value, 'metadata', 'name') === undefined;
  if (!isList || here.items.length > opened.limits.depth) {
    const excess = exceeds(value, opened);
    if (excess) opened.faults.push({ index, line, error: `${name} ${excess}` });
    else opened.documents.push({ document: value, ...here });
    return;
  }
  const inherited =
    kind === 'List' ? {} : { ...(apiVersion === undefined ? {} : { apiVersion }), kind: kind.slice(0, -'List'.length) };
  for (const [item, entry] of (isJsonArray(items) ? items : []).entries()) {
    const inside = { ...here, items: [...here.items, item] };
    if (isJsonObject(entry)) openList({ ...inherited, ...entry }, `item ${item + 1} of the list`, inside, opened);
    else opened.faults.push({ index, line, error: `item ${item + 1} of the list is not a mapping` });
  }
}
