import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GitError, messageOf } from '../../domain/errors.ts';
import { persistently } from '../http/persistently.ts';
import type { Clone } from './clone.ts';
import { GitCommandError } from './command.ts';
import { isPassing } from './failure.ts';
import { fetchBranch, fetchHead, type Head, readHead } from './head.ts';

export interface PushOptions {
  readonly branch: string;
  /** Folder of the reports inside the repository. */
  readonly root: string;
  readonly message: string;
  /** Asked before each push; throws where this pass may not write any more. */
  readonly mayPush: () => Promise<void>;
  readonly signal: AbortSignal;
}

export interface Pushed {
  /** Empty where the branch already had this tree and nothing was committed. */
  readonly commit: string;
  /** The branch as it is now. */
  readonly head: Head;
}

/** Number of tries of a push that fails for another reason than a concurrent push. */
const TRIES = 5;
/** Doubled by each try; a try itself takes about a second over a network. */
const FIRST_WAIT_MS = 500;
/** How often a push is rehearsed before a pass that could not report is given up. */
const REHEARSALS = 3;
const LONGEST_WAIT_MS = 8_000;
/** How far below the head a commit is looked for whose push was not answered. */
const LOST_DEPTH = 50;

/**
 * Commits the tree that `compose` makes for a head on top of it, and pushes it. Somebody else's push in between is no
 * failure: the same report goes on top of theirs, as often as it takes until the pass's deadline.
 */
export async function commitAndPush(
  clone: Clone,
  start: Head,
  compose: (head: Head) => Promise<string>,
  options: PushOptions,
): Promise<Pushed> {
  const { git, translate } = clone;
  const { branch, root, signal } = options;
  let head = start;
  let failures = 0;
  let mine: { readonly commit: string; readonly onto: Head } | undefined;
  for (let attempt = 1; ; attempt++) {
    // What failed on the head that it was made for is pushed again as it is: should it have arrived, it is the same commit.
    if (mine?.onto !== head) {
      const tree = await compose(head);
      if (tree === head.tree)
        return { commit: mine && (await isBelow(clone, head, mine.commit, branch)) ? mine.commit : '', head };
      mine = { commit: await commitTree(clone, tree, head, options.message), onto: head };
    }
    await options.mayPush();
    let failure: unknown;
    try {
      await push(clone, branch, mine.onto.commit, mine.commit);
      return { commit: mine.commit, head: await readHead(git, mine.commit, root) };
    } catch (error) {
      failure = translate(error, 'push the report');
    }
    if (signal.aborted) throw signal.reason;
    // What the branch holds now says more than the failure: the push may have gone well and only its answer been lost.
    const now: Head = await fetchHead(git, branch, root, head).catch((error) => {
      failure = translate(error, 'fetch the report repository again');
      return head;
    });
    if (now.commit === mine.commit) return { commit: mine.commit, head: now };
    if (now === head && (!isPassing(failure) || ++failures === TRIES)) throw failure;
    head = now;
    await sleep(Math.random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempt - 1)), undefined, { signal }).catch(
      () => {
        throw signal.reason;
      },
    );
  }
}

/**
 * Throws as the push of a report onto this head would, as far as the server tells before it takes data: who may not write is
 * turned away already where it lists its branches for a push. Hooks and rules for branches are asked by a real push alone.
 */
export async function rehearsePush(clone: Clone, head: Head, branch: string, signal: AbortSignal): Promise<void> {
  const { git } = clone;
  // A commit of its own, so that its author and its signature are tried as well; it stays in the clone.
  await git(['read-tree', head.tree === '' ? '--empty' : head.tree]);
  const commit = await commitTree(clone, (await git(['write-tree'])).trim(), head, 'rehearsal');
  // The branch has moved meanwhile: the server has answered, and the report will go on top of that.
  const isMoved = (error: unknown): boolean =>
    error instanceof GitCommandError && /^!\t.*\[rejected\]/mu.test(error.words.reveal());
  const mayRepeat = (error: unknown): boolean => !isMoved(error) && isPassing(clone.translate(error, 'push the report'));
  try {
    await persistently(() => push(clone, branch, head.commit, commit, ['--dry-run']), {
      mayRepeat,
      tries: REHEARSALS,
      signal,
    });
  } catch (error) {
    if (!isMoved(error)) throw error;
  }
  if (clone.remoteFolder !== '') await confirmFolder(clone);
}

/** Of a folder on this machine Git finds out only when it writes there. */
async function confirmFolder({ remoteFolder }: Clone): Promise<void> {
  for (const objects of ['objects', '.git/objects'])
    await access(join(remoteFolder, objects), constants.W_OK).catch((cause: unknown) => {
      // The other one of the two.
      if (cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR')) return;
      throw new GitError(`cannot push the report: ${messageOf(cause)}`, {
        code: 'permission',
        subject: remoteFolder,
        remedy: 'Allow the user that runs the pass to write to the report repository.',
        cause,
      });
    });
}

/** By plumbing alone: no hook, template or editor has a say, and the message stays as it is. */
async function commitTree({ git, isSigning }: Clone, tree: string, head: Head, message: string): Promise<string> {
  const parent = head.commit === '' ? [] : ['-p', head.commit];
  const printed = await git(['commit-tree', ...(isSigning ? ['-S'] : []), ...parent, '-F', '-', tree], message);
  return printed.trim();
}

/**
 * Moves the branch from exactly this commit ('' for no branch) to its new child. The lease is the stricter form of the
 * refusal to overwrite: a branch that a person reset, which the push would fast-forward over, is left alone, too.
 */
async function push({ git }: Clone, branch: string, from: string, to: string, more: readonly string[] = []): Promise<void> {
  const ref = `refs/heads/${branch}`;
  await git(['push', ...more, '--porcelain', '--no-verify', `--force-with-lease=${ref}:${from}`, 'origin', `${to}:${ref}`]);
}

/** Whether others built on this commit, whose push was not answered. */
async function isBelow({ git }: Clone, head: Head, commit: string, branch: string): Promise<boolean> {
  await fetchBranch(git, branch, LOST_DEPTH);
  return (await git(['rev-list', head.commit])).split('\n').includes(commit);
}
