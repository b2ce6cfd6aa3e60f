import { isDrift } from '../../src/domain/finding.ts';
import type { FixOutcome } from '../../src/domain/outcome.ts';
import type { Plan, PlanItem } from '../../src/domain/plan.ts';
import type { RankedFinding, Severity } from '../../src/domain/ranking.ts';
import { NO_REPORT, type PreviousReport, type Report } from '../../src/domain/report.ts';
import { groupFindings } from '../../src/stages/diff/diff.ts';
import { buildReport, type ReportInput, renderReport } from '../../src/stages/report/report.ts';
import { CLUSTER, SOURCE } from '../types/builders.ts';

export const NOW = new Date('2026-11-23T12:00:00Z');

export function ranked(finding: RankedFinding['finding'], more: Partial<RankedFinding> = {}): RankedFinding {
  const severity: Severity = isDrift(finding) ? 'medium' : 'info';
  return { finding, severity, costUsdPerMonth: 29.27, opinion: undefined, unanswered: '', ...more };
}

/** What a pass found, fixed where an outcome says so, else reported. */
export function reportOf(
  findings: readonly RankedFinding[],
  more: Partial<Omit<ReportInput, 'ranking' | 'desired' | 'comparison'>> &
    Partial<Pick<Plan, 'pauses' | 'notes'>> & {
      readonly detail?: string;
      readonly desired?: Partial<ReportInput['desired']>;
      readonly comparison?: Partial<ReportInput['comparison']>;
    } = {},
): Report {
  const outcomes: readonly FixOutcome[] = more.outcomes ?? [];
  const planned = new Set(outcomes.map((outcome) => outcome.findingId));
  const items = findings.map((entry): PlanItem => {
    const isPlanned = planned.has(entry.finding.id);
    const { restartsPods } = entry.finding;
    return isPlanned
      ? { ranked: entry, restartsPods, action: 'fix', reason: 'auto-fix', detail: '' }
      : {
          ranked: entry,
          restartsPods,
          action: 'report',
          reason: 'auto-fix-off',
          detail: more.detail ?? 'AUTO_FIX is off; set AUTO_FIX=true to fix it',
        };
  });
  return buildReport({
    cluster: CLUSTER,
    snapshot: { failedReads: [] },
    decidedRules: new Set(),
    nothingCompared: '',
    ranking: { findings, source: SOURCE },
    plan: {
      items,
      fixes: [],
      guard: undefined,
      pauses: more.pauses ?? [],
      ownershipPending: [],
      desiredObjects: 0,
      warnings: [],
      notes: more.notes ?? [],
    },
    outcomes,
    recorded: [],
    promotions: [],
    decisions: [],
    group: groupFindings,
    previous: NO_REPORT,
    now: NOW,
    ...more,
    desired: { invalid: [], otherTargets: 0, ...more.desired },
    comparison: { invalid: [], ignores: [], notMonitored: 0, ...more.comparison },
  });
}

export function outcome(findingId: string, more: Partial<FixOutcome> = {}): FixOutcome {
  return { findingId, correctionId: 'c-1', result: 'fixed', message: '', changeSet: '', revision: 17, unhealthy: '', ...more };
}

/** What the next pass reads of this report. */
export function asPrevious(report: Report): PreviousReport {
  return { ...report, guard: report.guard?.name ?? '', faults: [] };
}

export function filesOf(report: Report): Readonly<Record<string, string>> {
  return Object.fromEntries(renderReport(report));
}
