import { type Correction, type GoneDrift, inOrder, type ReportFinding } from '../domain/report.ts';
import type { FollowedReports, StoredReport } from '../stages/report/report.ts';

/** The last pass of the dashboard's own cluster, as its Lease has it. */
export interface LastPass {
  readonly pass: string;
  /** RFC 3339. */
  readonly endedAt: string;
  /** `complete`, or a word for each other exit code. */
  readonly result: string;
  /** RFC 3339; empty where none succeeded. */
  readonly lastSuccess: string;
  /** `compared`, `open`, `new` and results of fixes; empty where the pass failed on its way. */
  readonly counts: Readonly<Record<string, number>>;
}

/** An open finding and where it was found. */
export interface OpenRow {
  readonly report: StoredReport;
  readonly finding: ReportFinding;
}

/** A fix, or a drift that was resolved without one. */
export type PastRow =
  | { readonly kind: 'correction'; readonly report: StoredReport; readonly drift: Correction; readonly outcome: string }
  | { readonly kind: 'gone'; readonly report: StoredReport; readonly drift: GoneDrift; readonly outcome: string };

/** What the pages show; made once for each commit of the report repository. */
export interface DashboardState {
  readonly commit: string;
  /** RFC 3339 of the commit; empty where there is none. */
  readonly time: string;
  readonly reports: readonly StoredReport[];
  readonly commits: FollowedReports['commits'];
  /** Worst first over all clusters. */
  readonly open: readonly OpenRow[];
  /** Newest first. */
  readonly past: readonly PastRow[];
}

export function stateOf({ head, commits }: FollowedReports): DashboardState {
  const open = head.reports.flatMap((report) => report.findings.map((finding) => ({ report, finding })));
  const past = head.reports.flatMap((report): readonly PastRow[] => [
    ...report.corrections.map((drift) => ({ kind: 'correction' as const, report, drift, outcome: drift.result })),
    ...report.gone.map((drift) => ({
      kind: 'gone' as const,
      report,
      drift,
      outcome: drift.became === 'gone' ? 'resolved' : 'changed',
    })),
  ]);
  return {
    commit: head.sha,
    time: head.time,
    reports: head.reports,
    commits,
    open: inOrder(open, ({ finding }) => finding),
    past: past.toSorted((a, b) => (a.drift.time < b.drift.time ? 1 : a.drift.time > b.drift.time ? -1 : 0)),
  };
}

/** What is done about an open finding, in one word for filters. */
export function stateWord({ result, action }: ReportFinding): string {
  return result ?? STATES[action];
}

const STATES = { fix: 'will be fixed', stage: 'will be staged', report: 'report only', blocked: 'blocked' } as const;
