/** Paragraphs of a page, the first being its heading; none where there is nothing to say. */
export type Section<T> = (data: T) => readonly string[];

export interface PageLimits {
  readonly bytes: number;
  readonly lines: number;
  /** File with everything that a page has no room for, as a relative link. */
  readonly elsewhere: string;
}

/**
 * A page of these sections. The first is always shown. `kept` get room before the others. A section that would make the page longer
 * than hosts show is named and left out, so that no host cuts the page.
 */
export function assemblePage<T>(
  data: T,
  sections: readonly Section<T>[],
  limits: PageLimits,
  kept: readonly Section<T>[] = [],
): string {
  const [first] = sections;
  const texts = new Map<Section<T>, string>();
  const leftOut = new Set<Section<T>>();
  const used = { bytes: RESERVE, lines: 4 };
  for (const section of new Set([...(first ? [first] : []), ...kept, ...sections])) {
    const text = section(data).join('\n\n');
    if (text === '') continue;
    texts.set(section, text);
    const bytes = used.bytes + Buffer.byteLength(text) + 2;
    const lines = used.lines + text.split('\n').length + 1;
    if (section !== first && (bytes > limits.bytes || lines > limits.lines)) leftOut.add(section);
    else Object.assign(used, { bytes, lines });
  }
  const shown = sections.filter((section) => texts.has(section));
  const parts = shown.filter((section) => !leftOut.has(section)).map((section) => texts.get(section));
  const headings = shown
    .filter((section) => leftOut.has(section))
    .map((section) => texts.get(section)?.split('\n')[0]?.replace(/^#+ /u, ''));
  if (headings.length > 0)
    parts.push(`No room here for: ${headings.join(', ')}; see [${limits.elsewhere}](${limits.elsewhere}).`);
  return `${parts.join('\n\n')}\n`;
}

/** For the line that says what is left out. */
const RESERVE = 500;
