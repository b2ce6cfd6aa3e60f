import type { DecisionOutcome } from '../../domain/decision.ts';
import type { ChangeSetRef, DesiredUnit } from '../../domain/desired.ts';
import { messageOf, throwUnless, UserError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { objectKey } from '../../domain/object-ref.ts';
import type { UnitFix } from '../../domain/plan.ts';
import { sha256 } from '../../domain/sha256.ts';
import {
  type Acceptable,
  type Acceptance,
  type AcceptedText,
  type CompareNow,
  composeAcceptance,
  refusalOf,
} from './accept-text.ts';
import { closeChangeSet, openOwnChangeSet } from './changeset.ts';
import { kindOf } from './cluster-writes.ts';
import type { FixClients } from './progress.ts';
import { stateOf } from './write-pair.ts';

export type { Acceptance } from './accept-text.ts';

export interface AcceptOptions {
  readonly cluster: string;
  /** The changeset that DRIFT_CHANGESET names. */
  readonly changeSet: (ChangeSetRef & { readonly isClosed: boolean }) | undefined;
  readonly compare: CompareNow;
  readonly onChangeSet: (changeSet: ChangeSetRef) => void;
  readonly onWarning: (message: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Makes live values desired: one revision of each unit, under the changeset that its fixes would go to. Nothing is
 * written to the cluster, where the values are already. What changed since it was judged is left to the next pass.
 */
export async function acceptLive(
  acceptances: readonly Acceptance[],
  clients: FixClients,
  options: AcceptOptions,
): Promise<readonly DecisionOutcome[]> {
  const outcomes: DecisionOutcome[] = [];
  const byUnit = new Map<DesiredUnit, Acceptable[]>();
  for (const acceptance of acceptances) {
    const { id, desired } = acceptance;
    const refusal = refusalOf(acceptance.finding);
    const wait = desired ? reasonToWait(desired.unit, options) : '';
    if (refusal !== '' || !desired) outcomes.push({ id, effect: 'refused', detail: refusal });
    else if (wait !== '') outcomes.push({ id, effect: 'waiting', detail: wait });
    else byUnit.set(desired.unit, [...(byUnit.get(desired.unit) ?? []), { ...acceptance, desired }]);
  }
  const ready: ReadyUnit[] = [];
  for (const [unit, ofUnit] of byUnit) {
    await attempt(ofUnit, outcomes, options.signal, async () => {
      const { stillLive, gone, live } = await readAgain(ofUnit, clients, options);
      outcomes.push(...gone);
      const composed = composeAcceptance(unit, stillLive, (desired) => live.get(objectKey(desired.ref)), options.compare);
      outcomes.push(...composed.refused);
      if (composed.accepted.length > 0) ready.push({ unit, composed });
    });
  }
  await write(ready, outcomes, clients, options);
  return outcomes;
}

/** What must end first; empty if the unit may be written. */
function reasonToWait(unit: DesiredUnit, { changeSet }: AcceptOptions): string {
  if (unit.changeSet?.openedFor !== undefined) return `another pass is fixing it under changeset ${unit.changeSet.slug}`;
  if (changeSet && unit.changeSet && unit.changeSet.id !== changeSet.id)
    return `the unit is locked by changeset ${unit.changeSet.slug}, DRIFT_CHANGESET names ${changeSet.slug}`;
  if (changeSet?.isClosed && !unit.changeSet)
    return `changeset ${changeSet.slug} is closed; name an open one in DRIFT_CHANGESET or leave it out`;
  if (unit.hasUnappliedChanges)
    return `revision ${unit.headRevision} of the unit is not applied yet, and nothing is written on top of it; apply it or restore the live revision`;
  return '';
}

/** A decision is about exactly the value that it names: what is another one by now is not accepted. */
async function readAgain(
  acceptances: readonly Acceptable[],
  { kubernetes }: FixClients,
  { compare, signal }: AcceptOptions,
): Promise<{
  readonly stillLive: readonly Acceptable[];
  readonly gone: readonly DecisionOutcome[];
  readonly live: ReadonlyMap<string, JsonObject | undefined>;
}> {
  const live = new Map<string, JsonObject | undefined>();
  const stillLive: Acceptable[] = [];
  const gone: DecisionOutcome[] = [];
  for (const acceptance of acceptances) {
    const { desired, finding, id } = acceptance;
    const key = objectKey(desired.ref);
    if (!live.has(key)) live.set(key, await kubernetes.get(await kindOf(desired, kubernetes, signal), desired.ref, signal));
    const isSame = compare(desired, live.get(key)).some(({ fingerprint }) => fingerprint === finding.fingerprint);
    if (isSame) stillLive.push(acceptance);
    else gone.push({ id, effect: 'waiting', detail: 'it changed while it was being accepted; the next pass checks it again' });
  }
  return { stillLive, gone, live };
}

interface ReadyUnit {
  readonly unit: DesiredUnit;
  readonly composed: AcceptedText;
}

async function write(
  ready: readonly ReadyUnit[],
  outcomes: DecisionOutcome[],
  { confighub }: FixClients,
  options: AcceptOptions,
): Promise<void> {
  const { signal } = options;
  const unlocked = ready.filter(({ unit }) => unit.changeSet === undefined && options.changeSet === undefined);
  let own: ChangeSetRef | undefined;
  let writable = ready;
  if (unlocked.length > 0 && confighub.abilities.locksUnits) {
    const all = unlocked.flatMap(({ composed }) => composed.accepted);
    const isOpen = await attempt(all, outcomes, signal, async () => {
      own = await openOwnChangeSet(confighub, options.cluster, unlocked.map(toWritten), signal, 'Accepted drift');
    });
    if (!isOpen) writable = ready.filter((entry) => !unlocked.includes(entry));
  }
  const used = new Set<string>();
  for (const { unit, composed } of writable) {
    const changeSet = unit.changeSet ?? options.changeSet ?? own;
    const { text, description, accepted } = composed;
    if (changeSet && !used.has(changeSet.id)) options.onChangeSet(changeSet);
    if (changeSet) used.add(changeSet.id);
    await attempt(accepted, outcomes, signal, async () => {
      const opens = changeSet !== undefined && unit.changeSet?.id !== changeSet.id;
      const change = { data: text, description, ...(opens ? { changeSetId: changeSet.id } : {}) };
      const { HeadRevisionNum } = await confighub.writeUnit(stateOf(unit), change, changeSet?.id, signal);
      const under = changeSet ? ` under changeset ${changeSet.space}/${changeSet.slug}` : '';
      const detail = `revision ${HeadRevisionNum} of unit ${unit.space}/${unit.slug}${under}`;
      outcomes.push(...accepted.map(({ id }): DecisionOutcome => ({ id, effect: 'spent', detail })));
    });
  }
  if (own) await closeChangeSet(own, confighub, options);
}

function toWritten({ unit, composed }: ReadyUnit): Pick<UnitFix, 'id' | 'unit'> {
  return { id: sha256(composed.description).slice(0, 16), unit };
}

/** Runs one step for some decisions; where it fails they wait, and the others go on. Returns whether it was done. */
async function attempt(
  decisions: readonly { readonly id: string }[],
  outcomes: DecisionOutcome[],
  signal: AbortSignal,
  step: () => Promise<void>,
): Promise<boolean> {
  try {
    await step();
    return true;
  } catch (error) {
    throwUnless(error, UserError, signal);
    const detail = error.code === 'conflict' ? 'the unit changed meanwhile; the next pass checks it again' : messageOf(error);
    outcomes.push(...decisions.map(({ id }): DecisionOutcome => ({ id, effect: 'waiting', detail })));
    return false;
  }
}
