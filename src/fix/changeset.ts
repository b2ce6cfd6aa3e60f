import { createHash } from 'node:crypto';
import type { ConfigHubClient } from '../confighub/client.ts';
import type { ChangeSetRef } from '../types/desired.ts';
import type { UnitCorrection } from '../types/plan.ts';

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
  const slug = changeSetSlug(cluster, corrections);
  const created = await confighub.createChangeSet(
    home.spaceId,
    { slug, description, labels: { 'drift-detector': cluster } },
    signal,
  );
  return { id: created.ChangeSetID, slug: created.Slug, space: home.space };
}
