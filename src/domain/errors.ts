import type { ErrorCode } from './exit-codes.ts';
import { foreignText } from './foreign-text.ts';

interface Detail {
  readonly code: ErrorCode;
  /** The unit, object, file or URL (without secrets) that it happened to. */
  readonly subject: string;
  /** One imperative sentence: what the reader does next. */
  readonly remedy: string;
  readonly cause?: unknown;
}

/** An error that a user can act on. Everything else that is thrown is a bug and keeps its stack. */
export class UserError extends Error {
  readonly code: ErrorCode;
  readonly subject: string;
  readonly remedy: string;
  constructor(message: string, detail: Detail) {
    super(message, detail.cause === undefined ? {} : { cause: detail.cause });
    this.name = new.target.name;
    this.code = detail.code;
    this.subject = detail.subject;
    this.remedy = detail.remedy;
  }
}

export class ConfigError extends UserError {}
/** A field that the API server names as what it refuses, such as `spec.containers[0].name`. */
export interface RefusedField {
  readonly field: string;
  readonly message: string;
}

export class ClusterError extends UserError {
  /** HTTP status of the answer; `undefined` where there was none. */
  readonly status: number | undefined;
  /** Empty where it names none, as for a failed test of a JSON patch. */
  readonly fields: readonly RefusedField[];
  constructor(message: string, detail: Detail & { readonly status?: number; readonly fields?: readonly RefusedField[] }) {
    super(message, detail);
    this.status = detail.status;
    this.fields = detail.fields ?? [];
  }
}
export class ConfigHubError extends UserError {
  /** HTTP status of the answer; `undefined` where there was none. */
  readonly status: number | undefined;
  constructor(message: string, detail: Detail & { readonly status?: number }) {
    super(message, detail);
    this.status = detail.status;
  }
}
export class GitError extends UserError {}

/**
 * For a catch that goes on after errors of one class: throws all others, and every error of work that the signal ended.
 * What is left is of that class.
 */
export function throwUnless<E extends Error>(
  error: unknown,
  expected: abstract new (...parameters: never[]) => E,
  signal: AbortSignal,
): asserts error is E {
  if (signal.aborted || !(error instanceof expected)) throw error;
}

/** The text of anything that was thrown, cut to one line. */
export function messageOf(error: unknown): string {
  return foreignText(error instanceof Error ? error.message : String(error));
}

/** What is recorded of a bug: its name and stack, without the message. */
export function traceOf(error: unknown): { readonly name: string; readonly frames: readonly string[] } {
  if (!(error instanceof Error)) return { name: typeof error, frames: [] };
  return { name: error.name, frames: error.stack?.split('\n').filter((line) => /^ {4}at /u.test(line)) ?? [] };
}
