import { sha256 } from '../../domain/sha256.ts';
import type { Database } from './database.ts';

/** The same bytes, not copied. */
export function bufferOf(data: Uint8Array): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}

/** Configuration by its SHA-256: the revisions before and after a fix hold the same bytes once. */
export class Blobs {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  put(data: Uint8Array): string {
    const hash = sha256(data);
    this.#database.run('INSERT OR IGNORE INTO blob (hash, data) VALUES (?, ?)', hash, data);
    return hash;
  }

  /** Bytes of a blob that is not read. */
  size(hash: string): number {
    return Number(this.#database.get('SELECT length(data) AS size FROM blob WHERE hash = ?', hash)?.['size'] ?? 0);
  }

  get(hash: string): Buffer {
    const data = this.#database.get('SELECT data FROM blob WHERE hash = ?', hash)?.['data'];
    if (!(data instanceof Uint8Array)) throw new Error(`blob ${hash} is missing`);
    return bufferOf(data);
  }
}
