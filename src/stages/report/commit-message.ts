import { cutText, sanitize } from '../../domain/describe.ts';
import { actorWords } from '../../domain/field-managers.ts';
import { DRIFT_CLASSES, rowOf } from '../../domain/finding-classes.ts';
import { SEVERITIES } from '../../domain/ranking.ts';
import {
  type Correction,
  type FindingNews,
  inOrder,
  type Report,
  type ReportedDrift,
  type ReportFinding,
} from '../../domain/report.ts';
import { costWords, day, fixState, GUARD_EFFECT, plural, returnedWords, state, withoutRepeated } from '../../domain/words.ts';
import { type Entry, linesOf, MAX_LINE } from './commit-lines.ts';
import { inert } from './inert.ts';
import { classWords, isDriftLine } from './tally.ts';

/** Lines between subject and trailers. */
const MAX_LINES = 20;
/** Characters of a cluster's name that stay whatever there is to say. */
const NAME_KEPT = 40;
/** Trailers for them; the pages have all. */
const ACTORS_NAMED = 5;
/** Lines for other news than drift. */
const OTHER_NEWS = 4;

export interface CommitFacts {
  readonly pass: string;
  /** `drift-detector/<version>` */
  readonly tool: string;
}

/** Subject, one or two lines for each thing, what is news first, and trailers that `git log --format=%(trailers)` reads. */
export function composeCommitMessage(report: Report, facts: CommitFacts): string {
  const corrected = report.fixedNow === 0 ? [] : report.corrections.slice(-report.fixedNow);
  const changeSets = [...new Set([...corrected, ...report.findings].map((entry) => entry.changeSet))]
    .filter((name) => name !== '')
    .sort();
  const trailers = [
    `Drift-Pass: ${facts.pass}`,
    `Drift-Cluster: ${inert(report.cluster)}`,
    `Drift-Digest: sha256:${report.digest}`,
    `Drift-New: ${report.tally.new}`,
    `Drift-Returned: ${report.tally.returned}`,
    `Drift-Changed: ${changedIn(report)}`,
    `Drift-Fixed: ${report.tally.fixed}`,
    `Drift-Resolved: ${report.tally.resolved}`,
    `Drift-Open: ${report.tally.open}`,
    `Drift-Other: ${report.findings.length - report.tally.open}`,
    ...actorsOf([...corrected, ...report.findings.filter(({ id }) => report.news.has(id))]).map((name) => `Drift-Actor: ${name}`),
    ...changeSets.map((name) => `ConfigHub-ChangeSet: ${inert(name)}`),
    `Drift-Tool: ${facts.tool}`,
  ].map((line) => sanitize(line));
  const open = withoutRepeated(report.findings, ({ id }) => id);
  const news: readonly Entry[] = [
    ...withoutRepeated(corrected, ({ findingId }) => findingId).map((drift) => ({ drift, done: fixState(drift) })),
    ...open
      .filter(({ id }) => report.news.has(id))
      .map((drift) => ({ drift, done: newsState(report.news.get(drift.id), drift) })),
    ...report.resolved.map((drift) => ({ drift, done: 'resolved' })),
  ];
  const known = open
    .filter(({ id }) => !report.news.has(id))
    .map((drift) => ({ drift, done: `since ${day(drift.firstSeen).slice(0, 5)}, ${shortState(report, drift)}` }));
  const around = asides(report);
  const rows = rowsWithin(MAX_LINES - around.length - 1, worstFirst(news), worstFirst(known));
  // Without news of drift the other news comes first.
  const body = (news.length > 0 ? [rows, around] : [around, rows]).map((lines) => lines.map(cut).join('\n'));
  return [subject(report, corrected), ...body, trailers.join('\n')].filter((part) => part !== '').join('\n\n');
}

/** Field managers of what the pass found anew or fixed, by name; none for what has no known one. */
function actorsOf(drift: readonly ReportedDrift[]): readonly string[] {
  const names = drift.flatMap(({ blame }) => (blame ? [inert(sanitize(`${blame.manager} (${actorWords(blame)})`))] : []));
  return [...new Set(names)].sort().slice(0, ACTORS_NAMED);
}

function worstFirst(entries: readonly Entry[]): readonly Entry[] {
  return inOrder(entries, ({ drift }) => drift);
}

function changedIn({ findings, news }: Report): number {
  return findings.filter((finding) => isDriftLine(finding) && news.get(finding.id) === 'changed').length;
}

/** What is no drift and came or went, by class: `1 unmanaged`, `2 pending resolved`. */
function besides({ findings, resolved, news }: Report): readonly string[] {
  const byClass = (entries: readonly ReportFinding[], end: string): readonly string[] =>
    [...Map.groupBy(entries, ({ class: found }) => found)]
      .filter(([found]) => !DRIFT_CLASSES.has(found))
      .map(([found, alike]) => `${alike.length} ${rowOf(found).state}${end}`);
  return [
    ...byClass(
      findings.filter(({ id }) => news.has(id)),
      '',
    ),
    ...byClass(resolved, ' resolved'),
  ];
}

/** The most detailed subject that fits beside the cluster's name. */
function subject(report: Report, corrected: readonly Correction[]): string {
  const name = inert(sanitize(report.cluster));
  const short = name.length > NAME_KEPT ? `${cutText(name, NAME_KEPT - 3)}...` : name;
  const said = statements(report, corrected);
  const fits = [name, short].flatMap((shown, index) =>
    // A name that is long beyond all use takes nothing from what is said.
    (index === 0 && name !== short ? said.slice(0, 1) : said).map((words) => `drift(${shown}): ${words}`),
  );
  return fits.find((line) => line.length <= MAX_LINE) ?? cut(fits.at(-1) ?? '');
}

/** What a subject may say, shorter and shorter; the trailers have all counts. */
function statements(report: Report, corrected: readonly Correction[]): readonly string[] {
  const { tally } = report;
  const { open } = tally;
  // Without this the log would not show the reason for the commit.
  const also = report.alsoChanged.length > 0 ? [changedWords(report.alsoChanged)] : [];
  const counts = [
    [tally.new, 'new'],
    [tally.returned, 'back'],
    [changedIn(report), 'changed'],
    [tally.fixed, 'fixed'],
    [tally.resolved, 'resolved'],
  ].flatMap(([count, word]) => (count === 0 ? [] : [`${count} ${word}`]));
  if (counts.length === 0) counts.push(...besides(report));
  if (corrected.length === 0 && open === 0) {
    const clear = report.incomplete.length > 0 ? 'nothing open in what could be read' : 'all clear';
    // What was resolved without a fix made it clear.
    const said = counts.length === 0 ? also : besides(report);
    return [...(said.length === 0 ? [] : [`${said.join(', ')}, ${clear}`]), clear, clear.replace(/ in .*/u, '')];
  }
  const brought = counts.length === 0 ? also : counts;
  // Resolved findings do not count for the worst.
  const worst = SEVERITIES.find((severity) =>
    [...corrected, ...report.findings.filter(isDriftLine)].some((drift) => drift.severity === severity),
  );
  const say = (parts: readonly string[], stands: string, end: string): string =>
    `${[...parts, ...(open === 0 ? [] : [`${open} ${stands}`])].join(', ')} (${end})`.trimStart();
  return [
    say(brought, 'still open', `worst: ${worst}`),
    say(brought, 'open', `worst: ${worst}`),
    ...brought.map((_, index) => say(brought.slice(0, brought.length - index), 'open', `${worst}`)),
    say([], 'open', `${worst}`),
  ];
}

function changedWords(parts: readonly string[]): string {
  return `${parts.length > 1 ? plural(parts.length, 'part') : parts.join()} changed`;
}

/** What concerns the whole report: other news than drift, what was not read, what stopped the fixes, what the open drift costs. */
function asides({ guard, incomplete, findings, alsoChanged, otherNews }: Report): readonly string[] {
  const shown = otherNews.length > OTHER_NEWS ? otherNews.slice(0, OTHER_NEWS - 1) : otherNews;
  const lines = shown.map(({ line }) => inert(sanitize(line)));
  const left = otherNews.length - shown.length;
  if (left > 0) lines.push(`... and ${left} more decisions, pauses or promotions`);
  const unnamed = alsoChanged.filter((part) => !otherNews.some((entry) => entry.part === part));
  if (unnamed.length > 0) lines.push(`Also changed: ${unnamed.join(', ')}`);
  if (guard) lines.push(`Guard ${guard.name}: ${GUARD_EFFECT}`);
  if (incomplete.length > 0) lines.push(`Incomplete: ${plural(incomplete.length, 'thing')} could not be compared`);
  const [open, other] = [findings.filter(isDriftLine), findings.filter((finding) => !isDriftLine(finding))];
  if (open.length > 0) lines.push(`Open drift: ${costWords(open)}`);
  if (other.length > 0) lines.push(`No drift: ${classWords(other)}`);
  return lines;
}

/** The entries that fit in so many lines, and how many do not: what is news before what was known. */
function rowsWithin(lines: number, news: readonly Entry[], known: readonly Entry[]): readonly string[] {
  const told = fitting(lines - (known.length > 0 ? 1 : 0), news, '');
  return [...told, ...fitting(lines - told.length, known, news.length > 0 ? ' known before' : '')];
}

function fitting(lines: number, entries: readonly Entry[], what: string): readonly string[] {
  const shown: string[] = [];
  for (const [index, entry] of entries.entries()) {
    const rows = linesOf(entry);
    const isLast = index === entries.length - 1;
    if (shown.length + rows.length + (isLast ? 0 : 1) > lines)
      return [...shown, `... and ${entries.length - index} more${what} (worst: ${entry.drift.severity})`];
    shown.push(...rows);
  }
  return shown;
}

function newsState(news: FindingNews | undefined, finding: ReportFinding): string {
  const words = news === 'returned' ? returnedWords(finding.returned) : news;
  return `${news === 'restated' ? 'now ' : `${words}, `}${openState(finding)}`;
}

function shortState({ unread }: Report, finding: ReportFinding): string {
  return unread.has(finding.id) ? 'not read now' : openState(finding);
}

function openState(finding: ReportFinding): string {
  return finding.result === null && finding.action === 'report' ? 'report only' : state(finding);
}

function cut(line: string): string {
  return line.length > MAX_LINE ? `${cutText(line, MAX_LINE - 3)}...` : line;
}
