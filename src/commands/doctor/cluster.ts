import type { Config, Environment } from '../../cli/config.ts';
import { connectClusterReading, leaseOf } from '../../cli/connections.ts';
import { createKubernetesClient, type KubernetesClient, type ResourceKind } from '../../clients/kubernetes/client.ts';
import { serverOffset } from '../../clients/kubernetes/lease.ts';
import type { KubernetesTransport } from '../../clients/kubernetes/transport.ts';
import { sanitize } from '../../domain/describe.ts';
import { ClusterError } from '../../domain/errors.ts';
import { foreignText } from '../../domain/foreign-text.ts';
import { at, stringAt } from '../../domain/json.ts';
import { quoted } from '../../domain/shell.ts';
import { plural } from '../../domain/words.ts';
import { splitKind } from '../../stages/snapshot/snapshot.ts';
import { type Check, fail, failed, ok, skip, variable, warn } from './check.ts';
import { checkRights } from './rights.ts';

/** The oldest API server whose kinds and fields a pass knows. */
const OLDEST_MINOR = 19;
/** Above this, DRIFT_FIX_GRACE and the expiry of tokens are judged by a wrong time. */
const MOST_SKEW_MS = 30_000;
/** The CronJob of manifests/base, where DRIFT_CRONJOB names no other. */
const CRONJOB_NAME = 'drift-detector';
const NAMESPACES: ResourceKind = { apiVersion: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false };
const CRONJOBS: ResourceKind = { apiVersion: 'batch/v1', kind: 'CronJob', plural: 'cronjobs', namespaced: true };

/** What other checks need of the cluster. */
export interface ClusterFacts {
  /** Names of all namespaces and of the monitored ones; absent where they could not be listed. */
  namespaces?: { readonly all: readonly string[]; readonly monitored: readonly string[] };
}

/** The API server, the account, its rights, namespaces and the CronJob. `facts` is filled. */
export async function checkCluster(
  config: Config,
  environment: Environment,
  facts: ClusterFacts,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  let offsetMs = 0;
  const connected = await connectClusterReading(config, signal);
  const transport: KubernetesTransport = {
    server: connected.server,
    close: () => connected.close(),
    async request(request) {
      const answer = await connected.request(request);
      offsetMs = serverOffset(answer);
      return answer;
    },
  };
  const kubernetes = createKubernetesClient(transport);
  try {
    const server = await checkServer(kubernetes, signal);
    const account = await checkAccount(kubernetes, signal);
    const first = [server, account, checkClock(offsetMs)];
    if (account.status === 'fail') return [...first, skip('rights', 'credentials'), skip('monitored namespaces', 'credentials')];
    const { checks, kinds } = await checkKinds(kubernetes, config, signal);
    const namespaces = await checkNamespaces(kubernetes, config, facts, signal);
    const lease = leaseOf(config, environment);
    const rights = await checkRights(kubernetes, { config, lease, kinds, namespaces: facts.namespaces?.monitored, signal });
    const cronJob = await checkCronJob(kubernetes, config, lease.namespace, signal);
    return [...first, ...checks, ...rights, namespaces, ...cronJob];
  } finally {
    kubernetes.close();
  }
}

async function checkServer(kubernetes: KubernetesClient, signal: AbortSignal): Promise<Check> {
  const check = 'API server';
  const server = foreignText(kubernetes.server);
  let answer: Awaited<ReturnType<KubernetesClient['read']>>;
  try {
    answer = await kubernetes.read('/version', 'read the version of the API server', signal);
  } catch (error) {
    // It answers, and wants to know who asks: the next check says more.
    if (error instanceof ClusterError && error.code === 'permission') return ok(check, `reached at ${server}`);
    throw error;
  }
  const version = foreignText(stringAt(answer, 'gitVersion') ?? '', 100);
  const [, major, minor] = /^v(\d+)\.(\d+)\./u.exec(version) ?? [];
  const detail = `reached at ${server}, Kubernetes ${version === '' ? 'of unknown version' : version}`;
  const isOld = major === '1' && Number(minor) < OLDEST_MINOR;
  return isOld
    ? warn(check, `${detail}, older than 1.${OLDEST_MINOR}`, `Use Kubernetes 1.${OLDEST_MINOR} or newer.`)
    : ok(check, detail);
}

async function checkAccount(kubernetes: KubernetesClient, signal: AbortSignal): Promise<Check> {
  const check = 'Kubernetes credentials';
  try {
    const name = await kubernetes.whoAmI(signal);
    // A server that does not tell who asks answers this to every account that it knows.
    if (name === '') await kubernetes.hasRight('list', { group: '', resource: 'namespaces', namespace: '' }, signal);
    return ok(check, name === '' ? 'accepted' : `accepted as ${foreignText(name, 200)}`);
  } catch (error) {
    if (error instanceof ClusterError && error.code === 'permission') return failed(check, error);
    throw error;
  }
}

function checkClock(offsetMs: number): Check {
  const check = 'clock';
  const seconds = Math.round(Math.abs(offsetMs) / 1000);
  if (Math.abs(offsetMs) <= MOST_SKEW_MS) return ok(check, 'agrees with the API server');
  const detail = `this clock is ${seconds} s ${offsetMs > 0 ? 'behind' : 'ahead of'} that of the API server`;
  return warn(check, detail, 'Set both clocks by NTP: the age of a change and the expiry of tokens are judged by them.');
}

async function checkKinds(
  kubernetes: KubernetesClient,
  { kinds: names }: Config,
  signal: AbortSignal,
): Promise<{ readonly checks: readonly Check[]; readonly kinds: readonly ResourceKind[] }> {
  const check = 'kinds';
  const found = await Promise.all(
    names.map(async (name) => {
      const { apiVersion, name: kind } = splitKind(name);
      return { name, served: await kubernetes.nearestKind(apiVersion, kind, signal) };
    }),
  );
  const unserved = found.filter(({ served }) => served === undefined).map(({ name }) => name);
  const kinds = found.flatMap(({ served }) => served ?? []);
  const detail = `the API server does not serve ${unserved.join(', ')}`;
  const nearest = found.map(({ name, served }) => (served ? `${served.apiVersion}/${served.kind}` : name));
  if (unserved.length === 0) return { checks: [ok(check, `${nearest.join(', ')} served`)], kinds };
  return { checks: [fail(check, 'configuration', detail, `Correct ${variable('kinds')}, or install what defines it.`)], kinds };
}

async function checkNamespaces(
  kubernetes: KubernetesClient,
  config: Config,
  facts: ClusterFacts,
  signal: AbortSignal,
): Promise<Check> {
  const check = 'monitored namespaces';
  const selector = config.namespaceSelector;
  let listed: ClusterFacts['namespaces'];
  try {
    const [all, monitored] = await Promise.all([
      listNamespaces(kubernetes, '', signal),
      listNamespaces(kubernetes, selector, signal),
    ]);
    listed = { all, monitored };
  } catch (error) {
    if (!(error instanceof ClusterError) || error.code === 'unavailable') throw error;
    if (error.status === 400)
      return fail(check, 'configuration', error.message, `Correct ${variable('namespaceSelector')}: it is no label selector.`);
    return error.code === 'permission' ? skip(check, 'the right to read namespaces') : failed(check, error);
  }
  facts.namespaces = listed;
  const { monitored } = listed;
  if (monitored.length > 0) return ok(check, `${plural(monitored.length, 'namespace')} with ${selector}`);
  const detail = `no namespace has ${selector}: nothing is compared`;
  if (config.allowEmpty) return ok(check, detail);
  return fail(check, 'configuration', detail, labelCommand('NAMESPACE', selector));
}

async function listNamespaces(
  kubernetes: KubernetesClient,
  labelSelector: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  let names: string[] = [];
  await kubernetes.list(
    NAMESPACES,
    { labelSelector, signal },
    (items) => names.push(...items.map((item) => stringAt(item, 'metadata', 'name') ?? '')),
    () => {
      names = [];
    },
  );
  return names.sort();
}

/** The command that has a namespace monitored. */
export function labelCommand(namespace: string, selector: string): string {
  const [, key, value] = /^([\w./-]+)==?([\w.-]+)$/u.exec(selector) ?? [];
  if (key === undefined || value === undefined) return `Label namespace ${namespace} so that ${selector} selects it.`;
  return `kubectl label namespace ${quoted(namespace)} ${quoted(`${key}=${value}`)}`;
}

/** Nothing where it is not there or may not be read: passes may be started in other ways. */
async function checkCronJob(
  kubernetes: KubernetesClient,
  { cronjob }: Config,
  namespace: string,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const name = cronjob || CRONJOB_NAME;
  let found: Awaited<ReturnType<KubernetesClient['get']>>;
  try {
    found = await kubernetes.get(CRONJOBS, { apiVersion: CRONJOBS.apiVersion, kind: CRONJOBS.kind, namespace, name }, signal);
  } catch (error) {
    if (error instanceof ClusterError && error.code !== 'unavailable') return [];
    throw error;
  }
  const check = 'CronJob';
  const where = `CronJob ${sanitize(name)} in namespace ${sanitize(namespace)}`;
  if (found === undefined) {
    if (cronjob === '') return [];
    return [warn(check, `there is no ${where}`, `Correct ${variable('cronjob')} or ${variable('leaseNamespace')}.`)];
  }
  const schedule = foreignText(stringAt(found, 'spec', 'schedule') ?? '', 100);
  const last = foreignText(stringAt(found, 'status', 'lastScheduleTime') ?? '', 40);
  const detail = `schedule ${schedule}, ${last === '' ? 'not started yet' : `last started at ${last}`}`;
  if (at(found, 'spec', 'suspend') !== true) return [ok(check, detail)];
  const command = `kubectl patch cronjob ${quoted(name)} -n ${quoted(namespace)} --type=merge -p '{"spec":{"suspend":false}}'`;
  return [warn(check, `${where} is suspended: no pass starts by itself; ${detail}`, command)];
}
