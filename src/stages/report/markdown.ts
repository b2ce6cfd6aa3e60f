import { cutText, sanitize } from '../../domain/describe.ts';

/** A character without a width: Git hosts no longer read the texts before and after it as one word. */
const APART = '&#8203;';
/** No name in Kubernetes is longer; what people write may be. */
const MAX_TEXT = 400;

/**
 * Text from a cluster, ConfigHub or the model as Markdown text: nothing in it is markup, a link, or calls anybody. Hosts
 * look for mentions, references and addresses in the rendered text as well, where entities and backslashes are gone, so
 * these are taken apart by a character that is not seen.
 */
export function escapeText(text: string): string {
  const shown = sanitize(text);
  return (
    (shown.length > MAX_TEXT ? `${cutText(shown, MAX_TEXT)}…` : shown)
      .replaceAll('&', '&amp;')
      .replaceAll(/[\\`*[\]<>|#~^$]/gu, (mark) => `\\${mark}`)
      // Within a word it is nothing but itself, and names read better without.
      .replaceAll(/(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/gu, '\\_')
      // At the beginning of a paragraph these would start a block of code, a list or a heading.
      .replace(/^ +/u, '')
      .replace(/^([-+=])/u, '\\$1')
      .replace(/^(\d+)([.)])/u, '$1\\$2')
      // The full stop behind a sentence would do it for a number alone.
      .replace(/^(\d)(?=\d*$)/u, (digit) => `&#${digit.charCodeAt(0)};`)
      // Mentions and mail addresses, but not the digest of an image.
      .replaceAll(/(?<![A-Za-z0-9_])@(?=[\p{L}\p{N}_])|@(?=[\w-]+\.)/gu, `@${APART}`)
      // References of GitHub and GitLab: issues, changes, snippets, milestones, labels, epics, alerts.
      .replaceAll(/(\\[#$~^]|[!%]|&amp;)(?=[\p{L}\p{N}_"'])/gu, `$1${APART}`)
      .replaceAll(/\b(GH-)(?=\d)/giu, `$1${APART}`)
      .replaceAll(/:(?=\/\/)/gu, `:${APART}`)
      .replaceAll(/\b(www|mailto:|xmpp:)(?=\S)/giu, `$1${APART}`)
      // Pictograms by name.
      .replaceAll(/:(?=[a-z0-9_+-]*[a-z_+-][a-z0-9_+-]*:|100:|1234:)/giu, `:${APART}`)
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

/** What fits of a table, and how many rows do not: a page that a host cuts would lose its end instead. */
export function tableWithin(
  maxBytes: number,
  header: readonly string[],
  rows: readonly (readonly string[])[],
): { readonly text: string; readonly left: number } {
  let bytes = 0;
  const fits = rows.findIndex((row) => {
    bytes += Buffer.byteLength(row.join(' | ')) + 5;
    return bytes > maxBytes;
  });
  const shown = fits < 0 ? rows : rows.slice(0, fits);
  return { text: shown.length === 0 ? '' : table(header, shown), left: rows.length - shown.length };
}

/** What people must see first; hosts without such a box show a quotation. */
export function caution(paragraphs: readonly string[]): string {
  const lines = `[!CAUTION]\n${paragraphs.join('\n\n')}`.split('\n');
  return lines.map((line) => `> ${line}`.trimEnd()).join('\n');
}

/** Shown on demand. The empty lines make hosts read what is inside as Markdown. */
export function details(summary: string, body: readonly string[]): string {
  return [`<details><summary>${summary}</summary>`, ...body, '</details>'].join('\n\n');
}
