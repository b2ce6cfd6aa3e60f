import { UserError } from './errors.ts';

interface ExitCode {
  readonly code: number;
  /** For help and docs/report.md. */
  readonly meaning: string;
  /** Result on the Lease for a pass that ended with it. */
  readonly result: string;
  /** Codes of the errors that end a command with it. */
  readonly errors: readonly string[];
}

/**
 * Every way in which a command ends. Node ends with 1 to 13 by itself, so own codes start at 20; 64 and above are those of
 * sysexits.h. `bin/` also ends with `configuration`: on a Node that is too old, and where packages cannot be installed.
 */
export const EXIT_CODES = {
  ok: { code: 0, meaning: 'complete', result: 'complete', errors: [] },
  unexpected: { code: 1, meaning: 'unexpected error', result: 'failed', errors: [] },
  driftFound: { code: 2, meaning: 'drift found (with --detailed-exitcode)', result: 'complete', errors: [] },
  incomplete: { code: 20, meaning: 'incomplete', result: 'incomplete', errors: [] },
  guardTripped: { code: 21, meaning: 'a guard tripped', result: 'guard-tripped', errors: [] },
  lockLost: { code: 22, meaning: 'another pass is running', result: 'lock-lost', errors: ['lock-lost'] },
  usage: { code: 64, meaning: 'usage', result: 'failed', errors: ['usage'] },
  unavailable: {
    code: 75,
    meaning: 'a server or another dependency is not available',
    result: 'unavailable',
    errors: ['unavailable', 'bad-answer', 'conflict'],
  },
  permission: { code: 77, meaning: 'permission', result: 'permission', errors: ['permission'] },
  configuration: {
    code: 78,
    meaning: 'configuration (or a Node older than 24.3)',
    result: 'configuration',
    errors: ['configuration', 'not-found', 'invalid'],
  },
  terminated: { code: 143, meaning: 'terminated', result: 'terminated', errors: [] },
} as const satisfies Readonly<Record<string, ExitCode>>;

export type ExitName = keyof typeof EXIT_CODES;
/** What a failed operation means for the whole run. */
export type ErrorCode = (typeof EXIT_CODES)[ExitName]['errors'][number];

const ROWS: readonly ExitCode[] = Object.values(EXIT_CODES);

/** The codes alone. */
export const EXIT = Object.fromEntries(Object.entries(EXIT_CODES).map(([name, { code }]) => [name, code])) as {
  // Object.fromEntries forgets the names.
  readonly [Name in ExitName]: (typeof EXIT_CODES)[Name]['code'];
};

/** The exit code for an error code. */
export function exitCodeFor(code: ErrorCode): number {
  return ROWS.find(({ errors }) => errors.includes(code))?.code ?? EXIT.unexpected;
}

/** The exit code of a command that ended with this error; an error that is not a `UserError` is a bug. */
export function exitCodeOf(error: unknown): number {
  return error instanceof UserError ? exitCodeFor(error.code) : EXIT.unexpected;
}

/** The result on the Lease for this exit code. */
export function resultOf(exit: number): string {
  return ROWS.find(({ code }) => code === exit)?.result ?? EXIT_CODES.unexpected.result;
}
