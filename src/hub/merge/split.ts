import type { JsonObject } from '../../domain/json.ts';
import { readPart } from './read-part.ts';

/** One document of a unit: its text with the separator in front, and its value. `undefined` for an empty one. */
export interface Part {
  readonly text: string;
  readonly value: JsonObject | undefined;
}

export type Parts =
  | { readonly outcome: 'parts'; readonly parts: readonly Part[] }
  | { readonly outcome: 'unreadable'; readonly message: string };

/** Splits at `---` at the start of a line, which YAML reserves for this everywhere. Joined, the parts are the text again. */
export function splitParts(text: string): Parts {
  const parts: Part[] = [];
  for (const part of text.split(/^(?=---(?:[ \t\r\n]|$))/mu)) {
    const read = readPart(part);
    if (read.outcome === 'unreadable') return read;
    parts.push({ text: part, value: read.value });
  }
  return { outcome: 'parts', parts };
}
