import { main } from '../src/main.ts';

export interface Run {
  /** The exit code. */
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A command as a user types it, in this process, with nothing but this environment. */
export async function runMain(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  { isTerminal = false }: { readonly isTerminal?: boolean } = {},
): Promise<Run> {
  let [out, err] = ['', ''];
  const code = await main({
    argv,
    environment,
    isTerminal,
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
