import { isCollection, isMap, isNode, isScalar, LineCounter, parseAllDocuments } from 'yaml';
import { type ManifestDocument, splitStream } from './manifest.ts';

/**
 * The line, from 1, of the value at a chain of fields and list indexes in one document of a text; that of the nearest
 * place above it where the text does not say it in so many words (anchors, merge keys).
 */
export function lineOf(text: string, document: ManifestDocument, located: readonly (string | number)[]): number {
  const chunk = splitStream(text).findLast((candidate) => candidate.line <= document.line);
  if (!chunk) return document.line;
  const counter = new LineCounter();
  const [parsed] = parseAllDocuments(chunk.text, { lineCounter: counter, logLevel: 'silent', uniqueKeys: false });
  if (!parsed || !('contents' in parsed)) return document.line;
  const path = document.item === undefined ? located : ['items', document.item, ...located];
  let node: unknown = parsed.contents;
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
  for (const part of path) {
    if (!isCollection(node)) break;
    const pair = isMap(node) ? node.items.find(({ key }) => isScalar(key) && String(key.value) === part) : undefined;
    const next: unknown = pair ? pair.value : node.get(part, true);
    const anchor = pair ? pair.key : next;
    if (isNode(anchor)) offset = anchor.range?.[0] ?? offset;
    if (!isNode(next)) break;
    node = next;
  }
  return chunk.line + counter.linePos(offset).line - 1;
}
