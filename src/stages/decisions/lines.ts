import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';

/** Finds the first line of a section, or of one of its entries, from 1; the file's first line for what cannot be found. */
export type LineOf = (section: string, entry?: number) => number;

/** Lines of the sections and entries of a decisions file. The text was read before, within its limits. */
export function linesOf(text: string): LineOf {
  const counter = new LineCounter();
  // Duplicate keys were refused before; here each key would be compared with all others: 20 s for 18,000 of them.
  const { contents } = parseDocument(text, { lineCounter: counter, uniqueKeys: false });
  const lineOf = (node: Node | undefined): number | undefined => (node?.range ? counter.linePos(node.range[0]).line : undefined);
  return (section, entry) => {
    const pair = isMap(contents) ? contents.items.find(({ key }) => isScalar(key) && String(key.value) === section) : undefined;
    const key = isNode(pair?.key) ? pair.key : undefined;
    const value = isNode(pair?.value) ? pair.value : undefined;
    const item = isSeq(value) && entry !== undefined ? value.items[entry] : undefined;
    return (isNode(item) || isAlias(item) ? lineOf(item) : undefined) ?? lineOf(key) ?? 1;
  };
}
