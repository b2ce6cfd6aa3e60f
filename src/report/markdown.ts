import { sanitize } from '../types/describe.ts';

/** Text from a cluster, ConfigHub or the model as Markdown text: nothing in it is markup, a link, or calls anybody. */
export function escapeText(text: string): string {
  return (
    sanitize(text)
      .replaceAll(/[\\`*_[\]<>|#~$]/gu, (character) => `\\${character}`)
      // At the beginning of a paragraph these would start a list or a heading.
      .replace(/^([-+=])/u, '\\$1')
      .replace(/^(\d+)([.)])/u, '$1\\$2')
      .replaceAll('&', '&amp;')
      .replaceAll('@', '&#64;')
      .replaceAll(/:\/\//gu, ':&#47;&#47;')
      .replaceAll(/\bwww\./giu, (prefix) => `${prefix.slice(0, -1)}&#46;`)
  );
}

/** A fenced block whose fence is longer than any run of backticks in it. */
export function fence(language: string, lines: readonly string[]): string {
  const body = lines.map((line) => line.split('\n').map(sanitize).join('\n')).join('\n');
  const longest = Math.max(2, ...[...body.matchAll(/`+/gu)].map((run) => run[0].length));
  const mark = '`'.repeat(longest + 1);
  return `${mark}${language}\n${body}\n${mark}`;
}

export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}
