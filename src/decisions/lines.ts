import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';

/** Lines of one entry, from 1, both inclusive. */
export interface EntryLines {
  readonly from: number;
  readonly to: number;
}

/** Finds the lines of a section, or of one of its entries; those of the file's beginning for what cannot be found. */
export type LinesOf = (section: string, entry?: number) => EntryLines;

/** Where the sections and entries of a decisions file stand. The text has been read before, and within bounds. */
export function linesOf(text: string): LinesOf {
  const counter = new LineCounter();
  // That no key stands twice has been seen, and here each would be held against all others: 20 s for 18,000 of them.
  const { contents } = parseDocument(text, { lineCounter: counter, uniqueKeys: false });
  const span = (first: Node | undefined, last = first): EntryLines | undefined => {
    if (!first?.range || !last?.range) return undefined;
    const from = counter.linePos(first.range[0]).line;
    // The end of a value is the beginning of the next line where it ends in a line break.
    const end = counter.linePos(Math.max(first.range[0], last.range[1] - 1)).line;
    return { from, to: Math.max(from, end) };
  };
  return (section, entry) => {
    const pair = isMap(contents) ? contents.items.find(({ key }) => isScalar(key) && String(key.value) === section) : undefined;
    const key = isNode(pair?.key) ? pair.key : undefined;
    const value = isNode(pair?.value) ? pair.value : undefined;
    const item = isSeq(value) && entry !== undefined ? value.items[entry] : undefined;
    const found = isNode(item) || isAlias(item) ? span(item) : undefined;
    return found ?? span(key) ?? { from: 1, to: 1 };
  };
}
