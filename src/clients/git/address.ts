import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GitError } from '../../domain/errors.ts';
import { hideSecrets } from '../../domain/foreign-text.ts';
import { mayTakeCredentials } from '../../domain/this-machine.ts';

/** Where the report repository is, as Git reads it. */
export interface Address {
  /** What Git is given. */
  readonly url: string;
  /** The transport that Git may use; every other one is forbidden to it. */
  readonly protocol: 'https' | 'http' | 'ssh' | 'file';
  /** `https://host:port` of a server that is asked with a password; empty for all others. */
  readonly origin: string;
  /** The folder of a repository on this machine; empty for all others. */
  readonly folder: string;
  /** The user that the address names; empty where it names none. */
  readonly user: string;
}

/** `helper::address` starts any program by its name (gitremote-helpers(7)); the colons of an IPv6 address stand in brackets. */
const HELPER = /^[a-z0-9+.-]*::/iu;
const BRANCH = /^[A-Za-z0-9][A-Za-z0-9._/-]*$/u;
const PASSWORD = 'the URL of the report repository contains a password';
const PASSWORD_REMEDY = 'Move it to GIT_TOKEN or GIT_TOKEN_FILE.';
const REMEDY = 'Set REPORT_REPO to an https, ssh or file URL, or to a path.';

/** Reads REPORT_REPO (git-clone(1), Git URLs). Throws where it is no address, or one that would show or leak a password. */
export function parseAddress(text: string, hasToken: boolean): Address {
  if (text === '' || text.startsWith('-') || HELPER.test(text) || /[\p{Cc}]/u.test(text))
    throw refuse('the report repository is not a URL or path', REMEDY);
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//iu.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) {
    // `host:path`, which a colon before the first slash makes, is for ssh.
    if (/^[^/@:]+:[^/@]*@/u.test(text)) throw refuse(PASSWORD, PASSWORD_REMEDY);
    if (/^[^/]+:/u.test(text)) return { url: text, protocol: 'ssh', origin: '', folder: '', user: '' };
    const folder = resolve(text);
    return { url: folder, protocol: 'file', origin: '', folder, user: '' };
  }
  if (!URL.canParse(text)) throw refuse('the report repository is not a URL or path', REMEDY);
  const url = new URL(text);
  if (scheme === 'file') return { url: text, protocol: 'file', origin: '', folder: localFolder(url), user: '' };
  // Hosts take a token in the place of the user as well.
  if (url.password !== '' || hideSecrets(url.username) !== url.username) throw refuse(PASSWORD, PASSWORD_REMEDY);
  if (scheme === 'ssh') return { url: text, protocol: 'ssh', origin: '', folder: '', user: '' };
  if (scheme !== 'https' && scheme !== 'http')
    throw refuse(`${scheme} is not a supported transport of the report repository`, REMEDY);
  if (hasToken && !mayTakeCredentials(text))
    throw refuse(
      'the token would be sent unencrypted to the report repository',
      'Use an https URL, with GIT_CA_FILE if your own authority signs its certificate.',
    );
  return { url: text, protocol: scheme, origin: url.origin, folder: '', user: userOf(url) };
}

/** Throws where Git could read the name of the branch as something else. */
export function checkBranch(branch: string): void {
  const isName = BRANCH.test(branch) && !/\.\.|\/\/|\/\.|\.lock(\/|$)|[./]$/u.test(branch);
  if (!isName) throw refuse(`${JSON.stringify(branch)} is not a branch name`, 'Correct DRIFT_REPORT_BRANCH.');
}

function userOf({ username }: URL): string {
  try {
    return decodeURIComponent(username);
  } catch {
    throw refuse('the user in the URL of the report repository is not percent-encoded', REMEDY);
  }
}

function localFolder(url: URL): string {
  try {
    return fileURLToPath(url);
  } catch {
    throw refuse('the report repository names a file on another machine', REMEDY);
  }
}

function refuse(what: string, remedy: string): GitError {
  return new GitError(what, { code: 'configuration', subject: 'REPORT_REPO', remedy });
}
