import { isDeepStrictEqual } from 'node:util';
import { readYaml, YamlError } from '../../src/clients/kubernetes/yaml.ts';
import { parseJson, stringifyJson } from '../../src/domain/exact-json.ts';
import { isJsonObject, type Json } from '../../src/domain/json.ts';
import { type GoAnswer, readWithGo } from './go-yaml.ts';

/**
 * Where we refuse what Go's reader accepts, by our reason. To refuse is safe: the unit is reported with line and reason,
 * and nothing of it is compared or fixed.
 */
const REFUSED_ON_PURPOSE: readonly (readonly [RegExp, string])[] = [
  [/^the character U\+/u, 'line breaks of YAML 1.1 and halves of characters'],
  [/^a key that is a long fraction/u, 'long fractions and huge numbers as keys'],
  [/^duplicated mapping key/u, 'keys that are different in YAML and the same in JSON: which one Go takes is chance'],
  [/^end of the stream|^a line break is expected/u, 'text behind the end of a document, which Go ignores in silence'],
  [/^missed comma between flow/u, 'a dash as a value in brackets, or one that stands further left than its tag or anchor'],
  [/^tag suffix/u, 'odd characters in a tag'],
  [/^bad indentation/u, 'a block of text for the whole document, and more behind it'],
  [/^unknown escape/u, 'escapes that JSON and YAML do not have'],
  [/^unknown scalar tag/u, 'tags in angle brackets'],
  [/^a key that is no text|^expected ':' after/u, 'keys that are collections or aliases'],
  [/^nested deeper|aliases/u, 'bounds'],
];
/** Where both read and say different things, in spellings that no manifest has. */
const READ_DIFFERENTLY: readonly (readonly [RegExp, string])[] = [
  [/[[{,]\s*[?!]|[?:]\s*[,\]}]/u, 'a colon, question mark or lone tag at the edge of a value in brackets'],
  [/&[\w-]*[^\w\s-]/u, 'anchors of odd characters'],
  [/\\\r?\n\s*\n/u, 'an escaped line break before an empty line'],
];
/** Go's plain reader, which kubectl converts to JSON with, takes the last; its strict one, which warns, refuses it. */
const OVERRIDDEN_MERGE = 'a key that a merge gives again: read as by kubectl, refused by the strict reader alone';

export type Ours = { readonly json: Json } | { readonly refused: string };

/** The documents of a unit are mappings; anything else is refused on both sides. */
export function readOurselves(text: string): Ours {
  try {
    const value = readYaml(text, { depth: 100, aliases: 1_000 })[0] ?? null;
    // Zero has no sign in JSON.
    return isJsonObject(value) ? { json: parseJson(stringifyJson(value)) } : { refused: 'no mapping' };
  } catch (error) {
    if (error instanceof YamlError) return { refused: error.reason };
    // A cycle of aliases, which the reader of manifests refuses by its depth.
    if (error instanceof TypeError) return { refused: 'nested deeper than any limit' };
    throw error;
  }
}

/** Whether we read a text as Go does. Numbers are compared as an API server reads them from Go's JSON. */
export function judge(text: string, answer: GoAnswer): 'both read' | 'both refuse' | 'different' | (string & {}) {
  const ours = readOurselves(text);
  const isRefusedByGo = answer.error !== undefined || !isJsonObject(answer.json);
  if ('refused' in ours) {
    if (isRefusedByGo || answer.strict !== undefined) return 'both refuse';
    const known = REFUSED_ON_PURPOSE.find(([reason]) => reason.test(ours.refused));
    return known ? `refused by us alone: ${known[1]}` : 'different';
  }
  // Nobody can have applied it, so that no cluster holds another reading of it.
  if (isRefusedByGo) return 'read by us alone';
  const theirs = parseJson(stringifyJson(answer.json));
  if (!isDeepStrictEqual(ours.json, theirs)) return READ_DIFFERENTLY.find(([shape]) => shape.test(text))?.[1] ?? 'different';
  if (answer.strict === undefined) return 'both read';
  return text.includes('<<') ? OVERRIDDEN_MERGE : 'different';
}

/** The same difference in as few lines and characters as leaving out can reach. */
export async function shrink(text: string): Promise<string> {
  let smallest = text;
  for (;;) {
    const lines = smallest.split('\n');
    const shorter = [
      ...lines.map((_, index) => lines.toSpliced(index, 1).join('\n')),
      ...Array.from(smallest, (_, index) => Array.from(smallest).toSpliced(index, 1).join('')),
    ];
    const answers = await readWithGo(shorter);
    const next = shorter.find((candidate, index) => judge(candidate, answers[index] ?? {}) === 'different');
    if (next === undefined || next.length >= smallest.length) return smallest;
    smallest = next;
  }
}
