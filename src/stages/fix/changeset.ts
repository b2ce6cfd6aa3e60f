import type { ChangeSet, ConfigHubClient } from '../../clients/confighub/client.ts';
import { inList, quote } from '../../clients/confighub/where.ts';
import type { ChangeSetRef } from '../../domain/desired.ts';
import { ConfigHubError, throwUnless } from '../../domain/errors.ts';
import type { UnitFix } from '../../domain/plan.ts';
import { sha256 } from '../../domain/sha256.ts';
import { stateOf } from './write-pair.ts';

export interface CloseOptions {
  readonly onWarning: (message: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Closes a changeset, or releases only these units. A failure undoes no write: a changeset that stays open is reported, and the
 * next pass closes it.
 */
export async function closeChangeSet(
  { id, space, slug }: ChangeSetRef,
  confighub: ConfigHubClient,
  { onWarning, signal }: CloseOptions,
  unitIds?: readonly string[],
): Promise<void> {
  try {
    await confighub.closeChangeSet(id, signal, unitIds);
  } catch (error) {
    throwUnless(error, ConfigHubError, signal);
    onWarning(`changeset ${space}/${slug} could not be closed: ${error.message}`);
  }
}

/** Something that is written to a unit, with an id of its own. */
type Written = Pick<UnitFix, 'id' | 'unit'>;

/** Slug of the pass's own changeset for these fixes: the same fixes give the same name. */
function changeSetSlug(cluster: string, fixes: readonly Written[]): string {
  const ids = fixes.map((fix) => fix.id).sort();
  return `drift-${cluster}-${sha256(ids.join()).slice(0, 8)}`;
}

/**
 * Opens the pass's own changeset in the space of its first unit; a changeset covers units of any space. One of the same
 * name that an earlier pass left before it wrote anything is taken; one that is closed stays so, and a number is added.
 */
export async function openOwnChangeSet(
  confighub: ConfigHubClient,
  cluster: string,
  fixes: readonly Written[],
  signal: AbortSignal,
  what = 'Drift corrections',
): Promise<ChangeSetRef | undefined> {
  const home = fixes.map((fix) => fix.unit).sort((a, b) => (a.space < b.space ? -1 : 1))[0];
  if (!home) return undefined;
  const names = fixes.map((fix) => fix.unit.slug).sort();
  const description = `${what} of ${names.length} unit${names.length === 1 ? '' : 's'}: ${names.slice(0, 5).join(', ')}${names.length > 5 ? ', ...' : ''}`;
  await removeUnused(confighub, cluster, signal);
  const slug = changeSetSlug(cluster, fixes);
  const labels = { 'drift-detector': cluster };
  return withFreeSlug(slug, async (wanted) => {
    const opened = await created(confighub.createChangeSet(home.spaceId, { slug: wanted, description, labels }, signal));
    const found = opened ?? (await confighub.findChangeSet(`${home.space}/${wanted}`, signal));
    const isOurs = found.Labels['drift-detector'] === cluster && found.State !== 'Closed';
    return opened || isOurs ? { id: found.ChangeSetID, slug: found.Slug, space: home.space } : undefined;
  });
}

/** Creates a changeset of this name, with a number behind it where the name is taken. */
export function createChangeSet(
  confighub: ConfigHubClient,
  spaceId: string,
  body: Parameters<ConfigHubClient['createChangeSet']>[1],
  signal: AbortSignal,
): Promise<ChangeSet> {
  return withFreeSlug(body.slug, (slug) => created(confighub.createChangeSet(spaceId, { ...body, slug }, signal)));
}

async function withFreeSlug<T>(slug: string, open: (slug: string) => Promise<T | undefined>): Promise<T> {
  for (let number = 1; ; number++) {
    const opened = await open(number === 1 ? slug : `${slug}-${number}`);
    if (opened) return opened;
  }
}

/** `undefined` where the name is taken. */
async function created(creating: Promise<ChangeSet>): Promise<ChangeSet | undefined> {
  try {
    return await creating;
  } catch (error) {
    if (error instanceof ConfigHubError && error.code === 'conflict') return undefined;
    throw error;
  }
}

/**
 * Removes changesets that killed passes of this cluster created and put no unit into: their slugs are taken, and they
 * look like one that is about to be used.
 */
async function removeUnused(confighub: ConfigHubClient, cluster: string, signal: AbortSignal): Promise<void> {
  const where = `Labels.drift-detector = ${quote(cluster)} AND StartTagID IS NULL`;
  // By name as well: a person may have put the label on another changeset.
  const isUnused = ({ Labels, State, Slug }: ChangeSet): boolean =>
    Labels['drift-detector'] === cluster && Slug.startsWith(`drift-${cluster}-`) && State !== 'Open' && State !== 'Closed';
  for (const changeSet of (await confighub.listChangeSets(where, signal)).filter(isUnused))
    await confighub.deleteChangeSet(changeSet, signal);
}

/** The changeset that a complete pair at the head belongs to, closed by now; `undefined` where it has none. */
export async function changeSetOfHead(
  { unit }: UnitFix,
  confighub: ConfigHubClient,
  signal: AbortSignal,
): Promise<ChangeSetRef | undefined> {
  if (!confighub.abilities.locksUnits) return undefined;
  const head = await confighub.readRevision(stateOf(unit), unit.headRevision, signal);
  const id = head?.ChangeSetID ?? undefined;
  return id === undefined ? undefined : (await changeSetsById([id], confighub, signal)).get(id);
}

/** By id; those that are gone by now are absent. */
export async function changeSetsById(
  ids: readonly string[],
  confighub: ConfigHubClient,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ChangeSetRef>> {
  if (ids.length === 0) return new Map();
  const changeSets = await confighub.listChangeSets(`ChangeSetID IN ${inList([...new Set(ids)].sort())}`, signal);
  const spaceIds = [...new Set(changeSets.map(({ SpaceID }) => SpaceID))].sort();
  const spaces = spaceIds.length === 0 ? [] : await confighub.listSpaces(`SpaceID IN ${inList(spaceIds)}`, signal);
  const slugOf = new Map(spaces.map(({ SpaceID, Slug }) => [SpaceID, Slug]));
  return new Map(
    changeSets.map(({ ChangeSetID: id, Slug: slug, SpaceID, Labels }) => {
      const openedFor = Labels['drift-detector'];
      return [id, { id, slug, space: slugOf.get(SpaceID) ?? '', ...(openedFor === undefined ? {} : { openedFor }) }];
    }),
  );
}
