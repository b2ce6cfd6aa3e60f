import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, existsSync, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Environment } from '../../cli/config.ts';
import { atExit } from '../../clients/processes/at-exit.ts';
import { runProgram } from '../../clients/processes/run-program.ts';

/** First argument of `bin/cub`: let a real `cub` do what it knows. */
const FLAG = '--hand-over';
const LONGEST_HELP_MS = 10_000;

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
 * flags; no released one knows all of the walk-through. Without `--hand-over` in front it is not looked for.
 */
export async function handOver(argv: readonly string[], environment: Environment, signal: AbortSignal): Promise<HandedOver> {
  if (argv[0] !== FLAG) return { isDone: false, argv };
  const rest = argv.slice(1);
  if (isDoneBetterHere(rest)) return { isDone: false, argv: rest };
  const real = findReal(environment);
  if (real === undefined || !hasSession(environment) || !(await knows(real, rest, environment, signal)))
    return { isDone: false, argv: rest };
  return { isDone: true, code: await run(real, rest, environment, signal) };
}

/** A `cub` in PATH that is not this project's own `bin/cub`. */
function findReal({ PATH = '' }: Environment): string | undefined {
  const own = join(import.meta.dirname, '../../../bin/cub');
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

/** The client of August 2025 ends with a panic without a login. */
function hasSession({ HOME = '', CUB_CONFIG }: Environment): boolean {
  const folders = [CUB_CONFIG ?? '', join(HOME, '.confighub')].filter((folder) => folder !== '');
  return folders.some((folder) => existsSync(join(folder, 'session.json')) || existsSync(join(folder, 'config.yaml')));
}

/**
 * Asks its help: the usage line names the whole command, and lists every flag. A client that does not know a
 * command prints the help of the group and ends with 0, so the exit code tells nothing.
 */
async function knows(real: string, argv: readonly string[], environment: Environment, signal: AbortSignal): Promise<boolean> {
  const [group, verb] = argv;
  if (group === undefined || verb === undefined || verb.startsWith('-')) return false;
  const soon = AbortSignal.any([signal, AbortSignal.timeout(LONGEST_HELP_MS)]);
  const help = await runProgram(real, [group, verb, '--help'], { environment: inherited(environment), signal: soon }).then(
    ({ stdout }) => stdout,
    () => '',
  );
  signal.throwIfAborted();
  const flags = argv.filter((argument) => argument.startsWith('--')).map((argument) => argument.split('=')[0] ?? '');
  return (
    new RegExp(`^ *cub ${escaped(group)} ${escaped(verb)}( |$)`, 'mu').test(help) &&
    flags.every((flag) => new RegExp(`(^|\\s)${escaped(flag)}(\\s|$)`, 'u').test(help))
  );
}

function escaped(text: string): string {
  return text.replaceAll(/[^\w]/gu, (mark) => `\\u{${mark.codePointAt(0)?.toString(16) ?? ''}}`);
}

/** With this process's own terminal, and so in its process group. */
async function run(real: string, argv: readonly string[], environment: Environment, signal: AbortSignal): Promise<number> {
  const child = spawn(real, argv, { env: inherited(environment), stdio: 'inherit' });
  const forget = atExit(() => child.kill('SIGKILL'));
  const stop = (): boolean => child.kill('SIGTERM');
  signal.addEventListener('abort', stop, { once: true });
  try {
    const [code] = await once(child, 'close');
    return typeof code === 'number' ? code : 1;
  } finally {
    signal.removeEventListener('abort', stop);
    forget();
  }
}

function inherited(environment: Environment): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
