export { type Blame, readDecisions } from './file.ts';
export { type DecisionReportInput, reportDecisions } from './report.ts';
export { type OpenDecision, type Standing, verdictsOf, weighDecisions } from './weigh.ts';
