import { readFile } from 'node:fs/promises';
import { load } from 'js-yaml';
import * as z from 'zod';

const pair = z.tuple([z.string(), z.string()]);
const files = z.array(z.strictObject({ key: z.string(), text: z.string() }));
const plantedSchema = z.strictObject({
  byValue: z.array(z.strictObject({ what: z.string(), text: z.string() })),
  byName: z.array(z.string()),
  arguments: z.array(z.array(z.string())),
  files,
  moreTexts: z.array(pair),
  moreArguments: z.array(z.array(z.string())),
  moreFiles: files,
});
const harmlessSchema = z.strictObject({
  texts: z.array(pair),
  annotations: z.array(pair),
  labels: z.array(pair),
  moreTexts: z.array(pair),
  moreAnnotations: z.array(pair),
  arguments: z.array(z.array(z.string())),
  files,
  moreLabels: z.array(pair),
  moreArguments: z.array(z.array(z.string())),
  moreFiles: files,
});
export type Planted = z.infer<typeof plantedSchema>;
export type Harmless = z.infer<typeof harmlessSchema>;

async function read(name: string): Promise<unknown> {
  return load(await readFile(new URL(`../../../fixtures/show/${name}`, import.meta.url), 'utf8'));
}

export async function readPlanted(): Promise<Planted> {
  return plantedSchema.parse(await read('planted.yaml'));
}

export async function readHarmless(): Promise<Harmless> {
  return harmlessSchema.parse(await read('harmless.yaml'));
}

const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const UPPER = LOWER.toUpperCase();
const DIGITS = '0123456789';
const ALPHABETS: Readonly<Record<string, string>> = {
  lower: LOWER,
  upper: UPPER,
  letters: LOWER + UPPER,
  digits: DIGITS,
  alnum: LOWER + UPPER + DIGITS,
  lowalnum: LOWER + DIGITS,
  upnum: UPPER + DIGITS,
  hex: `${DIGITS}abcdef`,
  HEX: `${DIGITS}ABCDEF`,
  base32: `${UPPER}234567`,
  base32low: `${LOWER}234567`,
  base64: `${LOWER + UPPER + DIGITS}+/`,
  url: `${LOWER + UPPER + DIGITS}-_`,
};

/** A text with its secrets made, and the parts of it that no sink may show. */
export interface Made {
  readonly text: string;
  readonly needles: readonly string[];
}

/** Makes the secrets of texts: the same seed gives the same ones. */
export function createMaker(seed: number): (template: string) => Made {
  let state = seed >>> 0;
  const random = (below: number): number => {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
  const from = (alphabet: string, length: number): string =>
    Array.from({ length }, () => alphabet[random(alphabet.length)] ?? '').join('');
  // Reads like a word and is in no text of ours.
  const word = (): string =>
    Array.from({ length: 4 }, () => `${from('bdfgklmnprstvz', 1)}${from('aeiou', 1)}`).join('') + from('nrsx', 1);
  return (template) => {
    const needles: string[] = [];
    const make = (kind: string, length: string | undefined): string => {
      if (kind === 'dashes') return '-----';
      if (kind === 'uuid') {
        const uuid = [8, 4, 4, 4, 12].map((count) => from(`${DIGITS}abcdef`, count)).join('-');
        needles.push(uuid);
        return uuid;
      }
      const made = kind === 'word' ? word() : from(ALPHABETS[kind] ?? '', Number(length));
      if (made.length >= 6) needles.push(made);
      return made;
    };
    const fill = (text: string): string =>
      text.replaceAll(/<([a-zA-Z]+[0-9]{0,2}(?:low)?)(?: (\d+))?>/gu, (whole, kind: string, length: string | undefined) =>
        kind in ALPHABETS
          ? length === undefined
            ? whole
            : make(kind, length)
          : ['word', 'uuid', 'dashes'].includes(kind)
            ? make(kind, length)
            : whole,
      );
    const text = fill(
      template.replaceAll(/<b64:((?:[^<>]|<[a-z]+(?: \d+)?>)+)>/gsu, (_, inner: string) => {
        const made = Buffer.from(fill(inner)).toString('base64');
        // Neither the text nor its base64.
        needles.push(made);
        return made;
      }),
    );
    return { text, needles };
  };
}
