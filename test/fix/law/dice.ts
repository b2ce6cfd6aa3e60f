import { randomOf } from '../../diff/every-leaf/sample.ts';

/** Choices that are the same for one seed. */
export interface Dice {
  /** A whole number from 0 up to `below`. */
  number(below: number): number;
  isLucky(probability: number): boolean;
  /** `undefined` of an empty list. */
  pick<T>(list: readonly T[]): T | undefined;
  /** One of a list that is never empty. */
  oneOf<T>(first: T, ...others: readonly T[]): T;
  /** A text, at times with what JSON, Go and YAML write in ways of their own. */
  text(): string;
}

const TEXTS = [
  'plain',
  '',
  'a&b=c&d',
  '<b>bold</b>',
  'line\u2028and\u2029paragraph',
  'größer, 大きい, 🚀 und weiter',
  `"double" and 'single' \\ back`,
  '{"a": [1, 2]}',
  'two\nlines\n',
  '\t tab and $(HOST)',
  '1e3',
  'x'.repeat(300),
];

export function diceOf(seed: number): Dice {
  const random = randomOf(seed);
  const number = (below: number): number => Math.floor(random() * below);
  const pick = <T>(list: readonly T[]): T | undefined => list[number(list.length)];
  return {
    number,
    isLucky: (probability) => random() < probability,
    pick,
    oneOf: (first, ...others) => [first, ...others][number(others.length + 1)] ?? first,
    text: () => pick(TEXTS) ?? '',
  };
}
