import { type Document, isCollection, isMap, isNode, isScalar, LineCounter, parseAllDocuments } from 'yaml';
import { indentFlow } from './flow-indent.ts';
import { type ManifestDocument, splitStream } from './manifest.ts';

/**
 * The line, from 1, of the value at a chain of fields and list indexes in one document of a text; that of the nearest
 * place above it where the text does not say it in so many words (anchors, merge keys).
 */
export type LineFinder = (document: ManifestDocument, located: readonly (string | number)[]) => number;

interface Parsed {
  readonly contents: Document['contents'] | undefined;
  readonly counter: LineCounter;
}

/** Finds lines in one text; each of its documents is parsed at most once, however often it is asked about. */
export function createLineFinder(text: string): LineFinder {
  const chunks = splitStream(text);
  const parsedChunks = new Map<number, Parsed>();

  function parse(index: number): Parsed {
    let parsed = parsedChunks.get(index);
    if (!parsed) {
      const counter = new LineCounter();
      const documents = parseAllDocuments(indentFlow(chunks[index]?.text ?? '').text, {
        lineCounter: counter,
        logLevel: 'silent',
        uniqueKeys: false,
      });
      parsed = { contents: Array.isArray(documents) ? documents[0]?.contents : undefined, counter };
      parsedChunks.set(index, parsed);
    }
    return parsed;
  }

  return (document, located) => {
    const index = lastAtOrBefore(chunks, document.line);
    const chunk = chunks[index];
    const { contents, counter } = parse(index);
    if (!chunk || !contents) return document.line;
    const path = [...document.items.flatMap((item) => ['items', item]), ...located];
    let node: unknown = contents;
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
  };
}

/** Chunks are in the order of their lines. */
function lastAtOrBefore(chunks: readonly { readonly line: number }[], line: number): number {
  let [low, high] = [0, chunks.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((chunks[middle]?.line ?? 0) <= line) low = middle;
    else high = middle - 1;
  }
  return low;
}
