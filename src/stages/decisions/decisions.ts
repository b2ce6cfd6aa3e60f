export { decidersOf, withDeciders } from './deciders.ts';
export { editDecisions, type FileEdit } from './edit-file.ts';
export { readDecisions } from './file.ts';
export { type MatchedDecisions, matchDecisions, type OpenDecision, planDecisions } from './match.ts';
export { reportDecisions } from './report.ts';
