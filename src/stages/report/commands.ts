import { stringify } from 'yaml';
import type { DecisionKind } from '../../domain/decision.ts';
import { cutText, sanitize } from '../../domain/describe.ts';
import { ruleFor } from '../../domain/ignore-rule.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { ReportFinding } from '../../domain/report.ts';
import { plural } from '../../domain/words.ts';
import { details, escapeText, fence } from './markdown.ts';
import { nextSteps, objectSteps } from './next-steps.ts';

// What a page has to copy.

/** Fields that get commands and entries of their own. */
const FIELDS = 3;
/** Of a field's summary beside its command. */
const SUMMARY_LENGTH = 60;
/** An entry's words before a person has written others. */
const TITLES: Readonly<Record<DecisionKind, string>> = {
  fix: 'Revert',
  accept: 'Accept the live value',
  ignore: 'Ignore, with your reason',
  adopt: 'Adopt, with the space of the new unit',
};

/**
 * One command in each fence and nothing beside it: what is copied is run as it stands, and to zsh a `#` begins no comment. The
 * commands of single fields and the entries of decisions.yaml are folded.
 */
export function commandSection(findings: readonly ReportFinding[], cluster: string): readonly string[] {
  const steps = objectSteps(findings, cluster);
  if (steps.length === 0) return [...byHand(findings)];
  return [
    '## What you can do',
    ...steps.flatMap(({ what, command }) => [what, fence('sh', [sanitize(command)])]),
    ...perField(findings, cluster, steps),
    ...entries(findings, cluster),
  ];
}

/** What no command does. */
function byHand([first]: readonly ReportFinding[]): readonly string[] {
  return first?.class === 'conflicting'
    ? ['## What you can do', `Remove its declaration from all units but one: ${escapeText(first.detail)}.`]
    : [];
}

function perField(
  findings: readonly ReportFinding[],
  cluster: string,
  known: readonly { readonly command: string }[],
): readonly string[] {
  const commands = new Set(known.map(({ command }) => command));
  const shown = findings.slice(0, FIELDS);
  const body = shown.flatMap((finding) =>
    nextSteps(finding, cluster)
      .filter(({ command }) => !commands.has(command))
      .flatMap(({ what, command }) => [`${what}: ${words(finding)}`, fence('sh', [sanitize(command)])]),
  );
  if (body.length === 0) return [];
  const left = findings.length - shown.length;
  const more = left > 0 ? [`The fingerprints of ${plural(left, 'more field')} are in [findings.jsonl](../findings.jsonl).`] : [];
  return [details('Commands for one field', [...body, ...more])];
}

function words({ summary }: ReportFinding): string {
  return escapeText(summary.length > SUMMARY_LENGTH ? `${cutText(summary, SUMMARY_LENGTH)}…` : summary);
}

/** The same decisions as entries of the file. */
function entries(findings: readonly ReportFinding[], cluster: string): readonly string[] {
  const shown = findings.slice(0, FIELDS);
  const decisions = shown.flatMap((finding) =>
    nextSteps(finding, cluster).flatMap(({ decision }) => (decision ? [{ decision, entry: entryOf(decision, finding) }] : [])),
  );
  const sections = [...Map.groupBy(decisions, ({ decision }) => decision)].flatMap(([decision, alike]) => [
    `${TITLES[decision]}:`,
    fence(
      'yaml',
      stringify({ [decision]: alike.map(({ entry }) => entry) }, { lineWidth: 0 })
        .trimEnd()
        .split('\n'),
    ),
  ]);
  if (sections.length === 0) return [];
  return [
    details('Entries for decisions.yaml', [
      'To decide by a commit, add one of these to `decisions.yaml` in the folder of this cluster; if it has the list already, only its items.',
      ...sections,
    ]),
  ];
}

function entryOf(decision: DecisionKind, finding: ReportFinding): JsonObject {
  if (decision === 'ignore') return ruleFor(finding, { reason: 'why', until: '' });
  return { fingerprint: finding.fingerprint, ...(decision === 'adopt' ? { space: 'SPACE' } : {}) };
}
