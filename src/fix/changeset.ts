import { createHash } from 'node:crypto';
import type { ChangeSet, ConfigHubClient } from '../confighub/client.ts';
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

/**
 * Opens the pass's own changeset in the space of its first unit; a changeset covers units of any space. One of the same
 * name that an earlier pass left before it wrote anything is taken; one that is closed stays so, and a number is added.
 */
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
  for (let number = 1; ; number++) {
    const wanted = number === 1 ? slug : `${slug}-${number}`;
    const opened = await created(confighub.createChangeSet(home.spaceId, { slug: wanted, description, labels }, signal));
    const found = opened ?? (await confighub.findChangeSet(`${home.space}/${wanted}`, signal));
    const isOurs = found.Labels['drift-detector'] === cluster && found.State !== 'Closed';
    if (opened || isOurs) return { id: found.ChangeSetID, slug: found.Slug, space: home.space };
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
