import { expect } from 'chai';
import type { Browser } from 'playwright-core';
import * as z from 'zod';
import { parseRow, renderIndex } from '../../src/stages/report/index-page.ts';
import { renderReport } from '../../src/stages/report/report.ts';
import { startBrowser } from './browser.ts';
import { STYLE, toHtml } from './markdown.ts';
import { realisticReport } from './realistic.ts';

// The pages of an ordinary night, as wide as Git hosts show them.

/** Runs in the page: tables that are wider than their place, by their header. */
const WIDE = `[...document.querySelectorAll('table')]
  .filter((table) => table.scrollWidth > table.clientWidth)
  .map((table) => table.querySelector('tr').textContent)`;

describe('a page on a Git host', function () {
  this.timeout(60_000);
  let browser: Browser;
  before(async function () {
    browser = await startBrowser(this);
  });
  after(async () => {
    await browser?.close();
  });

  it('has no table that is cut at its right edge', async () => {
    const files = new Map(renderReport(realisticReport()));
    const summary = parseRow('prod-eu', files.get('prod-eu/report.json') ?? '');
    if (summary) files.set('README.md', renderIndex([summary, { ...summary, cluster: 'prod-us' }]));
    const page = await browser.newPage({ viewport: { width: 1044, height: 800 } });
    const wide: string[] = [];
    for (const [path, markdown] of [...files].filter(([name]) => name.endsWith('.md'))) {
      await page.setContent(`<!doctype html><meta charset="utf-8"><style>${STYLE}</style>${toHtml(markdown)}`);
      wide.push(
        ...z
          .array(z.string())
          .parse(await page.evaluate(WIDE))
          .map((header) => `${path}: ${header}`),
      );
    }
    expect(wide).to.deep.equal([]);
  });
});
