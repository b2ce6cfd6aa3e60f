import type { ReportedDecision } from '../../domain/decision.ts';
import { type DesiredState, unitWords } from '../../domain/desired.ts';
import { printPath } from '../../domain/field-path.ts';
import { type Comparison, canonicalJson, type Finding, type FindingGroup, isDrift } from '../../domain/finding.ts';
import { DRIFT_CLASSES } from '../../domain/finding-classes.ts';
import { type IgnoreRule, selectorsOf } from '../../domain/ignore-rule.ts';
import { displayRef, groupKind, objectKey } from '../../domain/object-ref.ts';
import type { FixOutcome } from '../../domain/outcome.ts';
import type { Plan } from '../../domain/plan.ts';
import type { Ranking } from '../../domain/ranking.ts';
import {
  type Correction,
  type IgnoredByRule,
  type Incomplete,
  inOrder,
  type LeftOut,
  type PreviousReport,
  type PromotionNeed,
  type RecordedFix,
  type Report,
  type ReportFinding,
  type ReportGroup,
} from '../../domain/report.ts';
import { hasHiddenPart } from '../../domain/secret.ts';
import { sha256 } from '../../domain/sha256.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { inSteps } from '../../domain/steps.ts';
import { nameOfRead } from './failed-reads.ts';
import { toCorrection, toGone, toLine, toRecorded } from './lines.ts';
import { hasOtherOutcome, newsOf, otherNews } from './news.ts';
import { endings, tallyOf } from './tally.ts';

/** Fixes that are kept for each field. */
const KEPT_CORRECTIONS = 20;
/** Drifts that went by themselves, remembered in all: fields that come and go must not fill the repository. */
const KEPT_GONE = 1_000;

export interface ReportInput {
  readonly cluster: string;
  readonly snapshot: Pick<Snapshot, 'failedReads'>;
  readonly desired: Pick<DesiredState, 'invalid' | 'otherTargets'>;
  readonly comparison: Pick<Comparison, 'invalid' | 'ignores' | 'notMonitored'>;
  /** Why there was nothing to compare; empty where there was. */
  readonly nothingCompared: string;
  readonly ranking: Ranking;
  readonly plan: Plan;
  readonly outcomes: readonly FixOutcome[];
  /** Earlier fixes that no report names, oldest first. */
  readonly recorded: readonly RecordedFix[];
  readonly promotions: readonly PromotionNeed[];
  readonly decisions: readonly ReportedDecision[];
  /** The ignore rules among them. */
  readonly decidedRules: ReadonlySet<IgnoreRule>;
  /** Sorts findings into those that one action explains. */
  readonly group: (findings: readonly Finding[]) => readonly FindingGroup[];
  readonly previous: PreviousReport;
  readonly now: Date;
}

/** Puts together what the pass found and did; pure. */
export function buildReport(input: ReportInput): Report {
  const outcomeOf = new Map(input.outcomes.map((outcome) => [outcome.findingId, outcome]));
  const before = new Map(input.previous.findings.map((finding) => [finding.id, finding]));
  // What autoscalers and controllers note comes and goes by itself: it is logged, and would only make commits here.
  const shown = input.plan.items.filter((item) => item.ranked.finding.class !== 'informational');
  const endedBefore = endings(input.previous.corrections, input.previous.gone);
  const facts = { before, now: input.now, endedBefore, isPricedAlike: input.previous.prices === input.ranking.source.prices };
  const lines = shown.map((item) => toLine(item, outcomeOf.get(item.ranked.finding.id), facts));
  const open = lines.filter((line) => line.result !== 'fixed');
  const ids = new Set(lines.map((line) => line.id));
  const absent = input.previous.findings.filter((finding) => !ids.has(finding.id));
  // What could not be read is neither gone nor back: it stays as it was, with its age and the model's words.
  const { unread = [], resolved = [] } = Object.groupBy(absent, (finding) =>
    wasNotRead(finding, input) ? 'unread' : 'resolved',
  );
  const findings = unread.length === 0 ? open : inOrder([...open, ...unread], (finding) => finding);
  const undone = lines.flatMap((line) =>
    line.result === 'overridden' || line.result === 'no-effect' ? [toCorrection(line, line.result, outcomeOf, input.now)] : [],
  );
  const corrected = lines.flatMap((line) =>
    line.result === 'fixed' ? [toCorrection(line, line.result, outcomeOf, input.now)] : [],
  );
  const recorded = (wasStaged: boolean): Correction[] =>
    input.recorded.filter((entry) => entry.wasStaged === wasStaged).map((entry) => toRecorded(entry, before));
  const applied = recorded(true);
  // What the last report had as staged is fixed by the person's apply; without such a report it is listed, and no news.
  const { awaited = [], old = [] } = Object.groupBy(applied, ({ findingId }) =>
    resolved.some(({ id }) => id === findingId) ? 'awaited' : 'old',
  );
  // Fixes of a killed pass are reported by this one.
  const reportedNow = [...recorded(false), ...awaited, ...corrected];
  const reportedIds = new Set(reportedNow.map(({ findingId }) => findingId));
  const resolvedNow = resolved.filter((finding) => !reportedIds.has(finding.id));
  const appliedNow = new Set(applied.map(({ findingId }) => findingId));
  const corrections = keepLatest([...input.previous.corrections, ...old, ...undone, ...reportedNow]);
  const replaced = lines.flatMap(({ id, fingerprint }) => {
    const known = before.get(id);
    return known && known.fingerprint !== fingerprint ? [known] : [];
  });
  const gone = [
    ...input.previous.gone,
    ...[...replaced.map((was) => toGone(was, 'changed', input.now)), ...resolvedNow.map((was) => toGone(was, 'gone', input.now))]
      // A masked value says nothing, and a person's apply of what was staged is a fix.
      .filter(({ class: found, live, desired, findingId }) => {
        const isMasked = hasHiddenPart(live) || hasHiddenPart(desired);
        return DRIFT_CLASSES.has(found) && !isMasked && !appliedNow.has(findingId);
      })
      .sort((a, b) => (a.findingId < b.findingId ? -1 : 1)),
  ];
  const incomplete = listIncomplete(input);
  return {
    cluster: input.cluster,
    digest: digestOf(findings, corrections),
    findings,
    corrections,
    fixedNow: reportedNow.length,
    newFindings: lines.filter((line) => !before.has(line.id)).length,
    tally: tallyOf({ before: input.previous.findings, open: findings, fixed: reportedNow, resolved: resolvedNow, endedBefore }),
    resolved: resolvedNow,
    gone: keepLatest(gone).slice(-KEPT_GONE),
    ignored: ignoredByRule(input),
    leftOut: leftOut(input),
    news: newsOf(open, before),
    unread: new Set(unread.map(({ id }) => id)),
    otherNews: otherNews(input),
    alsoChanged: alsoChanged(input, incomplete, open, before),
    groups: groupsOf(input, new Map(open.map((finding) => [finding.id, finding]))),
    incomplete,
    guard: input.plan.guard,
    pauses: input.plan.pauses,
    promotions: input.promotions,
    decisions: input.decisions,
    desiredObjects: input.plan.desiredObjects,
    notes: [...input.plan.notes, ...input.plan.warnings],
    prices: input.ranking.source.prices,
  };
}

/** The parts of a report that make a commit although no drift appeared, ended or was fixed. */
function alsoChanged(
  input: ReportInput,
  incomplete: readonly Incomplete[],
  open: readonly ReportFinding[],
  before: ReadonlyMap<string, ReportFinding>,
): readonly string[] {
  const { plan, previous, promotions, decisions } = input;
  const isOther = (now: unknown, then: unknown): boolean => canonicalJson(now) !== canonicalJson(then);
  const haveDetailsChanged = open.some((finding) => {
    const then = before.get(finding.id);
    const isKnown = then?.fingerprint === finding.fingerprint && !hasOtherOutcome(finding, then);
    return isKnown && isOther(finding, then);
  });
  const isDoneOtherwise = open.some((finding) => {
    const then = before.get(finding.id);
    return then !== undefined && hasOtherOutcome(finding, then);
  });
  const parts: readonly (readonly [string, boolean])[] = [
    ['guard', (plan.guard?.name ?? '') !== previous.guard],
    ['states', isDoneOtherwise],
    ['unread parts', isOther(incomplete, previous.incomplete)],
    ['decisions', isOther(decisions, previous.decisions)],
    ['ignore rules', isOther(ignoredByRule(input), previous.ignored)],
    ['promotions', isOther(promotions, previous.promotions)],
    ['pauses', isOther(plan.pauses, previous.pauses)],
    ['notes', isOther([...plan.notes, ...plan.warnings], previous.notes)],
    ['details', haveDetailsChanged || isOther(leftOut(input), previous.leftOut)],
  ];
  return parts.flatMap(([part, isChanged]) => (isChanged ? [part] : []));
}

/** Nothing was compared, or its kind, the schema of its kind or its unit was not read, or it could not be compared: nothing is known of it now. */
export function wasNotRead(
  { object, unit }: ReportFinding,
  {
    snapshot,
    desired,
    comparison,
    nothingCompared,
  }: Pick<ReportInput, 'snapshot' | 'desired' | 'comparison' | 'nothingCompared'>,
): boolean {
  if (nothingCompared !== '') return true;
  const { apiVersion, kind, namespace } = object;
  const schemas = ['OpenAPI v3', `OpenAPI of ${apiVersion}`];
  // Read in whatever version of its group the server has.
  const isNeeded = (what: string): boolean => schemas.includes(what) || groupKind(what) === groupKind(`${apiVersion}/${kind}`);
  const isMissing = snapshot.failedReads.some(
    (read) => isNeeded(read.what) && (read.namespace === '' || read.namespace === namespace),
  );
  const isInvalid = comparison.invalid.some((invalid) => objectKey(invalid.desired.ref) === objectKey(object));
  return isMissing || isInvalid || desired.invalid.some(({ space, slug }) => `${space}/${slug}` === unit);
}

function groupsOf({ plan, group }: ReportInput, open: ReadonlyMap<string, ReportFinding>): readonly ReportGroup[] {
  const findings = plan.items.flatMap(({ ranked: { finding } }): Finding[] => {
    const line = open.get(finding.id);
    // By the time that the report goes on naming, or other writes of the same writer would take its groups apart.
    return line && isDrift(finding) ? [{ ...finding, blame: line.blame ?? undefined }] : [];
  });
  return group(findings)
    .filter((together) => together.findings.length > 1)
    .map(({ title, findings: alike }) => ({ title, findings: alike.map(({ id }) => id).sort() }))
    .sort((a, b) => b.findings.length - a.findings.length || (groupKey(a) < groupKey(b) ? -1 : 1));
}

function groupKey({ title, findings }: ReportGroup): string {
  return `${title} ${findings.join()}`;
}

/** The rules of the ignore file; decisions to ignore by commit are listed with the decisions. */
function ignoredByRule({ comparison, decidedRules }: ReportInput): readonly IgnoredByRule[] {
  return comparison.ignores
    .filter(({ rule }) => !decidedRules.has(rule))
    .map(({ rule, isExpired }) => ({
      what: selectorsOf(rule),
      reason: rule.reason,
      until: rule.until ?? '',
      isExpired,
    }))
    .sort((a, b) => ((canonicalJson(a) ?? '') < (canonicalJson(b) ?? '') ? -1 : 1));
}

function leftOut({ comparison, desired, previous }: ReportInput): LeftOut {
  return {
    notMonitored: inSteps(comparison.notMonitored, previous.leftOut.notMonitored),
    otherTargets: inSteps(desired.otherTargets, previous.leftOut.otherTargets),
  };
}

function keepLatest<T extends { readonly findingId: string }>(corrections: readonly T[]): readonly T[] {
  const kept = new Map<string, number>();
  return corrections
    .toReversed()
    .filter(({ findingId }) => {
      const count = (kept.get(findingId) ?? 0) + 1;
      kept.set(findingId, count);
      return count <= KEPT_CORRECTIONS;
    })
    .toReversed();
}

function digestOf(findings: readonly ReportFinding[], corrections: readonly Correction[]): string {
  const parts = [
    findings.map((finding) => finding.fingerprint).sort(),
    corrections.map(({ correctionId, findingId, time }) => [correctionId, findingId, time]),
  ];
  return sha256(canonicalJson(parts) ?? '');
}

function listIncomplete(input: ReportInput): readonly Incomplete[] {
  const reads = input.snapshot.failedReads.map((read) => ({
    what: nameOfRead(read),
    error: read.error,
  }));
  const units = input.desired.invalid.map((unit) => ({ what: unitWords(unit), error: unit.error }));
  const objects = input.comparison.invalid.map(({ desired, path, message }) => ({
    what: unitWords(desired.unit),
    error: `${displayRef(desired.ref)} ${printPath(path)}: ${message}`,
  }));
  // An unreadable file stops all fixes; an entry with a mistake has only no effect itself.
  const decisions = input.decisions
    .filter(({ effect, what }) => effect === 'no-effect' && what === 'decisions.yaml')
    .map(({ what, detail }) => ({ what, error: detail }));
  const all = input.nothingCompared === '' ? [] : [{ what: 'everything', error: input.nothingCompared }];
  return [...all, ...reads, ...units, ...objects, ...decisions].sort((a, b) =>
    `${a.what} ${a.error}` < `${b.what} ${b.error}` ? -1 : 1,
  );
}
