import { stringAt } from '../../domain/json.ts';
import { displayRef } from '../../domain/object-ref.ts';
import type { Pause } from '../../domain/plan.ts';
import { type LiveObject, PAUSE_ANNOTATION, type Snapshot } from '../../domain/snapshot.ts';

/**
 * Pauses that people set with one `kubectl annotate`, sorted, without ended ones. A time that cannot be read
 * pauses as well: its author wanted a pause.
 */
export function activePauses(snapshot: Pick<Snapshot, 'objects' | 'pausedNamespaces'>, now: Date): readonly Pause[] {
  const ofNamespaces = Object.entries(snapshot.pausedNamespaces).map(([name, until]) => ({ what: `namespace/${name}`, until }));
  const ofObjects = snapshot.objects.flatMap((object) => {
    const until = stringAt(object.body, 'metadata', 'annotations', PAUSE_ANNOTATION);
    return until === undefined ? [] : [{ what: displayRef(object.ref), until }];
  });
  return [...ofNamespaces, ...ofObjects].filter(({ until }) => holds(until, now)).sort((a, b) => (a.what < b.what ? -1 : 1));
}

/** The pause that holds this object, by its own annotation or its namespace's. */
export function pauseOf(pauses: readonly Pause[], live: LiveObject | undefined, namespace: string): Pause | undefined {
  const own = live && displayRef(live.ref);
  return pauses.find(({ what }) => what === own || what === `namespace/${namespace}`);
}

/** RFC 3339, as annotations have it. */
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/u;

/** Milliseconds since 1970; NaN for an invalid time. */
function endOf(until: string): number {
  return TIME.test(until) ? Date.parse(until) : Number.NaN;
}

function holds(until: string, now: Date): boolean {
  const time = endOf(until);
  return Number.isNaN(time) || now.getTime() < time;
}

/** A pause in report and log. */
export function pauseDetail({ what, until }: Pause): string {
  return Number.isNaN(endOf(until))
    ? `${what} is annotated ${PAUSE_ANNOTATION} with a value that is no time such as 2026-11-24T06:00:00Z; correct or remove it`
    : `${what} is annotated ${PAUSE_ANNOTATION}=${until}`;
}
