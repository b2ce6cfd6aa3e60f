import { Document, isScalar, visit } from 'yaml';
import { parseJson, stringifyJson } from '../../domain/exact-json.ts';

const UNPRINTABLE = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
const PLAIN_KEY = /^[A-Za-z_][\w./-]*$/u;

/** One JSON document. What a terminal could act on is written as an escape: the values are the same. */
export function printJson(value: unknown): string {
  return `${escapeUnits(stringifyJson(value, 2))}\n`;
}

/** One JSON document on one line. */
export function printJsonLine(value: unknown): string {
  return `${escapeUnits(stringifyJson(value))}\n`;
}

/** One YAML document. Texts are quoted: none is read as something else, and the same escapes hold. */
export function printYaml(value: unknown): string {
  // Through JSON, so that what JSON shows otherwise (a secret, a date) is shown in the same way.
  const document = new Document(parseJson(stringifyJson(value)), { aliasDuplicateObjects: false });
  visit(document, {
    Pair(_, { key }) {
      if (isScalar(key)) key.type = PLAIN_KEY.test(String(key.value)) ? 'PLAIN' : 'QUOTE_DOUBLE';
    },
  });
  const text = document.toString({ lineWidth: 0, defaultStringType: 'QUOTE_DOUBLE', doubleQuotedAsJSON: true });
  // Readers of YAML want one escape for one character, where JSON writes both halves of it.
  return text.replaceAll(UNPRINTABLE, (character) => `\\U${(character.codePointAt(0) ?? 0).toString(16).padStart(8, '0')}`);
}

function escapeUnits(text: string): string {
  return text.replaceAll(UNPRINTABLE, (character) =>
    // By halves, as JSON writes characters above U+FFFF.
    Array.from(
      { length: character.length },
      (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
}
