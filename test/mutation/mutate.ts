import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, globSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join, matchesGlob } from 'node:path';
import pLimit from 'p-limit';
import * as z from 'zod';
import { AREAS, type Area } from './areas.ts';
import { EXPLANATIONS, explanationOf, isAbout } from './explained.ts';
import { tryMutants, type Verdict } from './jobs.ts';
import { type Mutant, mutantsOf, ROOT, sampleOf } from './mutants.ts';

// Breaks the program in small ways and looks whether a test goes red.
//
//   node bin/bootstrap.mjs test/mutation/mutate.ts [AREA [COUNT]]
//
// tries COUNT mutants of each area (areas.ts; 40 unless given) and prints those that no test noticed. What is known of these
// sources and tests already is not tried again.

export const SEED = 20_261_127;
/** Of each area; 200 in all. */
export const SAMPLE = 40;

export interface AreaResult {
  readonly area: Area;
  /** Mutants that there are. */
  readonly all: number;
  /** Of the sample, and of those that are explained. */
  readonly verdicts: readonly Verdict[];
}

const knownSchema = z.object({ key: z.string(), status: z.enum(['killed', 'survived', 'timeout']), by: z.string() });

/** Where the verdicts about exactly these sources and tests are kept: an interrupted run goes on where it was. */
function memoryFile(): string {
  const hash = createHash('sha256');
  const files = globSync(['{src,test,fixtures}/**/*', 'package-lock.json'], { cwd: ROOT, exclude: ['fixtures/mutation/**'] });
  for (const file of files.sort())
    if (statSync(join(ROOT, file)).isFile()) hash.update(`${file}\0`).update(readFileSync(join(ROOT, file)));
  const folder = join(ROOT, 'node_modules', '.cache', 'mutation');
  mkdirSync(folder, { recursive: true });
  return join(folder, `${hash.digest('hex')}.jsonl`);
}

/** Two areas at a time. What is explained is tried as well, so that no explanation outlives its reason. */
export async function mutate(
  areas: readonly Area[],
  count: number,
  tell: (verdict: Verdict) => void = () => undefined,
): Promise<readonly AreaResult[]> {
  const memory = memoryFile();
  const lines = existsSync(memory) ? readFileSync(memory, 'utf8').trim().split('\n') : [];
  const known = new Map(lines.map((line) => knownSchema.parse(JSON.parse(line))).map((verdict) => [verdict.key, verdict]));
  const limit = pLimit(2);
  return Promise.all(
    areas.map((area) =>
      limit(async (): Promise<AreaResult> => {
        const made = await mutantsOf(area);
        const sample = new Set([...sampleOf(made.mutants, count, SEED), ...made.mutants.filter(explanationOf)]);
        const verdicts: Verdict[] = [];
        const add = (verdict: Verdict): void => {
          verdicts.push(verdict);
          tell(verdict);
        };
        const open: Mutant[] = [];
        for (const mutant of sample) {
          const before = known.get(mutant.key);
          if (before) add({ mutant, status: before.status, by: before.by });
          else open.push(mutant);
        }
        await tryMutants(area, made, open, (verdict) => {
          const { mutant, status, by } = verdict;
          appendFileSync(memory, `${JSON.stringify({ key: mutant.key, status, by })}\n`);
          add(verdict);
        });
        return { area, all: made.mutants.length, verdicts };
      }),
    ),
  );
}

/** Those that no test noticed and no row explains, a line each. */
export function unexplained(results: readonly AreaResult[]): readonly string[] {
  return results
    .flatMap(({ verdicts }) => verdicts)
    .filter(({ status, mutant }) => status === 'survived' && explanationOf(mutant) === undefined)
    .map(({ mutant, by }) => `${lineOf(mutant)} (${by})`);
}

/** Explanations of mutants that there are none of, or that a test notices. */
export function outlived(results: readonly AreaResult[]): readonly string[] {
  const verdicts = results.flatMap((result) => result.verdicts);
  const globs = results.flatMap(({ area }) => area.sources);
  return EXPLANATIONS.filter(({ file }) => globs.some((glob) => matchesGlob(file, glob))).flatMap((explanation) => {
    const about = verdicts.filter(({ mutant }) => isAbout(explanation, mutant));
    const { file, original, replacement } = explanation;
    if (about.length === 0) return [`${file}: there is no ${original} -> ${replacement}`];
    const noticed = about.filter(({ status }) => status !== 'survived');
    return noticed.map(({ mutant, by }) => `${lineOf(mutant)} is noticed by "${by}"`);
  });
}

function lineOf({ file, line, mutator, original, replacement }: Mutant): string {
  return `${file}:${line} ${mutator}: ${original} -> ${replacement}`;
}

if (import.meta.main) {
  const [name, count = String(SAMPLE)] = process.argv.slice(2);
  const areas = AREAS.filter((area) => name === undefined || area.name === name);
  if (areas.length === 0) throw new Error(`no area ${name}; there are ${AREAS.map((area) => area.name).join(', ')}`);
  let tried = 0;
  const results = await mutate(areas, Number(count), ({ status, mutant }) => {
    tried++;
    if (status === 'survived' && !explanationOf(mutant)) process.stdout.write(`${lineOf(mutant)}\n`);
  });
  const survived = unexplained(results).length;
  process.stdout.write(`${tried} mutants tried, ${survived} that no test notices and nobody explains\n`);
  for (const line of outlived(results)) process.stdout.write(`outlived explanation: ${line}\n`);
  process.exitCode = survived === 0 ? 0 : 1;
}
