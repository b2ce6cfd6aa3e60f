import { z } from 'zod';
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
    help: 'bring drift back instead of only reporting it',
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
    help: 'changeset for corrections',
  }),
  changesetApply: option({
    schema: boolean,
    default: 'false',
    help: "apply what was written under a person's changeset",
  }),
  publishRelease: option({
    schema: boolean,
    default: 'false',
    help: 'publish the space of a corrected unit, where ConfigHub releases spaces (API from late 2026)',
  }),
  auditRevisions: option({
    schema: boolean,
    default: 'true',
    help: 'write each correction as a pair of revisions',
  }),
  maxFixes: option({
    schema: whole(0, 100_000),
    value: 'N',
    default: '25',
    help: 'objects that one pass may change',
  }),
  maxFixPercent: option({
    schema: whole(0, 100),
    value: 'N',
    default: '20',
    help: 'share of compared objects that one pass may change',
  }),
  maxShrinkPercent: option({
    schema: whole(0, 100),
    value: 'N',
    default: '49',
    help: 'by how much fewer objects units may declare than at the last report: the default stops at half',
  }),
  maxToZero: option({
    schema: whole(0, 100_000),
    value: 'N',
    default: '1',
    help: 'running workloads that one pass may scale to no replica',
  }),
  fixGrace: option({
    schema: duration,
    value: 'DURATION',
    help: 'time that a fresh change is left alone, such as 30m (0 in dev, 30m elsewhere)',
  }),
  contestedAfter: option({
    schema: whole(0, 20),
    value: 'N',
    default: '3',
    help: 'corrections of a field within 24 h after which it is left to whoever takes it back; 0 for no limit',
  }),
  waitHealthy: option({
    schema: duration,
    value: 'DURATION',
    default: '1m',
    help: 'how long corrected workloads are waited for until they are rolled out and healthy; 0 for not at all',
  }),
  dryRun: option({ schema: boolean, default: 'false', help: 'plan and print, write nothing' }),
} as const;
