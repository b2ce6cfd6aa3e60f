import { existsSync } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { buildKubernetes, buildKwok } from './build.ts';
import { KWOK_VERSION } from './go-module.ts';

export const PROGRAMS = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubectl', 'kwok'] as const;
export type Program = (typeof PROGRAMS)[number];
export type Binaries = Readonly<Record<Program, string>>;

export interface FindOptions {
  readonly version: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly onProgress: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Outside the checkout, so that a fresh clone finds what another one built. */
export function cacheFolder(environment: FindOptions['environment']): string {
  const base =
    environment['DRIFT_DETECTOR_CACHE'] ?? join(environment['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'drift-detector');
  return join(base, 'control-plane', `${process.platform}-${process.arch}`);
}

/** Finds each program in `KUBEBUILDER_ASSETS`, then in the cache, and builds what neither has. */
export async function findBinaries(options: FindOptions): Promise<Binaries> {
  const assets = options.environment['KUBEBUILDER_ASSETS'];
  const cache = cacheFolder(options.environment);
  const kubernetesFolder = join(cache, `kubernetes-${options.version}`);
  const kwokFolder = join(cache, `kwok-${KWOK_VERSION}`);
  const found = new Map<Program, string>();
  for (const program of PROGRAMS) {
    const given = assets === undefined ? undefined : join(assets, program);
    if (given !== undefined && (await isExecutable(given))) found.set(program, given);
  }
  const lacks = (program: Program): boolean => !found.has(program);
  if (PROGRAMS.some((program) => program !== 'kwok' && lacks(program)) && !existsSync(kubernetesFolder))
    await buildKubernetes(kubernetesFolder, options);
  if (lacks('kwok') && !existsSync(kwokFolder)) await buildKwok(kwokFolder, options);
  const path = (program: Program): string =>
    found.get(program) ?? join(program === 'kwok' ? kwokFolder : kubernetesFolder, program);
  return {
    etcd: path('etcd'),
    'kube-apiserver': path('kube-apiserver'),
    'kube-controller-manager': path('kube-controller-manager'),
    'kube-scheduler': path('kube-scheduler'),
    kubectl: path('kubectl'),
    kwok: path('kwok'),
  };
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
