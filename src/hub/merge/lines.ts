import { diff3, type Sequences } from './diff3.ts';

/**
 * The three-way merge of texts line by line, with our line ends. Where both changed the same lines it has those of the side
 * that `wins`, so the caller checks what the text means.
 */
export function mergeLines(texts: Readonly<Record<keyof Sequences<string>, string>>, wins: 'ours' | 'theirs'): string {
  const sides = { base: linesOf(texts.base), ours: linesOf(texts.ours), theirs: linesOf(texts.theirs) };
  const end = /\r\n/u.test(texts.ours) ? '\r\n' : '\n';
  const withEnd = (line: string): string => (line.endsWith('\n') ? withoutEnd(line) + end : line);
  return diff3(sides, { equal: isSameLine, neighboursConflict: false })
    .flatMap((region) => {
      if (region.kind === 'theirs') return sides.theirs.slice(...region.theirs).map(withEnd);
      const ours = sides.ours.slice(...region.ours);
      if (region.kind === 'ours' || wins === 'ours') return ours;
      const [base, theirs] = [sides.base.slice(...region.base), sides.theirs.slice(...region.theirs)];
      const isAligned = ours.length === theirs.length && base.length === theirs.length;
      return theirs.map((line, index) => withEnd(isAligned ? indentLike(line, base[index] ?? '', ours[index] ?? '') : line));
    })
    .join('');
}

/** The new line as far right as ours, where its own indentation is that of the base. */
function indentLike(line: string, base: string, ours: string): string {
  const indent = (text: string): string => /^ */u.exec(text)?.[0] ?? '';
  return indent(line) === indent(base) ? indent(ours) + line.trimStart() : line;
}

function linesOf(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/gu) ?? [];
}

function isSameLine(left: string, right: string): boolean {
  return left === right || withoutEnd(left) === withoutEnd(right);
}

function withoutEnd(line: string): string {
  return line.replace(/\r?\n$/u, '');
}
