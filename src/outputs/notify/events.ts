import type { KubernetesClient, ResourceKind } from '../../clients/kubernetes/client.ts';
import { sanitize } from '../../domain/describe.ts';
import { ClusterError, messageOf } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { ObjectRef } from '../../domain/object-ref.ts';
import { sha256 } from '../../domain/sha256.ts';
import { trimEnd } from '../../domain/trim.ts';
import type { StateChange } from './state-changes.ts';

/** `regarding` of an event: an object, with its uid where that is known. */
export interface Regarding extends ObjectRef {
  readonly uid?: string | undefined;
}

export interface PendingEvent {
  readonly regarding: Regarding;
  readonly reason: StateChange['reason'] | 'GuardTripped' | 'PassFailed';
  /** The same for the same occasion: it makes the name, so that a repetition is refused and ignored. */
  readonly key: string;
  readonly note: string;
}

const EVENTS: ResourceKind = { apiVersion: 'events.k8s.io/v1', kind: 'Event', plural: 'events', namespaced: true };
const CONTROLLER = 'drift-detector';
/** Events are for people with `kubectl describe`; the report has the rest. */
const MOST_EVENTS = 50;
const DEADLINE_MS = 20_000;
/** Limits of the API in bytes (validation of events.k8s.io/v1). */
const NOTE_BYTES = 1_024;
const FIELD_BYTES = 128;

const ACTIONS: Readonly<Record<PendingEvent['reason'], string>> = {
  DriftDetected: 'Compare',
  DriftCorrected: 'Correct',
  CorrectionFailed: 'Correct',
  DriftSuppressed: 'Hold',
  GuardTripped: 'Guard',
  PassFailed: 'Run',
};

export interface EventOptions {
  /** Host or pod that writes them. */
  readonly instance: string;
  readonly now: Date;
  readonly warn: (message: string) => void;
  readonly signal: AbortSignal;
}

/** Writes events, the first ones where there are too many. What fails is one warning, and no failure of the pass. */
export async function writeEvents(
  kubernetes: Pick<KubernetesClient, 'create'>,
  events: readonly PendingEvent[],
  options: EventOptions,
): Promise<void> {
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(DEADLINE_MS)]);
  const failures: string[] = [];
  for (const event of events.slice(0, MOST_EVENTS)) {
    try {
      await kubernetes.create(EVENTS, eventBody(event, options), signal);
    } catch (error) {
      failures.push(messageOf(error));
      // One namespace may refuse what another takes; a server that does not answer answers none of them.
      const isAnswer = error instanceof ClusterError && error.code !== 'unavailable' && error.code !== 'lock-lost';
      if (!isAnswer) break;
    }
  }
  const [first] = failures;
  if (first !== undefined) {
    const more = failures.length > 1 ? ` (and ${failures.length - 1} more)` : '';
    options.warn(`events could not be written${more}: ${first}; see manifests/components/events`);
  }
  if (events.length > MOST_EVENTS) options.warn(`${events.length - MOST_EVENTS} more changes have no event; see the report`);
}

/** The Event as the API server wants it; pure. */
function eventBody(event: PendingEvent, { instance, now }: Pick<EventOptions, 'instance' | 'now'>): JsonObject {
  const { regarding, reason, key, note } = event;
  const { apiVersion, kind, name, namespace, uid } = regarding;
  return {
    apiVersion: EVENTS.apiVersion,
    kind: EVENTS.kind,
    // An event about an object without a namespace is in `default`, any other in the object's namespace.
    metadata: { name: eventName(name, key), namespace: namespace === '' ? 'default' : namespace },
    // MicroTime: the API server wants six digits.
    eventTime: now.toISOString().replace(/Z$/u, '000Z'),
    type: reason === 'DriftCorrected' || reason === 'DriftSuppressed' ? 'Normal' : 'Warning',
    reason,
    action: ACTIONS[reason],
    reportingController: CONTROLLER,
    reportingInstance: cutBytes(sanitize(instance), FIELD_BYTES) || CONTROLLER,
    regarding: { apiVersion, kind, name, ...(namespace === '' ? {} : { namespace }), ...(uid ? { uid } : {}) },
    note: cutBytes(sanitize(note), NOTE_BYTES),
  };
}

function eventName(name: string, key: string): string {
  const hash = sha256(key).slice(0, 16);
  // Some kinds allow names that an event may not have (RFC 1123 subdomain).
  const isPlain = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/u.test(name);
  return isPlain ? `${trimEnd(name.slice(0, 200), '.-')}.${hash}` : `drift.${hash}`;
}

function cutBytes(text: string, bytes: number): string {
  const encoded = Buffer.from(text);
  if (encoded.length <= bytes) return text;
  const mark = '…';
  const room = bytes - Buffer.byteLength(mark);
  // A character that was cut in two would end as replacement marks.
  return `${trimEnd(encoded.subarray(0, room).toString('utf8'), '\ufffd')}${mark}`;
}
