import { actorWords } from '../../domain/field-managers.ts';
import { parsePath } from '../../domain/field-path.ts';
import { displayRef } from '../../domain/object-ref.ts';
import { SEVERITIES, type Severity } from '../../domain/ranking.ts';
import type { ReportedDrift } from '../../domain/report.ts';
import { objectDiff } from '../../domain/value-diff.ts';
import { plural, writer } from '../../domain/words.ts';
import { type Html, html, NOTHING } from './html.ts';

export function severityBadge(severity: Severity): Html {
  return html`<span class="badge ${severity}">${severity}</span>`;
}

/** `2 critical`, `1 high`: only what there is; words and figures, not colour alone. */
export function severityCounts(severities: readonly Severity[]): Html {
  const counts = SEVERITIES.map((severity) => ({ severity, count: severities.filter((one) => one === severity).length }));
  const present = counts.filter(({ count }) => count > 0);
  if (present.length === 0) return html`<span class="badge ok">in sync</span>`;
  return html`${present.map(({ severity, count }) => html`<span class="badge ${severity}"><b>${count}</b> ${severity}</span> `)}`;
}

/** `kubectl-set (by hand)` */
export function changedBy({ blame }: Pick<ReportedDrift, 'blame'>): Html {
  if (!blame) return html`<span class="quiet">unknown</span>`;
  return html`${writer({ blame })} <span class="quiet">(${actorWords(blame)})</span>`;
}

/** The same for a cell: it may be broken behind its slashes. */
export function workload(drift: Pick<ReportedDrift, 'object'>): Html {
  const parts = workloadName(drift).split('/');
  return html`${parts.map((part, index) => html`${part}${index < parts.length - 1 ? html`/<wbr>` : NOTHING}`)}`;
}

export function workloadName({ object }: Pick<ReportedDrift, 'object'>): string {
  return displayRef(object);
}

const DIFF_LINES = 200;
const DIFF_CHARACTERS = 20_000;

/** Both sides of a drift, line by line, with what each side is. */
export function diffBlock(
  { path, desired, live, unit }: Pick<ReportedDrift, 'path' | 'desired' | 'live' | 'unit'>,
  mostLines = DIFF_LINES,
): Html {
  const lines = objectDiff([{ steps: parsePath(path), desired, live }]);
  if (lines.length === 0) return NOTHING;
  let size = 0;
  const shown = lines.slice(0, mostLines).filter((line) => {
    size += line.length + 1;
    return size <= DIFF_CHARACTERS;
  });
  const left = lines.length - shown.length;
  return html`<figure class="diff"><figcaption><span class="del">− desired</span> ${unit === '' ? '' : `unit ${unit}`} <span class="ins">+ live</span> as the cluster has it</figcaption>
${diffLines(shown)}
${left > 0 ? html`<p class="quiet">${plural(left, 'more line')}, see findings.jsonl.</p>` : NOTHING}</figure>`;
}

const KINDS: Readonly<Record<string, string>> = { '-': 'del', '+': 'ins', '@': 'hunk' };

/** Lines of a unified diff. */
export function diffLines(lines: readonly string[]): Html {
  return html`<pre tabindex="0">${lines.map((line) => html`<span class="line ${KINDS[line[0] ?? ''] ?? 'same'}">${line}</span>`)}</pre>`;
}

/** A command to copy. */
export function command(what: string, text: string): Html {
  return html`<div class="command"><span>${what}</span><code data-copy>${text}</code></div>`;
}

/** Lines that are copied together. */
export function snippet(what: string, lines: readonly string[]): Html {
  return html`<div class="command"><span>${what}</span><pre data-copy tabindex="0">${lines.map((line) => html`<span class="line">${line}</span>`)}</pre></div>`;
}

/** Terms and what is known of them; a term without a description is left out. */
export function facts(entries: readonly (readonly [string, Html | string | number | undefined])[]): Html {
  const known = entries.filter(([, value]) => value !== undefined && value !== '');
  return html`<dl class="facts">${known.map(([term, value]) => html`<div><dt>${term}</dt><dd>${value}</dd></div>`)}</dl>`;
}
