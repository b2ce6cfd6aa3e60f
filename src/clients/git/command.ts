import { sanitize } from '../../domain/describe.ts';
import { throwUnless } from '../../domain/errors.ts';
import { hideSecrets, withoutCredentials } from '../../domain/foreign-text.ts';
import { Secret } from '../../domain/secret.ts';
import { type ProgramEnd, runProgram } from '../processes/run-program.ts';

/** Runs one Git command in the clone, with this on its standard input, and gives what it printed. */
export type Git = (args: readonly string[], input?: string) => Promise<string>;

/** A Git command that ended otherwise than well; its texts hold no secret. */
export class GitCommandError extends Error {
  /** What it printed: for a push the fate of each branch (git-push(1), --porcelain). */
  readonly stdout: string;
  /** What it complained of. */
  readonly stderr: string;
  /** Both as they came, to be matched and never shown: what is taken out as a secret may be one of Git's own words. */
  readonly words: Secret<string>;
  constructor(command: string, { stdout, stderr }: Pick<ProgramEnd, 'stdout' | 'stderr'>) {
    const shown = shownLines(stderr);
    super(`git ${command}: ${shown.trim() || 'no word'}`);
    this.name = 'GitCommandError';
    this.stdout = shownLines(stdout);
    this.stderr = shown;
    this.words = new Secret(`${firstLines(stderr)}\n${firstLines(stdout)}`);
  }
}

export interface GitOptions {
  /** All that Git inherits. */
  readonly environment: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** Git in this folder, with nothing of this process's environment. */
export function createGit(folder: string, { environment, signal }: GitOptions): Git {
  return async (args, input) => {
    const [command = ''] = args;
    let end: ProgramEnd;
    try {
      end = await runProgram('git', args, { folder, environment, input, signal });
    } catch (error) {
      throwUnless(error, Error, signal);
      throw new GitCommandError(command, { stdout: '', stderr: error.message });
    }
    if (end.code !== 0) throw new GitCommandError(command, end);
    return end.stdout;
  };
}

/** How much of Git's words is looked at, in characters: hooks of a server may say anything, at any length. */
const READ = 16_384;

/** Other people's lines without secrets and without what a terminal could act on; the columns of Git are spaces. */
function shownLines(text: string): string {
  const lines = hideSecrets(withoutCredentials(firstLines(text)))
    .replaceAll('\t', ' ')
    .split(/\r?\n/u);
  return lines.map(sanitize).join('\n');
}

function firstLines(text: string): string {
  return text.length <= READ ? text : text.slice(0, Math.max(0, text.lastIndexOf('\n', READ)));
}
