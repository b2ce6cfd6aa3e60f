import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

interface Typed {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A user's shell in this checkout: a home and a state folder of its own, `bin` in PATH, and no ConfigHub. */
export interface Shell extends AsyncDisposable {
  readonly folder: string;
  readonly state: string;
  /** Runs the line as a user types it; `more` is in its environment. */
  type(line: string, more?: Readonly<Record<string, string>>): Promise<Typed>;
  /** The same; throws with what it printed where it fails. */
  ok(line: string, more?: Readonly<Record<string, string>>): Promise<string>;
}

/** Of whoever runs the tests, and not of the user in them. */
const NOT_THEIRS = /^(CONFIGHUB_|CUB_|CLAUDE_|GIT_|DRIFT_|PROJECT$|REPORT_REPO$|XDG_|KUBECONFIG$)/u;

/** `folders` hold programs that this machine may lack. */
export async function openShell(folders: readonly string[] = []): Promise<Shell> {
  const folder = await mkdtemp(join(tmpdir(), 'drift-shell-'));
  const state = join(folder, 'state');
  const kept = Object.entries(process.env).filter(([name]) => !NOT_THEIRS.test(name));
  const environment = {
    ...Object.fromEntries(kept),
    PATH: [join(ROOT, 'bin'), ...folders, process.env['PATH']].join(delimiter),
    HOME: folder,
    KUBECONFIG: join(folder, 'kubeconfig'),
    // The control plane that is built already.
    XDG_CACHE_HOME: process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'),
    DRIFT_STATE_DIR: state,
  };
  const type: Shell['type'] = (line, more = {}) =>
    new Promise((resolve) => {
      const options = { cwd: ROOT, env: { ...environment, ...more }, maxBuffer: 64 << 20 };
      execFile('bash', ['-c', line], options, (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code ?? -1) : 0, stdout, stderr }),
      );
    });
  return {
    folder,
    state,
    type,
    async ok(line, more) {
      const { code, stdout, stderr } = await type(line, more);
      if (code !== 0) throw new Error(`${line}: exit ${code}\n${stdout}${stderr}`);
      return stdout;
    },
    async [Symbol.asyncDispose]() {
      await type('bin/cleanup --yes');
      const { stdout: left } = await type(`ps -A -o args | grep -F ${folder} | grep -v grep`);
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
      if (left !== '') throw new Error(`bin/cleanup left these running:\n${left}`);
    },
  };
}
