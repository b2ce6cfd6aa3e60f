import stringWidth from 'string-width';

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Cells that a text takes on a terminal: two for a wide character, none for a combining one (Unicode Annex 11). */
export function displayWidth(text: string): number {
  return stringWidth(text);
}

export function padTo(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

/** Lines of at most so many cells, broken between words; a word that is longer has a line of its own, whole. */
export function wrapWords(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || displayWidth(last) + 1 + displayWidth(word) > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/** The same with longer words broken as well, between characters: nothing is lost, and no line is wider. */
export function breakToWidth(text: string, width: number): readonly string[] {
  return wrapWords(text, width).flatMap((line) => (displayWidth(line) <= width ? [line] : broken(line, width)));
}

function broken(word: string, width: number): readonly string[] {
  const lines: string[] = [];
  let used = 0;
  for (const { segment } of graphemes.segment(word)) {
    const cells = displayWidth(segment);
    if (lines.length === 0 || used + cells > width) {
      lines.push('');
      used = 0;
    }
    lines[lines.length - 1] += segment;
    used += cells;
  }
  return lines;
}
