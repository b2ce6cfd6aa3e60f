import * as z from 'zod';
import { ACTOR_CLASSES } from './actor-classes.ts';
import { reportedDecisionSchema } from './decision.ts';
import { actorOf } from './field-managers.ts';
import { FINDING_CLASSES } from './finding-classes.ts';
import type { TrippedGuard } from './guards.ts';
import { isNumber, type Json } from './json.ts';
import { picked } from './picked.ts';
import { byUrgency, type Listed, type RankedFinding, SEVERITIES } from './ranking.ts';
import { usageSchema } from './usage.ts';

// The report's data: the schemas here are its types, what reads it back from Git, and its published JSON Schema.

/** Raised when the meaning of a field changes or one goes away; new fields alone do not raise it. */
export const REPORT_SCHEMA_VERSION = 1;
/** Raised with every change of the schema's text, so that of two versions of the tool in one repository the newer one's stays. */
export const SCHEMA_REVISION = 12;

/** Any JSON value; values come from parseJson, which gives exactly those that Json names. */
const json = z.custom<Json>((value) => value !== undefined);
const number = z.custom<number | bigint>(isNumber).meta({ type: 'number' });
const severity = z.enum(SEVERITIES);
const time = z.iso.datetime();
const count = z.int().min(0);

const objectSchema = z
  .object({ apiVersion: z.string(), kind: z.string(), namespace: z.string(), name: z.string() })
  .describe('The Kubernetes object; namespace is empty for cluster-scoped ones.');

const blameSchema = z
  .object({
    manager: z.string(),
    operation: z.enum(['Apply', 'Update']),
    subresource: z.string(),
    time: z.exactOptional(z.string()).describe('RFC 3339, an upper bound; absent where the server keeps none.'),
    actor: z
      .enum([...ACTOR_CLASSES, 'person'])
      .describe('Class of the field manager, by its name; reports before revision 5 have person for hands and delivery.'),
  })
  .transform(({ actor, ...blame }) => ({ ...blame, actor: actor === 'person' ? actorOf(blame) : actor }))
  .describe('The last writer of the field, from managedFields.');

const opinionSchema = z
  .object({
    severity,
    rank: z.number(),
    isHeld: z.boolean(),
    advice: z.object({ cause: z.string(), advice: z.string(), confidence: z.enum(['high', 'medium', 'low']) }),
    promptVersion: z.string(),
  })
  .describe('The words of a model: display text, nothing acts on it.');

const stepSchema = z.union([
  z.object({ field: z.string() }),
  z.object({
    key: z.record(z.string(), z.union([z.string(), number, z.boolean()])),
    duplicate: z.exactOptional(z.int()),
  }),
  z.object({ member: json }),
]);

/** What a drift is, whether it is open or was brought back. */
const driftFields = {
  class: z.enum(FINDING_CLASSES),
  object: objectSchema,
  path: z.string().describe('The field, such as /spec/template/spec/containers[name=app]/image; empty for the whole object.'),
  summary: z.string().describe('What happened, in a few words.'),
  desired: json.describe(
    'As the unit has it; null where absent. A hidden part is "***", with the length class of a text behind it.',
  ),
  live: json.describe(
    'As the cluster has it; null where absent. A hidden part is "***", with "another value" where it is not as desired.',
  ),
  blame: blameSchema.nullable(),
  unit: z.string().describe('space/slug in ConfigHub; empty for an unmanaged object.'),
  isCritical: z.boolean(),
  owner: z.string().default('').describe('Value of the label that names who owns the object; empty where there is none.'),
  severity,
  costUsdPerMonth: z.number().nullable().describe('Live minus desired, US dollars a month of 730 hours; null where unknown.'),
  changeSet: z.string().describe('space/slug of the changeset used; empty without one.'),
  revision: z.number().describe('Revision of the unit that restores desired; 0 where none was written.'),
  shownWith: z.string().default('').describe('Id of the finding whose summary tells this one as well; else empty.'),
  firstSeen: time.describe('Set once and carried over while the finding stays.'),
  opinion: opinionSchema.nullable(),
};

/** An open finding: one line of findings.jsonl. */
export const findingSchema = z.object({
  id: z.string().describe('Stable while the same field of the same object drifts the same way.'),
  fingerprint: z.string().describe('Changes with the values and the unit as well; decisions name it.'),
  ...driftFields,
  // Lines of before there were steps keep their age.
  steps: z.array(stepSchema).readonly().default([]).describe('The path, step by step; empty for the whole object.'),
  restartsPods: z.boolean(),
  action: z.enum(['fix', 'stage', 'report', 'blocked']),
  // No closed list: a reason that a later version knows must not cost a line its age.
  reason: z.string(),
  detail: z.string(),
  unanswered: z
    .string()
    .default('')
    .describe('Version of the prompt that the model was asked by and gave no answer to; else empty.'),
  usage: usageSchema.nullable().default(null),
  returned: count.default(0).describe('How often the same drift was fixed or resolved before it came back.'),
  result: z.string().nullable().describe('What became of a planned fix that left the finding open; null where none was planned.'),
  message: z.string().describe("The server's own words where a fix did not go as planned."),
});
export type ReportFinding = Readonly<z.output<typeof findingSchema>>;

/** A fix: it worked, was reverted at once, or had no effect. One line of corrections.jsonl. */
export const correctionSchema = z.object({
  ...driftFields,
  time,
  findingId: z.string(),
  correctionId: z.string(),
  // Reports of before this was kept hold only what was fixed.
  result: z.enum(['fixed', 'overridden', 'no-effect']).default('fixed'),
  // Lines of before fixes without effect were kept.
  fingerprint: z.string().default('').describe('Fingerprint of the finding.'),
  note: z.string().default('').describe('What is still to be done after a fix, or what became of it, in words.'),
  unhealthy: z.string().default('').describe('Why the workload was not healthy when it had been fixed and waited for.'),
});
export type Correction = Readonly<z.output<typeof correctionSchema>>;

const driftSchema = z.object(driftFields);
/** What lines of findings.jsonl and corrections.jsonl have in common. */
export type ReportedDrift = Readonly<z.output<typeof driftSchema>>;

/** Entries about drifts in the one order of all lists. */
export function inOrder<T>(entries: readonly T[], driftOf: (entry: T) => ReportedDrift): readonly T[] {
  const listed = (entry: T): Listed => {
    const drift = driftOf(entry);
    return { ...drift, rank: drift.opinion?.rank };
  };
  return entries.toSorted((a, b) => byUrgency(listed(a), listed(b)));
}

/** A drift that was resolved without a fix, or has another value now: one line of gone.jsonl. */
export const goneSchema = z.object({
  ...driftSchema.omit({ opinion: true, changeSet: true, revision: true }).shape,
  findingId: z.string(),
  time: time.describe('The pass that did not find it any more.'),
  became: z.enum(['gone', 'changed']),
  state: z.string().describe('What had been done about it, in a few words.'),
});
export type GoneDrift = Readonly<z.output<typeof goneSchema>>;

/** What a line of corrections.jsonl repeats of its finding. */
export function driftOf(finding: ReportFinding): ReportedDrift {
  return picked(driftSchema, finding);
}

const promotionSchema = z.object({
  unit: z.string().describe('space/slug, as upstream is.'),
  upstream: z.string(),
  refusal: z.string().describe('Why ConfigHub would refuse the upgrade; empty where it would not.'),
});

/** A fix that no report contains yet, as its pair of revisions in ConfigHub describes it. */
export interface RecordedFix {
  readonly ranked: RankedFinding;
  readonly correctionId: string;
  readonly revision: number;
  /** `space/slug`; empty without one. */
  readonly changeSet: string;
  /** RFC 3339, as `time` is. */
  readonly firstSeen: string;
  readonly time: string;
  /** A pass staged it and a person applied it: no pass's work. */
  readonly wasStaged: boolean;
}

/** A unit whose configuration an upgrade from its upstream would change. */
export type PromotionNeed = Readonly<z.output<typeof promotionSchema>>;

const incompleteSchema = z.object({ what: z.string(), error: z.string() });
/** Something that could not be compared, and why. */
export type Incomplete = Readonly<z.output<typeof incompleteSchema>>;

const ignoredSchema = z.object({
  what: z.string().describe('The selectors of the rule.'),
  reason: z.string(),
  until: z.string().describe('Date or RFC 3339 time; empty for good.'),
  isExpired: z.boolean().describe('It has no effect any more.'),
});
/** A rule of the ignore file. What it covers at the moment varies, so only the log shows that. */
export type IgnoredByRule = Readonly<z.output<typeof ignoredSchema>>;

const leftOutSchema = z.object({
  notMonitored: count.describe('Declared objects outside the monitored namespaces.'),
  otherTargets: count.describe('Units of other targets.'),
});
/** What is left out on purpose; the numbers follow only steps of more than a quarter. */
export type LeftOut = Readonly<z.output<typeof leftOutSchema>>;
const pauseSchema = z.object({ what: z.string(), until: z.string() });

const groupSchema = z.object({
  title: z.string().describe('What was done, by whom and when.'),
  findings: z.array(z.string()).readonly().describe('Ids of the open findings that it explains, the first fifty.'),
});
/** Open findings that one action of one actor explains. */
export type ReportGroup = Readonly<z.output<typeof groupSchema>>;

const severities = z.object({ critical: count, high: count, medium: count, low: count, info: count });

/** report.json: the state of a cluster in short. */
export const summarySchema = z.object({
  schemaVersion: z.literal(REPORT_SCHEMA_VERSION),
  cluster: z.string(),
  digest: z.string().describe('sha256 over the fingerprints of open findings and the ids of all kept corrections.'),
  open: count,
  worst: severity.nullable(),
  severities: severities.describe('Open findings.'),
  costUsdPerMonth: z.number().describe('Sum of the known costs of open findings.'),
  unknownCosts: count,
  drift: z
    .object({ open: count, severities: severities.nullable().default(null), costUsdPerMonth: z.number(), unknownCosts: count })
    .nullable()
    .default(null)
    .describe(
      'Of open drift alone: without undeclared, duplicate, pending and terminating objects. Null in reports before revision 10.',
    ),
  newest: z.object({ firstSeen: time, count }).nullable().describe('The open findings that were seen last.'),
  blocked: count,
  staged: count,
  corrections: count.describe('Lines of corrections.jsonl.'),
  lastCorrected: z.object({ time, count }).nullable().describe('What the last pass that corrected something corrected.'),
  guard: z.object({ name: z.string(), detail: z.string() }).nullable(),
  // The guard against a shrunken desired side goes by it.
  desiredObjects: count,
  groups: z.array(groupSchema.extend({ count: count.default(0).describe('All findings of the group.') })).readonly(),
  pauses: z.array(pauseSchema).readonly(),
  promotions: z.array(promotionSchema).readonly(),
  // Reports of before there were decisions.
  decisions: z
    .array(reportedDecisionSchema)
    .readonly()
    .default([])
    .describe('What people decided by commit, and what became of it.'),
  incomplete: z.array(incompleteSchema).readonly(),
  ignored: z.array(ignoredSchema).readonly().default([]).describe('The rules of the ignore file.'),
  leftOut: leftOutSchema.default({ notMonitored: 0, otherTargets: 0 }),
  gone: count.default(0).describe('Lines of gone.jsonl.'),
  notes: z.array(z.string()).readonly(),
  prices: z.string(),
});
export type ReportSummary = Readonly<z.output<typeof summarySchema>>;

/** What of it a report has as it is, and the next pass reads again. */
export const carriedSchema = summarySchema.pick({
  desiredObjects: true,
  pauses: true,
  promotions: true,
  decisions: true,
  incomplete: true,
  ignored: true,
  leftOut: true,
  notes: true,
  prices: true,
});
type Carried = Readonly<z.output<typeof carriedSchema>>;

/** `returned`: it ended before; `changed`: other values than in the last report; `restated`: the same, but another action or result. */
export type FindingNews = 'new' | 'returned' | 'changed' | 'restated';

/** Drift of a pass: `before` + `new` + `returned` - `fixed` - `resolved` = `open`. */
export interface Tally {
  /** Open in the last report. */
  readonly before: number;
  readonly new: number;
  /** Fixed or resolved in an earlier report, and there again. */
  readonly returned: number;
  readonly fixed: number;
  readonly resolved: number;
  readonly open: number;
}

/** The state after a pass. Holds no clock, duration or pass id: an unchanged drift gives the same bytes. */
export interface Report extends Carried {
  readonly cluster: string;
  /** sha256 over the fingerprints of open findings and the ids of all kept corrections. */
  readonly digest: string;
  /** What is still open, worst first. */
  readonly findings: readonly ReportFinding[];
  /** The last 20 of each field, oldest first; the last lines are this pass's. */
  readonly corrections: readonly Correction[];
  /** How many of `corrections` are this pass's. */
  readonly fixedNow: number;
  /** How many of this pass's findings were not in the last report. */
  readonly newFindings: number;
  /** Not in the tree. */
  readonly tally: Tally;
  /** Findings of the last report that are resolved without a fix of this pass. Not in the tree. */
  readonly resolved: readonly ReportFinding[];
  /** What changed in `findings` since the last report, by id. Not in the tree. */
  readonly news: ReadonlyMap<string, FindingNews>;
  /** Ids of `findings` that could not be read now, so they are as in the last report. */
  readonly unread: ReadonlySet<string>;
  /** New promotions, pauses and decisions since the last report, a line each. Not in the tree. */
  readonly otherNews: readonly { readonly part: string; readonly line: string }[];
  /** Other changes since the last report, in a few words each. Not in the tree. */
  readonly alsoChanged: readonly string[];
  /** Drift that was resolved without a fix, oldest first: the last 20 of each field, a thousand in all. */
  readonly gone: readonly GoneDrift[];
  readonly groups: readonly ReportGroup[];
  readonly guard: TrippedGuard | undefined;
}

/** What is wrong with a file of the last report. */
export interface ReportFault {
  /** Such as `findings.jsonl`. */
  readonly file: string;
  /** A clause about it. */
  readonly fault: string;
  /** No fix can be decided without its content. */
  readonly holdsFixes: boolean;
}

/** The parts of the last report that a pass needs. */
export interface PreviousReport extends Carried {
  /** `Report.digest`; empty where there is no report yet. */
  readonly digest: string;
  /** Name of the guard that had tripped; empty without one. */
  readonly guard: string;
  readonly findings: readonly ReportFinding[];
  readonly corrections: readonly Correction[];
  readonly gone: readonly GoneDrift[];
  /** Its broken files; their content comes from an older report, or is incomplete. */
  readonly faults: readonly ReportFault[];
}

export const NOTHING_CARRIED: Carried = {
  desiredObjects: 0,
  pauses: [],
  promotions: [],
  decisions: [],
  incomplete: [],
  ignored: [],
  leftOut: { notMonitored: 0, otherTargets: 0 },
  notes: [],
  prices: '',
};

/** Before the first report. */
export const NO_REPORT: PreviousReport = {
  ...NOTHING_CARRIED,
  digest: '',
  guard: '',
  findings: [],
  corrections: [],
  gone: [],
  faults: [],
};

/** RFC 3339 of the time a finding was first reported: the last report's, or now. */
export function firstSeenOf(previous: Pick<PreviousReport, 'findings'>, now: Date): (findingId: string) => string {
  const known = new Map(previous.findings.map((finding) => [finding.id, finding.firstSeen]));
  return (findingId) => known.get(findingId) ?? now.toISOString();
}
