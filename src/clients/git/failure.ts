import { GitError, messageOf, UserError } from '../../domain/errors.ts';
import { GitCommandError } from './command.ts';

interface Kind {
  readonly code: 'configuration' | 'permission' | 'unavailable';
  readonly remedy: string;
}

const FULL: Kind = {
  code: 'unavailable',
  remedy: 'Free disk space in the folder for temporary files (TMPDIR), or in a pod raise the sizeLimit of its emptyDir.',
};

/**
 * What Git's words in the C locale mean, the first row that fits: it has no other way to tell failures of a transport
 * apart (its exit code is 128 for all of them). Each row is seen on a real server in test/report/git-faults.test.ts or beside it.
 */
const KINDS: readonly (Kind & { readonly words: RegExp })[] = [
  {
    words: /signing-key|failed to write commit object|cannot run ssh-keygen/u,
    code: 'configuration',
    remedy: 'Set GIT_SIGNING_KEY_FILE to a private ssh key without a passphrase, and install the OpenSSH client.',
  },
  {
    words: /matches more than one/u,
    code: 'configuration',
    remedy: 'Delete the branch or tag that ends with the name of DRIFT_REPORT_BRANCH, such as refs/heads/refs/heads/...',
  },
  {
    words: /mismatched algorithms|repository's hash algorithm/u,
    code: 'configuration',
    remedy: 'Use an object format that both the report repository and the Git of the pass support (git init --object-format).',
  },
  {
    words: /insufficient permission|unable to create temporary object directory: Permission/iu,
    code: 'permission',
    remedy: 'Allow the user that receives the push to write to the repository.',
  },
  {
    words:
      /exceed(s|ed)? (?:(?!\brate\b|exceed).)*\blimit|^remote:.*too large|maximum allowed size|Large files detected|error: 413/imu,
    code: 'permission',
    remedy:
      'Raise the size limit of the Git server for a file or push, or compare fewer namespaces (DRIFT_NAMESPACE_SELECTOR) or units.',
  },
  {
    words: /^remote:.*(No space left on device|Disk quota exceeded)|remote unpack failed/imu,
    code: 'unavailable',
    remedy: 'Free disk space on the Git server; the next pass reports again.',
  },
  { words: /No space left on device|Disk quota exceeded|File too large|ENOSPC|EDQUOT|EFBIG/u, ...FULL },
  {
    words: /EACCES|EROFS|ENOENT: |Read-only file system/u,
    code: 'configuration',
    remedy: 'Set TMPDIR to a writable folder.',
  },
  {
    words: /spawn git ENOENT|cannot run ssh|ssh: not found/u,
    code: 'configuration',
    remedy: 'Install Git and the OpenSSH client where the pass runs.',
  },
  {
    words: /hook declined|protected branch|\(deny|prohibited/u,
    code: 'permission',
    remedy:
      'The rules of the Git server refused the report: allow its author to push to DRIFT_REPORT_BRANCH, or set another branch.',
  },
  {
    words: /refusing to update checked out branch|branch is currently checked out/u,
    code: 'configuration',
    remedy: 'Set REPORT_REPO to a bare repository (git init --bare), or DRIFT_REPORT_BRANCH to a branch not checked out there.',
  },
  {
    words: /Host key verification failed|HOST IDENTIFICATION HAS CHANGED|host key is known/u,
    code: 'configuration',
    remedy:
      'Compare the output of ssh-keyscan for this host with the keys that it publishes, then add it to GIT_SSH_KNOWN_HOSTS_FILE.',
  },
  {
    words: /Load key .*|No user exists for uid/u,
    code: 'configuration',
    remedy: 'Set GIT_SSH_KEY_FILE to a private key without a passphrase, and add the user of the pod to /etc/passwd.',
  },
  {
    words: /certificate|CAfile/iu,
    code: 'configuration',
    remedy: 'Set GIT_CA_FILE to a PEM file with the certificate authority of the Git server.',
  },
  {
    words:
      /Permission denied|Authentication failed|could not read (Username|Password)|error: 40[13]|read.only|access denied|not allowed to/iu,
    code: 'permission',
    remedy: 'Check that GIT_TOKEN or GIT_SSH_KEY_FILE is valid and may push to the report repository.',
  },
  {
    words: /not found|does not appear to be a git repository|No such file or directory|does not exist|error: 404/iu,
    code: 'configuration',
    remedy: 'Check REPORT_REPO and whether GIT_TOKEN or the ssh key may read it: to others, Git hosts say "not found".',
  },
  {
    words: /dubious ownership|invalid path|bad (tree|object)/iu,
    code: 'configuration',
    remedy: 'Check the owner of the report repository, and its content with git fsck.',
  },
];

const UNKNOWN: Kind = {
  code: 'unavailable',
  remedy: 'Check REPORT_REPO, DRIFT_REPORT_BRANCH and the network, and try again.',
};

/** Lines without information, which would push the message out of the line. */
const BOILERPLATE =
  /^(hint:.*|To .*|Done|@+|and the repository exists\.|Please make sure you have the correct access rights|fatal: Could not read from remote repository\.|error: failed to push some refs to .*|)$/u;

/** A branch that was not moved, as git-push(1) tells it by --porcelain; its columns come by spaces. */
const FATE = /^! [0-9a-f]*:refs\/heads\/(\S+) \[(?:remote )?rejected\] \((.*)\)$/u;

/** What was tried and failed, as an error that says what to do. What is one already, or a bug, stays as it is. */
export function translateFailure(error: unknown, doing: string, subject: string): unknown {
  const messages = messagesOf(error);
  if (!messages) return error;
  const { code, remedy } = KINDS.find(({ words }) => words.test(messages.words)) ?? UNKNOWN;
  const lines = messages.shown.split('\n').map((line) => line.trim().replace(FATE, 'branch $1 is refused ($2)'));
  const useful = lines.filter((line) => !BOILERPLATE.test(line));
  const shown = messageOf((useful.length > 0 ? useful : lines).join(' ')) || 'Git printed no error';
  return new GitError(`cannot ${doing}: ${shown}`, { code, subject, remedy, cause: error });
}

/** Whether the same may go well a moment later. */
export function isPassing(error: unknown): boolean {
  return error instanceof UserError && error.code === 'unavailable';
}

/** Messages of Git and ssh for a connection that failed or ended too early. */
const DROPPED =
  /Empty reply|Connection (reset|refused|closed)|closed by remote host|(Recv|Send) failure|early EOF|unexpected disconnect|hung up unexpectedly|transfer closed|non-properly terminated|unexpected eof|SSL_ERROR_SYSCALL|Couldn't connect|Could not resolve host|returned error: (429|5\d\d)/iu;
/** A server that was silent for as long as is waited for is not asked again. */
const SILENT = /too slow|timed? ?out/iu;

/** Whether a read failed as it may where a network or a server is in trouble for a moment. */
export function isDropped(error: unknown): boolean {
  const words = error instanceof GitCommandError ? error.words.reveal() : '';
  return DROPPED.test(words) && !SILENT.test(words) && isPassing(translateFailure(error, '', ''));
}

/** The messages of Git or the file system: as text to match, and to show. A push reports each branch on standard output. */
function messagesOf(error: unknown): { readonly words: string; readonly shown: string } | undefined {
  if (error instanceof GitCommandError) return { words: error.words.reveal(), shown: `${error.stderr}\n${error.stdout}` };
  return error instanceof Error && 'syscall' in error ? { words: error.message, shown: error.message } : undefined;
}
