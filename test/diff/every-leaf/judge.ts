import { isDeepStrictEqual } from 'node:util';
import { type FieldPath, printPath } from '../../../src/domain/field-path.ts';
import type { Finding } from '../../../src/domain/finding.ts';
import type { Json } from '../../../src/domain/json.ts';
import type { Mutation } from './mutations.ts';
import type { Expected } from './ownership.ts';

/** What became of one mutation. */
export type Outcome =
  | { readonly status: 'refused' | 'no-op'; readonly mutation: Mutation; readonly message: string }
  | {
      readonly status: 'judged';
      readonly mutation: Mutation;
      /** The one of the mutation's values that the API took. */
      readonly value: Json;
      readonly expected: readonly string[];
      readonly found: readonly string[];
      readonly isFound: boolean;
      readonly isRightPath: boolean;
      readonly isRightManager: boolean;
    };

/** Whether the findings are the expected ones, where the other hand is `manager`. */
export function judge(
  expected: readonly Expected[],
  findings: readonly Finding[],
  manager: string,
): Omit<Extract<Outcome, { readonly status: 'judged' }>, 'mutation' | 'value'> {
  const wanted = expected.map((one) => lineOf({ ...one, blame: one.class === 'removed' ? undefined : { manager } })).sort();
  const found = findings.map(lineOf).sort();
  const places = (lines: readonly string[]): readonly string[] => lines.map((line) => line.replace(/ by [^ ]+$/u, ''));
  return {
    status: 'judged',
    expected: wanted,
    found,
    isFound: expected.length > 0 && found.length > 0,
    isRightPath: isDeepStrictEqual(places(found), places(wanted)),
    isRightManager: isDeepStrictEqual(found, wanted),
  };
}

/** Class, path and who; key fields in alphabetical order. */
export function lineOf(one: {
  readonly class: string;
  readonly path: FieldPath;
  readonly blame?: { manager: string } | undefined;
}): string {
  const path = one.path.map((step) =>
    'key' in step ? { ...step, key: Object.fromEntries(Object.entries(step.key).sort()) } : step,
  );
  return `${one.class} ${printPath(path)} by ${one.blame?.manager ?? 'nobody'}`;
}
