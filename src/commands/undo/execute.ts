import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Invocation } from '../../cli/command.ts';
import { connectReading, connectWriting } from '../../cli/connections.ts';
import type { ProcessFacts } from '../../cli/process-facts.ts';
import type { ConfigHubClient, ExtendedUnit, Revision, Unit, UnitState } from '../../clients/confighub/client.ts';
import { whereUnits } from '../../clients/confighub/where.ts';
import type { KubernetesClient } from '../../clients/kubernetes/client.ts';
import { sanitize } from '../../domain/describe.ts';
import { DRIFT_MARKER } from '../../domain/drift-marker.ts';
import { ConfigHubError, messageOf } from '../../domain/errors.ts';
import { EXIT } from '../../domain/exit-codes.ts';
import { plural } from '../../domain/words.ts';
import { createChangeSet } from '../../stages/fix/changeset.ts';
import type { UndoArguments } from './undo.ts';
import { writeBack } from './write-back.ts';

/** Time to close the changeset in, in milliseconds. */
const CLOSE_MS = 10_000;

interface Clients {
  readonly confighub: ConfigHubClient;
  readonly kubernetes: KubernetesClient;
}

interface UndoOptions {
  /** `project/slug` */
  readonly changeSet: string;
  readonly dryRun: boolean;
  /** The next pass of this cluster closes what a killed undo left locked. */
  readonly cluster: string;
  /** Field managers that deliver desired state, the usual one first. */
  readonly desiredManagers: readonly string[];
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly signal: AbortSignal;
}

/** The pair of one unit in the changeset, or why it cannot be undone. */
interface Undo {
  readonly unit: ExtendedUnit;
  readonly name: string;
  readonly observed: Revision | undefined;
  readonly restored: Revision | undefined;
  readonly refusal: string;
}

export async function execute(
  { given, configure, signal: stop }: Invocation<UndoArguments>,
  { out, err, environment }: ProcessFacts,
): Promise<number> {
  const config = await configure();
  const { cluster, desiredManagers, dryRun } = config;
  const warn = (message: string): void => err(`${sanitize(message)}\n`);
  const undo = async (clients: Clients, signal: AbortSignal): Promise<number> => {
    const options = { changeSet: given.changeset, dryRun, cluster, desiredManagers, out, err, signal };
    return (await undoChangeSet(clients, options)) ? EXIT.ok : EXIT.incomplete;
  };
  if (dryRun) {
    using clients = await connectReading(config, warn, stop);
    return await undo(clients, stop);
  }
  // As a pass that fixes: without the Lease nothing is written.
  const holder = `${hostname()}/undo-${randomUUID()}`;
  await using clients = await connectWriting({ ...config, autoFix: true }, environment, holder, warn, stop);
  return await undo(clients, clients.lease ? AbortSignal.any([stop, clients.lease.lost]) : stop);
}

/**
 * Reverts the fixes of a changeset: the observed revision of each unit becomes its new head and
 * is applied, under a changeset of its own. Units with later revisions are left alone. Returns false where anything was.
 */
async function undoChangeSet(clients: Clients, options: UndoOptions): Promise<boolean> {
  const { confighub } = clients;
  const { changeSet, dryRun, out, err, signal } = options;
  if (!confighub.abilities.locksUnits) {
    throw new ConfigHubError('this ConfigHub records no changesets on revisions, so no changeset can be undone', {
      code: 'configuration',
      subject: changeSet,
      remedy: 'Restore the revision "Drift detected: ..." of each unit by hand.',
    });
  }
  const found = await confighub.findChangeSet(changeSet, signal);
  const undos = await findPairs(confighub, found.ChangeSetID, signal);
  if (undos.length === 0) {
    throw new ConfigHubError(`changeset ${changeSet} has no revisions`, {
      code: 'configuration',
      subject: changeSet,
      remedy: 'Pass the changeset of a fix, as the report and `revision list` show it.',
    });
  }
  let isComplete = true;
  for (const { name, observed, refusal } of undos) {
    if (refusal !== '') {
      isComplete = false;
      err(`Not undone: ${sanitize(name)}: ${sanitize(refusal)}\n`);
      continue;
    }
    out(
      `${dryRun ? 'Would undo' : 'Undoing'} ${sanitize(name)}: back to revision ${observed?.RevisionNum}: ${sanitize(observed?.Description ?? '')}\n`,
    );
    if (observed?.Description.includes('(value not stored)'))
      err(`Not restored: ${sanitize(name)}: values that were not stored in ConfigHub\n`);
  }
  const wanted = undos.filter(({ refusal }) => refusal === '');
  if (dryRun || wanted.length === 0) return isComplete;
  const own = await createChangeSet(
    confighub,
    found.SpaceID,
    {
      slug: `undo-${found.Slug}`,
      description: `Undoes ${changeSet}`,
      labels: { 'drift-detector': options.cluster },
    },
    signal,
  );
  const written: Undo[] = [];
  const attempt = async (undo: Undo, step: () => Promise<unknown>): Promise<boolean> => {
    try {
      await step();
      return true;
    } catch (error) {
      if (signal.aborted) throw error;
      isComplete = false;
      err(`Not undone: ${sanitize(undo.name)}: ${sanitize(messageOf(error))}\n`);
      return false;
    }
  };
  try {
    for (const undo of wanted) {
      const change = {
        data: undo.observed?.Data ?? '',
        description: `Undid ${changeSet}: revision ${undo.observed?.RevisionNum} is back`,
        changeSetId: own.ChangeSetID,
      };
      if (await attempt(undo, () => confighub.writeUnit(stateOf(undo), change, own.ChangeSetID, signal))) written.push(undo);
    }
    const targeted = confighub.abilities.appliesUnits ? written.filter(({ unit }) => unit.Unit.TargetID) : [];
    await applyThroughConfigHub(confighub, targeted, own.ChangeSetID, attempt, signal);
    for (const undo of written) {
      if (targeted.includes(undo)) continue;
      const [before, after] = [undo.restored?.Data ?? '', undo.observed?.Data ?? ''];
      await attempt(undo, () => writeBack(clients.kubernetes, before, after, options));
      const { LiveRevisionNum: liveRevision } = undo.unit.Unit;
      if (liveRevision === 0) continue;
      isComplete = false;
      err(
        `Not desired yet: ${sanitize(undo.name)}: ConfigHub has revision ${liveRevision} live; ${confighub.abilities.appliesUnits ? 'give the unit a target and apply it' : 'publish a release of its space'}, or the next pass fixes it again\n`,
      );
    }
  } finally {
    // Also after an error or a stop: no unit may stay locked.
    await confighub.closeChangeSet(own.ChangeSetID, AbortSignal.timeout(CLOSE_MS));
  }
  out(`Undone ${written.length} of ${plural(undos.length, 'unit')} under changeset ${sanitize(own.Slug)}\n`);
  return isComplete;
}

type Attempt = (undo: Undo, step: () => Promise<unknown>) => Promise<boolean>;

async function applyThroughConfigHub(
  confighub: ConfigHubClient,
  undos: readonly Undo[],
  changeSetId: string,
  attempt: Attempt,
  signal: AbortSignal,
): Promise<void> {
  if (undos.length === 0) return;
  const byId = new Map(undos.map((undo) => [undo.unit.Unit.UnitID, undo]));
  for (const { Action, Error: refused } of await confighub.applyUnits([...byId.keys()], `ChangeSet:${changeSetId}`, signal)) {
    const undo = byId.get(Action?.UnitID ?? refused?.ErrorMetadata?.EntityID ?? '');
    if (!undo) continue;
    await attempt(undo, async () => {
      if (!Action) throw new Error(refused?.Message ?? 'ConfigHub refuses to apply it');
      const event = await confighub.awaitOperation(stateOf(undo), Action.QueuedOperationID, signal);
      if (event.Status !== 'Completed') throw new Error(`apply ${event.Status.toLowerCase()}: ${event.Message}`);
    });
  }
}

/** The last pair of each unit under the changeset. */
async function findPairs(confighub: ConfigHubClient, changeSetId: string, signal: AbortSignal): Promise<readonly Undo[]> {
  const ids = await confighub.unitsOfChangeSet(changeSetId, signal);
  if (ids.length === 0) return [];
  const units: ExtendedUnit[] = [];
  for (const where of whereUnits(ids)) units.push(...(await confighub.listUnits({ where }, signal)));
  const undos: Undo[] = [];
  for (const unit of units) {
    const name = `${unit.Space?.Slug ?? unit.Unit.SpaceID}/${unit.Unit.Slug}`;
    const ref = { spaceId: unit.Unit.SpaceID, id: unit.Unit.UnitID, name };
    const revisions = await confighub.listRevisions(ref, signal);
    const restored = revisions.find(({ Revision }) => Revision.ChangeSetID === changeSetId)?.Revision;
    const observed = restored && revisions.find(({ Revision }) => Revision.RevisionNum === restored.RevisionNum - 1)?.Revision;
    undos.push({
      unit,
      name,
      observed: observed && (await confighub.readRevision(ref, observed.RevisionNum, signal)),
      restored: restored && (await confighub.readRevision(ref, restored.RevisionNum, signal)),
      refusal: refusalOf(unit.Unit, restored, observed),
    });
  }
  return undos.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function refusalOf(unit: Unit, restored: Revision | undefined, observed: Revision | undefined): string {
  const id = DRIFT_MARKER.exec(restored?.Description ?? '')?.[1];
  const isPair = id !== undefined && observed !== undefined && DRIFT_MARKER.exec(observed.Description)?.[1] === id;
  if (!isPair) return 'its last revision in the changeset is not a drift fix';
  if (restored?.RevisionNum !== unit.HeadRevisionNum)
    return `revision ${unit.HeadRevisionNum} came after the fix (revision ${restored?.RevisionNum}); revert it by hand, or restore revision ${observed.RevisionNum}`;
  return unit.ChangeSetID ? 'a changeset locks it; close that first' : '';
}

function stateOf({ unit: { Unit }, name }: Undo): UnitState {
  return { spaceId: Unit.SpaceID, id: Unit.UnitID, name, version: Unit.Version, dataHash: Unit.DataHash };
}
