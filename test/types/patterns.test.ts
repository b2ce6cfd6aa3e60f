import { createContext, Script } from 'node:vm';
import { expect } from 'chai';
import { hostileTexts } from './hostile-repeats.ts';
import { type SourcePattern, sourcePatterns } from './source-patterns.ts';

// A pattern that goes back over what it has read takes a time that grows with the square of a text's length, or worse: 100,000
// letters are then minutes, and milliseconds otherwise. Nothing here depends on how fast a machine is.

const SHORT = 30_000;
const LONG = 200_000;
/** For a short text: longer may be the machine's own pause, and is looked at again. */
const DOUBT_MS = 40;
const MOST_MS = 1_500;

const context = createContext({ pattern: /x/u, text: '' });
const search = new Script('pattern.global ? text.replace(pattern, "") : pattern.exec(text)');

function isDoneWithin({ source, flags }: SourcePattern, text: string, timeout: number): boolean {
  Object.assign(context, { pattern: new RegExp(source, flags), text });
  try {
    search.runInContext(context, { timeout });
    return true;
  } catch (error) {
    // An error of that context is no `Error` of this one.
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT')
      return false;
    throw error;
  }
}

/** The piece of a text that takes too long; `undefined` where none is found. */
function slowPiece(pattern: SourcePattern): string | undefined {
  // Without an open end there is only so much to go back over.
  if (!/[*+]|,\}/u.test(pattern.source)) return undefined;
  const short = hostileTexts(pattern.source, pattern.flags, SHORT).filter(({ text }) => !isDoneWithin(pattern, text, DOUBT_MS));
  if (short.length === 0) return undefined;
  const pieces = new Set(short.map(({ piece }) => piece));
  const long = hostileTexts(pattern.source, pattern.flags, LONG).filter(({ piece }) => pieces.has(piece));
  return long.find(({ text }) => !isDoneWithin(pattern, text, MOST_MS))?.piece;
}

describe('every pattern of the program', function () {
  this.timeout(120_000);

  it('is finished with hostile repeats of its own pieces in a time that grows as they do', async () => {
    const { written, made } = await sourcePatterns();
    expect(written.length).to.be.greaterThan(300);
    expect(made.length).to.be.greaterThan(5);
    const known = new Map([...written, ...made].map((pattern) => [`/${pattern.source}/${pattern.flags}`, pattern]));
    const slow = [...known].flatMap(([text, pattern]) => {
      const piece = slowPiece(pattern);
      return piece === undefined ? [] : [`${pattern.where} ${text} on ${JSON.stringify(piece)} again and again`];
    });
    expect(slow).to.deep.equal([]);
  });

  for (const [source, flags] of [
    ['\\beyJ[\\w-]{8,}\\.[\\w-]{8,}', 'gu'],
    ['\\[(?=[^\\]]*skip[^\\]]*\\])', 'gu'],
  ] as const) {
    it(`is distinguished from one that is not: ${source}`, () => {
      expect(slowPiece({ where: 'here', source, flags })).to.be.a('string');
    });
  }
});
