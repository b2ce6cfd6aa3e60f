import { objectKey } from '../../domain/object-ref.ts';
import type { Opinion } from '../../domain/ranking.ts';
import { relationOf } from '../../domain/related-fields.ts';
import type { RankInput } from './facts.ts';

/** Part of the open findings that the model may hold back: holding is a way to keep drift alive. */
const MAX_SHARE = 0.1;

/**
 * Which findings the model holds back: a tenth of `drift`, all open findings, or one; those of earlier passes count, and come
 * first. Never one of a critical unit or of the severity critical, by the rules or by the model. Fields that are valid only
 * together are fixed together, so a hold of one is a hold of all of them.
 */
export function boundHolds(
  drift: readonly RankInput[],
  opinions: ReadonlyMap<RankInput, Opinion>,
  isCarriedOver: (input: RankInput) => boolean,
): ReadonlySet<RankInput> {
  const groups = Map.groupBy(drift, groupOf);
  const mayHold = (input: RankInput): boolean =>
    !input.finding.isCritical && input.severity !== 'critical' && opinions.get(input)?.severity !== 'critical';
  const wanted = drift.filter((input) => opinions.get(input)?.isHeld);
  const max = Math.max(1, Math.floor(drift.length * MAX_SHARE));
  const held = new Set<RankInput>();
  for (const input of [...wanted.filter(isCarriedOver), ...wanted.filter((entry) => !isCarriedOver(entry))]) {
    const group = groups.get(groupOf(input)) ?? [];
    const isWithin = new Set([...held, ...group]).size <= max;
    if (isWithin && group.every(mayHold)) for (const part of group) held.add(part);
  }
  return held;
}

function groupOf({ finding }: RankInput): string {
  const relation = relationOf(finding.ref.kind, finding.path);
  return `${objectKey(finding.ref)} ${relation === '' ? finding.id : relation}`;
}
