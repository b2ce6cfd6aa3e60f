import { isScalar, isSeq, type Node, parseDocument, Scalar, type ScalarTag, stringify, type ToStringOptions, visit } from 'yaml';
import { indentFlow } from '../../clients/kubernetes/flow-indent.ts';
import type { Json } from '../../domain/json.ts';
import { type Edit, inOrder } from './edits.ts';
import { equal } from './equal.ts';
import { mergeLines } from './lines.ts';
import { readPart } from './read-part.ts';

/**
 * The text of one document with the edits made; every line that they do not touch stays byte for byte. `readPart` has read
 * it before, so nesting that would break the `yaml` package's composer was refused already.
 */
export function editText(given: string, edits: readonly Edit[], wanted: Json): string {
  const text = given.replaceAll('\r\n', '\n');
  const style = styleOf(text);
  let edited: string | undefined;
  try {
    const document = parseDocument(indentFlow(text).text, {
      version: '1.1',
      keepSourceTokens: false,
      intAsBigInt: true,
      customTags: (tags) => [...tags, VERBATIM],
    });
    visit(document, { Scalar: (_, node) => keepSpelling(node) });
    const before = document.toString(style);
    for (const edit of inOrder(edits)) {
      if (edit.kind === 'remove') document.deleteIn(edit.path);
      else if (edit.kind === 'set')
        document.setIn(edit.path, likeBefore(document.getIn(edit.path, true), document.createNode(edit.value)));
      else {
        const list = document.getIn(edit.path);
        if (!isSeq(list)) throw new Error('a list behind an alias');
        const entries = [...list.items];
        list.items = edit.items.map((item) => ('from' in item ? entries[item.from] : document.createNode(item.value)));
      }
    }
    const after = document.toString(style);
    // The same edits as a change of lines, made to the lines as they were given.
    const inPlace = mergeLines({ base: before, ours: given, theirs: after }, 'theirs');
    edited = [inPlace, after].find((candidate) => readsAs(candidate, wanted));
  } catch {
    // An edit that reaches through an alias cannot be made on the nodes: the document is then written anew.
  }
  const start = /^---[^\n]*\n/u.exec(text)?.[0] ?? '';
  return edited ?? start + stringify(wanted, { version: '1.1', aliasDuplicateObjects: false, ...style });
}

/** A value with the letters that it was written in, such as `1e3` or `1_000`. */
class Verbatim {
  readonly source: string;
  constructor(source: string) {
    this.source = source;
  }
}

const VERBATIM: ScalarTag = {
  tag: '!verbatim',
  identify: (value) => value instanceof Verbatim,
  default: true,
  resolve: (source) => source,
  test: /(?!)/u,
  stringify: ({ value }) => (value instanceof Verbatim ? value.source : String(value)),
};

function keepSpelling(node: Scalar): void {
  const { value, source, type } = node;
  if (type === Scalar.PLAIN && source !== undefined && typeof value !== 'string' && typeof value !== 'boolean' && value !== null)
    node.value = new Verbatim(source);
}

/** A new value keeps the comments and the quotes of the one in its place. */
function likeBefore(before: unknown, node: Node): Node {
  if (!isScalar(before) || !isScalar(node)) return node;
  if (before.comment != null) node.comment = before.comment;
  if (before.commentBefore != null) node.commentBefore = before.commentBefore;
  if (before.spaceBefore) node.spaceBefore = true;
  if (typeof before.value === 'string' && typeof node.value === 'string' && before.type) node.type = before.type;
  return node;
}

export function readsAs(text: string, wanted: Json): boolean {
  const read = readPart(text);
  return read.outcome === 'read' && equal(read.value, wanted);
}

/** The author's habits, so that a diff shows what changed and nothing else. */
function styleOf(text: string): ToStringOptions {
  const indent = /^( +)[^\s#-]/mu.exec(text)?.[1]?.length ?? 2;
  return {
    lineWidth: 0,
    indent,
    indentSeq: !/^( *)(?! |-)[^\n#]*:[ \t]*\n\1- /mu.test(text),
    flowCollectionPadding: !text.split('\n').some(isFlowWithoutPadding),
  };
}

function isFlowWithoutPadding(line: string): boolean {
  const opening = line.search(/[{[](?=[^\s{}[\]])/u);
  return opening >= 0 && /[}\]]/u.test(line.slice(opening));
}
