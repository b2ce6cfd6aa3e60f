import { fieldName } from '../../domain/describe.ts';
import { displayRef } from '../../domain/object-ref.ts';
import type { Report, ReportFinding } from '../../domain/report.ts';
import { usageWords } from '../../domain/usage.ts';
import { objectDiff } from '../../domain/value-diff.ts';
import { costWords, dollars, plural, stateIn } from '../../domain/words.ts';
import { adviceWords, blameWords, returnedSentence } from './about.ts';
import { commandSection } from './commands.ts';
import { earlierDrift, fullHistory } from './earlier.ts';
import { type LinkTemplates, unitLink, withRevisionLink } from './links.ts';
import { caution, details, escapeText, fence } from './markdown.ts';
import { boundedTable, changedBy, marked, moment, saidOfAll, withoutConstant } from './page-table.ts';
import { assemblePage, type Section } from './sections.ts';

/** What Git hosts show of a file at once. */
export const PAGE_LIMITS = { bytes: 20_000, lines: 400, elsewhere: '../findings.jsonl' };
const DIFF_LINES = 200;
const DIFF_BYTES = 6_000;
const FIELDS_SHOWN = 50;
/** Fields that get the model's words on the page. */
const FIELDS_WITH_ADVICE = 3;
const FATES_SHOWN = 5;

interface Page {
  readonly report: Report;
  /** Open findings of the page's object, worst first. */
  readonly findings: readonly ReportFinding[];
  readonly worst: ReportFinding;
  readonly place: Place;
}

/** What pages lead to. */
export interface Place {
  /** Folder of all reports inside the repository. */
  readonly root: string;
  readonly links: LinkTemplates;
}

/** The page's sections in order; another one is another entry. */
const SECTIONS: readonly Section<Page>[] = [headline, difference, fields, advice, outcome, commands, earlier, log];

/** In this order they have room before the others: long texts of a cluster or a model must not push the commands out. */
const KEPT: readonly Section<Page>[] = [commands, difference, fields, log];

/** The page of one workload that drifts. */
export function renderWorkload(report: Report, findings: readonly ReportFinding[], place: Place): string {
  const [worst] = findings;
  return worst ? assemblePage({ report, findings, worst, place }, SECTIONS, PAGE_LIMITS, KEPT) : '';
}

function headline({ report, findings, worst, place: { links } }: Page): readonly string[] {
  const more = findings.length - 1;
  const unit =
    worst.unit === ''
      ? 'Not managed by any unit.'
      : `Desired: unit ${unitLink(worst.unit, links)}${worst.isCritical ? ' (tier=critical)' : ''}.`;
  const since = findings.map((finding) => finding.firstSeen).sort()[0] ?? '';
  const what = `**${worst.severity}**: ${escapeText(worst.summary)}${more > 0 ? `, and ${plural(more, 'more field')}` : ''}.`;
  const facts = [
    `${costWords(findings).replace(/^of/u, 'Of')}. Open since ${moment(since)}.`,
    returnedSentence(worst),
    worst.owner === '' ? '' : `Owner: ${escapeText(worst.owner)}.`,
    `${unit} State: ${withRevisionLink(escapeText(stateIn(report, worst)), worst.unit, worst.revision, links)}.`,
  ];
  const first = `${what} ${blameWords(worst)}`.trimEnd();
  return [
    `# ${escapeText(displayRef(worst.object))}`,
    worst.severity === 'critical' ? caution([first]) : first,
    facts.filter((text) => text !== '').join(' '),
    ...adviceWords(worst),
    ...(worst.usage ? [`When first seen: ${usageWords(worst.usage)}.`] : []),
  ];
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
    ['severity', ({ severity }) => marked(severity)],
    ['class', ({ class: found }) => found],
    ['$ a month', ({ costUsdPerMonth }) => dollars(costUsdPerMonth)],
    ['fix restarts pods', ({ restartsPods }) => (restartsPods ? 'yes' : 'no')],
    // Said at the top of the page where they are the same for all fields.
    ...[CHANGED_BY, FIRST_SEEN].filter(([, cell]) => new Set(findings.map(cell)).size > 1),
  ];
  const cells = findings.slice(0, FIELDS_SHOWN).map((finding) => columns.map(([, cell]) => cell(finding)));
  const names = columns.map(([name]) => name);
  const { header, rows, said } = withoutConstant(names, cells, ['field', 'severity']);
  return ['## Fields', ...boundedTable(header, rows, findings.length - rows.length, 'field'), ...saidOfAll(said)];
}

const CHANGED_BY = ['changed by', changedBy] as const;
const FIRST_SEEN = ['first seen', (finding: ReportFinding): string => moment(finding.firstSeen)] as const;

/** Of the other fields; that of the worst is under the headline. */
function advice({ findings }: Page): readonly string[] {
  const said = findings
    .slice(1, FIELDS_WITH_ADVICE)
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
    '## Advice from the model on other fields',
    details(plural(rows.length, 'field'), [
      'The rank is the place among all open drift when the model was asked; 1 is the worst.',
      ...boundedTable(header, rows, 0, 'field'),
    ]),
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

function commands({ report, findings }: Page): readonly string[] {
  return commandSection(findings, report.cluster);
}

function earlier({ report, worst }: Page): readonly string[] {
  return earlierDrift(report, worst.object, { heading: '## Earlier drift', isFolded: true });
}

function log({ report, worst, place: { root } }: Page): readonly string[] {
  return fullHistory(report, worst, root);
}
