import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import * as z from 'zod';
import { sanitize } from '../../src/domain/describe.ts';
import { parseRow, renderIndex } from '../../src/stages/report/index-page.ts';
import { renderReport } from '../../src/stages/report/report.ts';
import { HARMLESS, hostileStrings, mapWords, reportFrom, type Words } from '../report/hostile-report.ts';
import { startBrowser } from './browser.ts';
import { toHtml } from './markdown.ts';

// Every hostile string in every text of a report, rendered as Git hosts do and shown by a real browser.

/** Runs in the page: every element with its attributes but for names of pages, where links lead, and all text. */
const LOOK = `({
  elements: [...document.querySelectorAll('*')].map((element) =>
    [element.tagName, ...[...element.attributes].map(({ name, value }) =>
      (name === 'href' || name === 'id' ? name : name + '=' + value))].join(' ')),
  links: [...document.querySelectorAll('[href],[src]')].map((element) =>
    ({ from: element.closest('section')?.id ?? '', to: element.getAttribute('href') ?? 'src' })),
  text: document.body.textContent,
})`;
const shownSchema = z.object({
  elements: z.array(z.string()),
  links: z.array(z.object({ from: z.string(), to: z.string() })),
  text: z.string(),
});
type Shown = z.output<typeof shownSchema>;

/** What each text becomes a part of, so that it can be looked for. */
const MARKED: readonly (keyof Words)[] = ['name', 'manager', 'detail', 'cause', 'error', 'guard', 'group', 'note'];

function filesFor(texts: Words): ReadonlyMap<string, string> {
  const files = new Map(renderReport(reportFrom(texts)));
  const [folder = ''] = [...files.keys()].flatMap((path) => (path.endsWith('/report.json') ? [path.split('/')[0]] : []));
  const summary = parseRow(folder, files.get(`${folder}/report.json`) ?? '');
  if (summary) files.set('README.md', renderIndex([summary]));
  return files;
}

/** All pages one below the other, so that one that is not closed shows in the others as well. */
async function show(page: Page, files: ReadonlyMap<string, string>): Promise<Shown> {
  const pages = [...files].filter(([path]) => path.endsWith('.md'));
  const sections = pages.map(([path, markdown]) => `<section id="${path}">${toHtml(markdown)}</section>`);
  await page.setContent(`<!doctype html><meta charset="utf-8"><body>${sections.join('')}</body>`);
  return shownSchema.parse(await page.evaluate(LOOK));
}

/** As it is read: without the marks that keep words apart, and with white space as Markdown leaves it. */
function asRead(text: string): string {
  return text.replaceAll('\u200b', '').replaceAll(/\s+/gu, ' ').trim();
}

// Each takes a tenth of a second, so the short run takes every sixth.
const strings = hostileStrings().filter((_, index) => process.env['DRIFT_LONG'] || index % 6 === 0);

describe('a report full of hostile text, in a browser', function () {
  this.timeout(240_000);
  let browser: Browser;
  let page: Page;
  const disturbances: string[] = [];

  before(async function () {
    browser = await startBrowser(this);
    page = await browser.newPage();
    page.on('request', (request) => disturbances.push(`request ${request.url()}`));
    page.on('dialog', (dialog) => {
      disturbances.push(`dialog ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('popup', () => disturbances.push('popup'));
    page.on('framenavigated', (frame) => {
      if (frame.url() !== 'about:blank') disturbances.push(`navigation to ${frame.url()}`);
    });
  });
  after(async () => {
    await browser?.close();
  });

  it('has the elements of a page of harmless names, says what it is to say, and fetches and runs nothing', async () => {
    const expected = await show(page, filesFor(HARMLESS));
    for (const { about, text } of strings) {
      const files = filesFor(mapWords(() => text));
      const shown = await show(page, files);
      const what = `${about}: ${JSON.stringify(text)}`;
      // A page that is full leaves sections out, and what is not shown is not to be accepted.
      if (about === 'long' || text === '***') expect(expected.elements, what).to.include.members(shown.elements);
      else expect(shown.elements, what).to.deep.equal(expected.elements);
      for (const { from, to } of shown.links) {
        expect(to, what).to.match(/^[a-z0-9./-]+$/iu);
        expect([...files.keys()], what).to.include(new URL(to, `https://host.example/${from}`).pathname.slice(1));
      }
      expect(asRead(shown.text), what).to.contain(asRead(sanitize(text)).slice(0, 100));
      expect(disturbances, what).to.deep.equal([]);
    }
  });

  it('says each text where it belongs', async () => {
    const files = filesFor(
      mapWords((place) => (place === 'kind' ? 'Deployment' : `<b>${place}</b> [${place}](x) \`${place}\` @${place} #1${place}`)),
    );
    const everything = asRead((await show(page, files)).text);
    for (const place of MARKED) expect(everything).to.contain(`<b>${place}</b> [${place}](x) \`${place}\` @${place} #1${place}`);
  });

  it('would notice an element, a script and a request', async () => {
    const seen = await show(
      page,
      new Map([['x.md', '<img src="http://127.0.0.1:9/x.png"> <script>alert(1)</script> www.evil.example']]),
    );
    expect(seen.elements.map((element) => element.split(' ')[0])).to.include.members(['IMG', 'SCRIPT', 'A']);
    await expectEventually(() => disturbances.includes('request http://127.0.0.1:9/x.png') && disturbances.includes('dialog 1'));
  });

  async function expectEventually(isTrue: () => boolean): Promise<void> {
    // Each round trip to the browser lets its events in.
    while (!isTrue()) await page.evaluate(() => undefined);
  }
});
