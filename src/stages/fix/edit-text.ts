import { Document, isMap, isScalar, isSeq, Parser, parseDocument, stringify, visit } from 'yaml';
import { indentFlow } from '../../clients/kubernetes/flow-indent.ts';
import { parseManifest } from '../../clients/kubernetes/manifest.ts';
import { type FieldPath, locate, withValueAt } from '../../domain/field-path.ts';
import { canonicalJson } from '../../domain/finding.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { type ObjectRef, objectKey, refOf } from '../../domain/object-ref.ts';

/** One field of one object, set to a value or removed (`undefined`). */
export interface TextEdit {
  readonly ref: ObjectRef;
  readonly path: FieldPath;
  readonly value: Json | undefined;
}

/**
 * The text with only these fields edited: other documents, comments and order stay as they are. A scalar is replaced
 * in place; if a field is added or removed, that document is printed again with its comments.
 * Returns `undefined` if the result would not parse as intended, as with anchors shared by several fields.
 */
export function editText(text: string, edits: readonly TextEdit[]): string | undefined {
  const slices = splitDocuments(text);
  for (const edit of edits) {
    const index = slices.findIndex((slice) => declares(slice, edit.ref));
    const slice = slices[index];
    if (slice === undefined) return undefined;
    const expected = expectedDocuments(slice, edit);
    const edited = [replaceScalar(slice, edit), editDocument(slice, edit)].find(
      (candidate) => candidate !== undefined && canonicalJson(documentsOf(candidate)) === expected,
    );
    if (edited === undefined) return undefined;
    slices[index] = edited;
  }
  return slices.join('');
}

/** Cuts a stream at its documents; the slices joined are the text, byte for byte. */
function splitDocuments(text: string): string[] {
  const indented = indentFlow(text);
  const offsets: number[] = [];
  for (const token of new Parser().parse(indented.text))
    if (token.type === 'document') offsets.push(indented.original(token.offset));
  if (offsets.length === 0) return [text];
  return offsets.map((offset, index) => text.slice(index === 0 ? 0 : offset, offsets[index + 1] ?? text.length));
}

/** The nodes of one document; their ranges are of its indented text. */
function parse(slice: string): { readonly document: Document.Parsed; readonly original: (offset: number) => number } {
  const { text, original } = indentFlow(slice);
  return { document: parseDocument(text, { intAsBigInt: true }), original };
}

function documentsOf(slice: string): readonly JsonObject[] {
  const manifest = parseManifest(slice);
  return manifest.ok ? manifest.documents : [];
}

function isOf(document: JsonObject, ref: ObjectRef): boolean {
  const found = refOf(document);
  return found !== undefined && objectKey(found) === objectKey(ref);
}

function declares(slice: string, ref: ObjectRef): boolean {
  return documentsOf(slice).some((document) => isOf(document, ref));
}

function expectedDocuments(slice: string, edit: TextEdit): string | undefined {
  return canonicalJson(
    documentsOf(slice).map((document) => (isOf(document, edit.ref) ? withValueAt(document, edit.path, edit.value) : document)),
  );
}

/** The edit's path inside the YAML document: below `items` where the document is a List. */
function pathInDocument(slice: string, edit: TextEdit, path: FieldPath): readonly (string | number)[] | undefined {
  const documents = documentsOf(slice);
  const position = documents.findIndex((document) => isOf(document, edit.ref));
  const document = documents[position];
  if (document === undefined) return undefined;
  const located = locate(document, path);
  const isList = documents.length > 1 || parse(slice).document.get('kind') === 'List';
  return located && (isList ? ['items', position, ...located] : located);
}

function replaceScalar(slice: string, edit: TextEdit): string | undefined {
  if (edit.value === undefined || (typeof edit.value === 'object' && edit.value !== null)) return undefined;
  const located = pathInDocument(slice, edit, edit.path);
  const { document, original } = parse(slice);
  const node = located && document.getIn(located, true);
  if (!isScalar(node) || !node.range || node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED') return undefined;
  const [from, to] = node.range;
  const defaultStringType = node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE' ? node.type : 'PLAIN';
  // Version 1.1 quotes what Go's parser would read as something else, such as `yes`.
  const scalar = stringify(edit.value, null, { defaultStringType, lineWidth: 0, version: '1.1' }).trimEnd();
  return slice.slice(0, original(from)) + scalar + slice.slice(original(to));
}

function editDocument(slice: string, edit: TextEdit): string | undefined {
  const { document } = parse(slice);
  const located = pathInDocument(slice, edit, edit.path);
  if (edit.value === undefined) {
    if (!located) return undefined;
    document.deleteIn(located);
  } else if (located) document.setIn(located, nodeOf(document, edit.value));
  else if (!insert(document, slice, edit)) return undefined;
  try {
    return document.toString({ lineWidth: 0, indentSeq: !/^( *)\S[^\n]*:\n\1- /mu.test(slice) });
  } catch {
    // An alias elsewhere points at what was replaced.
    return undefined;
  }
}

/** The value as YAML, with quotes around every text and key that Kubernetes' parser would read as something else. */
function nodeOf(document: Document, value: unknown): unknown {
  const node = document.createNode(value);
  const holder = new Document(node);
  visit(holder, {
    Scalar(_, scalar) {
      const isText = typeof scalar.value === 'string';
      if (isText && stringify(scalar.value, { version: '1.1' }).trimEnd() !== scalar.value) scalar.type = 'QUOTE_DOUBLE';
    },
  });
  return node;
}

/** Adds what is not there yet: sets the nearest existing ancestor to what it becomes with the new value in it. */
function insert(document: Document, slice: string, edit: TextEdit): boolean {
  const object = documentsOf(slice).find((entry) => isOf(entry, edit.ref));
  if (object === undefined) return false;
  for (let depth = edit.path.length - 1; depth >= 0; depth--) {
    const ancestor = pathInDocument(slice, edit, edit.path.slice(0, depth));
    if (!ancestor) continue;
    const step = edit.path[depth];
    const node = ancestor.length === 0 ? document.contents : document.getIn(ancestor, true);
    const below = withValueAt(undefined, edit.path.slice(depth), edit.value);
    if (step && 'field' in step && isMap(node)) {
      document.setIn([...ancestor, step.field], nodeOf(document, (below as JsonObject)[step.field]));
      return true;
    }
    if (step && !('field' in step) && isSeq(node) && Array.isArray(below)) {
      document.addIn(ancestor, nodeOf(document, below[0]));
      return true;
    }
    return false;
  }
  return false;
}
