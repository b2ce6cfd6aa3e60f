import { cutText, sanitize } from '../../domain/describe.ts';
import { displayRef } from '../../domain/object-ref.ts';
import type { Severity } from '../../domain/ranking.ts';
import { type Correction, inOrder, type Report, type ReportedDrift } from '../../domain/report.ts';
import { trimEnd } from '../../domain/trim.ts';
import { GUARD_EFFECT, state } from '../../domain/words.ts';

/** A changed report, as it is sent to others. */
export interface Announcement {
  readonly cluster: string;
  readonly environment: string;
  readonly pass: string;
  readonly time: Date;
  readonly commit: string;
  /** Page of the commit; empty where none is known. */
  readonly commitUrl: string;
  readonly report: Report;
  /** Takes out of a text what looks like a secret. */
  readonly redact: (text: string) => string;
}

const LINES = 10;
const TEXT_LENGTH = 300;
/** Of what was not compared: enough to see what it is about, the report has the rest. */
const NAMES = 3;
const NAME_LENGTH = 120;
/** Slack takes up to 40,000 characters and shows 4,000; other receivers of its format take less. */
const SLACK_LENGTH = 3_500;

interface Line {
  readonly severity: Severity;
  readonly workload: string;
  readonly what: string;
  readonly by: string;
  readonly state: string;
}

/** What every format contains. */
function summarize({ report, redact }: Announcement): {
  readonly counts: Readonly<Record<'open' | 'new' | 'fixed' | 'staged' | 'blocked' | 'failed', number>>;
  readonly worst: Severity | null;
  readonly lines: readonly Line[];
  readonly more: number;
  /** Names of what was not compared. */
  readonly unread: readonly string[];
} {
  const { findings, incomplete } = report;
  const corrected: readonly Correction[] = report.fixedNow === 0 ? [] : report.corrections.slice(-report.fixedNow);
  const shown = (text: string): string => cutText(redact(sanitize(text)), TEXT_LENGTH);
  const lineOf = (entry: ReportedDrift, done: string): Line => {
    return {
      severity: entry.severity,
      workload: shown(displayRef(entry.object)),
      what: shown(entry.summary),
      by: shown(entry.blame?.manager ?? 'unknown'),
      state: shown(done),
    };
  };
  const drifts: readonly (readonly [ReportedDrift, string])[] = [
    ...corrected.map((entry) => [entry, entry.result] as const),
    ...findings.map((finding) => [finding, state(finding)] as const),
  ];
  const lines = inOrder(drifts, ([drift]) => drift).map(([drift, done]) => lineOf(drift, done));
  const count = (result: string): number => findings.filter((finding) => finding.result === result).length;
  return {
    counts: {
      open: findings.length,
      new: report.newFindings,
      fixed: corrected.length,
      staged: count('staged'),
      blocked: findings.filter(({ action }) => action === 'blocked').length,
      failed: count('failed') + count('overridden') + count('no-effect'),
    },
    worst: lines[0]?.severity ?? null,
    lines: lines.slice(0, LINES),
    more: Math.max(0, lines.length - LINES),
    // A unit is there once for each of its documents.
    unread: [...new Set(incomplete.map(({ what }) => cutText(shown(what), NAME_LENGTH)))],
  };
}

/** The plain format; its `version` is raised where the meaning of a field changes. */
export function toJsonBody(announcement: Announcement): object {
  const { cluster, environment, pass, time, commit, commitUrl, report, redact } = announcement;
  const { counts, worst, lines, more, unread } = summarize(announcement);
  return {
    event: 'drift-report-changed',
    version: 1,
    cluster,
    environment,
    pass,
    time: time.toISOString(),
    commit,
    commitUrl: commitUrl === '' ? null : commitUrl,
    digest: `sha256:${report.digest}`,
    counts,
    worst,
    guard: report.guard ? { name: report.guard.name, detail: redact(sanitize(report.guard.detail)) } : null,
    incomplete: report.incomplete.length,
    notCompared: unread.slice(0, NAMES),
    findings: lines,
    more,
  };
}

/** A message for Slack, and for what takes the same: one text in its own markup (mrkdwn). */
export function toSlackBody(announcement: Announcement): object {
  const { cluster, environment, commit, commitUrl, report } = announcement;
  const { counts, worst, lines, more, unread } = summarize(announcement);
  const isComplete = report.incomplete.length === 0;
  const parts = Object.entries(counts).flatMap(([name, count]) => (count > 0 ? [`${count} ${name}`] : []));
  const clear = isComplete ? 'all clear' : 'nothing open in what could be read';
  const title = parts.length === 0 ? clear : parts.join(', ');
  const head = `*Drift in ${escapeSlack(cluster)}* (${escapeSlack(environment)}): ${title}${worst === null ? '' : `, worst *${worst}*`}`;
  const guard = report.guard ? [`Guard \`${escapeSlack(report.guard.name)}\` tripped: ${GUARD_EFFECT}.`] : [];
  const names = [...unread.slice(0, NAMES).map(code), ...andMore(unread.length - NAMES)];
  const missed = isComplete ? [] : [`Not compared: ${names.join(', ')}`];
  const link =
    commitUrl === '' ? `Commit \`${commit.slice(0, 10)}\`` : `<${escapeSlack(commitUrl)}|Commit ${commit.slice(0, 10)}>`;
  const rows = lines.map(
    ({ severity, workload, what, by, state: done }) =>
      `• ${severity} ${code(workload)} ${code(what)} by ${code(by)}: ${code(done)}`,
  );
  // Whole lines only: half of one could be markup.
  let shown = rows.length;
  const text = (): string =>
    [head, ...guard, ...missed, ...rows.slice(0, shown), ...andMore(more + rows.length - shown), link].join('\n');
  while (text().length > SLACK_LENGTH && shown > 0) shown--;
  return { text: text() };
}

function andMore(left: number): readonly string[] {
  return left > 0 ? [`… and ${left} more`] : [];
}

/** Nothing in a code span is markup, a link or a mention, and nothing ends it. */
function code(text: string): string {
  return `\`${escapeSlack(text).replaceAll('`', "'").trim() || ' '}\``;
}

/** The three characters that Slack's markup is made of; and what other receivers read as a mention. */
function escapeSlack(text: string): string {
  return sanitize(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/@(?=\w)/gu, '@ ');
}

/** What `DRIFT_WEBHOOK_FORMAT` may be: the body of an announcement, and whom it is for, for help. */
export const WEBHOOK_FORMATS = {
  json: { about: 'one field for each fact', toBody: toJsonBody },
  slack: { about: 'a message for Slack and compatible services', toBody: toSlackBody },
} satisfies Readonly<Record<string, { readonly about: string; readonly toBody: (announcement: Announcement) => object }>>;

export type WebhookFormat = keyof typeof WEBHOOK_FORMATS;

/** The page of a commit: by the template, or as hosts of https repositories have it; empty where neither is known. */
export function commitPage(template: string, repository: string, commit: string): string {
  if (template !== '') return template.replaceAll('{commit}', commit);
  if (!repository.startsWith('https://') || !URL.canParse(repository)) return '';
  const { host, pathname } = new URL(repository);
  const path = trimEnd(pathname, '/').replace(/\.git$/u, '');
  const segment = host === 'bitbucket.org' ? 'commits' : /(^|\.)gitlab\./u.test(host) ? '-/commit' : 'commit';
  return `https://${host}${path}/${segment}/${commit}`;
}
