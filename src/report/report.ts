export { buildReport, type ReportInput } from './build.ts';
export { type CommitFacts, composeCommitMessage } from './commit-message.ts';
export {
  openReportReader,
  openReportRepository,
  type PublishedReport,
  type ReportReader,
  type ReportReaderOptions,
  type ReportRepository,
  type ReportRepositoryOptions,
} from './git.ts';
export type { LineChange } from './git-history.ts';
export type { ReportEdits } from './git-tree.ts';
export { dollars, type ReportFiles, renderReport, state } from './render.ts';
