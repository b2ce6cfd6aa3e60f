import type { ConfigHubClient } from '../confighub/client.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import type { ChangeSetRef, DesiredObject } from '../types/desired.ts';
import { messageOf, UserError } from '../types/errors.ts';
import type { Finding } from '../types/finding.ts';
import type { JsonObject } from '../types/json.ts';
import type { FixOutcome, OutcomeResult } from '../types/outcome.ts';
import type { UnitCorrection } from '../types/plan.ts';

export interface FixOptions {
  readonly cluster: string;
  readonly fieldManager: string;
  /** RFC 3339 time at which a finding was first reported. */
  readonly firstSeen: (findingId: string) => string;
  /** Compares an object as it is now with its desired state: how a fix is verified. */
  readonly compare: (desired: DesiredObject, live: JsonObject | undefined) => readonly Finding[];
  /** Told of each outcome as it is known. */
  readonly onOutcome: (finding: Finding, outcome: FixOutcome) => void;
  /** Told of each changeset before corrections are written under it. */
  readonly onChangeSet: (changeSet: ChangeSetRef) => void;
  /** Told of each corrected object that did not become healthy in time, and why. */
  readonly onUnhealthy: (object: DesiredObject, reason: string) => void;
  readonly onWarning: (message: string) => void;
  /** Publish the spaces of corrected units, where the server releases whole spaces. */
  readonly publishRelease: boolean;
  /** How long corrected workloads together are waited for; 0 for not at all. */
  readonly waitHealthySeconds: number;
  readonly signal: AbortSignal;
}

export interface FixClients {
  readonly confighub: ConfigHubClient;
  readonly kubernetes: KubernetesClient;
}

/** A correction on its way: which revision holds its desired state, and what went wrong so far. */
export interface Progress {
  readonly correction: UnitCorrection;
  changeSet: ChangeSetRef | undefined;
  revision: number;
  failure: { readonly result: Exclude<OutcomeResult, 'fixed' | 'staged'>; readonly message: string } | undefined;
}

/** Runs one step for one unit; what fails is remembered and ends that unit's fix, nobody else's. */
export async function attempt(entry: Progress, signal: AbortSignal, step: () => Promise<void>): Promise<void> {
  if (entry.failure) return;
  try {
    await step();
  } catch (error) {
    if (signal.aborted) throw error;
    const isConflict = error instanceof UserError && error.code === 'conflict';
    entry.failure = { result: isConflict ? 'conflict' : 'failed', message: messageOf(error) };
  }
}
