import type { Address } from './address.ts';

// Git's configuration instead of the user's and the system's, which it does not read: those may rewrite
// addresses, start programs, or send a password elsewhere.

/** Names of the two variables by which Git's credential helper learns what it hands out. */
export const USER_VARIABLE = 'DRIFT_GIT_USER';
export const TOKEN_VARIABLE = 'DRIFT_GIT_TOKEN';

/**
 * Passes on what is in the environment (gitcredentials(7)), by the shell's own printf: the token is in no file and in
 * no argument. Git asks it for the one server that it is bound to, so a redirect to another one gets nothing.
 */
const HELPER = `!f() { test "$1" = get && printf 'username=%s\\npassword=%s\\n' "$${USER_VARIABLE}" "$${TOKEN_VARIABLE}"; }; f`;

export interface GitConfigFacts {
  readonly address: Address;
  readonly hasToken: boolean;
  /** The file with the private key that signs commits; empty where none does. */
  readonly signingKey: string;
  /** The whole ssh command, for the shell. */
  readonly sshCommand: string;
  readonly silenceSeconds: number;
}

/** The `.gitconfig` of a home of Git's own. */
export function gitConfig({ address, hasToken, signingKey, sshCommand, silenceSeconds }: GitConfigFacts): string {
  return [
    section('protocol', { allow: 'never' }),
    section(`protocol "${address.protocol}"`, { allow: 'always' }),
    section('core', { sshCommand }),
    // A silence, and not what Git prints: it says nothing while bytes flow.
    section('http', { lowSpeedLimit: '1', lowSpeedTime: String(silenceSeconds) }),
    ...(hasToken && address.origin !== '' ? [section(`credential "${escaped(address.origin)}"`, { helper: HELPER })] : []),
    // The operator named this folder; who owns the files of a mounted volume says nothing about it.
    ...(address.folder === '' ? [] : [section('safe', { directory: address.folder })]),
    ...(signingKey === '' ? [] : [section('gpg', { format: 'ssh' }), section('user', { signingKey })]),
  ].join('');
}

/** Added to the configuration of the clone. A repository on this machine still runs its own hooks on a push. */
export const CLONE_CONFIG = section('core', { hooksPath: '/dev/null', fsmonitor: 'false' }) + section('gc', { auto: '0' });

/** Paths of the files that `sshCommand` names, relative to the clone, without a character that ssh would expand. */
export const SSH_KEY = 'ssh-key';
export const KNOWN_HOSTS = 'known-hosts';

export interface SshFacts {
  readonly hasKey: boolean;
  readonly hasKnownHosts: boolean;
  readonly silenceSeconds: number;
}

/**
 * How Git starts ssh (ssh_config(5)): never asking, never taking an unknown host, nothing forwarded. With a key of ours,
 * only that key; without one the agent, keys and settings of the user, as on a developer's machine.
 */
export function sshCommand({ hasKey, hasKnownHosts, silenceSeconds }: SshFacts): string {
  const options = [
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    'UpdateHostKeys=no',
    'ForwardAgent=no',
    'ClearAllForwardings=yes',
    'PermitLocalCommand=no',
    'ControlMaster=no',
    'ControlPath=none',
    'ConnectTimeout=30',
    // Asked three times before it is given up, ssh's own number.
    `ServerAliveInterval=${Math.max(1, Math.round(silenceSeconds / 4))}`,
    'ServerAliveCountMax=3',
    ...(hasKey ? [`IdentityFile=../${SSH_KEY}`, 'IdentitiesOnly=yes', 'IdentityAgent=none'] : []),
    ...(hasKnownHosts ? [`UserKnownHostsFile=../${KNOWN_HOSTS}`, 'GlobalKnownHostsFile=/dev/null'] : []),
  ];
  return ['ssh', ...(hasKey ? ['-F', 'none'] : []), ...options.flatMap((option) => ['-o', option])].join(' ');
}

function section(name: string, entries: Readonly<Record<string, string>>): string {
  return `[${name}]\n${Object.entries(entries)
    .map(([key, value]) => `\t${key} = "${escaped(value)}"\n`)
    .join('')}`;
}

function escaped(value: string): string {
  return value.replaceAll(/["\\]/gu, '\\$&');
}
