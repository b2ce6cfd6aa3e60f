import { setTimeout as sleep } from 'node:timers/promises';
import { ClusterError, messageOf } from '../../domain/errors.ts';
import { at, isJsonObject, type Json, type JsonObject, numberAt, stringAt, stringMapAt } from '../../domain/json.ts';
import { badAnswer, isAbsent, objectOf, type ResourceKind } from './answers.ts';
import { collectionPath, objectPath } from './paths.ts';
import { readPersistently } from './read.ts';
import { type KubernetesResponse, type KubernetesTransport, statusError } from './transport.ts';

export interface LeaseReading {
  readonly namespace: string;
  readonly name: string;
  readonly signal: AbortSignal;
}

export interface LeaseOptions extends LeaseReading {
  /** The holder, for people: host and pass. Unique for each pass. */
  readonly holder: string;
  /** Seconds after the last renewal during which no other pass may take it. */
  readonly seconds: number;
}

/** The right to write, held by one pass at a time. Disposing it gives it back. */
export interface Lease extends AsyncDisposable {
  /** As the one before left it. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Returns while the lease is held. Renews it if it may have expired, e.g. after the process was suspended. Throws `lock-lost`. */
  confirm(): Promise<void>;
  /** Gives it annotations at once; rejects where that does not succeed. */
  record(annotations: Readonly<Record<string, string>>): Promise<void>;
  /** Annotations that it gets when it is given back; later ones replace earlier ones of the same name. */
  note(annotations: Readonly<Record<string, string>>): void;
  /** Aborted with the error once it is lost. */
  readonly lost: AbortSignal;
}

const LEASES: ResourceKind = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', plural: 'leases', namespaced: true };

/** Date headers of servers have whole seconds. */
const CLOCK_SECONDS = 2;
/** One conflict means that another pass took the Lease; so many in a row have another cause. */
const CONFLICTS = 5;

/**
 * Takes a `coordination.k8s.io/v1` Lease. One that was left by a killed pass is taken over as soon as it has not changed
 * for its duration; one that is renewed meanwhile is held by a living pass: throws `lock-lost`. Times in it are the API
 * server's, so that clocks of passes need not agree.
 */
export async function acquireLease(transport: KubernetesTransport, options: LeaseOptions): Promise<Lease> {
  const { signal, seconds } = options;
  let conflicts = 0;
  let seen: { readonly version: string; readonly at: number } | undefined;
  for (;;) {
    const found = await readLease(transport, options, [404]);
    const offsetMs = serverOffset(found);
    if (found.status === 404) {
      const created = await transport.request(createRequest(options, offsetMs));
      if (created.status === 201) return holdLease(transport, leaseIn(created, options), offsetMs, options);
      if (created.status !== 409 || ++conflicts === CONFLICTS) throw statusError(created, 'take the lease', options.name);
      continue;
    }
    const version = stringAt(found.body, 'metadata', 'resourceVersion') ?? '';
    const stoodStillMs = seen?.version === version ? performance.now() - seen.at : 0;
    // The holder renews for the duration that it wrote, which need not be this pass's.
    const heldMs = (numberAt(found.body, 'spec', 'leaseDurationSeconds') ?? seconds) * 1000;
    if (isFree(found.body, Date.now() + offsetMs) || stoodStillMs > heldMs) {
      const taken = await transport.request(updateRequest(found.body, options.holder, offsetMs, options));
      if (taken.status === 200) return holdLease(transport, leaseIn(taken, options), offsetMs, options);
      if (taken.status !== 409 || ++conflicts === CONFLICTS) throw statusError(taken, 'take the lease', options.name);
      continue;
    }
    if (seen !== undefined && seen.version !== version)
      throw heldBy(stringAt(found.body, 'spec', 'holderIdentity') ?? '', options);
    seen ??= { version, at: performance.now() };
    await sleep(Math.min(seconds * 1000, heldMs) / 4, undefined, { signal });
  }
}

/** The annotations of a Lease, without taking it; none if it does not exist or may not be read. */
export async function leaseAnnotations(
  transport: KubernetesTransport,
  options: LeaseReading,
): Promise<Readonly<Record<string, string>>> {
  const found = await readLease(transport, options, [403, 404]);
  return found.status === 200 ? stringMapAt(found.body, 'metadata', 'annotations') : {};
}

/** Throws for every answer but the Lease and the statuses that the caller has an answer to. */
async function readLease(
  transport: KubernetesTransport,
  options: LeaseReading,
  expected: readonly number[],
): Promise<KubernetesResponse> {
  const doing = 'read the lease';
  const found = await readPersistently(transport, { method: 'GET', path: objectPath(LEASES, options), signal: options.signal });
  if (found.status === 200) leaseIn(found, options);
  else if (!expected.includes(found.status)) throw statusError(found, doing, options.name);
  else if (found.status === 404 && !isAbsent(found))
    throw badAnswer(doing, options.name, 'the 404 is not an answer of a Kubernetes API server');
  return found;
}

/** The Lease in an answer; throws where it is none, or another one. */
function leaseIn({ body }: KubernetesResponse, options: LeaseReading): JsonObject {
  return objectOf(body, LEASES, options, 'read the lease');
}

function heldBy(holder: string, { name }: LeaseOptions): ClusterError {
  return new ClusterError(`another pass is running: ${holder} holds the lease`, {
    code: 'lock-lost',
    subject: name,
    remedy: 'Nothing to do: that pass reports what it finds, and the next one continues.',
  });
}

function isFree(lease: Json, serverNowMs: number): boolean {
  const renewed = Date.parse(stringAt(lease, 'spec', 'renewTime') ?? '');
  const seconds = numberAt(lease, 'spec', 'leaseDurationSeconds') ?? 0;
  const isHeld = (stringAt(lease, 'spec', 'holderIdentity') ?? '') !== '';
  return !isHeld || Number.isNaN(renewed) || serverNowMs > renewed + (seconds + CLOCK_SECONDS) * 1000;
}

/** Milliseconds to add to this machine's clock for the API server's. */
export function serverOffset({ headers }: KubernetesResponse): number {
  const server = Date.parse(headers.date ?? '');
  return Number.isNaN(server) ? 0 : server - Date.now();
}

function holdLease(transport: KubernetesTransport, taken: Json, offsetMs: number, options: LeaseOptions): Lease {
  const durationMs = options.seconds * 1000;
  const loss = new AbortController();
  let lease = taken;
  let renewed = clocks();
  let renewing: Promise<void> | undefined;
  let isReleased = false;
  let recorded: Readonly<Record<string, string>> = {};
  let noted: Readonly<Record<string, string>> = {};

  const lose = (why: string): never => {
    const error = new ClusterError(`the lease was lost: ${why}`, {
      code: 'lock-lost',
      subject: options.name,
      remedy: 'Nothing to do: the pass stopped writing, and the next one continues.',
    });
    loss.abort(error);
    throw error;
  };

  /** Succeeds only if no other pass took it: the write has the resourceVersion of this pass's last write. */
  async function renewOnce(): Promise<void> {
    const asked = clocks();
    const answer = await transport.request(updateRequest(annotated(lease, recorded), options.holder, offsetMs, options));
    if (answer.status === 404) return lose('it was deleted');
    if (answer.status === 409) return readAgain();
    if (answer.status !== 200) throw statusError(answer, 'renew the lease', options.name);
    lease = leaseIn(answer, options);
    renewed = asked;
  }

  /** A lost answer to a renewal, or another client's annotation, also changes the version, so the holder's name decides. */
  async function readAgain(): Promise<void> {
    const asked = clocks();
    const found = await readLease(transport, options, [404]);
    if (found.status === 404) return lose('it was deleted');
    const holder = stringAt(found.body, 'spec', 'holderIdentity') ?? '';
    if (holder !== options.holder) return lose(`${holder === '' ? 'another pass' : holder} took it over`);
    const answer = await transport.request(updateRequest(annotated(found.body, recorded), options.holder, offsetMs, options));
    if (answer.status === 404 || answer.status === 409) return lose('another pass took it over');
    if (answer.status !== 200) throw statusError(answer, 'renew the lease', options.name);
    lease = leaseIn(answer, options);
    renewed = asked;
  }

  function renew(): Promise<void> {
    renewing ??= renewOnce().finally(() => {
      renewing = undefined;
    });
    return renewing;
  }

  const timer = setInterval(() => {
    // A failure is tried again at the next turn, and before a write.
    renew().catch(() => undefined);
  }, durationMs / 3);
  timer.unref();

  return {
    annotations: stringMapAt(taken, 'metadata', 'annotations'),
    lost: loss.signal,
    async record(annotations) {
      loss.signal.throwIfAborted();
      const before = recorded;
      recorded = { ...recorded, ...annotations };
      try {
        // One that is on its way may be without them.
        await renewing?.catch(() => undefined);
        await renew();
      } catch (error) {
        recorded = before;
        throw error;
      }
    },
    note(annotations) {
      noted = { ...noted, ...annotations };
    },
    async confirm() {
      loss.signal.throwIfAborted();
      // Half of the time is left for the write that comes next.
      if (sinceMs(renewed) < durationMs / 2) return;
      try {
        await renew();
      } catch (error) {
        if (loss.signal.aborted || options.signal.aborted) throw error;
        lose(messageOf(error));
      }
    },
    async [Symbol.asyncDispose]() {
      if (isReleased) return;
      isReleased = true;
      clearInterval(timer);
      await renewing?.catch(() => undefined);
      if (loss.signal.aborted) return;
      // Also if the pass was stopped, so that the next one need not wait. After a failure the Lease expires.
      const signal = AbortSignal.timeout(3_000);
      await transport
        .request({ ...updateRequest(annotated(lease, noted), '', offsetMs, options), signal })
        .catch(() => undefined);
    },
  };
}

interface Clocks {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

function clocks(): Clocks {
  return { monotonicMs: performance.now(), wallMs: Date.now() };
}

/** By the clock that went further: the monotonic one stops while a machine sleeps, the other may be set back. */
function sinceMs({ monotonicMs, wallMs }: Clocks): number {
  return Math.max(performance.now() - monotonicMs, Date.now() - wallMs);
}

function annotated(lease: Json, annotations: Readonly<Record<string, string>>): Json {
  const metadata = at(lease, 'metadata');
  if (!isJsonObject(lease) || !isJsonObject(metadata)) return lease;
  const known = at(metadata, 'annotations');
  return { ...lease, metadata: { ...metadata, annotations: { ...(isJsonObject(known) ? known : {}), ...annotations } } };
}

type LeaseRequest = Parameters<KubernetesTransport['request']>[0];

function createRequest(options: LeaseOptions, offsetMs: number): LeaseRequest {
  const metadata = { name: options.name, namespace: options.namespace };
  const body = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata,
    spec: specOf(options.holder, offsetMs, options, 0),
  };
  return {
    method: 'POST',
    path: collectionPath(LEASES, options.namespace),
    body,
    contentType: 'application/json',
    signal: options.signal,
  };
}

function updateRequest(lease: Json, holder: string, offsetMs: number, options: LeaseOptions): LeaseRequest {
  // Labels and annotations of others stay: an update replaces the whole object.
  const kept = at(lease, 'metadata');
  const { managedFields: _owners, ...metadata } = isJsonObject(kept) ? kept : {};
  const isChange = holder !== '' && stringAt(lease, 'spec', 'holderIdentity') !== holder;
  const transitions = (numberAt(lease, 'spec', 'leaseTransitions') ?? 0) + (isChange ? 1 : 0);
  const body = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata,
    spec: specOf(holder, offsetMs, options, transitions),
  };
  return { method: 'PUT', path: objectPath(LEASES, options), body, contentType: 'application/json', signal: options.signal };
}

function specOf(holder: string, offsetMs: number, { seconds }: LeaseOptions, leaseTransitions: number): Record<string, Json> {
  // MicroTime: the API server wants six digits.
  const renewTime = new Date(Date.now() + offsetMs).toISOString().replace(/Z$/u, '000Z');
  return { holderIdentity: holder, leaseDurationSeconds: seconds, renewTime, leaseTransitions };
}
