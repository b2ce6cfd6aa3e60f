import { cutText, sanitize } from '../types/describe.ts';
import { displayRef } from '../types/object-ref.ts';
import type { Report, ReportFinding } from '../types/report.ts';
import { earlierDrift } from './earlier.ts';
import { escapeText, fence, table, tableWithin } from './markdown.ts';
import { nextSteps, quoted } from './next-steps.ts';
import { pathPart, workloadPage } from './paths.ts';
import { assemblePage, type Section } from './sections.ts';
import { objectDiff } from './value-diff.ts';
import { costWords, dollars, minute, plural, state, who, writer } from './words.ts';

/** What Git hosts show of a file at once. */
const LIMITS = { bytes: 20_000, lines: 400, elsewhere: '../findings.jsonl' };
const DIFF_LINES = 200;
const DIFF_BYTES = 8_000;
const FIELDS_SHOWN = 50;
const FIELDS_BYTES = 4_000;
/** Fields that get their commands and the model's words on the page. */
const FIELDS_WITH_COMMANDS = 3;
const COMMENT_LENGTH = 60;
const FATES_SHOWN = 5;

interface Page {
  readonly report: Report;
  /** Open findings of the page's object, worst first. */
  readonly findings: readonly ReportFinding[];
  readonly worst: ReportFinding;
  /** Folder of all reports inside the repository. */
  readonly root: string;
}

/** The page's sections in order; another one is another entry. */
const SECTIONS: readonly Section<Page>[] = [headline, difference, fields, advice, outcome, commands, earlier, revisions, log];

/** The page of one workload that drifts. */
export function renderWorkload(report: Report, findings: readonly ReportFinding[], root: string): string {
  const [worst] = findings;
  return worst ? assemblePage({ report, findings, worst, root }, SECTIONS, LIMITS) : '';
}

function headline({ findings, worst }: Page): readonly string[] {
  const more = findings.length - 1;
  const unit =
    worst.unit === ''
      ? 'No unit declares it.'
      : `Desired: unit ${escapeText(worst.unit)}${worst.isCritical ? ' (tier=critical)' : ''}.`;
  const since = findings.map((finding) => finding.firstSeen).sort()[0] ?? '';
  return [
    `# ${escapeText(displayRef(worst.object))}`,
    `**${worst.severity}**: ${escapeText(worst.summary)}${more > 0 ? `, and ${plural(more, 'more field')}` : ''}. ${blameWords(worst)}`,
    `${costWords(findings).replace(/^of/u, 'Of')}. Open since ${escapeText(minute(since))}. ${unit} State: ${escapeText(state(worst))}.`,
  ];
}

function blameWords({ blame, class: found }: ReportFinding): string {
  if (!blame) return found === 'unmanaged' || found === 'missing' ? '' : 'Nobody owns the field, so nobody can be named.';
  const kind = {
    person: 'a person',
    controller: 'a controller',
    autoscaler: 'an autoscaler',
    gitops: 'a GitOps tool',
    unknown: '',
  };
  const aside = [kind[blame.actor], blame.operation === 'Apply' ? 'by server-side apply' : ''].filter((part) => part !== '');
  const when = blame.time === undefined ? 'at an unknown time' : `at ${minute(blame.time)}`;
  return `Last written by ${escapeText(writer({ blame }))}${aside.length > 0 ? ` (${aside.join(', ')})` : ''} ${escapeText(when)}.`;
}

function difference({ findings }: Page): readonly string[] {
  const lines = objectDiff(findings);
  if (lines.length === 0) return [];
  let bytes = 0;
  const shown = lines.slice(0, DIFF_LINES).filter((line) => {
    bytes += Buffer.byteLength(line) + 1;
    return bytes <= DIFF_BYTES;
  });
  const left = lines.length - shown.length;
  return [
    '## Desired and live',
    'What the unit says (`-`) and what the cluster has (`+`):',
    fence('diff', shown),
    ...(left > 0 ? [`${plural(left, 'more line')}, see [findings.jsonl](../findings.jsonl).`] : []),
  ];
}

function fields({ findings }: Page): readonly string[] {
  const rows = findings
    .slice(0, FIELDS_SHOWN)
    .map((finding) => [
      finding.severity,
      finding.class,
      who(finding),
      escapeText(minute(finding.firstSeen)),
      dollars(finding.costUsdPerMonth),
      finding.restartsPods ? 'yes' : 'no',
      escapeText(state(finding)),
      escapeText(finding.path === '' ? '(whole object)' : finding.path),
    ]);
  const header = ['severity', 'class', 'who', 'first seen', '$ a month', 'fix restarts pods', 'state', 'field'];
  const { text, left: unfit } = tableWithin(FIELDS_BYTES, header, rows);
  const left = findings.length - rows.length + unfit;
  return ['## Fields', text, ...(left > 0 ? [`${plural(left, 'more field')}, see [findings.jsonl](../findings.jsonl).`] : [])];
}

function advice({ findings }: Page): readonly string[] {
  const said = findings
    .slice(0, FIELDS_WITH_COMMANDS)
    .flatMap((finding) => (finding.opinion ? [{ finding, ...finding.opinion }] : []));
  if (said.length === 0) return [];
  const rows = said.map(({ finding, advice: words }) => [
    escapeText(finding.summary),
    escapeText(words.cause),
    escapeText(words.advice),
    words.confidence,
  ]);
  return ['## Advice by the model', table(['what', 'likely cause', 'advice', 'confidence'], rows)];
}

function outcome({ findings }: Page): readonly string[] {
  // Fields of one fate share a row.
  const alike = Map.groupBy(findings, (finding) =>
    JSON.stringify([state(finding), finding.changeSet, finding.detail, finding.message]),
  );
  const rows = [...alike.values()].slice(0, FATES_SHOWN).flatMap((together) => {
    const [first] = together;
    if (!first) return [];
    const more = together.length - 1;
    return [
      [
        `${escapeText(first.summary)}${more > 0 ? `, and ${plural(more, 'more field')}` : ''}`,
        escapeText(`${state(first)}${first.changeSet === '' ? '' : `, changeset ${first.changeSet}`}`),
        [first.detail, first.message]
          .filter((text) => text !== '')
          .map(escapeText)
          .join('. '),
      ],
    ];
  });
  return ['## What was done', table(['what', 'state', 'why'], rows)];
}

function commands({ report, findings }: Page): readonly string[] {
  const shown = findings.slice(0, FIELDS_WITH_COMMANDS);
  const steps = shown.flatMap((finding) => nextSteps(finding, report.cluster).map((step) => ({ ...step, finding })));
  const paragraphs = [...Map.groupBy(steps, ({ what }) => what)].map(([what, alike]) => {
    // A hold or an undo is the same for each field.
    const commandsOf = Map.groupBy(alike, ({ command }) => command);
    const lines = [...commandsOf].map(([command, [first]]) =>
      commandsOf.size === 1 || !first ? command : `${command}  # ${cutText(sanitize(first.finding.summary), COMMENT_LENGTH)}`,
    );
    return [`# ${what}:`, ...lines].join('\n');
  });
  const left = findings.length - shown.length;
  return [
    '## What you can do',
    fence('sh', [paragraphs.join('\n\n')]),
    ...(left > 0 ? [`The fingerprints of ${plural(left, 'more field')} are in [findings.jsonl](../findings.jsonl).`] : []),
  ];
}

function earlier({ report, findings }: Page): readonly string[] {
  return earlierDrift(report, findings);
}

function revisions({ report, worst }: Page): readonly string[] {
  const history = report.units.find(({ unit }) => unit === worst.unit);
  if (!history || history.revisions.length === 0) return [];
  const rows = history.revisions.map(({ number, time, author, description }) => [
    String(number),
    escapeText(minute(time)),
    escapeText(author),
    escapeText(description),
  ]);
  return [
    `## Last revisions of unit ${escapeText(worst.unit)}`,
    'As they were when this drift was last news.',
    table(['revision', 'time', 'author', 'description'], rows),
  ];
}

function log({ report, worst, root }: Page): readonly string[] {
  const path = [root, pathPart(report.cluster), workloadPage(worst.object)].filter((part) => part !== '').join('/');
  return ['## All of its history', fence('sh', [`git log -p -- ${quoted(path)}`])];
}
