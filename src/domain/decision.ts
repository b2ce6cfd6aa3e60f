import * as z from 'zod';
import { sanitize } from './describe.ts';
import { canonicalJson } from './finding.ts';
import { type IgnoreRule, ignoreRuleSchema } from './ignore-rule.ts';
import { sha256 } from './sha256.ts';

/** The sections of decisions.yaml. */
export const DECISION_KINDS = ['ignore', 'accept', 'fix', 'adopt'] as const;
export type DecisionKind = (typeof DECISION_KINDS)[number];

const fingerprint = z
  .string('is required as a text; put quotes around it')
  .regex(/^[0-9a-f]{32}$/u, 'must be the 32 hexadecimal digits of a finding, as its page and findings.jsonl have them');
const target = {
  fingerprint,
  reason: z.string().min(1).optional(),
  /** Distinguishes a decision from an earlier, applied one about the same finding. */
  time: z
    .union([z.iso.datetime({ offset: true }), z.iso.date()], 'must be a date such as 2026-12-01 or an RFC 3339 time')
    .optional(),
};
// What ConfigHub takes for a slug, without what would be a path or an option.
const slug = z
  .string('is required: the slug of a space')
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/u, 'must be letters, digits, dots and dashes');

export const targetSchema = z.strictObject(target);
export const adoptSchema = z.strictObject({ ...target, space: slug, unit: slug.optional() });

/** decisions.yaml as people write it; its published schema is made from this. */
export const decisionsFileSchema = z.strictObject({
  ignore: z.array(ignoreRuleSchema).optional(),
  accept: z.array(targetSchema).optional(),
  fix: z.array(targetSchema).optional(),
  adopt: z.array(adoptSchema).optional(),
});

/** The author of the commit that last changed the entry. */
export interface Decider {
  readonly name: string;
  readonly email: string;
  /** RFC 3339. */
  readonly time: string;
  /** Empty if only the last report has the decider. */
  readonly commit: string;
}

/** The parts of a decision that reports and revisions show. */
export interface DecisionText {
  /** Equal entries have equal ids, whatever their reason. */
  readonly id: string;
  /** `undefined` if Git's history does not show it. */
  readonly by: Decider | undefined;
  /** Empty where none was given. */
  readonly reason: string;
}
interface Entry extends DecisionText {
  /** Line of the file that the entry begins at, from 1. */
  readonly line: number;
}
export interface IgnoreDecision extends Entry {
  readonly kind: 'ignore';
  readonly rule: IgnoreRule;
}
/** A decision about one finding with exactly the values that it had. */
interface FindingDecision extends Entry {
  readonly kind: 'accept' | 'fix';
  readonly fingerprint: string;
}
interface AdoptDecision extends Entry {
  readonly kind: 'adopt';
  readonly fingerprint: string;
  readonly space: string;
  /** Slug of the new unit; `undefined` for the workload's name. */
  readonly unit: string | undefined;
}
export type TargetedDecision = FindingDecision | AdoptDecision;
export type Decision = IgnoreDecision | TargetedDecision;

/**
 * Result of a decision. `spent`: it was applied and has no effect any more. `waiting`: something stops it for now
 * and the next pass tries again. `unused`: it matches no current finding.
 */
const EFFECTS = ['active', 'spent', 'staged', 'waiting', 'refused', 'expired', 'unused', 'no-effect', 'planned'] as const;
export type DecisionEffect = (typeof EFFECTS)[number];

/** An effect as people read it; data and scripts have the constant. */
export function displayEffect(effect: DecisionEffect): string {
  return effect === 'spent' ? 'applied' : effect;
}

/** Result of carrying out a decision. */
export interface DecisionOutcome {
  readonly id: string;
  readonly effect: DecisionEffect;
  /** One sentence without a full stop. */
  readonly detail: string;
}

/** A line of the report about one decision. */
export const reportedDecisionSchema = z.object({
  // Empty for an entry that could not be read.
  id: z.string(),
  kind: z.enum([...DECISION_KINDS, '']),
  // What it is about, in a few words.
  what: z.string(),
  by: z.string(),
  // RFC 3339 time of the commit; empty if Git's history does not show it.
  decidedAt: z.string(),
  commit: z.string().default('').describe('The commit that last changed the entry; empty if it is not known.'),
  reason: z.string(),
  effect: z.enum(EFFECTS),
  detail: z.string(),
});
export type ReportedDecision = Readonly<z.output<typeof reportedDecisionSchema>>;

/** An invalid entry, with its correction. */
export interface DecisionMistake {
  readonly line: number;
  /** `fix entry 2`, or the section. */
  readonly entry: string;
  readonly error: string;
}

export interface DecisionsFile {
  readonly decisions: readonly Decision[];
  readonly mistakes: readonly DecisionMistake[];
  /** Why the whole file cannot be read, so the decisions are unknown; empty if it can. */
  readonly unreadable: string;
}

export const NO_DECISIONS: DecisionsFile = { decisions: [], mistakes: [], unreadable: '' };

/** The identity of an entry, without its reason: correcting a typing error there is not a new decision. */
export function decisionId(kind: DecisionKind, parts: readonly (string | undefined)[]): string {
  return sha256(canonicalJson([kind, ...parts.map((part) => part ?? null)]) ?? '').slice(0, 16);
}

/** Deciders by id from the last report; `undefined` if Git's history did not show them then. */
export function knownDeciders(previous: readonly ReportedDecision[]): ReadonlyMap<string, Decider | undefined> {
  return new Map(previous.flatMap((line) => (line.id === '' ? [] : [[line.id, deciderIn(line)] as const])));
}

function deciderIn({ by, decidedAt }: ReportedDecision): Decider | undefined {
  const [, name, email] = /^(.*) <([^<>]*)>$/u.exec(by) ?? [];
  return name !== undefined && email !== undefined ? { name, email, time: decidedAt, commit: '' } : undefined;
}

/** `Ann Lee <ann@example.org>`; `an unknown author` if Git's history does not show it. */
export function displayDecider(by: Decider | undefined): string {
  return by ? sanitize(`${by.name} <${by.email}>`) : 'an unknown author';
}
