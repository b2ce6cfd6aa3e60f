import type { Finding } from '../../src/domain/finding.ts';
import type { ReportFinding } from '../../src/domain/report.ts';
import { ranked, reportOf } from '../report/build.ts';

/** Findings as the report has them. */
export function reported(...findings: readonly Finding[]): readonly ReportFinding[] {
  return reportOf(findings.map((finding) => ranked(finding))).findings;
}
