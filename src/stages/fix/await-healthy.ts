import { setTimeout as sleep } from 'node:timers/promises';
import type { KubernetesClient } from '../../clients/kubernetes/client.ts';
import { type Health, healthOf } from '../../clients/kubernetes/health.ts';
import { ClusterError, throwUnless } from '../../domain/errors.ts';
import type { FixOutcome } from '../../domain/outcome.ts';
import type { ObjectFix, UnitFix } from '../../domain/plan.ts';
import { kindOf } from './cluster-writes.ts';
import type { FixOptions } from './progress.ts';

const POLL_MS = 500;

/**
 * Waits until everything that was fixed is rolled out and healthy, all of it within one deadline, and notes in the
 * outcomes what is not, so that a person looks at it.
 */
export async function awaitHealthy(
  fixes: readonly UnitFix[],
  outcomes: readonly FixOutcome[],
  kubernetes: KubernetesClient,
  options: FixOptions,
): Promise<readonly FixOutcome[]> {
  const fixed = new Set(outcomes.flatMap(({ result, findingId }) => (result === 'fixed' ? [findingId] : [])));
  const objects = fixes.flatMap(({ objects: ofUnit }) =>
    ofUnit.filter(({ fix }) => fix.some((finding) => fixed.has(finding.id))),
  );
  const reasons = new Map<string, string>();
  for (const [object, reason] of await unhealthyAtDeadline(objects, kubernetes, options)) {
    options.onUnhealthy(object.desired, reason);
    for (const finding of object.fix) reasons.set(finding.id, reason);
  }
  return outcomes.map((outcome) => ({
    ...outcome,
    unhealthy: fixed.has(outcome.findingId) ? (reasons.get(outcome.findingId) ?? '') : '',
  }));
}

async function unhealthyAtDeadline(
  objects: readonly ObjectFix[],
  kubernetes: KubernetesClient,
  { waitHealthySeconds, signal }: FixOptions,
): Promise<ReadonlyMap<ObjectFix, string>> {
  const unhealthy = new Map<ObjectFix, string>();
  if (waitHealthySeconds === 0) return unhealthy;
  const until = performance.now() + waitHealthySeconds * 1000;
  let waiting = objects;
  for (;;) {
    const found = await Promise.all(
      waiting.map(async (object) => ({ object, health: await readHealth(object, kubernetes, signal) })),
    );
    const isOver = performance.now() >= until;
    waiting = found.flatMap(({ object, health }) => {
      if (health.state === 'waiting' && !isOver) return [object];
      if (health.state !== 'healthy')
        unhealthy.set(object, health.state === 'failed' ? health.reason : `after ${waitHealthySeconds} s ${health.reason}`);
      return [];
    });
    if (waiting.length === 0) return unhealthy;
    await sleep(Math.min(POLL_MS, Math.max(1, until - performance.now())), undefined, { signal });
  }
}

async function readHealth({ desired }: ObjectFix, kubernetes: KubernetesClient, signal: AbortSignal): Promise<Health> {
  try {
    const live = await kubernetes.get(await kindOf(desired, kubernetes, signal), desired.ref, signal);
    return live ? healthOf(live) : { state: 'failed', reason: 'it no longer exists' };
  } catch (error) {
    throwUnless(error, ClusterError, signal);
    return { state: 'waiting', reason: `it cannot be read: ${error.message}` };
  }
}
