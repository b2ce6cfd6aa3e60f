import type { Hub } from '../context.ts';
import type { QueuedOperation } from '../entities/queued-operation.ts';
import type { TargetCluster } from '../entities/target.ts';
import type { Unit } from '../entities/unit.ts';
import type { UnitEvent } from '../entities/unit-event.ts';
import type { Cluster } from './cluster.ts';

/** An operation with everything that it works on. */
export interface Job {
  readonly hub: Hub;
  readonly operation: QueuedOperation;
  readonly cluster: Cluster;
  readonly target: TargetCluster;
  /** Text of the operation's revision. */
  readonly text: string;
  readonly signal: AbortSignal;
}

/** How an operation ended, and what that makes of the unit. */
export interface JobResult {
  readonly status: 'Completed' | 'Failed';
  readonly result: UnitEvent['Result'];
  readonly message: string;
  /** Runs in the transaction that records the end; absent where the unit stays as it is. */
  readonly settle?: (unit: Unit) => Unit;
}

export function failure(result: UnitEvent['Result'], message: string): JobResult {
  return { status: 'Failed', result, message };
}

export function counted(count: number, verb: string): string {
  return `${verb} ${count} ${count === 1 ? 'object' : 'objects'}`;
}
