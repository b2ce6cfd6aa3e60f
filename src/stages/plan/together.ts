import { printPath } from '../../domain/field-path.ts';
import { isDrift } from '../../domain/finding.ts';
import type { FindingClass } from '../../domain/finding-classes.ts';
import { objectKey } from '../../domain/object-ref.ts';
import type { PlanItem } from '../../domain/plan.ts';
import { relationOf } from '../../domain/related-fields.ts';

// Findings of one object that cannot be decided one by one.

export function wouldChange(item: PlanItem): boolean {
  return item.action === 'fix' || item.action === 'stage';
}

/**
 * Fields that are valid only together are brought back together: where one of them is left alone, so are the others, for
 * the same reason.
 */
export function judgeTogether(items: readonly PlanItem[]): readonly PlanItem[] {
  const groupOf = ({ ranked: { finding } }: PlanItem): string => {
    const relation = isDrift(finding) ? relationOf(finding.ref.kind, finding.path) : '';
    return relation === '' ? '' : `${objectKey(finding.ref)} ${relation}`;
  };
  const left = new Map(items.filter((item) => !wouldChange(item)).map((item) => [groupOf(item), item]));
  // Whoever renames an element removes one and adds one. Where the server refuses the old one, the new one stays.
  const refused = new Map(items.filter(isRefused).map((item) => [listOf(item, 'removed'), item]));
  return items.map((item): PlanItem => {
    if (!wouldChange(item)) return item;
    const [group, list] = [groupOf(item), listOf(item, 'added')];
    const other = (group === '' ? undefined : left.get(group)) ?? (list === '' ? undefined : refused.get(list));
    return other ? { ...item, action: other.action, reason: other.reason, detail: other.detail } : item;
  });
}

function isRefused({ reason }: PlanItem): boolean {
  return reason === 'admission' || reason === 'denied' || reason === 'not-predictable';
}

/** The list that a finding of this class is a whole element of; empty for any other finding. */
function listOf({ ranked: { finding } }: PlanItem, found: FindingClass): string {
  const last = finding.path.at(-1);
  const isElement = finding.class === found && last !== undefined && 'key' in last;
  return isElement ? `${objectKey(finding.ref)} ${printPath(finding.path.slice(0, -1))}` : '';
}
