import { Document, isMap, isNode, isScalar, isSeq, LineCounter, type Pair, parseDocument, stringify, type YAMLSeq } from 'yaml';
import type { Decision, DecisionKind } from '../../domain/decision.ts';
import type { JsonObject } from '../../domain/json.ts';
import { readDecisions } from './file.ts';

const HEADER = `# What people decide about drift. No pass ever writes this file; the report tells what became of each decision.
# ignore: live with it; accept: what is live becomes desired; fix: bring it back; adopt: have a unit declare it.
`;

/** Takes these decisions out of the text and adds an entry; comments, order and all other lines stay as they are. */
export interface FileEdit {
  readonly kind: DecisionKind;
  readonly entry: JsonObject;
  readonly without: readonly Decision[];
}

/**
 * The text with the edit made; `undefined` where it cannot be made so that everything else reads as before. Lines are added
 * and taken away as text where that can be, so that the commit shows what was decided and nothing else.
 */
export function editDecisions(text: string, { kind, entry, without }: FileEdit): string | undefined {
  const gone = new Set(without.map(({ id }) => id));
  const kept = readDecisions(text).decisions.filter(({ id }) => !gone.has(id));
  const cleared = without
    .toSorted((a, b) => b.line - a.line)
    .reduce<string | undefined>((left, decision) => (left === undefined ? undefined : removeEntry(left, decision)), text);
  if (cleared === undefined) return undefined;
  return [insertAsText(cleared, kind, entry), insertAsDocument(cleared, kind, entry)].find((candidate) => {
    if (candidate === undefined) return false;
    const { decisions, mistakes, unreadable } = readDecisions(candidate);
    const others = decisions.filter(({ id }) => kept.some((known) => known.id === id));
    const isAdded = decisions.length === kept.length + 1;
    return (
      unreadable === '' && isAdded && others.length === kept.length && mistakes.length <= readDecisions(text).mistakes.length
    );
  });
}

/** The entry as the lines of a list, with quotes around what Kubernetes' reader would take for something else. */
function linesOf(entry: JsonObject, indent: number): string {
  const printed = stringify([entry], { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false });
  return printed.replaceAll(/^(?=.)/gmu, ' '.repeat(indent));
}

interface Parsed {
  readonly document: ReturnType<typeof parseDocument>;
  readonly counter: LineCounter;
  readonly pair: Pair | undefined;
}

function parse(text: string, kind: DecisionKind): Parsed {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, uniqueKeys: false });
  const { contents } = document;
  const pair = isMap(contents) ? contents.items.find(({ key }) => isScalar(key) && key.value === kind) : undefined;
  return { document, counter, pair };
}

function isBlock(value: unknown): value is YAMLSeq {
  return isSeq(value) && value.flow !== true && value.items.length > 0;
}

function insertAsText(text: string, kind: DecisionKind, entry: JsonObject): string | undefined {
  const { counter, pair } = parse(text, kind);
  if (text.trim() === '') return `${HEADER}${kind}:\n${linesOf(entry, 0)}`;
  const whole = text.endsWith('\n') ? text : `${text}\n`;
  if (!pair) return `${whole}${kind}:\n${linesOf(entry, 0)}`;
  const { key, value } = pair;
  if (isBlock(value)) {
    const last = value.items.at(-1);
    if (!isNode(last) || !last.range || !value.range) return undefined;
    const indent = counter.linePos(value.range[0]).col - 1;
    return afterLine(whole, counter.linePos(Math.max(last.range[0], last.range[1] - 1)).line, linesOf(entry, indent));
  }
  const isNothing = value === null || (isScalar(value) && value.value === null);
  if (!isNothing || !isNode(key) || !key.range) return undefined;
  return afterLine(whole, counter.linePos(key.range[0]).line, linesOf(entry, 0));
}

function afterLine(text: string, line: number, added: string): string {
  const lines = text.split('\n');
  return [...lines.slice(0, line), ...added.trimEnd().split('\n'), ...lines.slice(line)].join('\n');
}

function insertAsDocument(text: string, kind: DecisionKind, entry: JsonObject): string | undefined {
  const { document, pair } = parse(text, kind);
  if (document.errors.length > 0 || (document.contents !== null && !isMap(document.contents))) return undefined;
  const node = new Document(entry, { version: '1.1' }).contents;
  if (isSeq(pair?.value)) document.addIn([kind], node);
  else document.setIn([kind], document.createNode([node]));
  return document.toString({ lineWidth: 0 });
}

function removeEntry(text: string, decision: Decision): string | undefined {
  const { document, counter, pair } = parse(text, decision.kind);
  if (!isSeq(pair?.value)) return undefined;
  const index = pair.value.items.findIndex(
    (item) => isNode(item) && item.range && counter.linePos(item.range[0]).line === decision.line,
  );
  const item = pair.value.items[index];
  if (index < 0 || !isNode(item) || !item.range) return undefined;
  if (isBlock(pair.value)) {
    const lines = text.split('\n');
    const to = counter.linePos(Math.max(item.range[0], item.range[1] - 1)).line;
    const indent = counter.linePos(pair.value.range?.[0] ?? 0).col - 1;
    // Above the first entry a comment may speak of the whole list.
    const above = lines.slice(0, decision.line - 1);
    const before = index === 0 ? above : withoutComment(above, indent);
    // A list without entries would be read as nothing to decide, which is what it is.
    return [...before, ...lines.slice(to)].join('\n');
  }
  document.deleteIn([decision.kind, index]);
  return document.toString({ lineWidth: 0 });
}

/** Without the comment right above an entry that begins so far in: it would speak of the next one. */
function withoutComment(lines: readonly string[], indent: number): readonly string[] {
  const isComment = (line: string): boolean => /^ *#/u.test(line) && line.indexOf('#') <= indent;
  return lines.slice(0, lines.findLastIndex((line) => !isComment(line)) + 1);
}
