import { cutText, fieldName, sanitize } from '../../domain/describe.ts';
import { actorWords } from '../../domain/field-managers.ts';
import { rowOf } from '../../domain/finding-classes.ts';
import { displayRef } from '../../domain/object-ref.ts';
import type { Report, ReportFinding } from '../../domain/report.ts';
import { usageWords } from '../../domain/usage.ts';
import { costWords, dollars, minute, plural, stateIn, writer } from '../../domain/words.ts';
import { earlierDrift, fullHistory } from './earlier.ts';
import { escapeText, fence } from './markdown.ts';
import { nextSteps } from './next-steps.ts';
import { boundedTable, changedBy } from './page-table.ts';
import { assemblePage, type Section } from './sections.ts';
import { objectDiff } from './value-diff.ts';

/** What Git hosts show of a file at once. */
export const PAGE_LIMITS = { bytes: 20_000, lines: 400, elsewhere: '../findings.jsonl' };
const DIFF_LINES = 200;
const DIFF_BYTES = 6_000;
const FIELDS_SHOWN = 50;
/** Fields that get their commands and the model's words on the page. */
const FIELDS_WITH_COMMANDS = 3;
/** Of a field's summary beside its command. */
const SUMMARY_LENGTH = 60;
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
const SECTIONS: readonly Section<Page>[] = [headline, difference, fields, advice, outcome, commands, earlier, log];

/** In this order they have room before the others: long texts of a cluster or a model must not push the commands out. */
const KEPT: readonly Section<Page>[] = [commands, difference, fields, log];

/** The page of one workload that drifts. */
export function renderWorkload(report: Report, findings: readonly ReportFinding[], root: string): string {
  const [worst] = findings;
  return worst ? assemblePage({ report, findings, worst, root }, SECTIONS, PAGE_LIMITS, KEPT) : '';
}

function headline({ report, findings, worst }: Page): readonly string[] {
  const more = findings.length - 1;
  const unit =
    worst.unit === ''
      ? 'Not managed by any unit.'
      : `Desired: unit ${escapeText(worst.unit)}${worst.isCritical ? ' (tier=critical)' : ''}.`;
  const since = findings.map((finding) => finding.firstSeen).sort()[0] ?? '';
  return [
    `# ${escapeText(displayRef(worst.object))}`,
    `**${worst.severity}**: ${escapeText(worst.summary)}${more > 0 ? `, and ${plural(more, 'more field')}` : ''}. ${blameWords(worst)}`,
    `${costWords(findings).replace(/^of/u, 'Of')}. Open since ${escapeText(minute(since))}. ${unit} State: ${escapeText(stateIn(report, worst))}.`,
    ...(worst.usage ? [`When first seen: ${usageWords(worst.usage)}.`] : []),
  ];
}

function blameWords({ blame, class: found }: ReportFinding): string {
  if (!blame) return rowOf(found).ofObject !== '' ? '' : 'No field manager is recorded.';
  const aside = [actorWords(blame), blame.operation === 'Apply' ? 'by server-side apply' : ''].filter((part) => part !== '');
  const when = blame.time === undefined ? 'at an unknown time' : `at ${minute(blame.time)}`;
  return `Last changed by ${escapeText(writer({ blame }))} (${aside.join(', ')}) ${escapeText(when)}.`;
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
  const columns: readonly (readonly [string, (finding: ReportFinding) => string])[] = [
    // The diff above shows where it lies; a whole path is wider than hosts show.
    ['field', ({ path, steps }) => escapeText(path === '' ? '(whole object)' : steps.length === 0 ? path : fieldName(steps))],
    ['severity', ({ severity }) => severity],
    ['class', ({ class: found }) => found],
    ['$ a month', ({ costUsdPerMonth }) => dollars(costUsdPerMonth)],
    ['fix restarts pods', ({ restartsPods }) => (restartsPods ? 'yes' : 'no')],
    ...[CHANGED_BY, FIRST_SEEN].filter(([, cell]) => new Set(findings.map(cell)).size > 1),
  ];
  const rows = findings.slice(0, FIELDS_SHOWN).map((finding) => columns.map(([, cell]) => cell(finding)));
  const header = columns.map(([name]) => name);
  return ['## Fields', ...boundedTable(header, rows, findings.length - rows.length, 'field')];
}

// Said at the top of the page where they are the same for all fields.
const CHANGED_BY = ['changed by', changedBy] as const;
const FIRST_SEEN = ['first seen', (finding: ReportFinding): string => escapeText(minute(finding.firstSeen))] as const;

function advice({ findings }: Page): readonly string[] {
  const said = findings
    .slice(0, FIELDS_WITH_COMMANDS)
    .flatMap((finding) => (finding.opinion ? [{ finding, ...finding.opinion }] : []));
  if (said.length === 0) return [];
  const rows = said.map(({ finding, rank, advice: words }) => [
    escapeText(finding.summary),
    escapeText(words.cause),
    escapeText(words.advice),
    words.confidence,
    String(rank),
  ]);
  const header = ['what', 'likely cause', 'advice', 'confidence', 'rank'];
  return [
    '## Advice from the model',
    'The rank is the place among all open drift when the model was asked; 1 is the worst.',
    ...boundedTable(header, rows, 0, 'field'),
  ];
}

function outcome({ report, findings }: Page): readonly string[] {
  // Fields of one fate share a row.
  const alike = Map.groupBy(findings, (finding) =>
    JSON.stringify([stateIn(report, finding), finding.changeSet, finding.detail, finding.message]),
  );
  const rows = [...alike.values()].flatMap((together) => {
    const [first] = together;
    if (!first) return [];
    const more = together.length - 1;
    return [
      [
        `${escapeText(first.summary)}${more > 0 ? `, and ${plural(more, 'more field')}` : ''}`,
        escapeText(`${stateIn(report, first)}${first.changeSet === '' ? '' : `, changeset ${first.changeSet}`}`),
        [first.detail, first.message]
          .filter((text) => text !== '')
          .map(escapeText)
          .join('. '),
      ],
    ];
  });
  const shown = rows.slice(0, FATES_SHOWN);
  return ['## What was done', ...boundedTable(['what', 'state', 'why'], shown, rows.length - shown.length, 'outcome')];
}

/** One command in each fence and nothing beside it: what is copied is run as it stands, and to zsh a `#` begins no comment. */
function commands({ report, findings }: Page): readonly string[] {
  const shown = findings.slice(0, FIELDS_WITH_COMMANDS);
  const steps = shown
    .flatMap((finding) => nextSteps(finding, report.cluster).map((step, place) => ({ ...step, finding, place })))
    .toSorted((a, b) => a.place - b.place);
  const paragraphs = [...Map.groupBy(steps, ({ what }) => what)].flatMap(([what, alike]) => {
    // A hold or an undo is the same for each field.
    const commandsOf = Map.groupBy(alike, ({ command }) => command);
    return [...commandsOf].flatMap(([command, [first]]) => {
      const field = commandsOf.size === 1 || !first ? '' : `: ${escapeText(cutText(first.finding.summary, SUMMARY_LENGTH))}`;
      return [`${what}${field}`, fence('sh', [sanitize(command)])];
    });
  });
  const left = findings.length - shown.length;
  if (paragraphs.length === 0) paragraphs.push(...byHand(findings));
  if (left > 0 && paragraphs.length > 0)
    paragraphs.push(`The fingerprints of ${plural(left, 'more field')} are in [findings.jsonl](../findings.jsonl).`);
  return paragraphs.length === 0 ? [] : ['## What you can do', ...paragraphs];
}

/** What no command does. */
function byHand([first]: readonly ReportFinding[]): readonly string[] {
  return first?.class === 'conflicting' ? [`Remove its declaration from all units but one: ${escapeText(first.detail)}.`] : [];
}

function earlier({ report, worst }: Page): readonly string[] {
  return earlierDrift(report, worst.object);
}

function log({ report, worst, root }: Page): readonly string[] {
  return fullHistory(report, worst, root);
}
