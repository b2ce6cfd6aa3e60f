import { createHash } from 'node:crypto';
import type { ChangeSet, ConfigHubClient } from '../confighub/client.ts';
import { inList, quote } from '../confighub/where.ts';
import type { ChangeSetRef } from '../types/desired.ts';
import type { UnitCorrection } from '../types/plan.ts';
import { stateOf } from './write-pair.ts';

/** Slug of the pass's own changeset for these corrections: the same corrections give the same name. */
export function changeSetSlug(cluster: string, corrections: readonly UnitCorrection[]): string {
  const ids = corrections.map((correction) => correction.id).sort();
  return `drift-${cluster}-${createHash('sha256').update(ids.join()).digest('hex').slice(0, 8)}`;
}

/** Creates the pass's own changeset in the space of its first unit; a changeset covers units of any space. */
export async function openOwnChangeSet(
  confighub: ConfigHubClient,
  cluster: string,
  corrections: readonly UnitCorrection[],
  signal: AbortSignal,
): Promise<ChangeSetRef | undefined> {
  const home = corrections.map((correction) => correction.unit).sort((a, b) => (a.space < b.space ? -1 : 1))[0];
  if (!home) return undefined;
  const names = corrections.map((correction) => correction.unit.slug).sort();
  const description = `Drift corrections of ${names.length} unit${names.length === 1 ? '' : 's'}: ${names.slice(0, 5).join(', ')}${names.length > 5 ? ', ...' : ''}`;
  await removeUnused(confighub, cluster, signal);
  const slug = await freeSlug(confighub, home.spaceId, changeSetSlug(cluster, corrections), signal);
  const created = await confighub.createChangeSet(
    home.spaceId,
    { slug, description, labels: { 'drift-detector': cluster } },
    signal,
  );
  return { id: created.ChangeSetID, slug: created.Slug, space: home.space };
}

/**
 * Removes changesets that killed passes of this cluster created and put no unit into: their slugs are taken, and nobody
 * could tell them from one that is about to be used.
 */
async function removeUnused(confighub: ConfigHubClient, cluster: string, signal: AbortSignal): Promise<void> {
  const where = `Labels.drift-detector = ${quote(cluster)} AND StartTagID IS NULL`;
  const isUnused = ({ Labels, State }: ChangeSet): boolean =>
    Labels['drift-detector'] === cluster && State !== 'Open' && State !== 'Closed';
  for (const changeSet of (await confighub.listChangeSets(where, signal)).filter(isUnused))
    await confighub.deleteChangeSet(changeSet, signal);
}

/** A closed changeset cannot be opened again, so one of these very corrections that was closed early keeps its slug. */
async function freeSlug(confighub: ConfigHubClient, spaceId: string, wanted: string, signal: AbortSignal): Promise<string> {
  const where = `SpaceID = ${quote(spaceId)} AND Slug LIKE ${quote(`${wanted}%`)}`;
  const taken = new Set((await confighub.listChangeSets(where, signal)).map(({ Slug }) => Slug));
  for (let copy = 1; ; copy++) {
    const slug = copy === 1 ? wanted : `${wanted}-${copy}`;
    if (!taken.has(slug)) return slug;
  }
}

/** The changeset that a complete pair at the head belongs to, closed by now; `undefined` where it has none. */
export async function changeSetOfHead(
  { unit }: UnitCorrection,
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
