import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';
import { type AuditEvent, isWrite, readAudit } from '../control-plane/audit.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { type CommandResult, startWorld, type World } from '../demo/world.ts';
import { apply, eventually, repositoryPath } from '../manifests/overlay.ts';
import { type DetectorHost, startDetectorHost } from './detector-host.ts';
import { type Gate, startGate } from './gate.ts';

/** A command line as a person types it, or one that is typed until it answers. */
type Step = string | { readonly until: string; readonly says: string };

/**
 * A world in which the pass has the account of the dev overlay, and both its servers stand behind gates. What it wrote
 * comes from the API server's audit log and from the gate that is its only way to ConfigHub.
 */
export interface WatchedWorld extends AsyncDisposable {
  readonly world: World;
  /** The pass's way to ConfigHub. */
  readonly hub: Gate;
  /** The pass's way to the API server. */
  readonly cluster: Gate;
  readonly host: DetectorHost;
  /** The environment of a pass that fixes; everything about units is added by the test. */
  settings(repository: string): Readonly<Record<string, string>>;
  newRepository(): Promise<string>;
  kubectl(...args: readonly string[]): Promise<string>;
  /** `kubectl ...` and `cub ...`, as administrators; fixtures/, manifests/ and cronjobs/ are this repository's, $FOLDER the world's. */
  type(line: string): Promise<string>;
  follow(steps: readonly Step[], more?: Readonly<Record<string, () => Promise<unknown>>>): Promise<void>;
  /** What the pass, and ConfigHub's worker for it, asked of the API server since the last call. */
  audited(): Promise<readonly AuditEvent[]>;
}

const PREFIX = 'drift-detector/';

/** Namespaces are made, monitored, and bind the writer's role. */
export async function startWatchedWorld(namespaces: readonly string[]): Promise<WatchedWorld> {
  await using starting = new AsyncDisposableStack();
  const world = starting.use(await startWorld());
  const host = starting.use(startDetectorHost());
  const hub = starting.use(await startGate(world.hubUrl));
  const cluster = starting.use(await startGate(world.cluster.server, await authorityOf(world.cluster.kubeconfig)));
  const kubectl = async (...args: readonly string[]): Promise<string> => (await world.cluster.kubectl(args)).stdout;

  await apply(world.cluster, 'cronjobs/dev');
  for (const namespace of namespaces) {
    await kubectl('create', 'namespace', namespace);
    await kubectl('label', 'namespace', namespace, 'monitored=true');
    await kubectl('apply', '-n', namespace, '-f', repositoryPath('manifests/components/auto-fix/role-binding.yaml'));
  }
  const token = (await kubectl('create', 'token', 'drift-detector', '-n', 'devops-apps')).trim();
  const kubeconfig = await gatedKubeconfig(world.cluster, cluster, token);

  async function type(line: string): Promise<string> {
    const words = line.match(/'[^']*'|\S+/gu)?.map((word) => word.replaceAll("'", '')) ?? [];
    const [program, ...args] = words.map((word) =>
      /^(fixtures|manifests|cronjobs)\//u.test(word) ? repositoryPath(word) : word.replace('$FOLDER', world.folder),
    );
    if (program === 'kubectl') return kubectl(...args);
    if (program !== 'cub') throw new Error(`${line}: no such program`);
    const { code, stdout, stderr } = await host.run(['cub', ...args], {
      CONFIGHUB_URL: world.hubUrl,
      CUB_TOKEN: world.tokens.admin,
    });
    if (code !== 0) throw new Error(`${line}: ${stderr}`);
    return stdout;
  }

  let repositories = 0;
  let auditEnd = 0;
  const running = starting.move();
  return {
    world,
    hub,
    cluster,
    host,
    kubectl,
    type,
    settings: (repository) => ({
      PATH: process.env['PATH'] ?? '',
      HOME: world.folder,
      KUBECONFIG: kubeconfig,
      CONFIGHUB_URL: hub.url,
      CUB_TOKEN: world.tokens.detector,
      DRIFT_CLUSTER: 'dev',
      DRIFT_ENVIRONMENT: 'dev',
      AUTO_FIX: 'true',
      DRIFT_LEASE_NAMESPACE: 'devops-apps',
      REPORT_REPO: repository,
      DRIFT_LOG_FORMAT: 'json',
    }),
    async newRepository() {
      const path = join(world.folder, `reports-${repositories++}.git`);
      await world.git('init', '--quiet', '--bare', '--initial-branch=main', path);
      return path;
    },
    async follow(steps, more = {}) {
      for (const step of steps) {
        if (typeof step === 'string') await (more[step]?.() ?? type(step));
        else {
          const answer = (): Promise<string> => type(step.until).catch((error: Error) => error.message);
          await eventually(step.until, async () => ((await answer()).includes(step.says) ? true : undefined));
        }
      }
    },
    async audited() {
      const mark = `/version?mark=${auditEnd}`;
      await fetch(`${cluster.url}${mark}`, { headers: { authorization: `Bearer ${token}` } });
      const { events, end } = await eventually('the end of the audit log', async () => {
        const read = await readAudit(world.cluster.auditLog, auditEnd);
        return read.events.some(({ requestURI }) => requestURI === mark) ? read : undefined;
      });
      auditEnd = end;
      return events.filter(({ userAgent, requestURI }) => userAgent.startsWith(PREFIX) && requestURI !== mark);
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** A kubeconfig that reaches the cluster with this token, and through its gate. */
export async function gatedKubeconfig({ server, kubeconfigForToken }: ControlPlane, gate: Gate, token: string): Promise<string> {
  const path = await kubeconfigForToken('watched', token);
  const direct = await readFile(path, 'utf8');
  const gated = direct.replace(server, gate.url);
  await writeFile(path, gated.replace(/certificate-authority-data: .*/u, 'insecure-skip-tls-verify: true'));
  return path;
}

/** The certificate, in PEM, that the kubeconfig knows its server by. */
export async function authorityOf(kubeconfig: string): Promise<string> {
  const given: unknown = parse(await readFile(kubeconfig, 'utf8'));
  const cluster = z.object({ cluster: z.object({ 'certificate-authority-data': z.string() }) });
  const [first] = z.object({ clusters: z.array(cluster) }).parse(given).clusters;
  return Buffer.from(first?.cluster['certificate-authority-data'] ?? '', 'base64').toString();
}

const isOfLease = ({ objectRef }: AuditEvent): boolean =>
  objectRef?.resource === 'leases' && objectRef.name === 'drift-detector-dev';

/** Objects that were written, as reports name them, the Lease apart. */
export function writtenObjects(events: readonly AuditEvent[]): readonly string[] {
  const written = events.filter((event) => isWrite(event) && !isOfLease(event));
  const names = written.map(({ objectRef: of }) => `${of?.namespace}/${of?.resource.replace(/s$/u, '')}/${of?.name}`);
  return [...new Set(names)].sort();
}

export function leaseWrites(events: readonly AuditEvent[]): readonly string[] {
  return events.filter((event) => isWrite(event) && isOfLease(event)).map(({ verb }) => verb);
}

/** What was asked of ConfigHub, but for questions, from this passage on. */
export function hubWrites(hub: Gate, from: number): readonly string[] {
  const asked = hub.passages.slice(from).filter(({ method }) => method !== 'GET');
  return asked.map(({ method, path }) => `${method} ${path}`);
}

export function outputOf<S extends z.ZodType>({ stdout, stderr }: CommandResult, schema: S): z.output<S> {
  try {
    return schema.parse(JSON.parse(stdout));
  } catch (error) {
    throw new Error(`${String(error)}\nstandard output: ${stdout}\nstandard error: ${stderr}`);
  }
}
