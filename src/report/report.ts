export { buildReport, type ReportInput } from './build.ts';
export { type CommitFacts, composeCommitMessage } from './commit-message.ts';
export {
  openReportRepository,
  type PublishedReport,
  type ReportEdits,
  type ReportRepository,
  type ReportRepositoryOptions,
} from './git.ts';
export type { LineChange } from './line-changes.ts';
export { decisionsPath } from './paths.ts';
export { dollars, type ReportFiles, renderReport, state } from './render.ts';
