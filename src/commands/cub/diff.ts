import { structuredPatch } from 'diff';
import type { Revision } from '../../clients/confighub/client.ts';
import { sanitize } from '../../domain/describe.ts';

/** A unified diff from one revision to another: `-` is what was, `+` is what came. Empty where the texts are equal. */
export function unifiedDiff(from: Revision, to: Revision): string {
  const { hunks } = structuredPatch('', '', from.Data, to.Data, undefined, undefined, { context: 3 });
  if (hunks.length === 0) return '';
  const header = (revision: Revision): string => `Revision ${revision.RevisionNum}: ${sanitize(revision.CreatedAt)}`;
  const lines = hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines: changed }) => [
    `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`,
    ...changed.map(sanitize),
  ]);
  return [`--- ${header(from)}`, `+++ ${header(to)}`, ...lines, ''].join('\n');
}
