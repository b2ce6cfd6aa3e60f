import { GitError as SimpleGitError, simpleGit } from 'simple-git';
import { Secret } from '../types/secret.ts';

/** Runs one Git command in the clone, with this on its standard input, and gives what it printed. */
export type Git = (args: readonly string[], input?: string) => Promise<string>;

/**
 * A Git command that ended otherwise than well; its texts hold no secret. A child of simple-git's own error, for it would
 * wrap any other into one and keep only the text.
 */
export class GitCommandError extends SimpleGitError {
  /** What it printed: for a push the fate of each branch (git-push(1), --porcelain). */
  readonly stdout: string;
  /** What it complained of, or why it was ended. */
  readonly stderr: string;
  /** Both as they came, to be matched and never shown: what is taken out as a secret may be one of Git's own words. */
  readonly words: Secret<string>;
  constructor(command: string, stdout: string, stderr: string, redact: (text: string) => string) {
    const shown = redact(stderr);
    super(undefined, `git ${command}: ${shown.trim() || 'no word'}`);
    this.name = 'GitCommandError';
    this.stdout = redact(stdout);
    this.stderr = shown;
    this.words = new Secret(`${stderr}\n${stdout}`);
  }
}

export interface GitOptions {
  /** All that Git inherits. */
  readonly environment: Readonly<Record<string, string>>;
  /** Takes secrets out of what Git and the server say. */
  readonly redact: (text: string) => string;
  readonly signal: AbortSignal;
}

/** Git in this folder, with nothing of this process's environment. */
export function createGit(folder: string, { environment, redact, signal }: GitOptions): Git {
  return async (args, input) => {
    const [command = ''] = args;
    const git = simpleGit({
      baseDir: folder,
      abort: signal,
      allowEnvironment: Object.keys(environment),
      ...(input === undefined ? {} : { input: () => input }),
      // Told by the exit code: simple-git by itself calls a command that failed without a word a success.
      errors: (error, { exitCode, stdOut, stdErr }) => {
        if (exitCode === 0 && error === undefined) return undefined;
        const said = Buffer.concat(stdErr).toString();
        const reason = error instanceof Error && said.trim() === '' ? error.message : said;
        return new GitCommandError(command, Buffer.concat(stdOut).toString(), reason, redact);
      },
    }).env({ ...environment });
    try {
      return await git.raw([...args]);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw error;
    }
  };
}
