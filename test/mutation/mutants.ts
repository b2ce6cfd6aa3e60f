import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Instrumenter } from '@stryker-mutator/instrumenter';
import type { Area } from './areas.ts';

// Mutants of the sources, made on the syntax tree by Stryker's instrumenter. It writes all of them into one text, each behind
// a switch, so that one start of a process can try many. Stryker's own runner for mocha does not know mocha 12.

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Mutant {
  /** Number of its switch; unique within one call of `mutantsOf`. */
  readonly id: string;
  /** Tells it from every other one, and stays while the code around it changes. */
  readonly key: string;
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** The line of code that it begins in. */
  readonly in: string;
  readonly mutator: string;
  readonly original: string;
  readonly replacement: string;
}

export interface Mutants {
  readonly mutants: readonly Mutant[];
  /** Texts with all switches, by URL. */
  readonly sources: Readonly<Record<string, string>>;
}

const silent = (): void => undefined;
const no = (): boolean => false;
const LOGGER = {
  ...{ isTraceEnabled: no, isDebugEnabled: no, isInfoEnabled: no, isWarnEnabled: no, isErrorEnabled: no, isFatalEnabled: no },
  ...{ trace: silent, debug: silent, info: silent, warn: silent, error: silent, fatal: silent },
};

/** All mutants of an area, and its sources with their switches. */
export async function mutantsOf({ sources }: Area): Promise<Mutants> {
  const files = globSync([...sources], { cwd: ROOT }).sort();
  const texts = new Map(files.map((file) => [file, readFileSync(join(ROOT, file), 'utf8')]));
  const { files: instrumented, mutants } = await new Instrumenter(LOGGER).instrument(
    [...texts].map(([name, content]) => ({ name, content, mutate: true })),
    { plugins: null, excludedMutations: [], ignorers: [] },
  );
  const seen = new Map<string, number>();
  return {
    sources: Object.fromEntries(instrumented.map(({ name, content }) => [pathToFileURL(join(ROOT, name)).href, content])),
    mutants: mutants.map(({ id, fileName, location: { start, end }, mutatorName, replacement }): Mutant => {
      const text = texts.get(fileName) ?? '';
      const original = folded(text.slice(offsetOf(text, start), offsetOf(text, end)));
      const [file, to] = [fileName, folded(replacement)];
      const name = [file, mutatorName, original, to].join('\n');
      const before = seen.get(name) ?? 0;
      seen.set(name, before + 1);
      return {
        id,
        key: sha256(`${name}\n${before}`),
        file,
        line: start.line + 1,
        in: text.split('\n')[start.line]?.trim() ?? '',
        mutator: mutatorName,
        original,
        replacement: to,
      };
    }),
  };
}

/** The same mutants for the same seed. An edit of the code leaves those of other lines in the sample. */
export function sampleOf(mutants: readonly Mutant[], count: number, seed: number): readonly Mutant[] {
  const order = new Map(mutants.map(({ key }) => [key, sha256(`${seed} ${key}`)]));
  const placeOf = ({ key }: Mutant): string => order.get(key) ?? '';
  return mutants.toSorted((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1)).slice(0, count);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function folded(code: string): string {
  return code.replaceAll(/\s+/gu, ' ').trim();
}

function offsetOf(text: string, { line, column }: { readonly line: number; readonly column: number }): number {
  const before = text.split('\n').slice(0, line);
  return before.reduce((sum, { length }) => sum + length + 1, 0) + column;
}
