export { GUARD_EFFECT, minute, state } from '../../domain/words.ts';
export { buildReport, type ReportInput, wasNotRead } from './build.ts';
export { type CommitFacts, composeCommitMessage } from './commit-message.ts';
export { keepErrorText } from './failed-reads.ts';
export { type FollowedReports, followReports, type ReportFollower } from './follow.ts';
export { inert } from './inert.ts';
export { type LinkTemplates, NO_LINKS } from './links.ts';
export { escapeText, table as markdownTable } from './markdown.ts';
export { nextSteps, revisionsOf } from './next-steps.ts';
export { decisionsPath, pathPart, workloadPage } from './paths.ts';
export { renderReport } from './render.ts';
export {
  openReportReader,
  openReportRepository,
  type PublishedReport,
  type ReportReaderOptions,
  type ReportRepository,
  type ReportRepositoryOptions,
} from './repository.ts';
export type { ReportEdits } from './repository-tree.ts';
export { reportJsonSchema } from './schema.ts';
export { type ReportCommit, readReports, type StoredReport } from './stored-reports.ts';
export { openWords } from './tally.ts';
