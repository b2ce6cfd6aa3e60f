import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import * as z from 'zod';
import { findings } from '../../src/dashboard/pages/findings.ts';
import { history } from '../../src/dashboard/pages/history.ts';
import { ignored } from '../../src/dashboard/pages/ignored.ts';
import { overview } from '../../src/dashboard/pages/overview.ts';
import type { View } from '../../src/dashboard/pages/page.ts';
import { runs } from '../../src/dashboard/pages/runs.ts';
import { stateOf } from '../../src/dashboard/state.ts';
import { layout } from '../../src/dashboard/view/layout.ts';
import { sanitize } from '../../src/domain/describe.ts';
import { startBrowser } from '../browser/browser.ts';
import { HARMLESS, hostileStrings, mapWords, reportFrom, type Words } from '../report/hostile-report.ts';
import { PASS } from './scene.ts';

const PAGES = [overview, findings, history, ignored, runs];

/** Each page with its first row open, as a browser's own parser reads it: elements with the names of their attributes, links, text. */
const LOOK = `(pages) => pages.map((page) => {
  const { body } = new DOMParser().parseFromString(page, 'text/html');
  return {
    elements: [...body.querySelectorAll('*')].map((element) => [element.tagName, ...[...element.attributes].map(({ name }) => name)].join(' ')),
    links: [...body.querySelectorAll('[href],[src],[action]')].map((element) => element.getAttribute('href') ?? element.getAttribute('src') ?? element.getAttribute('action')),
    text: body.textContent,
  };
})`;
const shownSchema = z.array(z.object({ elements: z.array(z.string()), links: z.array(z.string()), text: z.string() }));

function pagesFor(words: Words): readonly string[] {
  const report = reportFrom(words);
  const { guard, ...others } = report;
  const stored = { ...others, guard: guard ?? null, folder: 'prod-eu', page: '', files: new Set<string>() };
  const commit = {
    id: 'c0ffee',
    time: '2026-11-23T12:00:00Z',
    author: words.manager,
    subject: words.group,
    body: words.note,
    trailers: { 'Drift-Cluster': words.cluster, 'Drift-Open': '2', 'Drift-New': words.note, 'Drift-Tool': words.note },
  };
  const state = stateOf({
    head: { sha: 'c0ffee', time: '2026-11-23T12:00:00Z', reports: [stored] },
    commits: [commit, { ...commit, time: '2026-11-22T12:00:00Z' }],
  });
  const open = [
    `prod-eu.${state.open.find(({ finding }) => finding.opinion)?.finding.id ?? ''}`,
    `prod-eu.${state.past[0]?.drift.findingId ?? ''}.${state.past[0]?.drift.time ?? ''}`,
  ];
  const settings = { cluster: words.cluster, autoFix: false, overdueSeconds: 7200, version: '0.1.0' };
  return PAGES.flatMap((page) =>
    (page === findings ? open.slice(0, 1) : page === history ? open.slice(1) : ['']).map((row) => {
      const view: View = {
        state,
        lastPass: { ...PASS, result: words.note, pass: words.note },
        problems: [words.error],
        query: new URLSearchParams(row === '' ? {} : { open: row }),
        now: new Date('2026-11-23T12:13:00Z'),
        settings,
      };
      return String(layout(page, PAGES, view));
    }),
  );
}

// The short run takes every sixth.
const strings = hostileStrings().filter((_, index) => process.env['DRIFT_LONG'] || index % 6 === 0);

describe('the pages of the dashboard, full of hostile text', function () {
  this.timeout(120_000);
  let browser: Browser;
  let page: Page;
  before(async function () {
    browser = await startBrowser(this);
    page = await browser.newPage();
  });
  after(async () => {
    await browser?.close();
  });
  const look = async (words: Words): Promise<z.output<typeof shownSchema>> =>
    shownSchema.parse(await page.evaluate(`(${LOOK})(${JSON.stringify(pagesFor(words))})`));

  it('have the elements of pages of harmless names, lead nowhere else, and show the text', async () => {
    const expected = await look(HARMLESS);
    for (const { about, text } of strings) {
      // Of a kind only its name shows in a summary, and a value of a hidden form is shown as hidden.
      const shown = await look(
        mapWords((place) => (place === 'desired' || place === 'live' || place === 'kind' ? HARMLESS[place] : text)),
      );
      for (const [index, { elements, links, text: all }] of shown.entries()) {
        const what = `${PAGES[index]?.path} ${about}: ${JSON.stringify(text)}`;
        // A longer text has more slashes to break a line at, and more lines in a command.
        const withoutBreaks = (names: readonly string[] = []): readonly string[] =>
          names.filter((name) => name !== 'WBR' && name !== 'SPAN class');
        expect(withoutBreaks(elements), what).to.deep.equal(withoutBreaks(expected[index]?.elements));
        for (const link of links) expect(link, what).to.match(/^(\/(?!\/)|#)/u);
        expect(all, what).to.contain(sanitize(text).slice(0, 50));
      }
    }
  });
});
