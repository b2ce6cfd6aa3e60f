import { sha256 } from './sha256.ts';

/**
 * The end of a revision's description that says: these bytes were live, by these decisions, when the unit's live revision
 * was that one. Nothing of it waits to be applied, so it is desired from then on although no apply made it live.
 */
const ACCEPTED = /^Accepted .*\[decision:[0-9a-f,]+ live:(\d+) sha256:([0-9a-f]{12})\]$/su;
/** At the very end only: what comes before holds what people and clusters wrote. */
const CARRIED_OUT = /\[decision:([0-9a-f,]+)(?: live:\d+ sha256:[0-9a-f]{12})?\]$/u;

function digestOf(text: string): string {
  return sha256(text).slice(0, 12);
}

export function acceptMarker(decisionIds: readonly string[], liveRevision: number, text: string): string {
  return `[decision:${decisionIds.join()} live:${liveRevision} sha256:${digestOf(text)}]`;
}

export function adoptMarker(decisionId: string): string {
  return `[decision:${decisionId}]`;
}

/** True for the description of a revision with this text that accepted what was live on top of that live revision. */
export function acceptsLive(description: string, liveRevision: number, text: string): boolean {
  const [, live, digest] = ACCEPTED.exec(description) ?? [];
  return live === String(liveRevision) && digest === digestOf(text);
}

/** True where a description claims so; its text has to be looked at. */
export function claimsToAccept(description: string, liveRevision: number): boolean {
  return ACCEPTED.exec(description)?.[1] === String(liveRevision);
}

/** Ids of the decisions that a revision carried out. */
export function decisionsIn(description: string): readonly string[] {
  return CARRIED_OUT.exec(description)?.[1]?.split(',') ?? [];
}
