import type { Finding } from '../../src/types/finding.ts';
import type { ReportFinding } from '../../src/types/report.ts';
import { ranked, reportOf } from '../report/build.ts';

/** Findings as the report has them. */
export function reported(...findings: readonly Finding[]): readonly ReportFinding[] {
  return reportOf(findings.map((finding) => ranked(finding))).findings;
}
