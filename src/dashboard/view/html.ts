import { html as markup } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';
import { sanitize } from '../../domain/describe.ts';

/** Markup that may be sent as it is. Only `html` makes it. */
export type Html = HtmlEscapedString;
type Part = string | number | Html | undefined | false | readonly Part[];

/** Markup with parts in it. A text becomes text: escaped, and without characters that act on a page unseen. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const made = markup(strings, ...parts.map(harmless));
  if (made instanceof Promise) throw new Error('a part of a page is a promise');
  return made;
}

function harmless(part: Part): unknown {
  if (typeof part === 'string') return sanitize(part);
  return Array.isArray(part) ? part.map(harmless) : part;
}

export const NOTHING: Html = html``;
