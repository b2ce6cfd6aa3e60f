import { sha256 } from '../../domain/sha256.ts';
import type { Database } from './database.ts';

/** Tokens that the worker login handed out, as hashes: a copied database opens no door. */
export class Sessions {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** `expiresAt` is RFC 3339 in UTC, as `now` is everywhere here. Sessions that have ended meanwhile are forgotten. */
  put(
    token: string,
    session: { readonly userId: string; readonly workerId: string; readonly expiresAt: string },
    now: string,
  ): void {
    this.#database.run('DELETE FROM session WHERE expires_at <= ?', now);
    this.#database.run(
      'INSERT INTO session (token_hash, user_id, worker_id, expires_at) VALUES (?, ?, ?, ?)',
      sha256(token),
      session.userId,
      session.workerId,
      session.expiresAt,
    );
  }

  /** The user whose token it is; `undefined` for a token that was never handed out, or has ended. */
  userOf(token: string, now: string): string | undefined {
    const hash = sha256(token);
    const row = this.#database.get('SELECT user_id FROM session WHERE token_hash = ? AND expires_at > ?', hash, now);
    const userId = row?.['user_id'];
    return typeof userId === 'string' ? userId : undefined;
  }

  /** Ends every session of a worker. */
  endOf(workerId: string): void {
    this.#database.run('DELETE FROM session WHERE worker_id = ?', workerId);
  }
}
