import type { ConfigHubClient } from '../../clients/confighub/client.ts';
import { cutText } from '../../domain/describe.ts';
import type { DesiredUnit } from '../../domain/desired.ts';
import { ConfigHubError } from '../../domain/errors.ts';
import type { UnitHistory } from '../../domain/report.ts';

/** Revisions of a unit that tell what went before. */
const KEPT = 5;
const DESCRIPTION_LENGTH = 200;

/**
 * The last revisions of these units as they are now, in one request. They only explain, so what cannot be asked is a
 * warning. `mask` gives a text as a report may hold it.
 */
export async function readHistories(
  confighub: ConfigHubClient,
  units: readonly DesiredUnit[],
  mask: (text: string) => string,
  onWarning: (message: string) => void,
  signal: AbortSignal,
): Promise<readonly UnitHistory[]> {
  if (units.length === 0) return [];
  const from = Math.max(1, Math.min(...units.map((unit) => unit.headRevision)) + 1 - KEPT);
  try {
    const found = await confighub.listRevisionsFrom(units, from, signal);
    const byUnit = Map.groupBy(found, ({ Revision }) => Revision.UnitID);
    return units.map(({ id, space, slug }) => ({
      unit: `${space}/${slug}`,
      revisions: (byUnit.get(id) ?? [])
        .map(({ Revision, User }) => ({
          number: Revision.RevisionNum,
          time: Revision.CreatedAt,
          author: User?.Username ?? '',
          description: cutText(mask(Revision.Description), DESCRIPTION_LENGTH),
        }))
        .sort((a, b) => b.number - a.number)
        .slice(0, KEPT),
    }));
  } catch (error) {
    if (signal.aborted || !(error instanceof ConfigHubError)) throw error;
    onWarning(`the last revisions of ${units.length} units are not known: ${error.message}`);
    return [];
  }
}
