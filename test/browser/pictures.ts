import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseRow, renderIndex } from '../../src/stages/report/index-page.ts';
import { renderReport } from '../../src/stages/report/report.ts';
import { startBrowser } from './browser.ts';
import { STYLE, toHtml } from './markdown.ts';
import { realisticReport } from './realistic.ts';

// Pictures of a report as a Git host shows it, to be looked at: node bin/bootstrap.mjs test/browser/pictures.ts [FOLDER]

const folder = process.argv[2] ?? join(tmpdir(), 'drift-pictures');
mkdirSync(folder, { recursive: true });

/** Lines of a diff get their colours, as hosts give them. */
function colour(html: string): string {
  return html.replaceAll(/<code class="language-diff">([\s\S]*?)<\/code>/gu, (_, body: string) => {
    const kinds: Readonly<Record<string, string>> = { '+': 'add', '-': 'del', '@': 'hunk' };
    const lines = body.trimEnd().split('\n');
    return `<code>${lines.map((line) => `<span class="${kinds[line[0] ?? ''] ?? 'same'}">${line}</span>`).join('')}</code>`;
  });
}

/** The box that hosts draw for it. */
function boxed(html: string): string {
  return html.replaceAll(/<blockquote>\s*<p>\[!CAUTION\]\s*/gu, '<blockquote class="caution"><p><b>Caution</b></p><p>');
}

const files = renderReport(realisticReport());
const summary = parseRow('prod-eu', files.get('prod-eu/report.json') ?? '');
const pages = new Map([...files].filter(([path]) => path.endsWith('.md')));
if (summary)
  pages.set(
    'README.md',
    renderIndex([
      summary,
      {
        ...summary,
        cluster: 'prod-us',
        folder: 'prod-us',
        open: 0,
        worst: null,
        severities: null,
        costUsdPerMonth: 0,
        unknownCosts: 0,
        newest: null,
        staged: 0,
        blocked: 0,
        incomplete: [],
      },
    ]),
  );

const browser = await startBrowser();
const page = await browser.newPage({ viewport: { width: 1044, height: 800 } });
for (const [path, markdown] of pages) {
  await page.setContent(`<!doctype html><meta charset="utf-8"><style>${STYLE}</style>${boxed(colour(toHtml(markdown)))}`);
  const name = join(folder, `${path.replaceAll('/', '--').replace(/\.md$/u, '')}.png`);
  await page.screenshot({ path: name, fullPage: true });
  process.stdout.write(`${name}\n`);
}
await browser.close();
