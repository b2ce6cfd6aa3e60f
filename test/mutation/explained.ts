import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import * as z from 'zod';
import type { Mutant } from './mutants.ts';

const FILE = new URL('../../fixtures/mutation/explained.yaml', import.meta.url);
const rows = z.array(
  z.strictObject({
    file: z.string(),
    mutator: z.string(),
    original: z.string(),
    replacement: z.string(),
    /** The line of code, if `original` is in several. */
    in: z.string().optional(),
    /** Why no user would notice it. */
    reason: z.string().min(20),
  }),
);

export type Explanation = z.infer<typeof rows>[number];

export const EXPLANATIONS: readonly Explanation[] = rows.parse(parse(readFileSync(FILE, 'utf8')));

export function isAbout(explanation: Explanation, mutant: Mutant): boolean {
  const parts = ['file', 'mutator', 'original', 'replacement'] as const;
  return parts.every((part) => explanation[part] === mutant[part]) && (explanation.in ?? mutant.in) === mutant.in;
}

export function explanationOf(mutant: Mutant): Explanation | undefined {
  return EXPLANATIONS.find((explanation) => isAbout(explanation, mutant));
}
