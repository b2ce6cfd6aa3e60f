import { hashOf } from './blobs.ts';
import type { Database } from './database.ts';

/** Tokens that the worker login handed out, as hashes: a copied database opens no door. */
export class Sessions {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  put(token: string, userId: string): void {
    this.#database.run('INSERT OR REPLACE INTO session (token_hash, user_id) VALUES (?, ?)', hashOf(Buffer.from(token)), userId);
  }

  /** The user whose token it is; `undefined` for a token that was never handed out. */
  userOf(token: string): string | undefined {
    const userId = this.#database.get('SELECT user_id FROM session WHERE token_hash = ?', hashOf(Buffer.from(token)))?.[
      'user_id'
    ];
    return typeof userId === 'string' ? userId : undefined;
  }
}
