import { createHash } from 'node:crypto';
import type { ConfigHubClient } from '../confighub/client.ts';
import { and, quote } from '../confighub/where.ts';
import type { ChangeSetRef } from '../types/desired.ts';
import { ConfigHubError } from '../types/errors.ts';
import type { UnitCorrection } from '../types/plan.ts';

/** Something that is written to a unit, with an id of its own. */
type Written = Pick<UnitCorrection, 'id' | 'unit'>;

/** Slug of the pass's own changeset for these corrections: the same corrections give the same name. */
export function changeSetSlug(cluster: string, corrections: readonly Written[]): string {
  const ids = corrections.map((correction) => correction.id).sort();
  return `drift-${cluster}-${createHash('sha256').update(ids.join()).digest('hex').slice(0, 8)}`;
}

/** Creates the pass's own changeset in the space of its first unit; a changeset covers units of any space. */
export async function openOwnChangeSet(
  confighub: ConfigHubClient,
  cluster: string,
  corrections: readonly Written[],
  signal: AbortSignal,
  what = 'Drift corrections',
): Promise<ChangeSetRef | undefined> {
  const home = corrections.map((correction) => correction.unit).sort((a, b) => (a.space < b.space ? -1 : 1))[0];
  if (!home) return undefined;
  const names = corrections.map((correction) => correction.unit.slug).sort();
  const description = `${what} of ${names.length} unit${names.length === 1 ? '' : 's'}: ${names.slice(0, 5).join(', ')}${names.length > 5 ? ', ...' : ''}`;
  const slug = changeSetSlug(cluster, corrections);
  const labels = { 'drift-detector': cluster };
  const created = await confighub.createChangeSet(home.spaceId, { slug, description, labels }, signal).catch(async (error) => {
    // A pass that was killed right after it had made it left one of that name, which nothing was written under.
    if (!(error instanceof ConfigHubError) || error.code !== 'conflict') throw error;
    const found = await confighub.listChangeSets(and(`SpaceID = ${quote(home.spaceId)}`, `Slug = ${quote(slug)}`), signal);
    const left = found.find(({ Labels, State }) => Labels['drift-detector'] === cluster && State !== 'Closed');
    if (!left) throw error;
    return left;
  });
  return { id: created.ChangeSetID, slug: created.Slug, space: home.space };
}
