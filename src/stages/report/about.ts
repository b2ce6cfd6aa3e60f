import { actorWords } from '../../domain/field-managers.ts';
import { rowOf } from '../../domain/finding-classes.ts';
import type { ReportFinding } from '../../domain/report.ts';
import { returnedWords, writer } from '../../domain/words.ts';
import { escapeText } from './markdown.ts';
import { moment } from './page-table.ts';

// Sentences about one finding, as pages have them under their heading.

/** What changed it and when; empty where a whole object has no such writer. */
export function blameWords({ blame, class: found }: ReportFinding): string {
  if (!blame) return rowOf(found).ofObject !== '' ? '' : 'No field manager is recorded.';
  const aside = [actorWords(blame), blame.operation === 'Apply' ? 'by server-side apply' : ''].filter((part) => part !== '');
  const when = blame.time === undefined ? 'at an unknown time' : `at ${moment(blame.time)}`;
  return `Last changed by ${escapeText(writer({ blame }))} (${aside.join(', ')}) ${when}.`;
}

/** What the model said of it, marked as a model's words. */
export function adviceWords({ opinion }: ReportFinding): readonly string[] {
  if (!opinion) return [];
  const { cause, advice, confidence } = opinion.advice;
  return [`Advice from the model (${confidence} confidence): ${sentence(cause)} ${sentence(advice)}`.trimEnd()];
}

function sentence(text: string): string {
  const escaped = escapeText(text.trim());
  return escaped === '' || /[.!?…]$/u.test(escaped) ? escaped : `${escaped}.`;
}

/** `Back for the 2nd time.`; empty for what never ended. */
export function returnedSentence({ returned }: Pick<ReportFinding, 'returned'>): string {
  const words = returnedWords(returned);
  return words === '' ? '' : `${words.replace(/^b/u, 'B')}.`;
}
