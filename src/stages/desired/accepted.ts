import { type ConfigHubClient, type Unit, unitRef } from '../../clients/confighub/client.ts';
import { acceptsLive, claimsToAccept } from '../../domain/accept-marker.ts';

/** A revision whose text is what is live, by a person's decision. */
export interface AcceptedRevision {
  readonly number: number;
  readonly text: string;
}

/**
 * The newest revision after the live one that accepted what is live. It describes the present cluster, so it needs no apply.
 * After an apply of a later revision, that one counts again.
 */
export async function findAccepted(
  confighub: ConfigHubClient,
  unit: Unit,
  space: string,
  signal: AbortSignal,
): Promise<AcceptedRevision | undefined> {
  const { HeadRevisionNum: head, LiveRevisionNum: live, Data: headText } = unit;
  if (acceptsLive(unit.LastChangeDescription, live, headText)) return { number: head, text: headText };
  const ref = unitRef(unit, space);
  for (const { Revision } of await confighub.listRevisions(ref, signal)) {
    const { RevisionNum: number, Description: description } = Revision;
    if (number <= live) return undefined;
    if (!claimsToAccept(description, live)) continue;
    // Later pairs of revisions end in the same text.
    if (acceptsLive(description, live, headText)) return { number, text: headText };
    const text = (await confighub.readRevision(ref, number, signal))?.Data;
    if (text !== undefined && acceptsLive(description, live, text)) return { number, text };
  }
  return undefined;
}
