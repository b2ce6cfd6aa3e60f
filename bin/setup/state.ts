import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '../../src/domain/errors.ts';

/** What the scripts keep between them, in a folder that only its owner can read; `bin/state.sh` finds the same one. */
export interface State {
  readonly folder: string;
  path(...names: readonly string[]): string;
  /** `undefined` where there is no such file. */
  read(name: string): string | undefined;
  write(name: string, text: string): void;
  remove(name: string): void;
}

export function openState(): State {
  const { DRIFT_STATE_DIR, XDG_STATE_HOME } = process.env;
  const folder = DRIFT_STATE_DIR || join(XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'drift-detector');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = (...names: readonly string[]): string => join(folder, ...names);
  return {
    folder,
    path,
    read(name) {
      try {
        return readFileSync(path(name), 'utf8');
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
        throw error;
      }
    },
    write: (name, text) => writeFileSync(path(name), text, { mode: 0o600 }),
    remove: (name) => rmSync(path(name), { recursive: true, force: true }),
  };
}

/** The project that `bin/proj` prints. */
export function projectOf(state: State): string {
  const project = process.env['PROJECT'] || state.read('project')?.trim();
  if (project) return project;
  throw new ConfigError('there is no project yet', {
    code: 'configuration',
    subject: state.folder,
    remedy: 'Run bin/install-base first.',
  });
}
