import { readFileSync } from 'node:fs';
import type { Clients } from '../clients/clients.ts';
import { type ConfigHubClient, openConfigHub } from '../clients/confighub/client.ts';
import { expiryWarning, type Session, tokenSession, workerSession } from '../clients/confighub/session.ts';
import { type ConfigHubTransport, connectConfigHub } from '../clients/confighub/transport.ts';
import { createKubernetesClient } from '../clients/kubernetes/client.ts';
import { acquireLease, type Lease, leaseAnnotations } from '../clients/kubernetes/lease.ts';
import { connectKubernetes, type KubeConfigSource, type KubernetesTransport } from '../clients/kubernetes/transport.ts';
import { guardConfigHub, guardKubernetes } from '../clients/write-guard.ts';
import { ClusterError, ConfigError } from '../domain/errors.ts';
import { mayTakeCredentials } from '../domain/this-machine.ts';
import { trimEnd } from '../domain/trim.ts';
import { type Config, type Environment, required } from './config.ts';
import { OPTION_NAMES, OPTIONS } from './options/options.ts';
import { formerVariableOf, readEnvironment, variablesOf } from './options/variables.ts';
import { USER_AGENT } from './version.ts';

/** Where a pod finds the namespace that it runs in. */
const POD_NAMESPACE_FILE = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';

/** The clients of a command that writes, and the right to write that each of their writes is checked against. */
export interface WritingClients extends Clients, AsyncDisposable {
  /** `undefined` where the account may take no lease and nothing is going to be fixed. */
  readonly lease: Lease | undefined;
}

export interface ReadingClients extends Clients, Disposable {
  /** What the last pass that held the Lease left on it. */
  leaseAnnotations(environment: Environment): Promise<Readonly<Record<string, string>>>;
}

const mayNotWrite = async (): Promise<void> => {
  throw new Error('a command that only reads was about to write');
};

/** ConfigHub for reading: a write would be a mistake in here, and goes nowhere. */
export function connectHubReading(
  config: Config,
  warn: (message: string) => void,
  signal: AbortSignal,
): Promise<ConfigHubClient> {
  return connectHub(config, warn, signal, (transport) => guardConfigHub(transport, mayNotWrite));
}

/** The cluster for reading, in the same way. */
export async function connectClusterReading(config: Config, signal: AbortSignal): Promise<KubernetesTransport> {
  return guardKubernetes(await connectKubernetes(clusterSource(config, config.context, signal)), mayNotWrite);
}

export async function connectReading(
  config: Config,
  warn: (message: string) => void,
  signal: AbortSignal,
): Promise<ReadingClients> {
  const confighub = await connectHubReading(config, warn, signal);
  const transport = await connectClusterReading(config, signal);
  const kubernetes = createKubernetesClient(transport);
  return {
    confighub,
    kubernetes,
    leaseAnnotations: (environment) => leaseAnnotations(transport, { ...leaseOf(config, environment), signal }),
    [Symbol.dispose]: () => kubernetes.close(),
  };
}

/** Takes the Lease; every write of the clients asks whether it is still held. */
export async function connectWriting(
  config: Config,
  environment: Environment,
  holder: string,
  warn: (message: string) => void,
  signal: AbortSignal,
): Promise<WritingClients> {
  let lease: Lease | undefined;
  const mayWrite = async (): Promise<void> => lease?.confirm();
  const confighub = await connectHub(config, warn, signal, (transport) => guardConfigHub(transport, mayWrite));
  const transport = await connectKubernetes(clusterSource(config, config.context, signal));
  const kubernetes = createKubernetesClient(guardKubernetes(transport, mayWrite));
  try {
    lease = await acquireLease(transport, { ...leaseOf(config, environment), holder, seconds: config.leaseDuration, signal });
  } catch (error) {
    const isForbidden = error instanceof ClusterError && error.code === 'permission';
    if (!isForbidden || config.autoFix) {
      kubernetes.close();
      throw error;
    }
    warn(`${error.message}; nothing is fixed, so the pass goes on without the lease`);
  }
  return {
    confighub,
    kubernetes,
    lease,
    async [Symbol.asyncDispose]() {
      await lease?.[Symbol.asyncDispose]();
      kubernetes.close();
    },
  };
}

/** The Lease that keeps the passes of a cluster apart. */
export function leaseOf(config: Config, environment: Environment): { readonly namespace: string; readonly name: string } {
  return { namespace: leaseNamespace(config, environment), name: `drift-detector-${config.cluster}` };
}

/** Namespace of the Lease, which is the one that passes run in. */
export function leaseNamespace(config: Config, environment: Environment): string {
  if (config.leaseNamespace !== '') return config.leaseNamespace;
  if (environment['POD_NAMESPACE']) return environment['POD_NAMESPACE'];
  try {
    return readFileSync(POD_NAMESPACE_FILE, 'utf8').trim();
  } catch {
    return 'default';
  }
}

export async function connectHub(
  config: Config,
  warn: (message: string) => void,
  signal: AbortSignal,
  wrap: (transport: ConfigHubTransport) => ConfigHubTransport = (transport) => transport,
): Promise<ConfigHubClient> {
  const url = trimEnd(required(config, 'confighubUrl'), '/');
  if ((!mayTakeCredentials(url) && !config.confighubPlaintext) || /^[^/]*\/\/[^/]*@/u.test(url)) {
    throw new ConfigError('the token for ConfigHub would be sent unencrypted, or its URL contains credentials', {
      code: 'configuration',
      subject: 'CONFIGHUB_URL',
      remedy:
        'Use an https URL without credentials, or a server on this machine; CONFIGHUB_PLAINTEXT=true allows http to others.',
    });
  }
  const session = sessionOf(config, url, warn);
  return openConfigHub(wrap(connectConfigHub({ url, session, userAgent: USER_AGENT })), signal);
}

/** A worker's login is preferred: it is for machines, and does not run out. */
function sessionOf(config: Config, url: string, warn: (message: string) => void): Session {
  if (config.confighubWorkerId !== undefined) {
    const workerSecret = required(config, 'confighubWorkerSecret');
    return workerSession({ url, workerId: config.confighubWorkerId, workerSecret, userAgent: USER_AGENT });
  }
  const token = required(config, 'confighubToken');
  const warning = expiryWarning(token, new Date());
  if (warning !== '') warn(warning);
  return tokenSession(token);
}

export function clusterSource(config: Config, context: string, signal: AbortSignal): KubeConfigSource {
  return {
    kubeconfig: config.kubeconfig || undefined,
    context: context || undefined,
    userAgent: USER_AGENT,
    environment: inheritedEnvironment(),
    signal,
  };
}

/** What plugins and other programs inherit: as from kubectl, without credentials that they do not need. */
export function inheritedEnvironment(environment: Environment = readEnvironment()): Record<string, string> {
  const secrets = new Set(
    OPTION_NAMES.flatMap((name) => ('isSecret' in OPTIONS[name] ? [...variablesOf(name), formerVariableOf(name)] : [])),
  );
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value = '']) => (secrets.has(name) ? [] : [[name, value]])),
  );
}
