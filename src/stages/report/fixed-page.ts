import { displayRef } from '../../domain/object-ref.ts';
import type { Correction, Report } from '../../domain/report.ts';
import { costWords, fixState, plural } from '../../domain/words.ts';
import { earlierDrift, fullHistory } from './earlier.ts';
import { unitLink, withRevisionLink } from './links.ts';
import { escapeText } from './markdown.ts';
import { moment } from './page-table.ts';
import { assemblePage, type Section } from './sections.ts';
import { PAGE_LIMITS, type Place } from './workload-page.ts';

interface Page {
  readonly report: Report;
  /** The last fix of the object. */
  readonly last: Correction;
  /** Those of the same pass, it included. */
  readonly together: readonly Correction[];
  readonly place: Place;
}

const SECTIONS: readonly Section<Page>[] = [
  headline,
  ({ report, last }) => earlierDrift(report, last.object, { heading: '## Fixed and resolved', isFolded: false }),
  ({ report, last, place }) => fullHistory(report, last, place.root),
];

/**
 * The page of a workload without open drift that was fixed: what is found and fixed in one pass has a line in the history of
 * its page as well. `fixes` are of this object, oldest first.
 */
export function renderFixed(report: Report, fixes: readonly Correction[], place: Place): string {
  const last = fixes.at(-1);
  if (!last) return '';
  const together = fixes.filter(({ time }) => time === last.time);
  return assemblePage({ report, last, together, place }, SECTIONS, PAGE_LIMITS);
}

function headline({ last, together, place: { links } }: Page): readonly string[] {
  const more = together.length - 1;
  return [
    `# ${escapeText(displayRef(last.object))}`,
    `**No open drift.** Last fixed at ${moment(last.time)}: ${escapeText(last.summary)}${more > 0 ? `, and ${plural(more, 'more field')}` : ''}.`,
    `State: ${withRevisionLink(escapeText(fixState(last)), last.unit, last.revision, links)}, ${costWords(together)}. ${last.unit === '' ? 'Not managed by any unit' : `Desired: unit ${unitLink(last.unit, links)}`}.${last.owner === '' ? '' : ` Owner: ${escapeText(last.owner)}.`}`,
  ];
}
