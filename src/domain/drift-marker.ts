// How the two revisions of a fix are recognised by their descriptions, which is all that ConfigHub keeps of them.

/** The fix that a revision's description names. */
export const DRIFT_MARKER = /\[drift:([0-9a-f]{16})[\] ]/u;
/** The first half of a pair: the drifted state, with the beginning of its bytes' SHA-256. */
const OBSERVED = /^Drift detected: .*\[drift:([0-9a-f]{16}) sha256:([0-9a-f]{12})\]$/u;
/** The second half: the desired state again. */
const RESTORED = /^Fixed .*\[drift:([0-9a-f]{16})\]$/u;

export interface ObservedMarker {
  readonly correctionId: string;
  /** 12 hexadecimal digits. */
  readonly digest: string;
}

export function driftMarker(correctionId: string): string {
  return `[drift:${correctionId}`;
}

/** `undefined` where the description is not that of a drifted state. */
export function observedMarker(description: string): ObservedMarker | undefined {
  const [, correctionId, digest] = OBSERVED.exec(description) ?? [];
  return correctionId === undefined || digest === undefined ? undefined : { correctionId, digest };
}

/** Id of the fix that the description calls finished; `undefined` if it names none. */
export function restoredMarker(description: string): string | undefined {
  return RESTORED.exec(description)?.[1];
}
