import type { ConfigHubClient } from '../confighub/client.ts';
import type { KubernetesClient, ResourceKind } from '../kubernetes/client.ts';
import type { ChangeSetRef, DesiredObject } from '../types/desired.ts';
import { ClusterError, ConfigHubError, messageOf, UserError } from '../types/errors.ts';
import { printPath } from '../types/field-path.ts';
import { canonicalJson, type Finding, revealValue } from '../types/finding.ts';
import { type JsonObject, stringAt } from '../types/json.ts';
import type { FixOutcome, OutcomeResult } from '../types/outcome.ts';
import type { ObjectCorrection, Plan, UnitCorrection } from '../types/plan.ts';
import { openOwnChangeSet } from './changeset.ts';
import { applyBody, kindOf, needsRemoval, removalPatch } from './cluster-writes.ts';
import { composePair, hasCompletePair } from './pair.ts';
import { publishReleases } from './release.ts';
import { stateOf, writePair } from './write-pair.ts';

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
  readonly onWarning: (message: string) => void;
  /** Publish the spaces of corrected units, where the server releases whole spaces. */
  readonly publishRelease: boolean;
  readonly signal: AbortSignal;
}

interface Clients {
  readonly confighub: ConfigHubClient;
  readonly kubernetes: KubernetesClient;
}

/** A correction on its way: which revision holds its desired state, and what went wrong so far. */
interface Progress {
  readonly correction: UnitCorrection;
  changeSet: ChangeSetRef | undefined;
  revision: number;
  failure: { readonly result: Exclude<OutcomeResult, 'fixed' | 'staged'>; readonly message: string } | undefined;
}

/**
 * Carries the plan out: revisions written, applied, verified. One unit's failure is its own outcome and the others go
 * on. Critical units come one by one before all the rest, which share one changeset.
 */
export async function carryOutFixes(plan: Plan, clients: Clients, options: FixOptions): Promise<readonly FixOutcome[]> {
  const critical = plan.corrections.filter((correction) => correction.isCritical).map((correction) => [correction]);
  const others = plan.corrections.filter((correction) => !correction.isCritical);
  const outcomes: FixOutcome[] = [];
  for (const group of [...critical, others]) {
    if (group.length > 0) outcomes.push(...(await fixGroup(group, clients, options)));
  }
  if (options.publishRelease && !clients.confighub.abilities.appliesUnits) {
    const fixed = new Set(outcomes.flatMap(({ result, correctionId }) => (result === 'fixed' ? [correctionId] : [])));
    const units = plan.corrections.flatMap(({ id, unit }) => (fixed.has(id) ? [unit] : []));
    await publishReleases(units, clients.confighub, options.onWarning, options.signal);
  }
  return outcomes;
}

async function fixGroup(group: readonly UnitCorrection[], clients: Clients, options: FixOptions): Promise<readonly FixOutcome[]> {
  const progress = group.map(
    (correction): Progress => ({ correction, changeSet: correction.changeSet, revision: 0, failure: undefined }),
  );
  const ownChangeSet = await writePairs(progress, clients.confighub, options);
  const toApply = progress.filter((entry) => !entry.correction.isStaged);
  for (const entry of toApply) await attempt(entry, options.signal, () => removeAdditions(entry, clients.kubernetes, options));
  await applyThroughConfigHub(
    toApply.filter((entry) => entry.correction.route === 'confighub' && !entry.failure),
    clients.confighub,
    options,
  );
  for (const entry of toApply) {
    if (entry.correction.route === 'direct')
      await attempt(entry, options.signal, () => applyDirectly(entry, clients.kubernetes, options));
  }
  const outcomes: FixOutcome[] = [];
  for (const entry of progress) outcomes.push(...(await verify(entry, clients.kubernetes, options)));
  if (ownChangeSet) await closeOwn(ownChangeSet, clients.confighub, options);
  return outcomes;
}

/** What is corrected is corrected: a changeset that stays open is said, and does not undo it. */
async function closeOwn(changeSet: ChangeSetRef, confighub: ConfigHubClient, options: FixOptions): Promise<void> {
  try {
    await confighub.closeChangeSet(changeSet.id, options.signal);
  } catch (error) {
    if (options.signal.aborted || !(error instanceof ConfigHubError)) throw error;
    options.onWarning(`changeset ${changeSet.space}/${changeSet.slug} could not be closed: ${error.message}`);
  }
}

/** Runs one step for one unit; what fails is remembered and ends that unit's fix, nobody else's. */
async function attempt(entry: Progress, signal: AbortSignal, step: () => Promise<void>): Promise<void> {
  if (entry.failure) return;
  try {
    await step();
  } catch (error) {
    if (signal.aborted) throw error;
    const isConflict = error instanceof UserError && error.code === 'conflict';
    entry.failure = { result: isConflict ? 'conflict' : 'failed', message: messageOf(error) };
  }
}

/** Writes the pairs that are not there yet. Returns the pass's own changeset where one was opened. */
async function writePairs(
  progress: readonly Progress[],
  confighub: ConfigHubClient,
  options: FixOptions,
): Promise<ChangeSetRef | undefined> {
  const missing = progress.flatMap((entry) => {
    const { correction } = entry;
    if (hasCompletePair(correction)) entry.revision = correction.unit.headRevision;
    const pair = correction.writesPair && entry.revision === 0 ? composePair(correction, options.firstSeen) : undefined;
    return pair ? [{ entry, pair }] : [];
  });
  const unnamed = missing.filter(({ entry }) => entry.changeSet === undefined);
  let own: ChangeSetRef | undefined;
  // Without locks a changeset would hold nothing: the revisions' descriptions tie a correction together.
  const { locksUnits } = confighub.abilities;
  if (unnamed.length > 0 && locksUnits) {
    try {
      own = await openOwnChangeSet(
        confighub,
        options.cluster,
        unnamed.map(({ entry }) => entry.correction),
        options.signal,
      );
    } catch (error) {
      if (options.signal.aborted || !(error instanceof ConfigHubError)) throw error;
      for (const { entry } of unnamed) entry.failure = { result: 'failed', message: error.message };
    }
  }
  const announced = new Set<string>();
  for (const { entry, pair } of missing) {
    const changeSet = entry.changeSet ?? own;
    if (entry.failure) continue;
    if (changeSet) {
      entry.changeSet = changeSet;
      if (!announced.has(changeSet.id)) options.onChangeSet(changeSet);
      announced.add(changeSet.id);
    }
    await attempt(entry, options.signal, async () => {
      entry.revision = await writePair(confighub, entry.correction, pair, changeSet, options.signal);
    });
  }
  return own;
}

async function applyThroughConfigHub(
  entries: readonly Progress[],
  confighub: ConfigHubClient,
  options: FixOptions,
): Promise<void> {
  const byRevision = Map.groupBy(entries, ({ correction, changeSet, revision }) => {
    if (correction.unit.hasUnappliedChanges || revision === 0) return 'LiveRevisionNum';
    return changeSet ? `ChangeSet:${changeSet.id}` : 'HeadRevisionNum';
  });
  for (const [revision, group] of byRevision) {
    const byUnit = new Map(group.map((entry) => [entry.correction.unit.id, entry]));
    const waiting: Promise<void>[] = [];
    try {
      for (const { Action, Error: refused } of await confighub.applyUnits([...byUnit.keys()], revision, options.signal)) {
        const entry = byUnit.get(Action?.UnitID ?? refused?.ErrorMetadata?.EntityID ?? '');
        if (!entry) continue;
        byUnit.delete(entry.correction.unit.id);
        if (!Action)
          entry.failure = { result: 'failed', message: `ConfigHub refuses to apply: ${refused?.Message ?? 'no reason given'}` };
        else
          waiting.push(
            attempt(entry, options.signal, () => awaitApply(entry, Action.QueuedOperationID, confighub, options.signal)),
          );
      }
    } catch (error) {
      if (options.signal.aborted || !(error instanceof ConfigHubError)) throw error;
      for (const entry of byUnit.values()) entry.failure = { result: 'failed', message: error.message };
      byUnit.clear();
    }
    await Promise.all(waiting);
    for (const entry of byUnit.values()) entry.failure = { result: 'failed', message: 'ConfigHub did not answer for this unit' };
  }
}

async function awaitApply(entry: Progress, operationId: string, confighub: ConfigHubClient, signal: AbortSignal): Promise<void> {
  const event = await confighub.awaitOperation(stateOf(entry.correction.unit), operationId, signal);
  if (event.Status !== 'Completed')
    entry.failure = { result: 'failed', message: `apply ${event.Status.toLowerCase()}: ${event.Message}` };
}

async function removeAdditions(entry: Progress, kubernetes: KubernetesClient, options: FixOptions): Promise<void> {
  const { fieldManager, signal } = options;
  for (const object of entry.correction.objects) {
    const removed = object.fix.filter(needsRemoval);
    if (removed.length === 0) continue;
    await writeJudged(object, object.fix, kubernetes, options, async (kind, live) => {
      if (!live) return;
      const operations = removalPatch(live, stringAt(live, 'metadata', 'resourceVersion') ?? '', removed);
      await kubernetes.jsonPatch(kind, object.desired.ref, operations, { fieldManager, dryRun: false, signal });
    });
  }
}

async function applyDirectly(entry: Progress, kubernetes: KubernetesClient, options: FixOptions): Promise<void> {
  const { fieldManager, signal } = options;
  for (const object of entry.correction.objects) {
    const applied = object.fix.filter((finding) => !needsRemoval(finding));
    if (applied.length === 0) continue;
    await writeJudged(object, applied, kubernetes, options, async (kind, live) => {
      const body = applyBody(object, stringAt(live, 'metadata', 'resourceVersion'));
      await kubernetes.apply(kind, body, { fieldManager, force: true, dryRun: false, signal });
    });
  }
}

/** Times that a write is tried anew because only the status of the object moved on meanwhile. */
const WRITE_TRIES = 5;

/**
 * Writes to an object only while it departs exactly as it was judged to. It is read and compared right before, and the
 * write carries that resourceVersion. A rollout's status updates change the version all the time, so a conflict reads
 * and compares again; an object that drifts otherwise by now is left to the next pass.
 */
async function writeJudged(
  object: ObjectCorrection,
  judged: readonly Finding[],
  kubernetes: KubernetesClient,
  options: FixOptions,
  write: (kind: ResourceKind, live: JsonObject | undefined) => Promise<void>,
): Promise<void> {
  const { ref } = object.desired;
  const kind = await kindOf(object.desired, kubernetes, options.signal);
  for (let attempt = 1; ; attempt++) {
    const live = await kubernetes.get(kind, ref, options.signal);
    const now = new Map(options.compare(object.desired, live).map((finding) => [finding.id, finding]));
    const isAsJudged =
      judged.every((finding) => sameDrift(now.get(finding.id), finding)) &&
      stringAt(live, 'metadata', 'uid') === object.live?.uid;
    if (!isAsJudged) {
      throw new ClusterError(`${ref.kind} ${ref.name} changed while it was being fixed`, {
        code: 'conflict',
        subject: ref.name,
        remedy: 'Nothing to do: the next pass judges it anew.',
      });
    }
    try {
      await write(kind, live);
      return;
    } catch (error) {
      const mayRetry = error instanceof ClusterError && error.code === 'conflict' && attempt < WRITE_TRIES;
      if (!mayRetry) throw error;
    }
  }
}

function overriddenBy({ class: found, blame }: Finding): string {
  if (found === 'pending') return 'admission changed it again';
  return blame ? `${blame.manager} wrote it again` : 'it drifts again';
}

function sameDrift(now: Finding | undefined, judged: Finding): boolean {
  return now !== undefined && canonicalJson(revealValue(now.live) ?? null) === canonicalJson(revealValue(judged.live) ?? null);
}

/** Reads the objects again: a fix counts only when the drift is really gone. */
async function verify(entry: Progress, kubernetes: KubernetesClient, options: FixOptions): Promise<readonly FixOutcome[]> {
  const { correction, changeSet } = entry;
  const outcomes: FixOutcome[] = [];
  const tell = (finding: Finding, result: OutcomeResult, message: string): void => {
    const name = changeSet && entry.revision > 0 ? `${changeSet.space}/${changeSet.slug}` : '';
    const outcome = {
      findingId: finding.id,
      correctionId: correction.id,
      result,
      message,
      changeSet: name,
      revision: entry.revision,
    };
    outcomes.push(outcome);
    options.onOutcome(finding, outcome);
  };
  for (const object of correction.objects) {
    let left: ReadonlyMap<string, Finding> = new Map();
    if (!correction.isStaged) {
      await attempt(entry, options.signal, async () => {
        const kind = await kindOf(object.desired, kubernetes, options.signal);
        const now = await kubernetes.get(kind, object.desired.ref, options.signal);
        // By path: what admission puts back during our own apply is ours, and so of another class than before.
        const found = options.compare(object.desired, now).filter((finding) => finding.class !== 'informational');
        left = new Map(found.map((finding) => [printPath(finding.path), finding]));
      });
    }
    for (const finding of object.fix) {
      const still = left.get(printPath(finding.path));
      if (entry.failure) tell(finding, entry.failure.result, entry.failure.message);
      else if (correction.isStaged && entry.revision === 0)
        tell(finding, 'failed', 'its drifted state cannot be written to ConfigHub, so there is nothing to stage');
      else if (correction.isStaged) tell(finding, 'staged', '');
      else if (!still) tell(finding, 'fixed', '');
      else tell(finding, 'overridden', `after the fix ${overriddenBy(still)}`);
    }
  }
  return outcomes;
}
