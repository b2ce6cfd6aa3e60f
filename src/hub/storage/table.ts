import type { JsonObject } from '../../types/json.ts';
import type { Database, StoredRow } from './database.ts';

/** Narrows a table to the rows whose column holds one of the values. */
export interface Condition {
  readonly column: string;
  readonly values: readonly (string | number)[];
}

interface TableOptions<R> {
  readonly name: string;
  /** The record's own ID. */
  readonly id: (record: R) => string;
  /** Columns that a `Condition` may name; each has an index. */
  readonly columns: readonly string[];
}

/** One kind's records: JSON in, JSON out. The only place that writes SQL for entities. */
export class Table<R extends JsonObject> {
  readonly #database: Database;
  readonly #options: TableOptions<R>;

  constructor(database: Database, options: TableOptions<R>) {
    this.#database = database;
    this.#options = options;
  }

  insert(record: R): R {
    this.#database.run(
      `INSERT INTO ${this.#options.name} (id, body) VALUES (?, ?)`,
      this.#options.id(record),
      JSON.stringify(record),
    );
    return record;
  }

  update(record: R): R {
    this.#database.run(
      `UPDATE ${this.#options.name} SET body = ? WHERE id = ?`,
      JSON.stringify(record),
      this.#options.id(record),
    );
    return record;
  }

  delete(id: string): void {
    this.#database.run(`DELETE FROM ${this.#options.name} WHERE id = ?`, id);
  }

  deleteWhere(condition: Condition): void {
    const { sql, parameter } = this.#term(condition);
    this.#database.run(`DELETE FROM ${this.#options.name} WHERE ${sql}`, parameter);
  }

  get(id: string): R | undefined {
    const row = this.#database.get(`SELECT body FROM ${this.#options.name} WHERE id = ?`, id.toLowerCase());
    return row ? this.#read(row) : undefined;
  }

  /** Every record that meets all conditions, oldest first. */
  find(...conditions: readonly Condition[]): R[] {
    return this.#rows(conditions, 'ORDER BY seq').map((row) => this.#read(row));
  }

  /** The newest record that meets all conditions. */
  last(...conditions: readonly Condition[]): R | undefined {
    const [row] = this.#rows(conditions, 'ORDER BY seq DESC LIMIT 1');
    return row ? this.#read(row) : undefined;
  }

  has(...conditions: readonly Condition[]): boolean {
    return this.#rows(conditions, 'LIMIT 1').length > 0;
  }

  isColumn(name: string): boolean {
    return this.#options.columns.includes(name);
  }

  #rows(conditions: readonly Condition[], tail: string): readonly StoredRow[] {
    const terms = conditions.map((condition) => this.#term(condition));
    const where = terms.length === 0 ? '' : `WHERE ${terms.map(({ sql }) => sql).join(' AND ')}`;
    return this.#database.all(
      `SELECT body FROM ${this.#options.name} ${where} ${tail}`,
      ...terms.map(({ parameter }) => parameter),
    );
  }

  #term({ column, values }: Condition): { readonly sql: string; readonly parameter: string | number } {
    if (column !== 'id' && !this.isColumn(column)) throw new Error(`${this.#options.name} has no column ${column}`);
    const [first] = values;
    if (values.length === 1 && first !== undefined) return { sql: `${column} = ?`, parameter: first };
    // One parameter whatever the number of values: the statement stays the same and is prepared once.
    return { sql: `${column} IN (SELECT value FROM json_each(?))`, parameter: JSON.stringify(values) };
  }

  #read(row: StoredRow): R {
    // `body` is what insert or update wrote, and these take only R.
    return JSON.parse(String(row['body'])) as R;
  }
}
