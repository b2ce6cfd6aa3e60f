import * as z from 'zod';
import type { JsonObject } from './json.ts';
import type { ObjectRef } from './object-ref.ts';

const selector = z.string().min(1).optional();

/**
 * A rule for ignored drift. Selectors may contain `*` for any number of characters; a path also covers
 * everything below it, and an empty path covers only a missing or unmanaged object. At least one
 * selector besides an empty path is required, and so is the reason; after `until` the rule has no effect.
 */
export const ignoreRuleSchema = z
  .strictObject({
    namespace: selector,
    kind: selector,
    name: selector,
    path: z.string().optional(),
    manager: selector,
    reason: z.string('is required: give a reason').min(1, 'is empty: give a reason'),
    until: z
      .union([z.iso.datetime({ offset: true }), z.iso.date()], 'must be a date such as 2026-12-01 or an RFC 3339 time')
      .optional(),
  })
  .refine(
    (rule) =>
      [rule.namespace, rule.kind, rule.name, rule.path, rule.manager].some((entry) => entry !== undefined && entry !== ''),
    {
      error: 'names nothing to ignore: give at least one of namespace, kind, name, path, manager',
    },
  );

export type IgnoreRule = Readonly<z.infer<typeof ignoreRuleSchema>>;

/** `kind Deployment, path /spec/replicas` */
export function selectorsOf(rule: IgnoreRule): string {
  return (['namespace', 'kind', 'name', 'path', 'manager'] as const)
    .flatMap((name) => (rule[name] === undefined ? [] : [rule[name] === '' ? 'only as a whole' : `${name} ${rule[name]}`]))
    .join(', ');
}

/** An entry that covers this finding and, for a whole object, nothing of it once it is there again. */
export function ruleFor(
  { object, path }: { readonly object: ObjectRef; readonly path: string },
  { reason, until }: { readonly reason: string; readonly until: string },
): JsonObject {
  const { namespace, kind, name } = object;
  return { ...(namespace === '' ? {} : { namespace }), kind, name, path, reason, ...(until === '' ? {} : { until }) };
}

/** What became of a rule in one comparison. */
export interface IgnoreUse {
  readonly rule: IgnoreRule;
  readonly matches: number;
  readonly isExpired: boolean;
}
