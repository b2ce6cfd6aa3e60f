import { inspect } from 'node:util';

/** What stands in the place of a value that is not shown. */
export const HIDDEN = '***';

/**
 * A value that no log, report, prompt or page may show: every way of turning it into text gives `***`.
 * Only code that must have the value itself, a request header or a patch, calls `reveal`.
 */
export class Secret<T> {
  readonly #value: T;
  constructor(value: T) {
    this.#value = value;
  }
  reveal(): T {
    return this.#value;
  }
  toString(): string {
    return HIDDEN;
  }
  toJSON(): string {
    return HIDDEN;
  }
  [inspect.custom](): string {
    return HIDDEN;
  }
}
