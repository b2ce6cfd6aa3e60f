import type { QueuedOperation } from './entities/queued-operation.ts';
import type { User } from './entities/user.ts';
import type { Store } from './storage/store.ts';

/** What every handler is given; clock and identifiers come in, so that a test can decide them. */
export interface Hub {
  readonly store: Store;
  /** RFC 3339 with milliseconds, UTC. */
  readonly now: () => string;
  readonly newId: () => string;
  /** Hands queued operations to the worker; called after the commit that stored them. */
  readonly enqueue: (operations: readonly QueuedOperation[]) => void;
}

/** The caller: the author of the revisions that the request makes. */
export interface Caller {
  readonly user: User;
  readonly userAgent: string;
}
