import { type Finding, isDrift } from '../../domain/finding.ts';
import { relationOf } from '../../domain/related-fields.ts';

/**
 * Joins findings of one object whose fields are valid only together: to a reader, a handler that replaced another is one
 * change. The first of them describes it; the others name it in `shownWith`.
 */
export function joinRelated(findings: readonly Finding[]): readonly Finding[] {
  if (findings.length < 2) return findings;
  const groups = Map.groupBy(findings.filter(isDrift), ({ ref, path }) => relationOf(ref.kind, path));
  const joined = new Map<Finding, Finding>();
  for (const [relation, together] of groups) {
    const first = together.find(({ desired }) => desired !== undefined) ?? together[0];
    if (relation === '' || together.length < 2 || !first) continue;
    const others = together.filter((finding) => finding !== first);
    const [added] = others.filter(({ desired }) => desired === undefined);
    const becomes = first.live === undefined ? lastField(added) : '';
    joined.set(first, becomes === '' ? first : { ...first, becomes });
    for (const other of others) joined.set(other, { ...other, shownWith: first.id });
  }
  return joined.size === 0 ? findings : findings.map((finding) => joined.get(finding) ?? finding);
}

function lastField(finding: Finding | undefined): string {
  const last = finding?.path.at(-1);
  return last && 'field' in last ? last.field : '';
}
