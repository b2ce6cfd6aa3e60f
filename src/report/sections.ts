/** Paragraphs of a page, the first being its heading; none where there is nothing to say. */
export type Section<T> = (data: T) => readonly string[];

export interface PageLimits {
  readonly bytes: number;
  readonly lines: number;
  /** File where everything stands that a page has no room for, as a relative link. */
  readonly elsewhere: string;
}

/**
 * A page of these sections. The first stands whatever happens; one of the others that would make the page longer than
 * hosts show is named and left out, so that no host cuts the page anywhere.
 */
export function assemblePage<T>(data: T, sections: readonly Section<T>[], limits: PageLimits): string {
  const parts: string[] = [];
  const leftOut: string[] = [];
  const used = { bytes: RESERVE, lines: 4 };
  for (const [index, section] of sections.entries()) {
    const paragraphs = section(data);
    const [first] = paragraphs;
    if (first === undefined) continue;
    const text = paragraphs.join('\n\n');
    const bytes = used.bytes + Buffer.byteLength(text) + 2;
    const lines = used.lines + text.split('\n').length + 1;
    if (index > 0 && (bytes > limits.bytes || lines > limits.lines)) {
      leftOut.push(first.replace(/^#+ /u, ''));
      continue;
    }
    parts.push(text);
    Object.assign(used, { bytes, lines });
  }
  if (leftOut.length > 0) parts.push(`No room here for: ${leftOut.join(', ')}; see [${limits.elsewhere}](${limits.elsewhere}).`);
  return `${parts.join('\n\n')}\n`;
}

/** For the line that says what is left out. */
const RESERVE = 500;
