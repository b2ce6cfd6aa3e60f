import type { Lease } from '../../clients/kubernetes/lease.ts';
import type { RequestCounts } from '../../clients/request-counts.ts';
import { messageOf } from '../../domain/errors.ts';
import { EXIT } from '../../domain/exit-codes.ts';
import { printMetrics } from './metrics.ts';
import { replaceFile } from './metrics-file.ts';
import { annotationsOf, type PassNumbers, type PassRecord } from './record.ts';

export interface HeartbeatOptions {
  readonly cluster: string;
  readonly pass: string;
  readonly version: string;
  /** Empty for none. */
  readonly metricsFile: string;
  readonly now: () => Date;
  /** Milliseconds on a clock that only goes forward. */
  readonly monotonicMs: () => number;
  readonly warn: (message: string) => void;
}

/** Tells outside of Git that a pass ran, and how it ended, also where nothing had changed. */
export interface Heartbeat {
  phase(phase: string, durationMs: number): void;
  /** What the pass has come to know so far. */
  learn(known: {
    readonly requests?: RequestCounts;
    readonly lease?: Lease | undefined;
    readonly numbers?: PassNumbers;
    readonly unreportedFixes?: number;
  }): void;
  /** Puts it onto the Lease, which is given back right after. */
  noteEnd(exit: number): void;
  /** Writes the metrics; a file that cannot be written is a warning. */
  writeMetrics(exit: number): Promise<void>;
}

const RESULTS: Readonly<Record<number, string>> = {
  [EXIT.ok]: 'complete',
  [EXIT.driftFound]: 'complete',
  [EXIT.incomplete]: 'incomplete',
  [EXIT.guardTripped]: 'guard-tripped',
  [EXIT.lockLost]: 'lock-lost',
  [EXIT.unavailable]: 'unavailable',
  [EXIT.permission]: 'permission',
  [EXIT.configuration]: 'configuration',
  [EXIT.terminated]: 'terminated',
};

export function startHeartbeat(options: HeartbeatOptions): Heartbeat {
  const started = options.monotonicMs();
  const phases = new Map<string, number>();
  let requests: RequestCounts = new Map();
  let lease: Lease | undefined;
  let numbers: PassNumbers | undefined;
  let unreportedFixes: number | undefined;

  function record(exit: number): PassRecord {
    const { cluster, pass, version } = options;
    const seconds = Math.round(options.monotonicMs() - started) / 1000;
    const result = RESULTS[exit] ?? 'failed';
    return { cluster, pass, version, result, endedAt: options.now(), seconds, phases, requests, numbers, unreportedFixes };
  }

  return {
    phase(phase, durationMs) {
      phases.set(phase, durationMs / 1000);
    },
    learn(known) {
      requests = known.requests ?? requests;
      lease = known.lease ?? lease;
      numbers = known.numbers ?? numbers;
      unreportedFixes = known.unreportedFixes ?? unreportedFixes;
    },
    noteEnd(exit) {
      lease?.note(annotationsOf(record(exit)));
    },
    async writeMetrics(exit) {
      if (options.metricsFile === '') return;
      try {
        await replaceFile(options.metricsFile, (before) => printMetrics(record(exit), before));
      } catch (error) {
        options.warn(`the metrics could not be written to ${options.metricsFile}: ${messageOf(error)}`);
      }
    },
  };
}
