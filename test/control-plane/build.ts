import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { FindOptions } from './binaries.ts';
import {
  GOJQ_VERSION,
  type GoModule,
  JQ_PROGRAMS,
  KUBERNETES_PROGRAMS,
  KWOK_PROGRAMS,
  KWOK_VERSION,
  kubernetesGoMod,
  SERVER_PROGRAMS,
  simpleGoMod,
  toolsFile,
} from './go-module.ts';
import { lock } from './lock.ts';
import { generateOpenApi, OPENAPI_GENERATOR } from './openapi-definitions.ts';
import { isOld } from './version.ts';

/** Oldest Go that the proven releases build with. */
const MIN_GO = [1, 24] as const;
/** Linker flags: no symbol table, which halves the programs. */
const STRIP = '-s -w';

type GoOptions = Pick<FindOptions, 'environment' | 'onProgress' | 'signal'>;
type BuildOptions = GoOptions & Pick<FindOptions, 'version'>;

/**
 * Builds etcd, the control plane and kubectl of a Kubernetes release into `folder`, of an old one the control plane alone;
 * about six minutes on two cores, once.
 */
export async function buildKubernetes(folder: string, options: BuildOptions): Promise<void> {
  const { version } = options;
  const title = `Kubernetes ${version}${isOld(version) ? '' : ' and etcd'} (once, 6 to 10 minutes on 2 cores)`;
  const programs = isOld(version) ? SERVER_PROGRAMS : KUBERNETES_PROGRAMS;
  await buildInto(folder, title, programs, options, async (work) => {
    await writeFile(join(work, 'go.mod'), 'module drift-detector-control-plane\n\ngo 1.24\n');
    const answer: unknown = JSON.parse(await go(['mod', 'download', '-json', `k8s.io/kubernetes@v${version}`], work, options));
    if (typeof answer !== 'object' || answer === null || !('GoMod' in answer))
      throw new Error(`Go gave no go.mod for Kubernetes ${version}`);
    // Written by Go itself, in the shape that `go help mod edit` documents.
    const upstream = JSON.parse(await go(['mod', 'edit', '-json', String(answer.GoMod)], work, options)) as GoModule;
    await writeFile(join(work, 'go.mod'), kubernetesGoMod(version, upstream));
    // Old releases (1.24) report the second at /version, where kubectl fails on what is no version.
    const versions = ['component-base/version', 'client-go/pkg/version'].map(
      (path) => `-X k8s.io/${path}.gitVersion=v${version}`,
    );
    const linking = ['-ldflags', [STRIP, ...versions].join(' ')];
    if (!isOld(version)) return { flags: linking };
    const generate = (): Promise<void> => generateOpenApi(work, (parameters) => go(parameters, work, options));
    return { flags: ['-mod=vendor', ...linking], tool: OPENAPI_GENERATOR, generate };
  });
}

/** Builds kwok, which plays the kubelet: pods on its nodes become ready without running anything. */
export async function buildKwok(folder: string, options: BuildOptions): Promise<void> {
  await buildInto(folder, 'kwok (once, 1 to 3 minutes on 2 cores)', KWOK_PROGRAMS, options, async (work) => {
    await writeFile(join(work, 'go.mod'), simpleGoMod('sigs.k8s.io/kwok', KWOK_VERSION));
    return { flags: ['-ldflags', STRIP] };
  });
}

/** Builds gojq as `jq`, which the walk-through types. */
export async function buildJq(folder: string, options: BuildOptions): Promise<void> {
  await buildInto(folder, 'jq (once, some seconds)', JQ_PROGRAMS, options, async (work) => {
    await writeFile(join(work, 'go.mod'), simpleGoMod('github.com/itchyny/gojq', GOJQ_VERSION));
    return { flags: ['-ldflags', STRIP] };
  });
}

/** Builds a program of this repository, which has its own go.mod and go.sum, into `folder`. */
export async function buildOwnProgram(folder: string, source: string, options: GoOptions): Promise<void> {
  await buildOnce(folder, `${basename(source)} (once, up to 2 minutes on 2 cores)`, options, async (work, out) => {
    await cp(source, work, { recursive: true });
    await go(['build', '-mod=readonly', '-trimpath', '-ldflags', STRIP, '-o', join(out, basename(source)), '.'], work, options);
  });
}

interface Prepared {
  readonly flags: readonly string[];
  /** What generates a part of the sources once the modules are known, and the program that it needs. */
  readonly generate?: () => Promise<void>;
  readonly tool?: string;
}

async function buildInto(
  folder: string,
  title: string,
  programs: Readonly<Record<string, string>>,
  options: BuildOptions,
  prepare: (work: string) => Promise<Prepared>,
): Promise<void> {
  await requireGo(options);
  await buildOnce(folder, title, options, async (work, out) => {
    const { flags, tool, generate } = await prepare(work);
    await writeFile(join(work, 'tools.go'), toolsFile([...Object.values(programs), ...(tool ? [tool] : [])]));
    await go(['mod', 'tidy'], work, options);
    await generate?.();
    for (const [name, path] of Object.entries(programs)) {
      const from = Date.now();
      await go(['build', '-trimpath', ...flags, '-o', join(out, name), path], work, options);
      options.onProgress(`  built ${name} in ${((Date.now() - from) / 1000).toFixed(0)} s`);
    }
  });
}

/** Builds in a folder beside the target and renames it when all is there, so that a half build is never found. */
async function buildOnce(
  folder: string,
  title: string,
  options: GoOptions,
  build: (work: string, out: string) => Promise<void>,
): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  const onWaiting = (): void => options.onProgress(`Waiting for another build of ${basename(folder)} ...`);
  // Two builds at once would take twice as long: the second waits for the first and finds its result.
  await using _lock = await lock(`${folder}.lock.sqlite`, { onWaiting, signal: options.signal });
  if (existsSync(folder)) return;
  const prefix = `build-${basename(folder)}-`;
  // Of a builder that was killed; a living one would hold the lock.
  for (const name of await readdir(dirname(folder)))
    if (name.startsWith(prefix)) await rm(join(dirname(folder), name), { recursive: true, force: true });
  const work = await mkdtemp(join(dirname(folder), prefix));
  const started = Date.now();
  options.onProgress(`Building ${title} ...`);
  try {
    const out = join(work, 'out');
    await mkdir(out);
    await build(work, out);
    await rename(out, folder).catch((error: unknown) => {
      // Another builder was first after all; its result is as good.
      if (!existsSync(folder)) throw error;
    });
    options.onProgress(`Built ${title} in ${((Date.now() - started) / 1000).toFixed(0)} s.`);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

const THREE_WAYS = `Three ways out:
  1. install Go ${MIN_GO.join('.')} or newer and run the command again: it builds the control plane once, into a cache
  2. set KUBEBUILDER_ASSETS to a folder with etcd, kube-apiserver, kube-controller-manager, kube-scheduler, kubectl and kwok
  3. set KUBECONFIG to a cluster for tests and DRIFT_TEST_CLUSTER=kubeconfig to have it used`;

/** What `go env GOVERSION` says; '' where there is no Go. */
export async function goVersion(options: GoOptions): Promise<string> {
  return (await go(['env', 'GOVERSION'], '.', options).catch(() => '')).trim();
}

async function requireGo(options: BuildOptions): Promise<void> {
  const what = whatIsWrongWith(await goVersion(options));
  if (what === undefined) return;
  throw new Error(`A real Kubernetes ${options.version} is needed and is not in the cache, and ${what}.\n${THREE_WAYS}`);
}

export function whatIsWrongWith(version: string): string | undefined {
  const [, major = 0, minor = 0] = /^go(\d+)\.(\d+)/u.exec(version)?.map(Number) ?? [];
  if (major > MIN_GO[0] || (major === MIN_GO[0] && minor >= MIN_GO[1])) return undefined;
  return version === '' ? 'there is no Go toolchain on the PATH' : `${version} is too old`;
}

function go(parameters: readonly string[], cwd: string, options: GoOptions): Promise<string> {
  const { environment, signal } = options;
  // A workspace or flags of the user's own would change what is built.
  const env = { ...environment, GOFLAGS: '-mod=mod', GOWORK: 'off', CGO_ENABLED: '0' };
  return new Promise((resolve, reject) => {
    const child = spawn('go', parameters, { cwd, env, signal, stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString();
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(out);
      else reject(new Error(`go ${parameters.slice(0, 2).join(' ')} failed (exit ${code}):\n${err.slice(-2_000)}`));
    });
  });
}

export function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return !isZombie(pid);
}

/** Ended, but still listed until its parent asks: in a container without an init, for ever. */
function isZombie(pid: number): boolean {
  if (process.platform !== 'linux') return false;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The state follows the name, which may hold anything but ends with the last parenthesis.
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
  } catch {
    return true;
  }
}
