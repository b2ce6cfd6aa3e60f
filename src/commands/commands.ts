import type { Command } from '../cli/command.ts';
import { completion } from './completion/completion.ts';
import { cub } from './cub/cub.ts';
import { dashboard } from './dashboard/dashboard.ts';
import { accept, adopt, fix, ignore } from './decide/decide.ts';
import { diff } from './diff/diff.ts';
import { doctor } from './doctor/doctor.ts';
import { hub } from './hub/hub.ts';
import { importCommand } from './import/import.ts';
import { init } from './init/init.ts';
import { promote } from './promote/promote.ts';
import { report } from './report/report.ts';
import { check, run } from './run/run.ts';
import { schema } from './schema/schema.ts';
import { undo } from './undo/undo.ts';

/** Every command, in the order of the help. The file of each command defines it; no other code knows it. */
export const COMMANDS: readonly Command[] = [
  run,
  check,
  init,
  doctor,
  diff,
  report,
  dashboard,
  promote,
  undo,
  accept,
  ignore,
  fix,
  adopt,
  importCommand,
  hub,
  schema,
  completion,
  cub,
];
