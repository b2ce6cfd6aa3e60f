import { GitError as SimpleGitError, simpleGit } from 'simple-git';

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
  constructor(command: string, stdout: string, stderr: string) {
    super(undefined, `git ${command}: ${stderr.trim() || 'no word'}`);
    this.name = 'GitCommandError';
    this.stdout = stdout;
    this.stderr = stderr;
  }
}

export interface GitOptions {
  /** All that Git inherits. */
  readonly environment: Readonly<Record<string, string>>;
  /** A command that prints nothing for so long is ended. */
  readonly silenceMs: number;
  /** Takes secrets out of what Git and the server say. */
  readonly redact: (text: string) => string;
  readonly signal: AbortSignal;
}

/** Git in this folder, with nothing of this process's environment. */
export function createGit(folder: string, { environment, silenceMs, redact, signal }: GitOptions): Git {
  return async (args, input) => {
    const [command = ''] = args;
    const git = simpleGit({
      baseDir: folder,
      abort: signal,
      timeout: { block: silenceMs },
      allowEnvironment: Object.keys(environment),
      ...(input === undefined ? {} : { input: () => input }),
      // Told by the exit code: simple-git by itself calls a command that failed without a word a success.
      errors: (error, { exitCode, stdOut, stdErr }) => {
        if (exitCode === 0 && error === undefined) return undefined;
        const said = redact(Buffer.concat(stdErr).toString());
        const reason = error instanceof Error && said.trim() === '' ? redact(error.message) : said;
        return new GitCommandError(command, redact(Buffer.concat(stdOut).toString()), reason);
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
