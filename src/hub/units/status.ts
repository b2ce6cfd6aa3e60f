import type { JsonObject } from '../../domain/json.ts';
import type { UnitEvent } from '../entities/unit-event.ts';

/** `UnitStatus`, from the newest event. The value names of `Status` are ours (reference, section 2 and doubt 6). */
export function unitStatus(liveRevisionNum: number, event: UnitEvent | undefined): JsonObject {
  return {
    Status: statusOf(liveRevisionNum, event),
    Drift: '',
    Action: event?.Action ?? 'N/A',
    ActionResult: event?.Result ?? 'None',
    ActionStartedAt: event?.StartedAt ?? null,
    ActionTerminatedAt: event?.TerminatedAt ?? null,
  };
}

function statusOf(liveRevisionNum: number, event: UnitEvent | undefined): string {
  switch (event?.Status) {
    case 'Pending':
    case 'Progressing':
      return 'Progressing';
    case 'Failed':
      return 'Failed';
    case 'Completed':
    case 'Canceled':
    case undefined:
      return liveRevisionNum === 0 ? 'NoLive' : 'Ready';
  }
}
