import { existsSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { KubeConfig } from '@kubernetes/client-node';
import { ClusterError, messageOf, type RefusedField, UserError } from '../../domain/errors.ts';
import { parseJson } from '../../domain/exact-json.ts';
import { foreignText } from '../../domain/foreign-text.ts';
import { at, isJsonArray, isJsonObject, type Json, numberAt, stringAt } from '../../domain/json.ts';
import { trimEnd } from '../../domain/trim.ts';
import { type ReadOptions, readFileBytes, readTextFile } from '../files/read-file.ts';
import { AnswerTooLargeError, readBody } from '../http/read-body.ts';
import { addressOf } from './answers.ts';
import { bodyText } from './body-text.ts';
import { type Credentials, credentialsOf } from './credentials.ts';

/** Bytes that are unpacked at once: a page of a list is some 2 MB. */
const UNPACKED_AT_ONCE = 256 << 10;
const REMEDY = 'Point KUBECONFIG at a readable kubeconfig file, or run inside a pod with a service account token.';
/** Deadline of one request, in milliseconds; a page of 500 objects takes well under a second on a healthy server. */
const REQUEST_TIMEOUT_MS = 30_000;

export interface KubernetesRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query below the server's address, already encoded. */
  readonly path: string;
  readonly body?: Json;
  readonly contentType?: string;
  readonly signal: AbortSignal;
}

export interface KubernetesResponse {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Json;
}

/** Sends one request; any HTTP status is an answer, only a missing or unreadable answer throws `ClusterError`. */
export interface KubernetesTransport {
  readonly server: string;
  /** Of the kubeconfig's context, or of the pod; absent where neither names one. */
  readonly namespace?: string | undefined;
  /** Name of its context in the kubeconfig; absent for the service account of a pod. */
  readonly context?: string | undefined;
  request(request: KubernetesRequest): Promise<KubernetesResponse>;
  close(): void;
}

export interface KubeConfigSource {
  /** Path of a kubeconfig file, or several as kubectl takes them; without it the usual places are searched. */
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly userAgent: string;
  /** What exec plugins inherit. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Ends the reading of a kubeconfig that is a pipe. */
  readonly signal?: AbortSignal;
}

/**
 * Raw JSON over one keep-alive agent with KubeConfig's credentials. The typed client is not used on purpose: it drops
 * fields that its models do not know, which would hide drift and lose data on apply, and opens a connection a request.
 */
export async function connectKubernetes(source: KubeConfigSource): Promise<KubernetesTransport> {
  // Loaded late: it costs half a second, which `--help` need not pay.
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  const named = source.kubeconfig;
  const reading = { subject: named ?? 'kubeconfig', remedy: REMEDY, signal: source.signal ?? new AbortController().signal };
  try {
    const files = named?.split(delimiter).filter((path) => path !== '') ?? [];
    const usual = join(homedir(), '.kube', 'config');
    if (files.length === 0 && existsSync(usual)) files.push(usual);
    if (files.length === 0) config.loadFromDefault();
    for (const path of files) {
      const one = new KubeConfig();
      one.loadFromString(await readTextFile(path, reading));
      one.makePathsAbsolute(dirname(path));
      config.mergeConfig(one);
    }
    if (source.context) config.setCurrentContext(source.context);
    await embedFiles(config, reading);
  } catch (error) {
    if (reading.signal.aborted) throw error;
    throw new ClusterError(`cannot read the kubeconfig: ${messageOf(error)}`, {
      code: 'configuration',
      subject: named ?? 'kubeconfig',
      remedy: REMEDY,
      cause: error,
    });
  }
  const cluster = config.getCurrentCluster();
  // loadFromDefault ends at http://localhost:8080 when it finds nothing; a pod without its token would go there.
  if (!cluster || (!named && cluster.name === 'cluster' && cluster.server === 'http://localhost:8080')) {
    throw new ClusterError('no cluster is configured', {
      code: 'configuration',
      subject: source.context ?? named ?? 'kubeconfig',
      remedy: 'Set KUBECONFIG (and DRIFT_CONTEXT), or mount a service account token into the pod.',
    });
  }
  const server = trimEnd(cluster.server, '/');
  const credentials = credentialsOf(config, { server, environment: source.environment ?? {} });
  return new HttpTransport(config, credentials, server, source.userAgent);
}

/** The certificates and the key that the kubeconfig names, read once: the library would read them for each request. */
async function embedFiles(config: KubeConfig, reading: ReadOptions): Promise<void> {
  const [cluster, user] = [config.getCurrentCluster(), config.getCurrentUser()];
  const read = async (path: string): Promise<string> => (await readFileBytes(path, reading)).toString('base64');
  if (cluster?.caFile) Object.assign(cluster, { caFile: undefined, caData: await read(cluster.caFile) });
  if (user?.certFile) Object.assign(user, { certFile: undefined, certData: await read(user.certFile) });
  if (user?.keyFile) Object.assign(user, { keyFile: undefined, keyData: await read(user.keyFile) });
}

class HttpTransport implements KubernetesTransport {
  readonly server: string;
  readonly namespace: string | undefined;
  readonly context: string | undefined;
  readonly #config: KubeConfig;
  readonly #credentials: Credentials;
  readonly #userAgent: string;
  #agent: http.Agent | undefined;

  constructor(config: KubeConfig, credentials: Credentials, server: string, userAgent: string) {
    this.#config = config;
    this.#credentials = credentials;
    // So the library names what it makes of a service account.
    this.context = config.getCurrentContext() === 'inClusterContext' ? undefined : config.getCurrentContext();
    this.server = server;
    this.namespace = config.getContextObject(config.getCurrentContext())?.namespace || undefined;
    this.#userAgent = userAgent;
  }

  async request(request: KubernetesRequest): Promise<KubernetesResponse> {
    const auth: https.RequestOptions = {};
    try {
      await this.#credentials.refresh(request.signal);
      await this.#config.applyToHTTPSOptions(auth);
    } catch (error) {
      if (request.signal.aborted) throw request.signal.reason;
      if (error instanceof UserError) throw error;
      throw new ClusterError(`cannot authenticate to the cluster: ${messageOf(error)}`, {
        code: 'configuration',
        subject: this.server,
        remedy: 'Check the user of the kubeconfig context: its certificate, token file or exec plugin.',
        cause: error,
      });
    }
    this.#agent ??= this.#createAgent(auth);
    const headers: Record<string, string> = {
      accept: 'application/json',
      'accept-encoding': 'gzip',
      'user-agent': this.#userAgent,
    };
    for (const [name, value] of Object.entries(auth.headers ?? {})) {
      // A token file often ends in a newline, which node:https refuses as a header value.
      if (typeof value === 'string') headers[name.toLowerCase()] = value.trim();
    }
    const payload = request.body === undefined ? undefined : bodyText(request.body, request.contentType);
    if (payload !== undefined) {
      headers['content-type'] = request.contentType ?? 'application/json';
      headers['content-length'] = String(Buffer.byteLength(payload));
    }
    const options: https.RequestOptions = {
      method: request.method,
      agent: this.#agent,
      headers,
      signal: AbortSignal.any([request.signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
      ...(auth.auth ? { auth: auth.auth } : {}),
    };
    const url = addressOf(this.server, request.path);
    let answer: RawAnswer;
    try {
      answer = await send(url, options, payload);
    } catch (error) {
      if (request.signal.aborted) throw request.signal.reason;
      if (isUnreadable(error)) throw this.#unreadable(error, request.path);
      throw new ClusterError(`no answer from the Kubernetes API server: ${messageOf(error)}`, {
        code: 'unavailable',
        subject: this.server,
        remedy: 'Check that the server is running and reachable from here, then run the pass again.',
        cause: error,
      });
    }
    return { status: answer.status, headers: answer.headers, body: this.#parse(answer, request.path) };
  }

  #createAgent(auth: https.RequestOptions): http.Agent {
    // A configured proxy comes as an agent of its own and must be kept.
    if (this.#config.getCurrentCluster()?.proxyUrl && auth.agent instanceof http.Agent) return auth.agent;
    if (this.server.startsWith('http:')) return new http.Agent({ keepAlive: true, maxSockets: 8 });
    const { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername } = auth;
    const tls = { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername };
    const given = Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined));
    return new https.Agent({ keepAlive: true, maxSockets: 8, ...given });
  }

  #parse({ status, headers, bytes }: RawAnswer, path: string): Json {
    const text = bytes.toString('utf8');
    // The OpenAPI index is JSON that calls itself plain text (measured on 1.34); health and some errors really are text.
    const isJson = headers['content-type']?.includes('json') === true || text.startsWith('{');
    if (!isJson) return text;
    try {
      return parseJson(text);
    } catch (error) {
      // The status of a refusal says enough.
      if (status >= 400) return text;
      throw this.#unreadable(error, path);
    }
  }

  #unreadable(error: unknown, path: string): ClusterError {
    return new ClusterError(`the API server's answer cannot be read: ${messageOf(error)}`, {
      code: 'bad-answer',
      subject: `${this.server}${path}`,
      remedy: 'Check that the address is a Kubernetes API server and no proxy changes its answers.',
      cause: error,
    });
  }

  close(): void {
    this.#agent?.destroy();
  }
}

interface RawAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  /** Unpacked. */
  readonly bytes: Buffer;
}

/** Redirects are answers like any other: the credentials go to no address but this one. */
function send(url: URL, options: https.RequestOptions, payload: string | undefined): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? https : http).request(url, options, (response) => {
      const { statusCode: status = 0, headers } = response;
      readBody(unpacked(response)).then((bytes) => resolve({ status, headers, bytes }), reject);
    });
    request.on('error', reject);
    request.end(payload);
  });
}

/** Unpacked piece by piece, so that a small answer that unpacks to a huge one is left as soon as it is too large. */
function unpacked(response: http.IncomingMessage): AsyncIterable<Buffer> {
  if (response.headers['content-encoding'] !== 'gzip') return response;
  // What fails is thrown where the stream is read.
  return pipeline(response, createGunzip({ chunkSize: UNPACKED_AT_ONCE }), () => undefined);
}

/** Whether an answer came, and would come again as it is. */
function isUnreadable(error: unknown): boolean {
  const isZlib = error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
  return isZlib || error instanceof AnswerTooLargeError;
}

/** A status that names many fields says all of them in one text. */
const MOST_OF_STATUS = 2_000;

/** The error for a non-2xx answer, in the API server's own words. */
export function statusError(response: KubernetesResponse, doing: string, subject: string): ClusterError {
  const message = stringAt(response.body, 'message') ?? (typeof response.body === 'string' ? response.body : '');
  const reason = stringAt(response.body, 'reason') ?? `HTTP ${response.status}`;
  const details = isJsonObject(response.body) ? response.body : {};
  const status = numberAt(details, 'code') ?? response.status;
  const { code, remedy } = explain(status);
  return new ClusterError(`cannot ${doing}: ${foreignText(reason, 100)}: ${foreignText(message, MOST_OF_STATUS)}`, {
    code,
    subject,
    remedy,
    status,
    fields: refusedFields(response.body),
  });
}

function refusedFields(body: Json): readonly RefusedField[] {
  const causes = at(body, 'details', 'causes');
  return (isJsonArray(causes) ? causes : []).flatMap((cause) => {
    const field = stringAt(cause, 'field');
    return field === undefined ? [] : [{ field, message: foreignText(stringAt(cause, 'message') ?? '') }];
  });
}

function explain(status: number): { readonly code: ClusterError['code']; readonly remedy: string } {
  if (status === 401)
    return { code: 'permission', remedy: 'Renew the credentials: the API server rejects the token or certificate.' };
  if (status === 403)
    return { code: 'permission', remedy: 'Grant this access to the service account (see manifests/base/rbac.yaml).' };
  if (status === 404) return { code: 'not-found', remedy: 'Check that the object and its API version exist in this cluster.' };
  if (status === 409)
    return {
      code: 'conflict',
      remedy: 'Nothing to do: the object changed in the meantime, and the next pass compares it again.',
    };
  if (status === 422 || status === 400)
    return { code: 'invalid', remedy: 'Correct the unit: the API server refuses its content.' };
  // "failed to create typed patch object" answers 500 although the desired object is at fault (measured on 1.34).
  return { code: 'unavailable', remedy: 'If the message names a field, correct the unit; otherwise run the pass again.' };
}
