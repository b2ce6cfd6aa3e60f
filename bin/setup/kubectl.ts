import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { runProgram } from '../../src/clients/processes/run-program.ts';
import { ConfigError } from '../../src/domain/errors.ts';
import { findBinaries } from '../../test/control-plane/binaries.ts';
import { resolveVersion } from '../../test/control-plane/version.ts';
import type { Script } from './script.ts';

/** kubectl against the cluster of bin/create-cluster; answers its standard output, throws with its standard error. */
export async function kubectl(script: Script, args: readonly string[], input?: string): Promise<string> {
  return run(script, await kubectlPath(script), args, { KUBECONFIG: script.state.path('kubeconfig') }, input);
}

/** Any program, with this process's environment. */
export async function run(
  { signal }: Script,
  program: string,
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
  input?: string,
): Promise<string> {
  const inherited = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const environment = { ...Object.fromEntries(inherited), ...more };
  const { code, stdout, stderr } = await runProgram(program, args, { environment, input, signal });
  if (code === 0) return stdout;
  throw new ConfigError(`${program} ${args.join(' ')}: ${stderr.trim() || `exit ${code}`}`, {
    code: 'configuration',
    subject: program,
    remedy: 'Correct that and run the script again.',
  });
}

/** The one in PATH, else that of the local control plane, which is built where it was not yet. */
export async function kubectlPath({ state, say, signal }: Script): Promise<string> {
  if (isInstalled('kubectl', ['version', '--client'])) return 'kubectl';
  const known = state.read('kubectl')?.trim();
  if (known !== undefined && existsSync(known)) return known;
  const version = resolveVersion(process.env['KUBERNETES_VERSION']);
  const { kubectl: built } = await findBinaries({ version, environment: process.env, onProgress: say, signal });
  state.write('kubectl', `${built}\n`);
  return built;
}

export function isInstalled(program: string, args: readonly string[]): boolean {
  return spawnSync(program, [...args], { stdio: 'ignore' }).status === 0;
}
