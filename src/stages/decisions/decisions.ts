export { decidersOf, withDeciders } from './deciders.ts';
export { editDecisions, type FileEdit } from './edit-file.ts';
export { readDecisions } from './file.ts';
export { reportDecisions } from './report.ts';
export { type OpenDecision, planDecisions, type Standing, weighDecisions } from './weigh.ts';
