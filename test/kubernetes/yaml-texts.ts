import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';

const ROOT = join(import.meta.dirname, '../..');

/** Pieces that the rules of YAML look at: what ends a scalar, what starts one, and what numbers and words are made of. */
const PIECES = [
  ...'0123456789__++--..eExXoObB:: ynfTZ~afAF',
  ...['true', 'True', 'NO', 'on', 'Off', 'null', 'Null', 'NULL', '.inf', '.Inf', '.NaN', 'nan', 'inf', '<<', '0x', '0o', '0b'],
  ...['1e3', '1_000', '2001-01-02', 'T10:11:12Z', '10:11:12', '9223372036854775807', '18446744073709551616', '9007199254740993'],
  ...['!!str ', '!!int ', '!!float ', '!!bool ', '!!null ', '!!binary ', '!!timestamp ', '!foo ', '! ', '&x ', '*x', '# ', ' #'],
  ...['"', "'", '""', "''", '\\', '\\n', '\\x41', '\\u263a', '\\U0001F600', '\\ud83d', '[', ']', '{', '}', ',', ', ', '?', '? '],
  ...['|', '>', '|-\n  ', '>+\n  ', '%', '@', '`', '=', '\t', '\n  ', '\n', '\r\n  ', '- ', ': ', ':\t', 'word', 'é', '😀'],
  ...['\u0085', '\u00a0', '\u2028', '\u2029', '\ufeff', '\u0007', '\ud83d'],
] as const;

const scalar = fc.array(fc.constantFrom(...PIECES), { maxLength: 6 }).map((pieces) => pieces.join(''));
const number = fc
  .array(fc.constantFrom(...'0011789__+-..eExob'), { minLength: 1, maxLength: 9 })
  .map((characters) => characters.join(''));
const quoted = fc.oneof(
  scalar.map((text) => `"${text}"`),
  scalar.map((text) => `'${text}'`),
);
const atom = fc.oneof({ weight: 3, arbitrary: scalar }, { weight: 3, arbitrary: number }, quoted);

/** A scalar in each place where one may stand. */
const scalars = fc.oneof(
  atom.map((one) => `a: ${one}\n`),
  atom.map((one) => `${one}: b\n`),
  atom.map((one) => `a:\n- ${one}\n- c\n`),
  fc.tuple(atom, atom).map(([one, other]) => `a: [${one}, ${other}]\n`),
  fc.tuple(atom, atom).map(([one, other]) => `a: {${one}: ${other}}\n`),
  fc.tuple(atom, atom).map(([one, other]) => `a: ${one}\nb: ${other}\n`),
  fc.tuple(atom, atom).map(([one, other]) => `a: &x ${one}\nb: *x\nc:\n  d: ${other}`),
  fc
    .tuple(fc.constantFrom('|', '>'), fc.constantFrom('', '-', '+', '1', '2-', '+2'), atom, atom)
    .map(([style, indicators, one, other]) => `a: ${style}${indicators}\n  ${one}\n   ${other}\n\nb: c\n`),
);

/** What a scalar in single quotes or in a block cannot hold as it is. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u2028\u2029\ufeff\ufffe\uffff]/u;

/** How a printer writes one node; `pick` gives a random number below its argument. */
type Pick = (below: number) => number;

/** A small tree with the words that look like something else, and what a manifest holds. */
const tree = fc.letrec<{ node: unknown; leaf: unknown }>((tie) => ({
  leaf: fc.oneof(
    fc.constantFrom(
      null,
      true,
      false,
      '',
      'yes',
      'null',
      '~',
      '1',
      '1e3',
      '0x1',
      '1.5',
      '.inf',
      '<<',
      '2001-01-01',
      'a: b',
      '- a',
    ),
    fc.constantFrom(
      '# no comment',
      'two\nlines',
      'end\n',
      '\n start',
      ' pad ',
      'tab\tin',
      'é😀',
      'it\'s "so"',
      '\u2028',
      '{{ x }}',
    ),
    fc.integer(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.string({ maxLength: 8 }),
  ),
  node: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('leaf'),
    fc.array(tie('node'), { maxLength: 3 }),
    fc.dictionary(
      fc.oneof(fc.constantFrom('a', 'b', 'name', 'on', '1', 'a b', 'null', '<<', 'a:b', '-x'), fc.string({ maxLength: 4 })),
      tie('node'),
      {
        maxKeys: 3,
      },
    ),
  ),
}));

const structures = fc
  .tuple(
    fc.dictionary(fc.constantFrom('a', 'b', 'c', 'kind', 'spec'), tree.node, { minKeys: 1, maxKeys: 4 }),
    fc.infiniteStream(fc.nat()),
  )
  .map(([value, numbers]) => {
    const pick: Pick = (below) => (numbers.next().value ?? 0) % below;
    return print(value, pick);
  });

/** Prints a value as YAML in styles that `pick` chooses; now and then an alias to what was printed before, or a merge. */
function print(value: unknown, pick: Pick): string {
  const anchors: string[] = [];
  const comment = (): string => (pick(12) === 0 ? ' # note' : '');
  const anchor = (): string => {
    if (pick(10) > 0) return '';
    const name = `n${anchors.length}`;
    anchors.push(name);
    return `&${name} `;
  };
  // Within brackets and quotes a line may start anywhere.
  const gap = (otherwise: string): string => {
    if (pick(8) > 0) return otherwise;
    return `${pick(4) === 0 ? ' # note' : ''}${pick(8) === 0 ? '\r' : ''}\n${' '.repeat(pick(6))}`;
  };
  const folded = (text: string, isKey: boolean): string =>
    isKey ? text : text.replaceAll(/(?<=\S) (?=\S)/gu, () => (pick(4) === 0 ? `\n${' '.repeat(pick(6))}` : ' '));
  const plainOrQuoted = (text: string, isKey: boolean, isFlow = false): string => {
    const isPlain = /^[A-Za-z][A-Za-z0-9 ._/-]*[A-Za-z0-9]$/u.test(text);
    if (isPlain && pick(4) > 0) return isFlow ? folded(text, isKey) : text;
    if (!isKey && pick(8) === 0) return text;
    if (!UNPRINTABLE.test(text) && pick(2) === 0) return `'${folded(text.replaceAll("'", "''"), isKey)}'`;
    return folded(JSON.stringify(text), isKey);
  };
  const flow = (node: unknown): string => {
    if (anchors.length > 0 && pick(12) === 0) return `*${anchors[pick(anchors.length)]} `;
    const [open, close] = [gap(' '.repeat(pick(2))), gap(' '.repeat(pick(2)))];
    const comma = (): string => gap(pick(4) === 0 ? ' ' : '').concat(',', gap(pick(2) === 0 ? ' ' : ''));
    const joined = (parts: readonly string[]): string =>
      parts.reduce((text, part) => text + (text === '' ? '' : comma()) + part, '');
    if (Array.isArray(node))
      return `${anchor()}[${open}${joined(node.map(flow))}${node.length && pick(4) === 0 ? ',' : ''}${close}]`;
    if (typeof node === 'object' && node !== null)
      return `${anchor()}{${open}${joined(
        Object.entries(node).map(([key, entry]) => `${plainOrQuoted(key, true)}:${gap(pick(8) ? ' ' : '')}${flow(entry)}`),
      )}${close}}`;
    return typeof node === 'string' ? plainOrQuoted(node, false, true) : String(node);
  };
  /** What stands after a key's colon or a dash, from its leading space or line break on. */
  const block = (node: unknown, indent: number): string => {
    if (anchors.length > 0 && pick(12) === 0) return ` *${anchors[pick(anchors.length)]}${comment()}\n`;
    if (pick(5) === 0) return ` ${flow(node)}${comment()}\n`;
    const pad = ' '.repeat(indent);
    const mark = anchor();
    if (Array.isArray(node) && node.length > 0) {
      const dash = pad.slice(0, pick(2) ? indent : Math.max(0, indent - 2));
      return ` ${mark}${comment()}\n${node.map((item) => `${dash}-${block(item, dash.length + 2)}`).join('')}`;
    }
    if (typeof node === 'object' && node !== null && Object.keys(node).length > 0 && !Array.isArray(node))
      return ` ${mark}${comment()}\n${entries(node, indent)}`;
    if (typeof node === 'string' && pick(3) === 0 && !UNPRINTABLE.test(node.replace(/[\t\n]/gu, ''))) {
      const header = `${pick(2) ? '|' : '>'}${pick(2) ? '2' : ''}${['', '-', '+'][pick(3)]}`;
      // The indicator counts from the parent's indentation, which is two less.
      return ` ${mark}${header}${comment()}\n${node.replace(/^(?=.)/gmu, pad)}\n`;
    }
    return ` ${mark}${flow(node)}${comment()}\n`;
  };
  const entries = (node: object, indent: number): string => {
    const pad = ' '.repeat(indent);
    const lines = Object.entries(node).map(([key, entry]) => {
      const isComplex = pick(15) === 0;
      const name = plainOrQuoted(key, true);
      return isComplex
        ? `${pad}? ${name}\n${pad}:${block(entry, indent + 2)}`
        : `${pad}${name}${pick(12) ? '' : ' '}:${block(entry, indent + 2)}`;
    });
    if (anchors.length > 0 && pick(6) === 0)
      lines.splice(pick(lines.length + 1), 0, `${pad}<<: *${anchors[pick(anchors.length)]}\n`);
    if (pick(10) === 0) lines.splice(pick(lines.length + 1), 0, pick(2) ? '\n' : `${pad}# a line of its own\n`);
    return lines.join('');
  };
  const text = `${['', '', '', '---\n', '# head\n', '\n'][pick(6)]}${entries(value as object, 0)}`;
  return pick(12) === 0 ? text.replaceAll('\n', '\r\n') : text;
}

/** The documents of every manifest in the repository's fixtures. */
function manifests(): readonly string[] {
  const files = ['fixtures', 'manifests'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.ya?ml$/u.test(name))
      .sort()
      .map((name) => join(ROOT, folder, name)),
  );
  return files.flatMap((file) => readFileSync(file, 'utf8').split(/^---$/mu)).filter((text) => text.trim() !== '');
}

type Edit = readonly [kind: 'delete' | 'duplicate' | 'insert' | 'line', at: number, piece: string];

const edit: fc.Arbitrary<Edit> = fc.tuple(
  fc.constantFrom('delete', 'duplicate', 'insert', 'line'),
  fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  fc.constantFrom(...PIECES),
);

const mutations = fc
  .tuple(fc.constantFrom(...manifests()), fc.array(edit, { minLength: 1, maxLength: 3 }))
  .map(([text, edits]) => edits.reduce(mutate, text));

function mutate(text: string, [kind, where, piece]: Edit): string {
  const at = Math.floor(where * text.length);
  const lineEnd = text.indexOf('\n', at) + 1 || text.length;
  switch (kind) {
    case 'delete':
      return text.slice(0, at) + text.slice(at + 1);
    case 'duplicate':
      return text.slice(0, at + 1) + text.slice(at);
    case 'insert':
      return text.slice(0, at) + piece + text.slice(at);
    case 'line':
      return text.slice(0, lineEnd) + text.slice(text.lastIndexOf('\n', at) + 1);
  }
}

/** Random YAML texts: scalars, structures in random styles, and manifests with random typing errors. */
export const TEXTS = { scalars, structures, mutations } as const;
