import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBrowser } from '../browser/browser.ts';
import { startFleet } from './fleet.ts';

// Pictures of each page in both themes, to be looked at: node bin/bootstrap.mjs test/dashboard/pictures.ts [FOLDER]

const folder = process.argv[2] ?? join(tmpdir(), 'drift-pictures');
mkdirSync(folder, { recursive: true });
await using scene = await startFleet(14);
const browser = await startBrowser();
for (const colorScheme of ['light', 'dark'] as const) {
  for (const [size, viewport] of [
    ['wide', { width: 1280, height: 800 }],
    ['narrow', { width: 360, height: 740 }],
  ] as const) {
    const page = await browser.newPage({ viewport, colorScheme });
    for (const path of scene.paths) {
      await page.goto(scene.url + path);
      const name = `${(path.split('?')[0] ?? '').slice(1) || 'overview'}${path.includes('open=') ? '-open' : ''}-${size}-${colorScheme}.png`;
      await page.screenshot({ path: join(folder, name), fullPage: !process.argv.includes('--first') });
      process.stdout.write(`${join(folder, name)}\n`);
    }
    await page.close();
  }
}
await browser.close();
