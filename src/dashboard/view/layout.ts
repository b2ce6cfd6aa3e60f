import type { Page, View } from '../pages/page.ts';
import { type Html, html, NOTHING } from './html.ts';
import { age } from './time.ts';

const KEYS: readonly (readonly [string, string])[] = [
  ['/', 'search'],
  ['j, k', 'next, previous row'],
  ['Enter', 'open or close the row'],
  ['?', 'this list'],
];

/** A whole page. */
export function layout(page: Page, pages: readonly Page[], view: View): Html {
  const { state, now } = view;
  const link = ({ path, title }: Page): Html =>
    html`<li><a href="${path}"${path === (page.below ?? page.path) ? html` aria-current="page"` : NOTHING}>${title}</a></li>`;
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>${page.title} · drift-detector</title>
<link rel="stylesheet" href="/dashboard.css"><link rel="icon" href="/icon.svg" type="image/svg+xml"><script src="/dashboard.js" defer></script></head>
<body><a class="skip" href="#main">Skip to the content</a>
<header><a class="brand" href="/">drift-detector</a><nav aria-label="Main"><ul>${pages.filter(({ below }) => below === undefined).map(link)}</ul></nav>
<form class="search" method="get" action="/findings"><label><span class="unseen">Search findings</span><input type="search" name="text" placeholder="Search findings  /" maxlength="200" data-search-all></label></form></header>
<main id="main" tabindex="-1" data-commit="${state.commit}"><h1${page.path === '/' ? html` class="unseen"` : NOTHING}>${page.title}</h1>${page.body(view)}</main>
<footer><span>${state.commit === '' ? 'No report' : html`Report <code>${state.commit.slice(0, 10)}</code> ${age(state.time, now)}`}</span><span id="live" role="status" aria-live="polite"></span></footer>
<dialog id="keys" aria-labelledby="keys-title"><h2 id="keys-title">Keys</h2><dl class="facts">${KEYS.map(([key, what]) => html`<div><dt><kbd>${key}</kbd></dt><dd>${what}</dd></div>`)}</dl><form method="dialog"><button>Close</button></form></dialog>
</body></html>`;
}
