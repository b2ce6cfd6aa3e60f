import { escapeText } from './markdown.ts';

/** Addresses of things on other hosts, with placeholders such as `{commit}`; empty for no link. */
export interface LinkTemplates {
  /** `{commit}`. */
  readonly commit: string;
  /** `{space}` and `{unit}`. */
  readonly unit: string;
  /** The same, and `{revision}`. */
  readonly revision: string;
}

export const NO_LINKS: LinkTemplates = { commit: '', unit: '', revision: '' };

/** Text that leads to an address, or the text alone without a template. */
function linked(text: string, template: string, values: Readonly<Record<string, string>>): string {
  // A dot alone leads to another folder, in whatever spelling.
  if (template === '' || Object.values(values).some((value) => /^\.{0,2}$/u.test(value))) return text;
  const address = template.replaceAll(/\{(\w+)\}/gu, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : encoded(value);
  });
  return `[${text}](${address})`;
}

/** Nothing in it ends a path or a link. */
function encoded(value: string): string {
  return encodeURIComponent(value.toWellFormed()).replaceAll(/[!'()*]/gu, (mark) => `%${mark.charCodeAt(0).toString(16)}`);
}

/** `space/slug`, leading to the unit. */
export function unitLink(unit: string, links: LinkTemplates): string {
  return linked(escapeText(unit), links.unit, partsOf(unit));
}

/** Words about a revision of a unit, escaped, in which its number leads to it. */
export function withRevisionLink(words: string, unit: string, revision: number, links: LinkTemplates): string {
  const text = `revision ${revision}`;
  if (revision === 0) return words;
  return words.replace(text, () => linked(text, links.revision, { ...partsOf(unit), revision: String(revision) }));
}

/** A text, escaped, leading to a commit. */
export function commitLink(text: string, commit: string, links: LinkTemplates): string {
  return linked(text, links.commit, { commit });
}

function partsOf(name: string): { readonly space: string; readonly unit: string } {
  const slash = name.indexOf('/');
  return { space: name.slice(0, Math.max(0, slash)), unit: name.slice(slash + 1) };
}
