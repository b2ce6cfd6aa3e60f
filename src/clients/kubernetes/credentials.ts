import type { KubeConfig, User } from '@kubernetes/client-node';
import * as z from 'zod';
import { ClusterError, messageOf, type UserError } from '../../domain/errors.ts';
import { foreignText } from '../../domain/foreign-text.ts';
import { faultOfCredential, ownSecret, passwordsOf } from '../../domain/secret.ts';
import { mayTakeCredentials } from '../../domain/this-machine.ts';
import { readCredential } from '../files/read-credential.ts';
import { runProgram } from '../processes/run-program.ts';

const REMEDY = 'Check the user of the kubeconfig context: its certificate, token file or exec plugin.';
/** As often as other clients read the file again; the kubelet replaces its token long before it expires. */
const TOKEN_FILE_MS = 60_000;
const API_VERSION = 'client.authentication.k8s.io/v1';

/** What a plugin prints (client-go credential plugins). */
const execCredential = z.object({
  kind: z.literal('ExecCredential'),
  status: z.object({
    token: z.string().optional(),
    clientCertificateData: z.string().optional(),
    clientKeyData: z.string().optional(),
    expirationTimestamp: z.iso.datetime({ offset: true }).optional(),
  }),
});
/** What a kubeconfig says of one. */
const execPlugin = z.object({
  command: z.string().min(1),
  args: z.array(z.string()).nullish(),
  env: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
  apiVersion: z.string().nullish(),
});
type ExecPlugin = z.output<typeof execPlugin>;

export interface CredentialsOptions {
  /** What a plugin inherits. */
  readonly environment: Readonly<Record<string, string>>;
  readonly server: string;
}

/** Brings the credentials of a kubeconfig's user up to date, so that the library need neither wait for a file nor for a program. */
export interface Credentials {
  refresh(signal: AbortSignal): Promise<void>;
}

/** Takes the sources of credentials out of the user, whose token it sets from then on. Throws `ClusterError`. */
export function credentialsOf(config: KubeConfig, options: CredentialsOptions): Credentials {
  const user = config.getCurrentUser();
  checkAddresses(config, options.server);
  if (!user) return { refresh: async () => undefined };
  const provider = user.authProvider?.name ?? '';
  if (provider === 'gcp' || provider === 'azure')
    throw failure(
      `the auth provider ${provider} of the kubeconfig's user is no longer supported`,
      options.server,
      undefined,
      'Use an exec plugin.',
    );
  for (const known of [user.token, user.password]) if (known) learn(known, options.server);
  const file: unknown = user.authProvider?.config?.tokenFile;
  const exec: unknown = user.exec ?? user.authProvider?.config?.exec;
  const source = typeof file === 'string' ? tokenOfFile(file, options) : exec ? ofPlugin(exec, options) : undefined;
  if (source === undefined) return { refresh: async () => undefined };
  Object.assign(user, { exec: undefined, authProvider: undefined });
  let until = 0;
  let refreshing: Promise<void> | undefined;
  return {
    refresh(signal) {
      if (Date.now() < until) return Promise.resolve();
      refreshing ??= source(signal)
        .then(({ expires, ...given }) => {
          until = expires;
          Object.assign(user, given);
        })
        .finally(() => {
          refreshing = undefined;
        });
      return refreshing;
    },
  };
}

type Source = (signal: AbortSignal) => Promise<Partial<User> & { readonly expires: number }>;

function tokenOfFile(path: string, { server }: CredentialsOptions): Source {
  return async (signal) => {
    const remedy = 'The token file must contain the token and nothing else.';
    const token = await readCredential(path, { subject: server, remedy, signal });
    return { token: token.reveal(), expires: Date.now() + TOKEN_FILE_MS };
  };
}

function ofPlugin(exec: unknown, options: CredentialsOptions): Source {
  const parsed = execPlugin.safeParse(exec);
  if (!parsed.success) throw failure('the exec plugin of the kubeconfig has no command', options.server);
  return async (signal) => {
    const printed = await runPlugin(parsed.data, options, signal);
    const { token, clientCertificateData, clientKeyData, expirationTimestamp } = readCredentialOf(printed, options.server);
    for (const secret of [token, clientKeyData]) if (secret !== undefined) ownSecret(secret);
    const base64 = (text: string): string => Buffer.from(text).toString('base64');
    return {
      ...(token === undefined ? {} : { token }),
      ...(clientCertificateData === undefined ? {} : { certData: base64(clientCertificateData) }),
      ...(clientKeyData === undefined ? {} : { keyData: base64(clientKeyData) }),
      expires: expirationTimestamp === undefined ? Number.POSITIVE_INFINITY : Date.parse(expirationTimestamp),
    };
  };
}

async function runPlugin(plugin: ExecPlugin, { environment, server }: CredentialsOptions, signal: AbortSignal): Promise<string> {
  const { command, args, env, apiVersion } = plugin;
  const info = { kind: 'ExecCredential', apiVersion: apiVersion ?? API_VERSION, spec: { interactive: false } };
  const own = Object.fromEntries((env ?? []).map(({ name, value }) => [name, value]));
  try {
    const end = await runProgram(command, args ?? [], {
      environment: { ...environment, KUBERNETES_EXEC_INFO: JSON.stringify(info), ...own },
      signal,
    });
    if (end.code === 0) return end.stdout;
    throw new Error(`it ended with ${end.code ?? 'a signal'}: ${foreignText(end.stderr)}`);
  } catch (error) {
    if (signal.aborted) throw error;
    throw failure(`the exec plugin ${foreignText(command, 100)} gave no credential: ${messageOf(error)}`, server, error);
  }
}

/** What it printed is never shown: it is a credential. */
function readCredentialOf(printed: string, server: string): z.output<typeof execCredential>['status'] {
  let value: unknown;
  try {
    value = JSON.parse(printed);
  } catch {
    // Reported below.
  }
  const parsed = execCredential.safeParse(value);
  if (!parsed.success) throw failure('the exec plugin of the kubeconfig did not print an ExecCredential', server);
  const { token } = parsed.data.status;
  const fault = token === undefined ? undefined : faultOfCredential(token);
  if (fault !== undefined) throw failure(`the token of the exec plugin of the kubeconfig ${fault}`, server);
  return parsed.data.status;
}

function learn(credential: string, server: string): void {
  const fault = faultOfCredential(credential.trim());
  if (fault !== undefined) throw failure(`the token or password of the kubeconfig's user ${fault}`, server);
  ownSecret(credential.trim());
}

/** No address carries a password, which would be shown with it, and no credential goes over the network in the clear. */
function checkAddresses(config: KubeConfig, server: string): void {
  const { username, password } = URL.canParse(server) ? new URL(server) : { username: '', password: '' };
  if (username !== '' || password !== '')
    throw failure(
      'the server URL of the kubeconfig contains a user or password',
      'kubeconfig',
      undefined,
      'Move it to the user of the context.',
    );
  passwordsOf(config.getCurrentCluster()?.proxyUrl).forEach(ownSecret);
  const user = config.getCurrentUser();
  const hasCredential = Boolean(user?.token || user?.username || user?.exec || user?.authProvider);
  if (!hasCredential || mayTakeCredentials(server)) return;
  const remedy = 'Use an https URL with its certificate authority, or a proxy on this machine (kubectl proxy).';
  throw failure('the credentials of the kubeconfig would be sent unencrypted to its server', server, undefined, remedy);
}

function failure(message: string, subject: string, cause?: unknown, remedy = REMEDY): UserError {
  return new ClusterError(message, { code: 'configuration', subject, remedy, cause });
}
