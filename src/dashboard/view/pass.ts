import type { View } from '../pages/page.ts';
import { type Html, html } from './html.ts';
import { ageWords } from './time.ts';

/** How the last pass is judged: a word, and a class for its colour. */
interface Verdict {
  readonly word: string;
  readonly tone: 'ok' | 'warning' | 'bad' | 'quiet';
}

function verdictOf({ lastPass, now, settings }: Pick<View, 'lastPass' | 'now' | 'settings'>): Verdict {
  if (!lastPass) return { word: 'unknown', tone: 'quiet' };
  if (now.getTime() - Date.parse(lastPass.endedAt) > settings.overdueSeconds * 1000) return { word: 'overdue', tone: 'bad' };
  return lastPass.result === 'complete' ? { word: 'complete', tone: 'ok' } : { word: lastPass.result, tone: 'warning' };
}

/** The age of the last pass in large type, with what became of it. */
export function lastPassTile(view: View): Html {
  const { lastPass, now, settings } = view;
  const { word, tone } = verdictOf(view);
  const age = lastPass ? ageWords(lastPass.endedAt, now) : '';
  const large = age === '' ? 'unknown' : age === 'now' ? 'just now' : `${age} ago`;
  return html`<div class="tile ${tone}"><h2>Last pass <span class="quiet">${settings.cluster}</span></h2>
<p class="figure">${large}</p><p>${lastPass ? html`<b>${word}</b>${word === 'overdue' ? ` (ended ${lastPass.result})` : ''}` : 'The Lease of this cluster tells nothing.'}</p></div>`;
}
