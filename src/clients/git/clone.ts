import { rmSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sanitize } from '../../domain/describe.ts';
import { GitError } from '../../domain/errors.ts';
import { foreignText, withoutCredentials } from '../../domain/foreign-text.ts';
import { faultOfCredential, type Secret } from '../../domain/secret.ts';
import { readFileBytes } from '../files/read-file.ts';
import { persistently } from '../http/persistently.ts';
import { atExit } from '../processes/at-exit.ts';
import { type Address, parseAddress } from './address.ts';
import { createGit, type Git, type GitOptions } from './command.ts';
import { CLONE_CONFIG, gitConfig, KNOWN_HOSTS, SSH_KEY, sshCommand, TOKEN_VARIABLE, USER_VARIABLE } from './config.ts';
import { isDropped, translateFailure } from './failure.ts';
import { faultOfKey } from './private-key.ts';

/** How the report repository is reached. */
export interface GitConnectionOptions {
  /** https, ssh or file URL, or a path on this machine. */
  readonly url: string;
  /** For https: the password. */
  readonly token: Secret<string> | undefined;
  /** For ssh: the text of a private key without a passphrase; without it ssh uses what the user has. */
  readonly sshKey?: Secret<string> | undefined;
  /** For ssh: a file of known_hosts lines (sshd(8)); without it ssh uses the user's and the system's. */
  readonly knownHostsFile?: string;
  /** For https: a PEM file of the authorities to trust in place of the system's. */
  readonly caFile?: string;
  /** The text of a private ssh key without a passphrase that signs the commits; without it nothing is signed. */
  readonly signingKey?: Secret<string> | undefined;
  readonly author: { readonly name: string; readonly email: string };
  /** What Git inherits: `PATH` and proxies. Nothing else of the environment reaches it. */
  readonly environment: Readonly<Record<string, string>>;
  /** A server that no byte comes from or goes to for so long is given up; a minute unless given. Slowness is no fault. */
  readonly silenceSeconds?: number;
  readonly signal: AbortSignal;
}

/** Of git init, --object-format; nearly all repositories have the first. */
type ObjectFormat = 'sha1' | 'sha256';

/** A bare clone in a temporary folder of one pass, at first empty, with the report repository as `origin`. */
export interface Clone extends AsyncDisposable {
  readonly git: Git;
  /** Of the bare clone. It has no work tree, so Git never applies a link, filter or attribute of the repository. */
  readonly path: string;
  /** Temporary folder, removed after the pass. */
  readonly folder: string;
  /** Path of a report repository on this machine; empty for all others. */
  readonly remoteFolder: string;
  readonly isSigning: boolean;
  /** Makes the clone again, empty, with the object format of the remote. */
  recreate(format: ObjectFormat): Promise<void>;
  /** Translates a failure of Git into an error for the user; `doing` completes "cannot ...". */
  translate(error: unknown, doing: string): unknown;
}

const SILENCE_SECONDS = 60;
const PREFIX = 'drift-report-';
const AUTHORITIES = 'authorities.pem';
/** No pass runs for longer (DRIFT_TIMEOUT), so an older folder was left by one that was killed. */
const LEFT_AFTER_MS = 24 * 3600 * 1000;

export async function openClone(options: GitConnectionOptions): Promise<Clone> {
  const address = parseAddress(options.url, options.token !== undefined);
  const translate = (error: unknown, doing: string): unknown =>
    options.signal.aborted ? options.signal.reason : translateFailure(error, doing, foreignText(withoutCredentials(options.url)));
  const folder = await makeFolder().catch((error) => Promise.reject(translate(error, 'make a folder to work in')));
  // It may hold keys.
  const forget = atExit(() => rmSync(folder, { recursive: true, force: true }));
  const dispose = async (): Promise<void> => {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    forget();
  };
  try {
    const path = join(folder, 'clone.git');
    const environment = await prepare(folder, address, options);
    await mkdir(path);
    const git = persistentGit(path, { environment, signal: options.signal });
    const recreate = async (format: ObjectFormat): Promise<void> => {
      await rm(path, { recursive: true });
      await mkdir(path);
      await git(['init', '--quiet', '--bare', '--initial-branch=none', `--object-format=${format}`]);
      await appendFile(join(path, 'config'), CLONE_CONFIG);
      await git(['remote', 'add', 'origin', address.url]);
    };
    await recreate('sha1');
    return {
      recreate,
      git,
      path,
      folder,
      remoteFolder: address.folder,
      isSigning: options.signingKey !== undefined,
      translate,
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw translate(error, 'prepare a clone of the report repository');
  }
}

/** The commands that read from the server and change nothing there. */
const READS: ReadonlySet<string> = new Set(['fetch', 'ls-remote']);

/** Git whose reads from the server are repeated where the connection was lost. */
function persistentGit(path: string, options: GitOptions): Git {
  const git = createGit(path, options);
  const { signal } = options;
  return (args, input) =>
    READS.has(args[0] ?? '') ? persistently(() => git(args, input), { mayRepeat: isDropped, signal }) : git(args, input);
}

async function makeFolder(): Promise<string> {
  const root = tmpdir();
  const left = (await readdir(root)).filter((name) => name.startsWith(PREFIX));
  for (const name of left) {
    const path = join(root, name);
    const age = await stat(path)
      .then(({ mtimeMs }) => Date.now() - mtimeMs)
      .catch(() => 0);
    // Another user's folder cannot be removed, and need not be.
    if (age > LEFT_AFTER_MS) await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
  return mkdtemp(join(root, PREFIX));
}

/** Writes what Git and ssh read, for this user alone: ssh refuses a key that others can read, as a mounted secret's is. */
async function prepare(folder: string, address: Address, options: GitConnectionOptions): Promise<Record<string, string>> {
  checkAuthor(options.author.name);
  const { token, sshKey, knownHostsFile = '', caFile = '', signingKey, author, silenceSeconds = SILENCE_SECONDS } = options;
  const write = (name: string, text: string | Buffer): Promise<void> => writeFile(join(folder, name), text, { mode: 0o600 });
  if (sshKey) await write(SSH_KEY, keyText(sshKey, 'GIT_SSH_KEY_FILE'));
  if (signingKey) await write('signing-key', keyText(signingKey, 'GIT_SIGNING_KEY_FILE'));
  const copy = async (name: string, path: string, subject: string): Promise<void> =>
    write(name, await readFileBytes(path, { subject, remedy: `Set ${subject} to a readable file.`, signal: options.signal }));
  if (knownHostsFile !== '') await copy(KNOWN_HOSTS, knownHostsFile, 'GIT_SSH_KNOWN_HOSTS_FILE');
  if (caFile !== '') await copy(AUTHORITIES, caFile, 'GIT_CA_FILE');
  await write(
    '.gitconfig',
    gitConfig({
      address,
      hasToken: token !== undefined,
      signingKey: signingKey ? join(folder, 'signing-key') : '',
      sshCommand: sshCommand({ hasKey: sshKey !== undefined, hasKnownHosts: knownHostsFile !== '', silenceSeconds }),
      silenceSeconds,
    }),
  );
  return {
    ...options.environment,
    HOME: folder,
    TMPDIR: folder,
    // Failures are recognized by Git's messages.
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_AUTHOR_NAME: author.name,
    GIT_AUTHOR_EMAIL: author.email,
    GIT_COMMITTER_NAME: author.name,
    GIT_COMMITTER_EMAIL: author.email,
    ...(caFile === '' ? {} : { GIT_SSL_CAINFO: join(folder, AUTHORITIES) }),
    ...(token && address.origin !== '' ? credential(token.reveal(), address.user) : {}),
  };
}

/** Git strips these characters from both ends of a name and makes no commit if nothing is left; by then it is late. */
function checkAuthor(name: string): void {
  if (/[^\0- .,:;<>"\\']/u.test(name)) return;
  throw new GitError(`${JSON.stringify(sanitize(name))} is not a valid author name of a commit`, {
    code: 'configuration',
    subject: 'GIT_AUTHOR_NAME',
    remedy: 'Set an author name that contains a letter or digit (GIT_AUTHOR_NAME, or user.name of git config).',
  });
}

function credential(token: string, user: string): Record<string, string> {
  // Git reads one line each.
  const fault = faultOfCredential(token);
  if (fault !== undefined) {
    throw new GitError(`the token for the report repository ${fault}`, {
      code: 'configuration',
      subject: 'GIT_TOKEN',
      remedy: 'Set GIT_TOKEN or GIT_TOKEN_FILE to the token and nothing else.',
    });
  }
  // Hosts that take a token as the password take any name beside it; this one is GitHub's.
  return { [USER_VARIABLE]: user === '' ? 'x-access-token' : user, [TOKEN_VARIABLE]: token };
}

/** With the line end that ssh insists on and that a setting loses. */
function keyText(key: Secret<string>, subject: string): string {
  const text = `${key.reveal().replaceAll('\r\n', '\n').trim()}\n`;
  const fault = faultOfKey(text);
  if (fault === undefined) return text;
  throw new GitError(`the key ${fault}`, {
    code: 'configuration',
    subject,
    remedy: `Set ${subject} to a file with a private key without a passphrase, such as ssh-keygen -t ed25519 -N '' creates.`,
  });
}
