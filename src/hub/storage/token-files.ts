import { randomBytes } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isAbsent, readTextFile } from '../../clients/files/read-file.ts';
import { Secret } from '../../domain/secret.ts';
import type { Role } from '../accounts.ts';
import { makePrivate } from './private-files.ts';

/** The token of an account whose name is its role, as a file of the data directory holds it. */
export interface KeptToken {
  readonly role: Role;
  /** Absolute. */
  readonly file: string;
  readonly token: Secret<string>;
  /** Whether it was made just now. */
  readonly isNew: boolean;
}

/** 256 bits, which cannot be guessed and so need no slow hash. */
const TOKEN_BYTES = 32;

/** Reads `<role>.token`; where there is none, makes a random token. A deleted file is a token that is renewed at the next start. */
export async function keptToken(dataDir: string, role: Role, signal: AbortSignal): Promise<KeptToken> {
  const file = join(resolve(dataDir), `${role}.token`);
  const remedy = 'Delete the file, and the hub makes a new token at its next start.';
  let text: string;
  try {
    text = await readTextFile(file, { subject: file, remedy, signal });
  } catch (error) {
    if (!isAbsent(error)) throw error;
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    // Renamed into place: a hub that is killed here leaves no half of a token behind.
    writeFileSync(`${file}.new`, `${token}\n`, { mode: 0o600 });
    makePrivate(`${file}.new`);
    renameSync(`${file}.new`, file);
    return { role, file, token: new Secret(token), isNew: true };
  }
  makePrivate(file);
  return { role, file, token: new Secret(text.replace(/\r?\n$/u, '')), isNew: false };
}
