import type { Config, Environment } from '../../cli/config.ts';
import { inheritedEnvironment } from '../../cli/connections.ts';
import { manifestFiles } from '../../clients/files/manifest-files.ts';
import { nameOf, readTextFile } from '../../clients/files/read-file.ts';
import { runProgram } from '../../clients/processes/run-program.ts';
import { ConfigError, messageOf, throwUnless } from '../../domain/errors.ts';
import { foreignText } from '../../domain/foreign-text.ts';
import { assembleManifests, type Fault, type Manifests, type SourceText } from '../../stages/desired/desired.ts';
import type { RunFlags } from './flags.ts';

interface Read {
  readonly texts: SourceText[];
  /** Files of a folder that cannot be read; the others are. */
  readonly unreadable: Fault[];
}

/** What is desired by `-f` and `-k`. Throws `ConfigError` where nothing is declared, since the command that wrote it may have failed. */
export async function readManifests(
  { filename = [], kustomize = [] }: RunFlags,
  config: Pick<Config, 'allowEmpty' | 'maxFileMb'>,
  environment: Environment,
  signal: AbortSignal,
): Promise<Manifests> {
  if (filename.filter((path) => path === '-').length > 1)
    throw new ConfigError('standard input cannot be read twice', {
      code: 'usage',
      subject: '--filename',
      remedy: 'Pass - once, and files for the rest.',
    });
  const read: Read = { texts: [], unreadable: [] };
  for (const path of filename) await readPath(path, config.maxFileMb, read, signal);
  for (const folder of kustomize) read.texts.push(await render(folder, environment, signal));
  const manifests = assembleManifests(read.texts, read.unreadable);
  const { objects, conflicts, invalid } = manifests.desired;
  if (objects.length + conflicts.length + invalid.length > 0 || config.allowEmpty) return manifests;
  throw new ConfigError(`${[...filename.map(nameOf), ...kustomize].join(', ')} declares nothing`, {
    code: 'configuration',
    subject: '--filename, --kustomize',
    remedy: 'Check the command that wrote it; if it is empty on purpose, pass --allow-empty.',
  });
}

async function readPath(path: string, maxMb: number, { texts, unreadable }: Read, signal: AbortSignal): Promise<void> {
  const subject = '--filename';
  const remedy = 'Pass a YAML or JSON file, a folder, or - for standard input.';
  for (const file of await manifestFiles(path, subject, signal)) {
    try {
      texts.push({ file: nameOf(file), text: await readTextFile(file, { subject, remedy, maxMb, signal }) });
    } catch (error) {
      if (file === path) throw error;
      throwUnless(error, ConfigError, signal);
      unreadable.push({ file, line: 1, path: '', error: error.message });
    }
  }
}

/** Both print the same; the one that is there is taken. */
const RENDERERS = [
  ['kubectl', 'kustomize'],
  ['kustomize', 'build'],
] as const;

async function render(folder: string, environment: Environment, signal: AbortSignal): Promise<SourceText> {
  const subject = '--kustomize';
  const fail = (what: string, remedy: string, cause?: unknown): ConfigError =>
    new ConfigError(what, { code: 'configuration', subject, remedy, cause });
  for (const [program, verb] of RENDERERS) {
    try {
      const end = await runProgram(program, [verb, '--', folder], { environment: inheritedEnvironment(environment), signal });
      if (end.code === 0) return { file: `${program} ${verb} ${folder}`, text: end.stdout };
      throw fail(
        `${program} ${verb} ${folder} failed: ${foreignText(end.stderr)}`,
        'Correct the kustomization; the same command prints the whole error.',
      );
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) {
        if (error instanceof ConfigError || signal.aborted) throw error;
        throw fail(`${program} cannot be run: ${messageOf(error)}`, `Check ${program}.`, error);
      }
    }
  }
  throw fail('neither kubectl nor kustomize was found on the path', 'Install one of them, or pass what it renders with -f -.');
}
