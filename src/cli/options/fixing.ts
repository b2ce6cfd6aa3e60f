import * as z from 'zod';
import { SHOW_VALUES } from '../../domain/show/show-values.ts';
import { boolean, duration, option, whole } from './values.ts';

/** What is fixed, how, and how much of it. */
export const FIXING = {
  showValues: option({
    schema: z.enum(SHOW_VALUES),
    value: 'WHICH',
    default: 'safe',
    help: 'values that logs, reports, revisions and messages show: safe (only those known to be harmless) or none',
  }),
  autoFix: option({
    schema: boolean,
    env: ['AUTO_FIX'],
    default: 'false',
    help: 'fix drift instead of only reporting it',
  }),
  createMissing: option({
    schema: boolean,
    default: 'false',
    help: 'create declared objects that are missing',
  }),
  changeset: option({
    schema: z.string(),
    value: 'PROJECT/SLUG',
    default: '',
    help: 'changeset for fixes',
  }),
  changesetApply: option({
    schema: boolean,
    default: 'false',
    help: "apply the fixes written under a person's changeset",
  }),
  publishRelease: option({
    schema: boolean,
    default: 'false',
    help: 'publish the space of a fixed unit if ConfigHub releases whole spaces (API from late 2026)',
  }),
  auditRevisions: option({
    schema: boolean,
    default: 'true',
    help: 'write each fix as a pair of revisions',
  }),
  maxFixes: option({
    schema: whole(0, 100_000),
    value: 'N',
    default: '25',
    help: 'how many objects one pass may change',
  }),
  maxFixPercent: option({
    schema: whole(0, 100),
    value: 'N',
    default: '20',
    help: 'percentage of the compared objects that one pass may change',
  }),
  maxShrinkPercent: option({
    schema: whole(0, 100),
    value: 'N',
    default: '49',
    help: 'percentage by which the number of declared objects may shrink since the last report; the default stops at half',
  }),
  maxToZero: option({
    schema: whole(0, 100_000),
    value: 'N',
    default: '1',
    help: 'how many running workloads one pass may scale to zero',
  }),
  fixGrace: option({
    schema: duration,
    value: 'DURATION',
    help: 'how long a pass waits before it fixes a recent change, such as 30m (0 in dev, 30m elsewhere)',
  }),
  contestedAfter: option({
    schema: whole(0, 20),
    value: 'N',
    default: '3',
    help: 'number of fixes of one field within 24 h after which passes stop fixing it; 0 for no limit',
  }),
  waitHealthy: option({
    schema: duration,
    value: 'DURATION',
    default: '1m',
    help: 'how long a pass waits for the rollout of fixed workloads; 0 for no wait',
  }),
  dryRun: option({ schema: boolean, default: 'false', help: 'print the plan, write nothing' }),
} as const;
