import type { Clone } from './clone.ts';
import { searchHistory } from './history.ts';

const REVISION = /^([A-Za-z0-9][\w./-]{0,199}?)(?:~(\d{1,4}))?$/u;
const HASH = /^[0-9a-f]{4,64}$/u;

/** What may be a commit's id, a tag or a branch, with `~N` behind it; nothing that Git would read as an option or a range. */
export function isRevision(text: string): boolean {
  return REVISION.test(text) && !text.includes('..');
}

/** The commit that is meant; `undefined` where there is none, or it is older than what is read of a history. */
export async function resolveRevision(clone: Clone, branch: string, head: string, name: string): Promise<string | undefined> {
  const [, base = '', steps = '0'] = REVISION.exec(name) ?? [];
  if (head === '' || !isRevision(name)) return undefined;
  const { git } = clone;
  const find = async (of: string): Promise<string> => {
    const found = await git(['rev-parse', '--verify', '--quiet', '--end-of-options', `${of}~${steps}^{commit}`]).catch(() => '');
    return found.trim();
  };
  const tag = `refs/tags/${base}`;
  if ((await git(['ls-remote', '--tags', 'origin', tag])).trim() !== '') {
    const depth = `--depth=${Number(steps) + 1}`;
    await git(['fetch', '--quiet', depth, '--no-tags', '--no-write-fetch-head', 'origin', `+${tag}:${tag}`]);
    return (await find(tag)) || undefined;
  }
  const isHead = base === 'HEAD' || base === branch;
  if (!isHead && !HASH.test(base)) return undefined;
  const isFound = (commit: string): boolean => commit !== '';
  return (await searchHistory(clone, branch, () => find(isHead ? head : base), isFound)) || undefined;
}

/** The newest commit that is not younger than this; empty where the whole history is, and its oldest read one where more is not read. */
export async function newestAt(clone: Clone, branch: string, head: string, time: Date): Promise<string> {
  const { git } = clone;
  const list = async (...args: readonly string[]): Promise<string> => (await git(['rev-list', ...args, head])).trim();
  let isCut = false;
  const find = async (cut: ReadonlySet<string>): Promise<string> => {
    isCut = cut.size > 0;
    return list('-1', `--before=${time.toISOString()}`);
  };
  const found = await searchHistory(clone, branch, find, (commit) => commit !== '');
  if (found !== '' || !isCut) return found;
  return (await list('--max-parents=0')).split('\n').at(-1) ?? '';
}
