import type { ConfigHubClient } from '../../clients/confighub/client.ts';
import type { KubernetesClient } from '../../clients/kubernetes/client.ts';
import type { ChangeSetRef, DesiredObject } from '../../domain/desired.ts';
import { messageOf, UserError } from '../../domain/errors.ts';
import type { Finding } from '../../domain/finding.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { FixOutcome, OutcomeResult } from '../../domain/outcome.ts';
import type { UnitFix } from '../../domain/plan.ts';
import type { FixNote } from './note.ts';
import type { WrittenObject } from './write-target.ts';

export interface FixOptions {
  readonly cluster: string;
  /** Field managers that deliver desired state, the usual one first. */
  readonly desiredManagers: readonly string[];
  /** Those fields that the pass wrote and that belong to the manager that delivers desired state by server-side apply. */
  readonly deliveredFields: (desired: DesiredObject, live: JsonObject, fields: JsonObject) => JsonObject;
  /** RFC 3339 time at which a finding was first reported. */
  readonly firstSeen: (findingId: string) => string;
  /** Compares an object as it is now with its desired state: how a fix is verified. */
  readonly compare: (desired: DesiredObject, live: JsonObject | undefined) => readonly Finding[];
  /** Called with each outcome. */
  readonly onOutcome: (finding: Finding, outcome: FixOutcome) => void;
  /** Called with each changeset before fixes are written under it. */
  readonly onChangeSet: (changeSet: ChangeSetRef) => void;
  /** Called with each fixed object that did not become healthy in time, and the reason. */
  readonly onUnhealthy: (object: DesiredObject, reason: string) => void;
  readonly onWarning: (message: string) => void;
  /** Records fixes that get no pair; rejects where that does not succeed, and then they are not made. */
  readonly record: (notes: readonly FixNote[]) => Promise<void>;
  /** Publish the spaces of fixed units, where the server releases whole spaces. */
  readonly publishRelease: boolean;
  /** How long fixed workloads together are waited for; 0 for not at all. */
  readonly waitHealthySeconds: number;
  readonly signal: AbortSignal;
}

export interface FixClients {
  readonly confighub: ConfigHubClient;
  readonly kubernetes: KubernetesClient;
}

/** A fix on its way: which revision holds its desired state, and what went wrong so far. */
export interface Progress {
  readonly fix: UnitFix;
  changeSet: ChangeSetRef | undefined;
  revision: number;
  /** The objects as they were read and judged before anything was written. */
  readonly judged: Map<DesiredObject, JsonObject | undefined>;
  /** What the pass wrote itself, by object. */
  readonly written: Map<DesiredObject, WrittenObject>;
  /** What went wrong with single objects. */
  readonly failures: Map<DesiredObject, Failure>;
  /** Why ConfigHub did not apply the unit after its objects were fixed; empty where it did, or was not to. */
  applyFailure: string;
  failure: Failure | undefined;
}

export interface Failure {
  readonly result: Exclude<OutcomeResult, 'fixed' | 'staged'>;
  readonly message: string;
}

/** Runs one step for one unit; a failure is recorded and ends the fix of that unit only. */
export async function attempt(entry: Progress, signal: AbortSignal, step: () => Promise<void>): Promise<void> {
  if (entry.failure) return;
  entry.failure = await failureOf(step, signal);
}

/** What went wrong in a step; `undefined` where nothing did. */
export async function failureOf(step: () => Promise<void>, signal: AbortSignal): Promise<Failure | undefined> {
  try {
    await step();
    return undefined;
  } catch (error) {
    if (signal.aborted) throw error;
    const isConflict = error instanceof UserError && error.code === 'conflict';
    return { result: isConflict ? 'conflict' : 'failed', message: messageOf(error) };
  }
}
