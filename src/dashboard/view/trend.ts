import { minute } from '../../domain/words.ts';
import type { DashboardState } from '../state.ts';
import { type Html, html } from './html.ts';

/** Open findings and fixes after one commit. */
export interface TrendPoint {
  /** RFC 3339. */
  readonly time: string;
  readonly open: number;
  readonly fixed: number;
}

/** Oldest first: the sum of all clusters after each report's commit. A cluster counts from its first commit in the history on. */
export function trendOf({ commits }: Pick<DashboardState, 'commits'>): readonly TrendPoint[] {
  const open = new Map<string, number>();
  let sum = 0;
  return commits.toReversed().flatMap(({ time, trailers }) => {
    const cluster = trailers['Drift-Cluster'] ?? '';
    const now = wholeNumber(trailers['Drift-Open']);
    if (cluster === '' || now === undefined) return [];
    sum += now - (open.get(cluster) ?? 0);
    open.set(cluster, now);
    return [{ time, open: sum, fixed: wholeNumber(trailers['Drift-Fixed']) ?? 0 }];
  });
}

/** Anybody may write a commit: a trailer is a number, or nothing. */
export function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/u.test(text) ? Number(text) : undefined;
}

const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP] = [640, 160, 40, 20, 10];

/** Open drift as a stepped line, fixes as bars below it. */
export function trendChart(points: readonly TrendPoint[]): Html {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last || points.length < 2) return html`<p class="empty">The trend begins with the second report.</p>`;
  const [start, end] = [Date.parse(first.time), Date.parse(last.time)];
  const most = Math.max(1, ...points.map(({ open, fixed }) => Math.max(open, fixed)));
  const x = (time: string): number => LEFT + ((Date.parse(time) - start) / Math.max(1, end - start)) * (WIDTH - LEFT - 4);
  const y = (count: number): number => HEIGHT - BOTTOM - (count / most) * (HEIGHT - BOTTOM - TOP);
  const line = points
    .map(({ time, open }, index) => `${index === 0 ? `M${round(x(time))},` : `H${round(x(time))}V`}${round(y(open))}`)
    .join('');
  const area = `${line}V${HEIGHT - BOTTOM}H${LEFT}Z`;
  const bars = points.filter(({ fixed }) => fixed > 0);
  const label = `Open drift from ${minute(first.time)} to ${minute(last.time)}: ${first.open} at first, ${last.open} now, ${most} at most. ${bars.reduce((sum, { fixed }) => sum + fixed, 0)} fixes.`;
  return html`<figure class="trend"><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}">
${[0, Math.round(most / 2), most].filter((value, index, all) => all.indexOf(value) === index).map((value) => html`<line class="grid" x1="${LEFT}" x2="${WIDTH - 4}" y1="${round(y(value))}" y2="${round(y(value))}"/><text x="${LEFT - 6}" y="${round(y(value) + 4)}" text-anchor="end">${value}</text>`)}
<path class="area" d="${area}"/><path class="open-line" d="${line}"/>
${bars.map(({ time, fixed }) => html`<line class="fixes" x1="${round(x(time))}" x2="${round(x(time))}" y1="${HEIGHT - BOTTOM}" y2="${round(y(fixed))}"/>`)}
<text x="${LEFT}" y="${HEIGHT - 4}">${minute(first.time)}</text><text x="${WIDTH - 4}" y="${HEIGHT - 4}" text-anchor="end">${minute(last.time)}</text>
</svg><figcaption><span class="key open-key"></span> open findings <span class="key fixes-key"></span> fixes</figcaption></figure>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
