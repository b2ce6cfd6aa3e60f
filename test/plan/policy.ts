import { abilitiesOf } from '../../src/clients/confighub/generation.ts';
import type { PlanOptions } from '../../src/stages/plan/plan.ts';

/** Everything that may be fixed is fixed, as far as the guards let it. */
export const POLICY: PlanOptions = {
  autoFix: true,
  createMissing: false,
  unreportedFixes: 0,
  auditRevisions: true,
  applyChangeSet: false,
  desiredManagers: ['confighub', 'confighub-bridge-worker'],
  changeSet: undefined,
  maxFixes: 25,
  maxFixPercent: 20,
  maxShrinkPercent: 49,
  maxToZero: 1,
  allowEmpty: false,
  graceSeconds: 0,
  contestedAfter: 3,
  server: abilitiesOf('B'),
};
