import { parseEvents, YAMLException } from 'js-yaml';

/**
 * A text whose lines within brackets and quotes stand as far right as YAML 1.2 wants them: further than the key or dash
 * that they belong to. Kubernetes reads such lines wherever they stand.
 */
export interface IndentedText {
  readonly text: string;
  /** Where in the text as it was given a place of this one is. */
  readonly original: (offset: number) => number;
}

/** Deeper than any manifest is nested, and far from what the stack holds. */
const MAX_DEPTH = 1_000;
/** Further right than any key. */
const BLANKS = ' '.repeat(200);
/** A text that would grow by more stays as it is, and refused. */
const MAX_GROWTH = 16 << 20;
/** Each finds all lines up to a word that goes on in one. */
const MAX_PASSES = 20;

/**
 * Gives the lines that js-yaml misses blanks before the blanks that it misses. They mean nothing there: in brackets they
 * part, and in quotes they are folded. No line comes or goes; a text that js-yaml reads stays as it is.
 */
export function indentFlow(given: string): IndentedText {
  const starts = new Set<number>();
  let indented: IndentedText = { text: given, original: (offset) => offset };
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    const found = shallowLines(indented.text).map(indented.original);
    const before = starts.size;
    for (const start of found) starts.add(start);
    if (starts.size === before || starts.size * BLANKS.length > MAX_GROWTH) break;
    indented = indentLines(
      given,
      [...starts].sort((one, other) => one - other),
    );
  }
  return indented;
}

function indentLines(given: string, starts: readonly number[]): IndentedText {
  const parts = starts.map((start, index) => BLANKS + given.slice(start, starts[index + 1]));
  return {
    text: given.slice(0, starts[0]) + parts.join(''),
    original(offset) {
      let added = 0;
      for (const start of starts) {
        if (offset <= start + added) break;
        added += Math.min(BLANKS.length, offset - start - added);
      }
      return offset - added;
    },
  };
}

/** Where the lines start that stand too far left, up to the first other mistake. */
function shallowLines(text: string): readonly number[] {
  const starts: number[] = [];
  const goOn = (start: number): boolean => {
    starts.push(start);
    return true;
  };
  try {
    lenient(goOn, () => parseEvents(text, { maxDepth: MAX_DEPTH }));
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
  }
  return starts;
}

/**
 * Lets js-yaml read while it goes on over what is no mistake to Kubernetes: a tab within a line of brackets, and the lines
 * that stand too far left where `goOn` says so of their start. js-yaml has no option for it, but reports each mistake to
 * this one function of its API.
 */
export function lenient<T>(goOn: (lineStart: number) => boolean, read: () => T): T {
  const { throwAt } = YAMLException;
  YAMLException.throwAt = (source, position, message, filename) => {
    if (message === 'deficient indentation') {
      let start = position;
      while (source[start - 1] === ' ' || source[start - 1] === '\t') start--;
      const isFirst = start === 0 || source[start - 1] === '\n' || source[start - 1] === '\r';
      // A marker of documents ends what is open, and is no marker any more with blanks before it.
      const isMarker = position === start && /^(?:---|\.\.\.)(?:\s|$)/u.test(source.slice(start, start + 4));
      // The parser calls this as a statement, so that it goes on where this returns.
      if (!isMarker && (!isFirst || goOn(start))) return undefined as never;
    }
    return throwAt(source, position, message, filename);
  };
  try {
    return read();
  } finally {
    YAMLException.throwAt = throwAt;
  }
}
