import { execFile, spawn } from 'node:child_process';
import { accessSync, constants, existsSync, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Environment } from '../config.ts';

/** First argument of `bin/cub`: let a real `cub` do what it knows. */
const FLAG = '--hand-over';

/**
 * What a real client of August 2025 takes and does otherwise: its diff has the signs the wrong way round, its changesets
 * come without units, and JSON behind `--patch` is not its patch.
 */
function isDoneBetterHere(argv: readonly string[]): boolean {
  const command = argv.slice(0, 2).join(' ');
  return command === 'unit diff' || command === 'changeset get' || argv.some((argument) => argument.trimStart().startsWith('{'));
}

export type HandedOver =
  | { readonly isDone: true; readonly code: number }
  /** For this client to do. */
  | { readonly isDone: false; readonly argv: readonly string[] };

/**
 * Lets ConfigHub's own client run the command where one is installed, has a session, and knows the command with all its
 * flags; no released one knows all of the walk-through. Without `--hand-over` in front nothing is looked for.
 */
export async function handOver(argv: readonly string[], environment: Environment): Promise<HandedOver> {
  if (argv[0] !== FLAG) return { isDone: false, argv };
  const rest = argv.slice(1);
  if (isDoneBetterHere(rest)) return { isDone: false, argv: rest };
  const real = findReal(environment);
  if (real === undefined || !hasSession(environment) || !(await knows(real, rest, environment)))
    return { isDone: false, argv: rest };
  return { isDone: true, code: await run(real, rest, environment) };
}

/** A `cub` in PATH that is not this project's own `bin/cub`. */
function findReal({ PATH = '' }: Environment): string | undefined {
  const own = join(import.meta.dirname, '..', '..', 'bin', 'cub');
  const isOwn = (file: string): boolean => existsSync(own) && realpathSync(file) === realpathSync(own);
  return PATH.split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, 'cub'))
    .find((file) => isExecutable(file) && !isOwn(file));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The client of August 2025 ends with a panic where nobody has logged in. */
function hasSession({ HOME = '', CUB_CONFIG }: Environment): boolean {
  const folders = [CUB_CONFIG ?? '', join(HOME, '.confighub')].filter((folder) => folder !== '');
  return folders.some((folder) => existsSync(join(folder, 'session.json')) || existsSync(join(folder, 'config.yaml')));
}

/**
 * Asks its help: the usage line names the whole command, and every flag stands in it. A client that does not know a
 * command prints the help of the group and ends with 0, so the exit code tells nothing.
 */
async function knows(real: string, argv: readonly string[], environment: Environment): Promise<boolean> {
  const [group, verb] = argv;
  if (group === undefined || verb === undefined || verb.startsWith('-')) return false;
  const help = await new Promise<string>((resolve) => {
    execFile(real, [group, verb, '--help'], { env: { ...environment }, timeout: 10_000 }, (_, stdout) => resolve(stdout));
  });
  const flags = argv.filter((argument) => argument.startsWith('--')).map((argument) => argument.split('=')[0] ?? '');
  return (
    new RegExp(`^ *cub ${escaped(group)} ${escaped(verb)}( |$)`, 'mu').test(help) &&
    flags.every((flag) => new RegExp(`(^|\\s)${escaped(flag)}(\\s|$)`, 'u').test(help))
  );
}

function escaped(text: string): string {
  return text.replaceAll(/[^\w]/gu, (mark) => `\\u{${mark.codePointAt(0)?.toString(16) ?? ''}}`);
}

function run(real: string, argv: readonly string[], environment: Environment): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(real, argv, { env: { ...environment }, stdio: 'inherit' });
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}
