const PART = /(?<![0-9.])([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)/gu;
const NANOSECONDS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** Nanoseconds of a Go duration such as `1h30m`; `undefined` for text that is none. */
export function parseDuration(text: string): number | undefined {
  const match = /^([+-]?)(.+)$/u.exec(text);
  if (!match) return undefined;
  const [, sign, parts = ''] = match;
  if (parts === '0') return 0;
  if (parts.replaceAll(PART, '') !== '') return undefined;
  let total = 0;
  for (const [, amount, unit = ''] of parts.matchAll(PART)) total += Math.round(Number(amount) * (NANOSECONDS[unit] ?? 0));
  return sign === '-' ? -total : total;
}
