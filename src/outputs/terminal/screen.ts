/** What the reader of a stream sees it on. */
export interface Screen {
  /** Cells in a line; `undefined` where that is not known, as in a file: nothing is fitted then. */
  readonly columns: number | undefined;
  readonly hasColor: boolean;
}

/** A file or pipe: whole lines, no colour. */
export const PLAIN: Screen = { columns: undefined, hasColor: false };

/**
 * Colour by the usual variables (no-color.org, force-color.org): `NO_COLOR` beats all, `FORCE_COLOR` beats a missing or
 * dumb terminal; `FORCE_COLOR=0` and `FORCE_COLOR=false` take the colour away.
 */
export function hasColor(environment: Readonly<Record<string, string | undefined>>, isTerminal: boolean): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = environment;
  if (NO_COLOR) return false;
  if (FORCE_COLOR) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  return isTerminal && TERM !== 'dumb';
}

/** Standard output, as the process has it. */
export function screenOf(process: {
  readonly columns?: number | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
}): Screen {
  // A terminal that does not know its width has 0: docker run -t, expect, a CI job.
  return { columns: process.columns || undefined, hasColor: hasColor(process.environment, process.columns !== undefined) };
}
