import { UserError } from './errors.ts';

/**
 * Node ends with 1 to 13 by itself, so own codes start at 20; 64 and above are those of sysexits.h. `bin/` also ends with
 * `configuration`: on a Node that is too old, and where packages cannot be installed.
 */
export const EXIT = {
  ok: 0,
  unexpected: 1,
  driftFound: 2,
  incomplete: 20,
  guardTripped: 21,
  lockLost: 22,
  usage: 64,
  unavailable: 75,
  permission: 77,
  configuration: 78,
  terminated: 143,
} as const;

const BY_CODE: Readonly<Record<UserError['code'], number>> = {
  usage: EXIT.usage,
  configuration: EXIT.configuration,
  permission: EXIT.permission,
  unavailable: EXIT.unavailable,
  'bad-answer': EXIT.unavailable,
  'lock-lost': EXIT.lockLost,
  conflict: EXIT.unavailable,
  'not-found': EXIT.configuration,
  invalid: EXIT.configuration,
};

/** What a command that ended with this error tells its caller; anything that is no `UserError` is a bug. */
export function exitCodeOf(error: unknown): number {
  return error instanceof UserError ? BY_CODE[error.code] : EXIT.unexpected;
}
