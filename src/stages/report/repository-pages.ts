import type { Git } from '../../clients/git/command.ts';
import { type Head, readOnce } from '../../clients/git/head.ts';
import { escapeText } from './markdown.ts';
import { CLUSTER_SCOPED, isHashedPart, pathPart, workloadPage } from './paths.ts';
import { parseFindings } from './previous.ts';
import type { Texts, TreeChange } from './repository-tree.ts';

/** `<namespace>/<kind>.<name>.md`, in three parts. */
const PAGE = /^([^/]+)\/([^/.]+)\.([^/]+)\.md$/u;

/** Pages of workloads in the tree that are none of these files. What people keep beside them stays, in any folder. */
export async function stalePages(git: Git, head: Head, change: TreeChange, files: Texts): Promise<readonly string[]> {
  const folder = `${change.root}/${pathPart(change.cluster)}/`;
  const candidates = [...head.entries.keys()].filter(
    (path) => path.startsWith(folder) && PAGE.test(path.slice(folder.length)) && !files.has(path),
  );
  if (candidates.length === 0) return [];
  const read = (path: string): Promise<string> => readOnce(git, head.entries.get(path), change.known);
  const reported = new Set(parseFindings(await read(`${folder}findings.jsonl`)).map(({ object }) => workloadPage(object)));
  const stale: string[] = [];
  for (const path of candidates) {
    const page = path.slice(folder.length);
    // A page that no finding explains was left by a damaged report: it is known by its heading.
    if (reported.has(page) || isPage(page, await read(path))) stale.push(path);
  }
  return stale;
}

/** Whether a text begins as the page at this path does; a hash in a path is never a person's choice of name. */
function isPage(page: string, text: string): boolean {
  const [, namespace = '', kind = '', name = ''] = PAGE.exec(page) ?? [];
  if ([namespace, kind, name].some(isHashedPart)) return true;
  const scopes = [`${namespace}/`, ...(namespace === CLUSTER_SCOPED ? [''] : [])];
  return scopes.some((scope) => text.startsWith(`# ${escapeText(`${scope}${kind}/${name}`)}\n`));
}
