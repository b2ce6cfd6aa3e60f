import axe from 'axe-core';
import { expect } from 'chai';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import * as z from 'zod';
import { startBrowser } from '../browser/browser.ts';
import { ranked, reportOf } from '../report/build.ts';
import { mapWords, reportFrom } from '../report/hostile-report.ts';
import { finding, ref } from '../types/builders.ts';
import { startFleet } from './fleet.ts';
import { startScene } from './scene.ts';
import { HOSTILE, startUnits } from './units-scene.ts';

const violationsSchema = z.array(
  z.object({ id: z.string(), nodes: z.array(z.object({ html: z.string(), failureSummary: z.string().optional() })) }),
);
const THEMES = ['light', 'dark'] as const;

describe('the dashboard in a browser', function () {
  this.timeout(120_000);
  let browser: Browser;
  let scene: Awaited<ReturnType<typeof startFleet>>;
  before(async function () {
    browser = await startBrowser(this);
    scene = await startFleet();
  });
  after(async () => {
    await scene?.[Symbol.asyncDispose]();
    await browser?.close();
  });

  /** What a page must never do; `requests` are all that it made. */
  async function watched(
    options: Parameters<Browser['newContext']>[0] = {},
  ): Promise<{ readonly page: Page; readonly context: BrowserContext; readonly faults: string[]; readonly requests: string[] }> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    const page = await context.newPage();
    const faults: string[] = [];
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    page.on('dialog', (dialog) => {
      faults.push(`dialog ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('popup', () => faults.push('popup'));
    page.on('pageerror', (error) => faults.push(`error ${error.message}`));
    // Chromium writes violations of the policy, and what cannot be loaded, to the console.
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) faults.push(`console ${message.text()}`);
    });
    return { page, context, faults, requests };
  }

  it('has no violation of accessibility rules on any page, in both themes', async () => {
    for (const colorScheme of THEMES) {
      const { page, context } = await watched({ colorScheme, reducedMotion: 'reduce' });
      for (const path of scene.paths) {
        await page.goto(scene.url + path);
        await page.evaluate(axe.source);
        const violations = violationsSchema.parse(await page.evaluate('axe.run().then(({ violations }) => violations)'));
        expect(violations, `${path} ${colorScheme}`).to.deep.equal([]);
      }
      await context.close();
    }
  });

  it('is as wide as a telephone where it has to be: nothing but tables scrolls sideways', async () => {
    const { page, context } = await watched({ viewport: { width: 360, height: 740 } });
    for (const path of scene.paths) {
      await page.goto(scene.url + path);
      expect(await page.evaluate('document.documentElement.scrollWidth'), path).to.equal(360);
    }
    await context.close();
  });

  it('stays within its origin and its policy on every page', async () => {
    const { page, context, faults, requests } = await watched();
    for (const path of scene.paths) {
      await page.goto(scene.url + path);
      await page.waitForLoadState('load');
    }
    expect(faults).to.deep.equal([]);
    expect(requests.filter((url) => !url.startsWith(`${scene.url}/`))).to.deep.equal([]);
    expect(requests).to.include.members([`${scene.url}/dashboard.css`, `${scene.url}/dashboard.js`, `${scene.url}/events`]);
    await context.close();
  });

  it('shows at the first look what is worst, and why', async () => {
    const { page, context } = await watched();
    await page.goto(scene.url);
    const inSight = await page.evaluate(
      `[...document.querySelectorAll('.worst, .tile')].every((part) => part.getBoundingClientRect().bottom <= innerHeight)`,
    );
    expect(inSight).to.equal(true);
    const text = await page.locator('.worst').innerText();
    for (const part of [
      'critical',
      'shop/deployment/checkout',
      '3.1.0 → 3.1.0-hotfix',
      'kubectl-set',
      'by hand',
      'Still open because',
      'Advice by a model',
    ])
      expect(text).to.contain(part);
    await context.close();
  });

  it('filters by each field and by text, also without scripts', async () => {
    for (const javaScriptEnabled of [true, false]) {
      const { page, context } = await watched({ javaScriptEnabled });
      for (const [field, value, count] of [
        ['cluster', 'prod-us', 1],
        ['namespace', 'shop', 10],
        ['kind', 'ConfigMap', 1],
        ['severity', 'high', 2],
        ['by', 'a controller', 1],
        ['state', 'staged', 1],
      ] as const) {
        if (!javaScriptEnabled && field !== 'severity') continue;
        await page.goto(`${scene.url}/findings`);
        await page.locator(`.filters select[name=${field}]`).selectOption(value);
        await page.locator('.filters button').click();
        await page.waitForURL((url) => url.searchParams.get(field) === value);
        expect(await page.locator('[data-row]').count(), field).to.equal(count);
      }
      await page.locator('.filters input[name=text]').fill('CHECKOUT image');
      for (const field of ['state', 'severity']) await page.locator(`.filters select[name=${field}]`).selectOption('');
      await page.locator('.filters button').click();
      await page.waitForURL((url) => url.searchParams.get('text') === 'CHECKOUT image');
      expect(await page.locator('[data-row]').count()).to.equal(1);
      // It opens, says everything, and closes.
      await page.locator('[data-row]').click();
      await page.waitForURL((url) => url.searchParams.has('open') && url.searchParams.has('text'));
      const detail = await page.locator('.detail').innerText();
      for (const part of [
        '− desired',
        '+ live',
        'kubectl-set (by hand)',
        'Advice by a model',
        'First seen',
        'platform/nightly-fixes',
        'drift-detector accept',
        'accept:\n',
        'fingerprint: ',
      ])
        expect(detail).to.contain(part);
      await page.locator('[data-row]').click();
      await page.waitForURL((url) => !url.searchParams.has('open'));
      await context.close();
    }
  });

  it('sorts by a column, both ways', async () => {
    const { page, context } = await watched();
    await page.goto(`${scene.url}/findings`);
    const first = (): Promise<string> => page.locator('.rows tbody tr').first().innerText();
    await page.getByRole('link', { name: '$ a month' }).click();
    await page.waitForURL((url) => url.searchParams.get('sort') === 'cost');
    expect(await first()).to.contain('+$146.35');
    await page.getByRole('link', { name: '$ a month' }).click();
    await page.waitForURL((url) => url.searchParams.get('desc') === '1');
    expect(await first()).to.contain('unknown');
    await context.close();
  });

  it('shows who drifted what, what was written and how to undo it in the history', async () => {
    const { page, context } = await watched();
    await page.goto(`${scene.url}/history?outcome=fixed`);
    expect(await page.locator('[data-row]').count()).to.equal(4);
    await page.locator('[data-row]').first().click();
    await page.waitForURL((url) => url.searchParams.has('open'));
    const detail = await page.locator('.detail').innerText();
    for (const part of [
      'Drifted by',
      'kubectl via scale',
      'Written',
      'drift-detector undo shop-prod/drift-prod-eu-57f7fc7f',
      'cub unit diff -u',
    ])
      expect(detail).to.contain(part);
    await context.close();
  });

  it('is worked by keys: search, rows, help', async () => {
    const { page, context } = await watched();
    await page.goto(`${scene.url}/findings`);
    await page.keyboard.press('/');
    expect(await page.evaluate('document.activeElement.name')).to.equal('text');
    await page.keyboard.type('j/');
    expect(await page.locator('.filters input[name=text]').inputValue()).to.equal('j/');
    await page.locator('h1').click();
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('k');
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.searchParams.has('open'));
    expect(await page.locator('[data-row][aria-expanded=true]').count()).to.equal(1);
    await page.keyboard.press('?');
    expect(await page.locator('dialog').isVisible()).to.equal(true);
    await page.keyboard.press('Escape');
    expect(await page.locator('dialog').isVisible()).to.equal(false);
    await context.close();
  });

  it('shows a new report by itself, keeps the focus and says so', async () => {
    await using own = await startScene([[reportOf([ranked(finding({ ref: ref('web') }))]), '2026-11-23T12:00:00Z']]);
    const { page, context, faults } = await watched();
    const connected = page.waitForResponse((response) => response.url().endsWith('/events'));
    await page.goto(`${own.url}/findings`);
    await connected;
    await page.locator('.brand').focus();
    await own.publish(reportOf([ranked(finding({ ref: ref('cart') })), ranked(finding({ ref: ref('web') }))]));
    await own.dashboard.refresh();
    await page.getByText('shop/deployment/cart').waitFor();
    expect(await page.locator('[role=status]').textContent()).to.equal('A new report is shown.');
    expect(await page.evaluate('document.activeElement.className')).to.equal('brand');
    expect(await page.locator('[data-row]').count()).to.equal(2);
    expect(faults).to.deep.equal([]);
    await context.close();
  });

  it('runs nothing of hostile texts in every field', async () => {
    const words = mapWords((place) =>
      place === 'kind'
        ? 'Deployment'
        : place === 'cluster'
          ? 'prod-eu'
          : `"><img src=x onerror=alert(1)><script>alert('${place}')</script>`,
    );
    await using own = await startScene([[reportFrom(words), '2026-11-23T12:00:00Z']]);
    const { page, context, faults, requests } = await watched();
    for (const path of ['/', '/findings', '/history', '/ignored', '/runs']) {
      await page.goto(own.url + path);
      expect(await page.locator('img, main script').count(), path).to.equal(0);
      const toggle = page.locator('[data-row]').first();
      if ((await toggle.count()) > 0) await toggle.click();
      await page.waitForLoadState('load');
    }
    expect(faults).to.deep.equal([]);
    expect(requests.filter((url) => !url.startsWith(`${own.url}/`))).to.deep.equal([]);
    await context.close();
  });

  it('shows units and revisions of ConfigHub, whatever their texts are', async () => {
    await using own = await startUnits('B', HOSTILE);
    const { page, context, faults, requests } = await watched({ reducedMotion: 'reduce' });
    for (const path of ['/units', '/unit?space=z-base&unit=web', '/unit?space=z-base&unit=login&from=1&to=2']) {
      await page.goto(own.url + path);
      expect(await page.locator('img, main script').count(), path).to.equal(0);
      await page.setViewportSize({ width: 360, height: 740 });
      expect(await page.evaluate('document.documentElement.scrollWidth'), path).to.equal(360);
      await page.setViewportSize({ width: 1280, height: 800 });
      for (const colorScheme of THEMES) {
        await page.emulateMedia({ colorScheme });
        await page.evaluate(axe.source);
        const violations = violationsSchema.parse(await page.evaluate('axe.run().then(({ violations }) => violations)'));
        expect(violations, `${path} ${colorScheme}`).to.deep.equal([]);
      }
    }
    await page.goto(`${own.url}/units`);
    await page.getByRole('link', { name: 'web' }).first().click();
    await page.waitForURL((url) => url.searchParams.get('unit') === 'web');
    expect(await page.locator('main').innerText())
      .to.contain('<script>')
      .and.to.contain('+  replicas: 4');
    expect(faults).to.deep.equal([]);
    expect(requests.filter((url) => !url.startsWith(`${own.url}/`))).to.deep.equal([]);
    await context.close();
  });

  it('would notice a script of the page and a request of another origin', async () => {
    const { page, context, faults, requests } = await watched();
    await page.goto(scene.url);
    await page.evaluate(`(() => {
      const image = document.createElement('img');
      image.src = 'http://127.0.0.1:9/x.png';
      const script = document.createElement('script');
      document.body.append(image);
      try { script.text = 'alert(1)'; } catch (error) { console.error(String(error)); }
    })()`);
    expect(faults.join('\n')).to.contain('TrustedScript').and.to.contain('Content Security Policy');
    expect(requests).to.include('http://127.0.0.1:9/x.png');
    await context.close();
  });
});
