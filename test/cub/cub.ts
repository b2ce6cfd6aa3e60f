import { main } from '../../src/main.ts';

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
  let [out, err] = ['', ''];
  const code = await main({
    argv: ['cub', ...args],
    environment: { CONFIGHUB_URL: url, CUB_TOKEN: 'admin', ...environment },
    isTerminal: true,
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    stop: new AbortController().signal,
  });
  return { code, out, err };
}
