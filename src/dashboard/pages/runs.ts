import { minute, plural } from '../../domain/words.ts';
import type { StoredReport } from '../../stages/report/report.ts';
import { GUARD_EFFECT } from '../../stages/report/report.ts';
import { type Html, html, NOTHING } from '../view/html.ts';
import { facts } from '../view/parts.ts';
import { lastPassTile } from '../view/pass.ts';
import { type Column, table } from '../view/table.ts';
import { age } from '../view/time.ts';
import { wholeNumber } from '../view/trend.ts';
import type { Page, View } from './page.ts';

type Commit = View['state']['commits'][number];

/** Commits that the page lists; all of them are in Git. */
const SHOWN = 100;

const COMMITS = (now: Date): readonly Column<Commit>[] => [
  { title: 'When', isNumber: true, cell: ({ time }) => age(time, now) },
  { title: 'Commit', isMinor: true, cell: ({ id }) => html`<code>${id.slice(0, 10)}</code>` },
  { title: 'Cluster', wraps: 'never', isMinor: true, cell: ({ trailers }) => trailers['Drift-Cluster'] ?? '' },
  { title: 'Subject', wraps: 'anywhere', cell: ({ subject }) => subject },
  ...['New', 'Fixed', 'Open'].map(
    (name): Column<Commit> => ({
      title: name,
      isNumber: true,
      cell: ({ trailers }) => wholeNumber(trailers[`Drift-${name}`]) ?? '',
    }),
  ),
  { title: 'Version', isMinor: true, cell: ({ trailers }) => (trailers['Drift-Tool'] ?? '').replace(/^drift-detector\//u, '') },
  { title: 'Author', isMinor: true, cell: ({ author }) => author },
];

function lastPass(view: View): Html {
  const pass = view.lastPass;
  if (!pass) return lastPassTile(view);
  const counts = Object.entries(pass.counts).map(([name, count]): readonly [string, number] => [name, count]);
  return html`<div class="tiles">${lastPassTile(view)}<div class="tile wide">${facts([
    ['Ended', minute(pass.endedAt)],
    ['Result', pass.result],
    ['Last success', pass.lastSuccess === '' ? 'none' : minute(pass.lastSuccess)],
    ['Pass', html`<code>${pass.pass}</code>`],
    ['AUTO_FIX', view.settings.autoFix ? 'on' : 'off'],
    ...counts,
  ])}</div></div>`;
}

function cluster({ cluster: name, guard, incomplete, notes, prices, leftOut }: StoredReport): Html {
  return html`<section><h3>${name}</h3>
${guard === null ? NOTHING : html`<p class="notice bad"><b>Guard ${guard.name} tripped</b>: ${guard.detail}; ${GUARD_EFFECT}.</p>`}
${incomplete.length === 0 ? html`<p>Everything was read.</p>` : html`<p class="notice warning"><b>${plural(incomplete.length, 'source')} not read</b></p>${table(`Not read in ${name}`, NOT_READ, incomplete, '')}`}
${notes.length === 0 ? NOTHING : html`<ul>${notes.map((note) => html`<li>${note}</li>`)}</ul>`}
${facts([
  ['Outside the monitored namespaces', leftOut.notMonitored || undefined],
  ['Units of other targets', leftOut.otherTargets || undefined],
  ['Prices', prices],
])}</section>`;
}

const NOT_READ: readonly Column<StoredReport['incomplete'][number]>[] = [
  { title: 'What', wraps: 'anywhere', cell: ({ what }) => what },
  { title: 'Error', wraps: 'anywhere', cell: ({ error }) => error },
];

export const runs: Page = {
  path: '/runs',
  title: 'Runs',
  body: (view) => html`${lastPass(view)}
<section><h2>Newest report of each cluster</h2>${view.state.reports.map(cluster)}</section>
<section><h2>Reports</h2><p class="quiet">A pass without a change makes no commit. Dashboard ${view.settings.version}.</p>
${table('Reports', COMMITS(view.now), view.state.commits.slice(0, SHOWN), 'No report was committed yet.')}</section>`,
  data: ({ state, lastPass: pass, settings }) => ({
    lastPass: pass === undefined ? null : { cluster: settings.cluster, ...pass },
    commits: state.commits.slice(0, SHOWN),
    clusters: state.reports.map(({ cluster: name, guard, incomplete, notes, prices, leftOut }) => ({
      cluster: name,
      guard,
      incomplete,
      notes,
      prices,
      leftOut,
    })),
  }),
};
