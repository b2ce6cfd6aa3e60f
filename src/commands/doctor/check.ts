import type { OptionName } from '../../cli/options/options.ts';
import { variablesOf } from '../../cli/options/variables.ts';
import { UserError } from '../../domain/errors.ts';
import type { ErrorCode } from '../../domain/exit-codes.ts';

/** `skip`: it could not be asked, because another check failed. */
export type Status = 'ok' | 'warn' | 'fail' | 'skip';

/** The result of one check. Its texts may hold words of others, which went through `foreignText` or are names. */
export interface Check {
  readonly check: string;
  readonly status: Status;
  readonly detail: string;
  /** What the reader does next; empty where there is nothing to do. */
  readonly remedy: string;
  /** Of a check that failed. */
  readonly code?: ErrorCode;
}

export function ok(check: string, detail: string): Check {
  return { check, status: 'ok', detail, remedy: '' };
}

export function warn(check: string, detail: string, remedy: string): Check {
  return { check, status: 'warn', detail, remedy };
}

export function fail(check: string, code: ErrorCode, detail: string, remedy: string): Check {
  return { check, status: 'fail', detail, remedy, code };
}

export function failed(check: string, { code, message, remedy }: UserError): Check {
  return fail(check, code, message, remedy);
}

export function skip(check: string, needed: string): Check {
  return { check, status: 'skip', detail: `not checked: it needs ${needed}`, remedy: '' };
}

/** How long the checks of one server may take before that server counts as unavailable. */
const PATIENCE_MS = 20_000;

/**
 * The checks of one server. What it throws is a check that failed; so is a server that does not answer, since one that hangs
 * must not keep the others from being checked. `signal` is that of the command, `later` names the checks that need an answer.
 */
export async function checking(
  check: string,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<readonly Check[]>,
  later: readonly string[] = [],
): Promise<readonly Check[]> {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  const either = AbortSignal.any([signal, patience]);
  try {
    return await work(either);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const skipped = later.map((name) => skip(name, `an answer of the ${check}`));
    const silence = `no answer within ${PATIENCE_MS / 1000} s`;
    if (patience.aborted) return [fail(check, 'unavailable', silence, 'Check the address, the network and proxies.'), ...skipped];
    if (error instanceof UserError) return [failed(check, error), ...skipped];
    throw error;
  }
}

/** The environment variable of an option. */
export function variable(name: OptionName): string {
  return variablesOf(name)[0];
}
