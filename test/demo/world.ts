import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ControlPlane, startControlPlane } from '../control-plane/control-plane.ts';
import { startProcesses } from '../control-plane/processes.ts';
import { sharedProgram } from '../image/shared.ts';
import { PROGRAM_ENVIRONMENT } from '../program-environment.ts';
import { type Admin, administer } from './project.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const FIXTURES = fileURLToPath(new URL('../../fixtures/', import.meta.url));

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface HubTokens {
  readonly admin: string;
  readonly detector: string;
}

/** A cluster, a hub and an empty report repository, and the commands that users run against them. */
export interface World extends AsyncDisposable {
  readonly cluster: ControlPlane;
  readonly hubUrl: string;
  /** Of the hub's two accounts. */
  readonly tokens: HubTokens;
  readonly admin: Admin;
  /** Bare repository that reports are pushed to. */
  readonly reportRepository: string;
  readonly folder: string;
  /** Runs drift-detector as a process of its own; `environment` is added to what reaches this world. */
  detector(
    args: readonly string[],
    environment?: Readonly<Record<string, string>>,
    onLog?: (text: string) => void,
  ): Promise<CommandResult>;
  git(...args: readonly string[]): Promise<string>;
}

export interface WorldOptions {
  /** A control plane that outlives this world; without one the world starts and stops its own. */
  readonly cluster?: ControlPlane;
  /** More arguments of `drift-detector hub`. */
  readonly hub?: readonly string[];
  readonly onProgress?: (line: string) => void;
}

export function fixture(path: string): Promise<string> {
  return readFile(join(FIXTURES, path), 'utf8');
}

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const onProgress = options.onProgress ?? (() => undefined);
  // A world of tests, which start hundreds of passes, runs what the image has.
  const program = options.cluster ? sharedProgram() : MAIN;
  await using started = new AsyncDisposableStack();
  const cluster = options.cluster ?? started.use(await startControlPlane({ onProgress }));
  const folder = await mkdtemp(join(tmpdir(), 'drift-world-'));
  started.defer(() => rm(folder, { recursive: true, force: true }));
  const { url: hubUrl, tokens } = await startHubProcess(cluster, folder, started, options.hub);
  const reportRepository = join(folder, 'reports.git');
  const git = (...args: readonly string[]): Promise<string> => runGit(folder, args);
  await git('init', '--quiet', '--bare', '--initial-branch=main', reportRepository);
  const running = started.move();
  return {
    cluster,
    hubUrl,
    tokens,
    admin: administer(hubUrl, tokens.admin),
    reportRepository,
    folder,
    detector: (args, environment = {}, onLog = () => undefined) =>
      runDetector(
        [program, ...args],
        {
          ...PROGRAM_ENVIRONMENT,
          HOME: folder,
          KUBECONFIG: cluster.kubeconfig,
          CONFIGHUB_URL: hubUrl,
          CUB_TOKEN: tokens.detector,
          REPORT_REPO: reportRepository,
          DRIFT_CLUSTER: 'dev',
          ...environment,
        },
        onLog,
      ),
    git,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** What a hub keeps in its data directory; of a `--token-file`, which is another file, there is none. */
async function hubTokens(dataDir: string): Promise<HubTokens> {
  const read = (name: string): Promise<string> => readFile(join(dataDir, `${name}.token`), 'utf8').catch(() => '');
  return { admin: (await read('admin')).trim(), detector: (await read('drift-detector')).trim() };
}

/** `drift-detector hub` as a user starts it, held by a supervisor so that it ends with this process. */
export async function startHubProcess(
  cluster: ControlPlane,
  folder: string,
  started: AsyncDisposableStack,
  more: readonly string[] = [],
): Promise<{ readonly url: string; readonly tokens: HubTokens }> {
  const processes = started.use(await startProcesses());
  const port = await freePort();
  const dataDir = join(folder, 'hub');
  const args = [
    MAIN,
    'hub',
    '--data-dir',
    dataDir,
    '--port',
    String(port),
    '--kubeconfig',
    cluster.kubeconfig,
    '--log-format',
    'json',
  ];
  processes.start('hub', process.execPath, [...args, ...more]);
  const url = `http://127.0.0.1:${port}`;
  for (;;) {
    processes.check();
    const answer = await fetch(`${url}/api/info`).catch(() => undefined);
    if (answer?.ok) return { url, tokens: await hubTokens(dataDir) };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** `drift-detector dashboard` as a user starts it, with the reports and the Lease of this world; ends with it. */
export async function startDashboardProcess({
  cluster,
  reportRepository,
}: World): Promise<AsyncDisposable & { readonly url: string }> {
  const processes = await startProcesses();
  const [port, metrics] = [await freePort(), await freePort()];
  processes.start('dashboard', process.execPath, [
    MAIN,
    'dashboard',
    `--port=${port}`,
    '--metrics-host=127.0.0.1',
    `--metrics-port=${metrics}`,
    '--cluster=dev',
    `--kubeconfig=${cluster.kubeconfig}`,
    `--report-repo=${reportRepository}`,
    '--poll-interval=2s',
  ]);
  for (;;) {
    processes.check();
    // Ready once the first reports were read.
    const answer = await fetch(`http://127.0.0.1:${metrics}/readyz`).catch(() => undefined);
    if (answer?.ok) return Object.assign(processes, { url: `http://127.0.0.1:${port}` });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

function runDetector(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  onLog: (text: string) => void,
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
      onLog(chunk.toString());
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

function runGit(folder: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile('git', [...args], { cwd: folder, env: { PATH: process.env['PATH'], HOME: folder } }, (error, stdout, stderr) => {
      if (error) reject(new Error(`git ${args.join(' ')}: ${stderr}`));
      else resolve(stdout);
    });
  });
}
