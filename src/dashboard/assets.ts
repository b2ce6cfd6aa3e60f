import { readFileSync } from 'node:fs';

interface Asset {
  readonly path: string;
  readonly type: string;
  readonly body: string;
}

/** A file beside this one; `bin/build.mjs` puts it beside the bundle. */
function asset(name: string, type: string): Asset {
  return { path: `/${name}`, type: `${type}; charset=utf-8`, body: readFileSync(new URL(`./${name}`, import.meta.url), 'utf8') };
}

export const ASSETS: readonly Asset[] = [
  asset('dashboard.css', 'text/css'),
  asset('dashboard.js', 'text/javascript'),
  asset('icon.svg', 'image/svg+xml'),
];
