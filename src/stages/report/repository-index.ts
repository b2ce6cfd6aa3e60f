import type { Git } from '../../clients/git/command.ts';
import { type Head, readOnce } from '../../clients/git/head.ts';
import { type ClusterSummary, linkedPages, parseRow, renderIndex } from './index-page.ts';
import type { Texts, TreeChange } from './repository-tree.ts';

/**
 * The index with these changes on top of the head; `undefined` where the one that is there is to stay. It lists the same
 * clusters and nothing that it shows has changed: so two versions of the tool that write it differently take no turns.
 */
export async function indexFor(git: Git, head: Head, change: TreeChange, files: Texts): Promise<string | undefined> {
  const { root, known } = change;
  const index = renderIndex(await readSummaries(git, head, change, files));
  const written = await readOnce(git, head.entries.get(`${root}/README.md`), known);
  const before = renderIndex(await readSummaries(git, head, change, new Map()));
  return index === before && linkedPages(index).join('\n') === linkedPages(written).join('\n') ? undefined : index;
}

/** What each cluster's report.json says; a folder without a readable one is not a report. */
async function readSummaries(git: Git, head: Head, change: TreeChange, files: Texts): Promise<readonly ClusterSummary[]> {
  const paths = new Set([...head.entries.keys(), ...files.keys()]);
  const summaries: ClusterSummary[] = [];
  for (const path of [...paths].sort()) {
    const folder = /^([^/]+)\/report\.json$/u.exec(path.slice(change.root.length + 1))?.[1];
    if (folder === undefined) continue;
    const text = files.has(path) ? files.get(path) : await readOnce(git, head.entries.get(path), change.known);
    const summary = parseRow(folder, text ?? '');
    if (summary) summaries.push(summary);
  }
  return summaries;
}
