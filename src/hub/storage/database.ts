import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import { sha256 } from '../../domain/sha256.ts';
import { migrations } from './migrations.ts';

export type StoredRow = Readonly<Record<string, SQLOutputValue>>;

/**
 * The hub's one connection. node:sqlite is synchronous, so whatever runs inside `write` without an `await` is alone:
 * no two requests ever interleave within a transaction.
 */
export class Database implements Disposable {
  readonly #connection: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #depth = 0;

  /** `file` is a path or `:memory:`. */
  constructor(file: string) {
    this.#connection = new DatabaseSync(file);
    // EXCLUSIVE: a second hub on the same directory fails at its start instead of mixing its writes with ours.
    // FULL: a committed write survives the loss of power, not only of the process.
    this.#connection.exec(
      'PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;',
    );
    this.#connection.function('sha256', { deterministic: true }, (text) => sha256(String(text)));
    this.#migrate();
  }

  all(sql: string, ...parameters: readonly SQLInputValue[]): readonly StoredRow[] {
    return this.#statement(sql).all(...parameters);
  }

  get(sql: string, ...parameters: readonly SQLInputValue[]): StoredRow | undefined {
    return this.#statement(sql).get(...parameters);
  }

  /** Rows one by one, through a statement of its own: what is asked meanwhile does not disturb it. */
  iterate(sql: string, ...parameters: readonly SQLInputValue[]): IterableIterator<StoredRow> {
    return this.#connection.prepare(sql).iterate(...parameters);
  }

  /** How many rows it changed. */
  run(sql: string, ...parameters: readonly SQLInputValue[]): number {
    return Number(this.#statement(sql).run(...parameters).changes);
  }

  /** Runs `work` in a transaction; within another one, in a savepoint, so that an item of a bulk fails alone. */
  write<T>(work: () => T): T {
    return this.#within(work, true);
  }

  /** Runs `work` as `write` does, answers what it would have, and keeps nothing of it. */
  rehearse<T>(work: () => T): T {
    return this.#within(work, false);
  }

  #within<T>(work: () => T, keep: boolean): T {
    const savepoint = `level${this.#depth}`;
    this.#connection.exec(this.#depth === 0 ? 'BEGIN IMMEDIATE' : `SAVEPOINT ${savepoint}`);
    const undo = this.#depth === 0 ? 'ROLLBACK' : `ROLLBACK TO ${savepoint}; RELEASE ${savepoint}`;
    const done = this.#depth === 0 ? 'COMMIT' : `RELEASE ${savepoint}`;
    this.#depth += 1;
    let result: T;
    try {
      result = work();
    } catch (error) {
      this.#depth -= 1;
      if (this.#connection.isTransaction) this.#connection.exec(undo);
      throw error;
    }
    this.#depth -= 1;
    this.#connection.exec(keep ? done : undo);
    return result;
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known) return known;
    const statement = this.#connection.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #migrate(): void {
    const version = Number(this.#connection.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
    if (version > migrations.length) {
      throw new Error(
        `the data directory was written by a newer version (schema ${version}, this one knows ${migrations.length})`,
      );
    }
    if (version === migrations.length) return;
    for (const [index, migration] of migrations.entries()) {
      if (index < version) continue;
      this.write(() => this.#connection.exec(`${migration}; PRAGMA user_version = ${index + 1};`));
    }
    // What a step replaced may be a secret: written anew, the files hold nothing of it.
    this.#connection.exec('VACUUM; PRAGMA wal_checkpoint(TRUNCATE)');
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }
}
