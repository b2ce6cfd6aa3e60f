import { type AST, RegExpParser } from '@eslint-community/regexpp';

/** A text that a pattern may take long for: some of its own pieces again and again, and an end that it does not want. */
export interface HostileText {
  readonly piece: string;
  readonly text: string;
}

/** Letters that classes may hold, tried in this order. */
const LETTERS = ['a', '0', 'A', '-', '_', ' ', '/', '.', ':', '@', '"', '\\', '{', '*', '\n', 'é', '\u0001', '\ud800', '😀'];
const END = '\n\u0000';
const MOST_PIECES = 40;

/** Texts of this length for a pattern, always the same ones. */
export function hostileTexts(source: string, flags: string, length: number): readonly HostileText[] {
  const parser = new RegExpParser();
  const unicode = flags.includes('u');
  const pattern = parser.parsePattern(source, 0, source.length, { unicode, unicodeSets: flags.includes('v') });
  const pieces = [...new Set(piecesOf(pattern).filter((piece) => piece !== ''))].slice(0, MOST_PIECES);
  return pieces.map((piece) => ({ piece, text: piece.repeat(Math.ceil(length / piece.length)).slice(0, length) + END }));
}

/** What every part of a pattern matches, alone, with all before it, and with a stranger between two of them. */
function piecesOf({ alternatives }: AST.Pattern): readonly string[] {
  const pieces: string[] = [];
  const visit = (alternative: AST.Alternative): void => {
    const samples = alternative.elements.map((element) => sampleOf(element));
    for (const [index, element] of alternative.elements.entries()) {
      const own = samples[index] ?? '';
      const before = samples.slice(0, index + 1).join('');
      const node = element.type === 'Quantifier' ? element.element : element;
      pieces.push(own, before, `-${before}`, ` ${before}`, `${before} `);
      // Each letter of a class that repeats: another part may want the same.
      if (element.type === 'Quantifier' && element.max > 9) pieces.push(...lettersOf(node).slice(0, 4));
      if ('alternatives' in node) for (const inner of node.alternatives) if ('elements' in inner) visit(inner);
    }
    pieces.push(samples.join('').slice(0, -1));
  };
  for (const alternative of alternatives) visit(alternative);
  return pieces;
}

/** The shortest text of a part, if known; nothing for lookarounds. */
function sampleOf(node: AST.Element): string {
  switch (node.type) {
    case 'Character':
      return String.fromCodePoint(node.value);
    case 'Quantifier':
      return sampleOf(node.element).repeat(Math.min(Math.max(node.min, 1), 12));
    case 'Group':
    case 'CapturingGroup':
      return node.alternatives[0]?.elements.map((element) => sampleOf(element)).join('') ?? '';
    case 'Assertion':
      return 'alternatives' in node && !node.negate && node.kind === 'lookbehind'
        ? (node.alternatives[0]?.elements.map((element) => sampleOf(element)).join('') ?? '')
        : '';
    case 'Backreference':
      return '';
    default:
      return lettersOf(node)[0] ?? '';
  }
}

/** Letters that a class, or any part for one letter, matches. */
function lettersOf(node: AST.Node): readonly string[] {
  if (node.type === 'Character') return [String.fromCodePoint(node.value)];
  if (node.type !== 'CharacterClass' && node.type !== 'CharacterSet' && node.type !== 'ExpressionCharacterClass') return [];
  const pattern = new RegExp(`^${node.raw}$`, 'u');
  const own = node.type === 'CharacterClass' ? node.elements.flatMap((element) => endsOf(element)) : [];
  return [...LETTERS, ...own].filter((letter) => pattern.test(letter));
}

function endsOf(element: AST.CharacterClass['elements'][number]): readonly string[] {
  if (element.type === 'Character') return [String.fromCodePoint(element.value)];
  return element.type === 'CharacterClassRange' ? [String.fromCodePoint(element.min.value)] : [];
}
