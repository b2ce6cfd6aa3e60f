import { SEVERITIES, type Severity } from '../../domain/ranking.ts';

/** Select Graphic Rendition codes; the word says the same without colour. */
const COLORS: Readonly<Record<Severity, string>> = { critical: '1;31', high: '31', medium: '33', low: '36', info: '2' };

/** A severity's word in its colour; any other text as it is. */
export function paintSeverity(cell: string): string {
  const severity = SEVERITIES.find((known) => known === cell);
  return severity === undefined ? cell : `\u001b[${COLORS[severity]}m${cell}\u001b[0m`;
}
