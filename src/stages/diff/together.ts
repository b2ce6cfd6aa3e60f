import { type Finding, isDrift } from '../../domain/finding.ts';
import { relationOf } from '../../domain/related-fields.ts';

/**
 * Findings of one object in which fields that are valid only together tell of each other: a handler that stands in the
 * place of another is one change to people. The first of them tells it, and what it became.
 */
export function toldTogether(findings: readonly Finding[]): readonly Finding[] {
  if (findings.length < 2) return findings;
  const groups = Map.groupBy(findings.filter(isDrift), ({ ref, path }) => relationOf(ref.kind, path));
  const told = new Map<Finding, Finding>();
  for (const [relation, together] of groups) {
    const first = together.find(({ desired }) => desired !== undefined) ?? together[0];
    if (relation === '' || together.length < 2 || !first) continue;
    const others = together.filter((finding) => finding !== first);
    const [added] = others.filter(({ desired }) => desired === undefined);
    const becomes = first.live === undefined ? lastField(added) : '';
    told.set(first, becomes === '' ? first : { ...first, becomes });
    for (const other of others) told.set(other, { ...other, shownWith: first.id });
  }
  return told.size === 0 ? findings : findings.map((finding) => told.get(finding) ?? finding);
}

function lastField(finding: Finding | undefined): string {
  const last = finding?.path.at(-1);
  return last && 'field' in last ? last.field : '';
}
