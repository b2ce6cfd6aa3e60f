import type { FindingClass } from '../../domain/finding-classes.ts';

/** What one rule of the walk decides, and the reason in a sentence. Without a class the field is in sync. */
interface RuleText {
  readonly class?: FindingClass;
  readonly because: string;
}

/** Every way in which a field can be judged. `diff --explain` prints them, so each says what evidence decides. */
export const RULES = {
  equal: { because: 'desired and live have the same value' },
  'equal-in-other-spelling': {
    because: 'the same amount, instant or length in another notation, or only known defaults beside it',
  },
  'default-asked-for': { because: 'desired leaves the value empty and live has the known default' },
  'zero-is-absent': {
    because: 'the API server leaves out an empty or zero value, and no applier of ours has an entry to prove otherwise',
  },
  'kept-by-ours': {
    because: 'desired is empty or zero here and our applier still owns the field: this is how the API server writes it',
  },
  'not-applied-yet': {
    class: 'pending',
    because:
      'the values differ and our applier still owns the field, so no one else has written it since: desired is ahead, or admission changed it during our own apply',
  },
  changed: { class: 'changed', because: 'the values differ and our applier does not own the field' },
  removed: { class: 'removed', because: 'desired has it, live lacks it, and our applier does not own it any more' },
  reordered: { class: 'changed', because: 'the order of these elements has a meaning and is another one' },
  'known-default': { because: 'undeclared, and the value that the API server writes by itself' },
  unowned: { because: 'undeclared and without an owner: a default, an allocation, or admission during an apply' },
  scaled: {
    class: 'informational',
    because:
      'desired leaves replicas open and they are not the default: scaling through the scale subresource records no owner where there was none before',
  },
  'not-sent-by-applier': {
    because:
      'undeclared and owned by a client-side apply whose last-applied annotation does not contain it: a default or admission',
  },
  dropped: { class: 'to_remove', because: 'our applier owns it and desired does not declare it any more' },
  'dropped-since-last-applied': {
    class: 'to_remove',
    because: 'the last-applied annotation contains it, desired does not declare it any more, and it is still live',
  },
  'dropped-or-default': {
    class: 'informational',
    because:
      'undeclared, and owned by an Update of a manager of ours, which also owns the defaults of what it created: dropped or a default, it is unknown which',
  },
  added: { class: 'added', because: 'undeclared, owned by another manager, and no known default' },
  'added-in-another-version': {
    class: 'added',
    because:
      'undeclared and no known default; it has no owner in this version of the API, and another manager wrote fields that this version does not have',
  },
  'added-without-managed-fields': {
    class: 'added',
    because: 'undeclared, no known default, and the object has no managedFields that would show who wrote it',
  },
} as const satisfies Readonly<Record<string, RuleText>>;

export type Rule = keyof typeof RULES;

export function classOf(rule: Rule): FindingClass | undefined {
  const text: RuleText = RULES[rule];
  return text.class;
}
