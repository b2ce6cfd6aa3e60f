import { setFlagsFromString } from 'node:v8';
import { messageOf } from '../../domain/errors.ts';
import { badRequest } from '../errors.ts';

// A pattern such as `(a+)+$` would hold the hub's one thread for years: where a search goes back too often, V8's other
// engine takes over, which is linear. It knows no flags, no lookaround and no backreferences.
setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');

const NOT_POSIX = /\(\?<?[=!]|\\[1-9]|\\k</u;

export function matches(text: string, pattern: string, ignoresCase: boolean): boolean {
  if (!ignoresCase) return new RegExp(pattern, '').test(text);
  // Letters are lowered, but not those of classes such as `\S`.
  return new RegExp(
    pattern.replaceAll(/\\.|[A-Z]/gsu, (part) => (part.startsWith('\\') ? part : part.toLowerCase())),
    '',
  ).test(text.toLowerCase());
}

/** Throws 400 for what is no pattern of `~`; `place` names its position. */
export function assertPattern(pattern: string, place: string): void {
  if (NOT_POSIX.test(pattern)) throw badRequest(`${place}: lookaround and backreferences are not in POSIX patterns`);
  try {
    new RegExp(pattern, '');
  } catch (error) {
    throw badRequest(`${place}: not a regular expression: ${messageOf(error)}`);
  }
}
