import { COMPARING } from './comparing.ts';
import { FIXING } from './fixing.ts';
import { REPORTING } from './reporting.ts';
import { RUNNING } from './running.ts';

/** All options: flags, variables, keys of the file, defaults and help come from this table. */
export const OPTIONS = { ...COMPARING, ...FIXING, ...REPORTING, ...RUNNING } as const;

export type OptionName = keyof typeof OPTIONS;

export const OPTION_NAMES = Object.keys(OPTIONS) as readonly OptionName[];

/** `--namespace-selector` of `namespaceSelector`. */
export function flagOf(name: OptionName): string {
  return `--${snakeOf(name).replaceAll('_', '-')}`;
}

/** `namespace_selector` of `namespaceSelector`. */
export function snakeOf(name: OptionName): string {
  return name.replaceAll(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`);
}
