import {
  type Manifest,
  type ManifestDocument,
  type ManifestLimits,
  manifestOfJson,
  readManifest,
} from '../../clients/kubernetes/manifest.ts';
import { createLineFinder, type LineFinder } from '../../clients/kubernetes/manifest-lines.ts';
import { parseJson } from '../../domain/exact-json.ts';
import { at, isJsonObject, type JsonObject, stringAt } from '../../domain/json.ts';
import type { ObjectRef } from '../../domain/object-ref.ts';

/** A text and the name of its file. */
export interface SourceText {
  readonly file: string;
  readonly text: string;
}

/** What is wrong with a document, and where. */
export interface Fault {
  readonly file: string;
  readonly line: number;
  /** Text form; empty for the whole document. */
  readonly path: string;
  readonly error: string;
}

/** A document that is no object to compare, with as much of its name as it tells. */
export interface BadDocument {
  readonly ref: ObjectRef;
  readonly fault: Fault;
}

/** Many units in one file. Its size was bounded where it was read. */
const DESIRED_LIMITS: ManifestLimits = { bytes: Number.POSITIVE_INFINITY, depth: 100, aliases: 10_000, nodes: 2_000_000 };
/** Dumps of whole clusters. */
const LIVE_LIMITS: ManifestLimits = { bytes: Number.POSITIVE_INFINITY, depth: 100, aliases: 1_000, nodes: 20_000_000 };
const NO_REF: ObjectRef = { apiVersion: '', kind: '', namespace: '', name: '' };

export interface Side {
  readonly source: SourceText;
  readonly manifest: Manifest;
  readonly entryOf: ReadonlyMap<JsonObject, ManifestDocument>;
  readonly lineOf: LineFinder;
}

export function desiredSideOf(source: SourceText): Side {
  return sideOf(source, readManifest(source.text, DESIRED_LIMITS));
}

export function liveSideOf(source: SourceText): Side {
  return sideOf(source, readLarge(source.text, LIVE_LIMITS));
}

function sideOf(source: SourceText, manifest: Manifest): Side {
  let finder: LineFinder | undefined;
  return {
    source,
    manifest,
    entryOf: new Map(manifest.documents.map((entry) => [entry.document, entry])),
    // Made when something is wrong: only then anybody asks for lines.
    lineOf: (document, located) => {
      finder ??= createLineFinder(source.text);
      return finder(document, located);
    },
  };
}

/** File and line of a value inside one of the documents. */
export function placeOf(
  document: JsonObject,
  located: readonly (string | number)[],
  sides: readonly Side[],
): { file: string; line: number } {
  for (const { source, entryOf, lineOf } of sides) {
    const entry = entryOf.get(document);
    if (entry) return { file: source.file, line: lineOf(entry, located) };
  }
  return { file: '', line: 0 };
}

/** JSON of a whole cluster is read by the fast parser; what that refuses gets the other one's lines and neighbours. */
export function readLarge(text: string, limits: ManifestLimits): Manifest {
  if (/^\s*\{/u.test(text)) {
    try {
      const value = parseJson(text);
      if (isJsonObject(value)) return manifestOfJson(value, limits);
    } catch {
      // Several JSON documents, or a broken one.
    }
  }
  return readManifest(text, limits);
}

/** What of a text is no document. */
export function addFaults({ file }: SourceText, manifest: Manifest, faults: BadDocument[]): void {
  for (const { line, error } of manifest.faults) faults.push({ ref: NO_REF, fault: { file, line, path: '', error } });
}

/** Of a document that names no object. */
export function nameless({ source, lineOf }: Side, entry: ManifestDocument): BadDocument {
  const { document, index, items } = entry;
  const lacking = [['apiVersion'], ['kind'], ['metadata', 'name']].filter((path) => !stringAt(document, ...path));
  const which =
    items.length === 0 ? `document ${index + 1}` : `item ${items.map((item) => item + 1).join(' of item ')} of the list`;
  const [first = []] = lacking;
  const error = lacking
    .map((path) => (at(document, ...path) === undefined ? `lacks ${path.join('.')}` : `has a ${path.join('.')} that is no text`))
    .join(', ');
  const fault = {
    file: source.file,
    line: lineOf(entry, first),
    path: `/${first.join('/')}`,
    error: `${which} ${error}`,
  };
  return { ref: refOfPart(document), fault };
}

/** What a document says of itself, as far as it does. */
function refOfPart(document: JsonObject): ObjectRef {
  return {
    apiVersion: stringAt(document, 'apiVersion') ?? '',
    kind: stringAt(document, 'kind') ?? '',
    namespace: stringAt(document, 'metadata', 'namespace') ?? '',
    name: stringAt(document, 'metadata', 'name') ?? '',
  };
}
