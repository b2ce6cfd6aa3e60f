import { stringify } from 'yaml';
import { actorWords } from '../../domain/field-managers.ts';
import { rowOf } from '../../domain/finding-classes.ts';
import { usageWords } from '../../domain/usage.ts';
import { dollars, minute, writer } from '../../domain/words.ts';
import { decisionsPath, nextSteps, revisionsOf, state } from '../../stages/report/report.ts';
import type { OpenRow } from '../state.ts';
import { type Html, html, NOTHING } from '../view/html.ts';
import { command, diffBlock, facts, snippet } from '../view/parts.ts';

/** Everything about one open finding. */
export function findingDetail({ report, finding }: OpenRow): Html {
  const { opinion, usage, unit } = finding;
  return html`<div class="detail-body">
${diffBlock(finding)}
${facts([
  ['Changed by', changedAt(finding)],
  ['State', html`${state(finding)}${finding.detail === '' ? '' : `. ${finding.detail}`}`],
  ['Message', finding.message],
  ['Cost', `${dollars(finding.costUsdPerMonth)} a month`],
  ['Usage', usage === null ? undefined : usageWords(usage)],
  ['First seen', minute(finding.firstSeen)],
  ['Unit', unit === '' ? 'Not managed by any unit' : `${unit}${finding.isCritical ? ' (tier=critical)' : ''}`],
  ['Revision', finding.revision === 0 ? undefined : finding.revision],
  ['Changeset', finding.changeSet],
  ['Fix restarts pods', finding.restartsPods ? 'yes' : 'no'],
  ['Field', html`<code>${finding.path === '' ? '(whole object)' : finding.path}</code>`],
  ['Fingerprint', html`<code>${finding.fingerprint}</code>`],
])}
${opinion ? advice(opinion) : NOTHING}
<h2>Decide</h2>
${decisions({ report, finding })}
${unit === '' ? NOTHING : command('List the revisions of the unit', revisionsOf(unit))}
</div>`;
}

function changedAt({ blame }: OpenRow['finding']): string {
  if (!blame) return 'No field manager is recorded';
  const how = blame.operation === 'Apply' ? ', by server-side apply' : '';
  const when = blame.time === undefined ? 'at an unknown time' : `at ${minute(blame.time)}`;
  return `${writer({ blame })} (${actorWords(blame)}${how}) ${when}`;
}

function advice({ advice: { cause, advice: words, confidence } }: NonNullable<OpenRow['finding']['opinion']>): Html {
  return html`<section class="advice"><h2>Advice by a model <span class="quiet">(confidence: ${confidence})</span></h2>
${facts([
  ['Likely cause', cause],
  ['Advice', words],
])}</section>`;
}

/** Commands, and the same decision as an entry of decisions.yaml. */
function decisions({ report, finding }: OpenRow): Html {
  const { cluster } = report;
  const { decisions: possible } = rowOf(finding.class);
  const steps = nextSteps(finding, cluster);
  // As the commands: what a command is not offered for is no entry either.
  const offered = possible.filter((kind) => steps.some(({ command: text }) => text.startsWith(`drift-detector ${kind} `)));
  const entries = offered.map((kind) => ({ kind, entry: entryOf(kind, finding) }));
  return html`${steps.map(({ what, command: text }) => command(what, text))}
${entries.map(({ kind, entry }) =>
  snippet(
    `${decisionsPath(cluster)}: ${kind}`,
    stringify({ [kind]: [entry] }, { lineWidth: 0 })
      .trimEnd()
      .split('\n'),
  ),
)}
${steps.length === 0 ? html`<p class="quiet">No command helps here.</p>` : NOTHING}`;
}

function entryOf(kind: string, { fingerprint, object, path }: OpenRow['finding']): object {
  if (kind === 'ignore') {
    const { namespace, kind: of, name } = object;
    return { ...(namespace === '' ? {} : { namespace }), kind: of, name, path, reason: 'why' };
  }
  return kind === 'adopt' ? { fingerprint, space: 'SPACE' } : { fingerprint, reason: 'why' };
}
