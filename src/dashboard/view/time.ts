import { minute } from '../../domain/words.ts';
import { type Html, html } from './html.ts';

const UNITS: readonly (readonly [seconds: number, unit: string])[] = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
];

/** `3 d`, `4 h`, `12 min`, `now`; empty for what is no time. */
export function ageWords(time: string, now: Date): string {
  const seconds = (now.getTime() - Date.parse(time)) / 1000;
  if (Number.isNaN(seconds)) return '';
  const [size, unit] = UNITS.find(([least]) => seconds >= least) ?? [];
  return size === undefined ? 'now' : `${Math.floor(seconds / size)} ${unit}`;
}

/** An age with the time itself behind it, for a cell. */
export function age(time: string | undefined, now: Date): Html {
  if (time === undefined || time === '') return html`<span class="quiet">unknown</span>`;
  const words = ageWords(time, now);
  return html`<time datetime="${time}" title="${minute(time)}">${words === '' ? time : words === 'now' ? 'now' : `${words} ago`}</time>`;
}
