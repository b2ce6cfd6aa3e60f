export { buildReport, type ReportInput } from './build.ts';
export { type CommitFacts, composeCommitMessage } from './commit-message.ts';
export { openReportRepository, type PublishedReport, type ReportRepository, type ReportRepositoryOptions } from './git.ts';
export { unitsWithNews, withHistories } from './history.ts';
export { type ReportFiles, renderReport } from './render.ts';
export { reportJsonSchema } from './schema.ts';
export { dollars, state } from './words.ts';
