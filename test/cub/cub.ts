import { runMain } from '../run-main.ts';

export interface CubRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** `drift-detector cub ...` as a person runs it on a terminal. */
export async function cub(
  url: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<CubRun> {
  return runMain(['cub', ...args], { CONFIGHUB_URL: url, CUB_TOKEN: 'admin', ...environment }, { isTerminal: true });
}
