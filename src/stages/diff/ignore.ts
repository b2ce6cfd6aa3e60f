import type { FieldPath } from '../../domain/field-path.ts';
import { printPath } from '../../domain/field-path.ts';
import type { Blame } from '../../domain/finding.ts';
import type { IgnoreRule, IgnoreUse } from '../../domain/ignore-rule.ts';
import type { ObjectRef } from '../../domain/object-ref.ts';

/** Finds the rule that covers a difference, and counts how often each does. */
export interface Ignores {
  ruleFor(ref: ObjectRef, path: FieldPath, blame: Blame | undefined): IgnoreRule | undefined;
  uses(): readonly IgnoreUse[];
}

export function createIgnores(rules: readonly IgnoreRule[], now: Date): Ignores {
  const compiled = rules.map((rule) => ({
    rule,
    isExpired: rule.until !== undefined && Date.parse(rule.until) <= now.getTime(),
    matches: 0,
    namespace: glob(rule.namespace),
    kind: glob(rule.kind),
    name: glob(rule.name),
    path: glob(rule.path, rule.path === '' ? '$' : '($|[/[].*)'),
    manager: glob(rule.manager),
  }));
  return {
    ruleFor(ref, path, blame) {
      for (const entry of compiled) {
        if (entry.isExpired) continue;
        const isCovered =
          entry.namespace.test(ref.namespace) &&
          entry.kind.test(ref.kind) &&
          entry.name.test(ref.name) &&
          entry.path.test(printPath(path)) &&
          entry.manager.test(blame?.manager ?? '');
        if (!isCovered) continue;
        entry.matches++;
        return entry.rule;
      }
      return undefined;
    },
    uses: () => compiled.map(({ rule, matches, isExpired }) => ({ rule, matches, isExpired })),
  };
}

/** `*` is any run of characters; an absent selector covers everything. */
function glob(pattern: string | undefined, end = '$'): RegExp {
  const text = (pattern ?? '*').split('*').map(RegExp.escape).join('.*');
  return new RegExp(`^${text}${end}`, 'su');
}
