import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { buildJq, buildKubernetes, buildKwok } from './build.ts';
import { GOJQ_VERSION, KWOK_VERSION } from './go-module.ts';
import { DEFAULT_VERSION, isOld } from './version.ts';

const SERVERS = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;
const TOOLS = ['etcd', 'kubectl'] as const;
const PROGRAMS = [...SERVERS, ...TOOLS, 'kwok'] as const;
type Program = (typeof PROGRAMS)[number];
/** Paths, and the Kubernetes version that they are of. */
export type Binaries = Readonly<Record<Program, string>> & { readonly version: string };

export interface FindOptions {
  readonly version: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly onProgress: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Outside the checkout, so that a fresh clone finds what another one built or fetched. */
export function cacheRoot(environment: FindOptions['environment']): string {
  return (
    environment['DRIFT_DETECTOR_CACHE'] ?? join(environment['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'drift-detector')
  );
}

export function cacheFolder(environment: FindOptions['environment']): string {
  return join(cacheRoot(environment), 'control-plane', `${process.platform}-${process.arch}`);
}

/**
 * Finds each program in `KUBEBUILDER_ASSETS`, then in the cache, and builds what neither has. envtest's assets are etcd,
 * kube-apiserver and kubectl of one release: the rest is taken of the same one, for controllers newer than their server
 * are not supported.
 */
export async function findBinaries(options: FindOptions): Promise<Binaries> {
  const assets = options.environment['KUBEBUILDER_ASSETS'];
  const cache = cacheFolder(options.environment);
  const kwokFolder = join(cache, `kwok-${KWOK_VERSION}`);
  const found = new Map<Program, string>();
  for (const program of PROGRAMS) {
    const given = assets === undefined ? undefined : join(assets, program);
    if (given !== undefined && (await isExecutable(given))) found.set(program, given);
  }
  const version = await versionOf(found.get('kube-apiserver'), options);
  const kubernetesFolder = join(cache, `kubernetes-${version}`);
  const lacks = (program: Program): boolean => !found.has(program);
  // kubectl has not always had the commands that tests type, and builds of old releases have no etcd.
  const toolsVersion = isOld(version) ? DEFAULT_VERSION : version;
  const toolsFolder = join(cache, `kubernetes-${toolsVersion}`);
  if (SERVERS.some(lacks) && !existsSync(kubernetesFolder)) await buildKubernetes(kubernetesFolder, { ...options, version });
  if (TOOLS.some(lacks) && !existsSync(toolsFolder)) await buildKubernetes(toolsFolder, { ...options, version: toolsVersion });
  if (lacks('kwok') && !existsSync(kwokFolder)) await buildKwok(kwokFolder, options);
  const path = (program: Program): string => {
    const isTool = TOOLS.some((tool) => tool === program);
    return found.get(program) ?? join(program === 'kwok' ? kwokFolder : isTool ? toolsFolder : kubernetesFolder, program);
  };
  return {
    version,
    etcd: path('etcd'),
    'kube-apiserver': path('kube-apiserver'),
    'kube-controller-manager': path('kube-controller-manager'),
    'kube-scheduler': path('kube-scheduler'),
    kubectl: path('kubectl'),
    kwok: path('kwok'),
  };
}

/** The folder that holds `jq`, for a PATH; it is built where the cache has none. */
export async function findJq(options: FindOptions): Promise<string> {
  const folder = join(cacheFolder(options.environment), `jq-${GOJQ_VERSION}`);
  if (!existsSync(folder)) await buildJq(folder, options);
  return folder;
}

/** What is asked for, or what is given where nothing is asked for; throws where the two differ. */
async function versionOf(given: string | undefined, { version, environment }: FindOptions): Promise<string> {
  if (given === undefined) return version;
  const text = await new Promise<string>((resolve, reject) => {
    execFile(given, ['--version'], (error, stdout) => (error ? reject(error) : resolve(stdout)));
  });
  const found = /v(\d+\.\d+\.\d+)/u.exec(text)?.[1];
  if (found === undefined) throw new Error(`${given} --version gives no version but ${JSON.stringify(text.slice(0, 200))}.`);
  const isAsked = version !== DEFAULT_VERSION || (environment['KUBERNETES_VERSION'] ?? '') !== '';
  if (isAsked && found !== version)
    throw new Error(
      `KUBEBUILDER_ASSETS holds Kubernetes ${found}, but ${version} is asked for. Unset KUBEBUILDER_ASSETS, or ask for ${found}.`,
    );
  return found;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
