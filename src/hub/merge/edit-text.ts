import { isScalar, isSeq, type Node, parseDocument, stringify, type ToStringOptions } from 'yaml';
import { indentFlow } from '../../clients/kubernetes/flow-indent.ts';
import type { Json } from '../../domain/json.ts';
import { type Edit, inOrder } from './edits.ts';
import { equal } from './equal.ts';
import { readPart } from './read-part.ts';

/**
 * The text of one document with the edits made and its comments and order kept. `readPart` has read it before, so
 * nesting that would break the `yaml` package's composer was refused already.
 */
export function editText(text: string, edits: readonly Edit[], wanted: Json): string {
  const document = parseDocument(indentFlow(text).text, { version: '1.1', keepSourceTokens: false, intAsBigInt: true });
  const style = styleOf(text);
  try {
    for (const edit of inOrder(edits)) {
      if (edit.kind === 'remove') {
        document.deleteIn(edit.path);
        continue;
      }
      const node = document.createNode(edit.value);
      if (edit.kind === 'set') document.setIn(edit.path, likeBefore(document.getIn(edit.path, true), node));
      else if (isSeq(document.getIn(edit.path))) document.addIn(edit.path, node);
    }
    const edited = document.toString(style);
    if (readsAs(edited, wanted)) return edited;
  } catch {
    // An edit that reaches through an alias cannot be made on the nodes: the document is then written anew.
  }
  const start = /^---[^\n]*\n/u.exec(text)?.[0] ?? '';
  return start + stringify(wanted, { version: '1.1', aliasDuplicateObjects: false, ...style });
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

function readsAs(text: string, wanted: Json): boolean {
  const read = readPart(text);
  return read.outcome === 'read' && equal(read.value, wanted);
}

/** The author's habits, so that a diff shows what changed and nothing else. */
function styleOf(text: string): ToStringOptions {
  return {
    lineWidth: 0,
    indentSeq: !/^( *)(?! |-)[^\n#]*:[ \t]*\n\1- /mu.test(text),
    flowCollectionPadding: !text.split('\n').some(isFlowWithoutPadding),
  };
}

function isFlowWithoutPadding(line: string): boolean {
  const opening = line.search(/[{[](?=[^\s{}[\]])/u);
  return opening >= 0 && /[}\]]/u.test(line.slice(opening));
}
