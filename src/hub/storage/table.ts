import type { Json, JsonObject } from '../../domain/json.ts';
import { bufferOf } from './blobs.ts';
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
  /**
   * Zero values of fields that the stored text leaves out when they have them, as the wire does: a list can then be
   * answered with the text as it is stored.
   */
  readonly zeros?: Partial<R>;
  /** Its records name configuration by `DataHash`. */
  readonly hasData?: boolean;
}

/** A record as it is stored: its text, and the same parsed; of a table with `zeros`, fields that have them are absent. */
export interface StoredRecord<R> {
  readonly record: R;
  readonly text: string;
  /** Its configuration, where that was asked for. */
  readonly data: Buffer | undefined;
}

/** One kind's records: JSON in, JSON out. The only place that writes SQL for entities. */
export class Table<R extends JsonObject> {
  readonly #database: Database;
  readonly #options: TableOptions<R>;
  readonly #zeros: readonly (readonly [string, Json])[];

  constructor(database: Database, options: TableOptions<R>) {
    this.#database = database;
    this.#options = options;
    this.#zeros = Object.entries(options.zeros ?? {}) as [string, Json][];
  }

  insert(record: R): R {
    this.#database.run(
      `INSERT INTO ${this.#options.name} (id, body) VALUES (?, ?)`,
      this.#options.id(record),
      this.#write(record),
    );
    return record;
  }

  update(record: R): R {
    this.#database.run(`UPDATE ${this.#options.name} SET body = ? WHERE id = ?`, this.#write(record), this.#options.id(record));
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

  /** Where the records that meet all conditions stand in the order of creation. */
  seqs(conditions: readonly Condition[]): readonly number[] {
    const { where, parameters } = this.#where(conditions);
    return this.#database
      .all(`SELECT seq FROM ${this.#options.name} ${where} ORDER BY seq`, ...parameters)
      .map(({ seq }) => Number(seq));
  }

  /** Every record that meets all conditions with its place, oldest first, one after the other. */
  *scan(conditions: readonly Condition[]): IterableIterator<{ readonly seq: number; readonly record: R }> {
    const { where, parameters } = this.#where(conditions);
    const rows = this.#database.iterate(`SELECT seq, body FROM ${this.#options.name} ${where} ORDER BY seq`, ...parameters);
    for (const row of rows) yield { seq: Number(row['seq']), record: this.#read(row) };
  }

  /** The records at these places, in this order; those that are gone by now are left out. */
  read(seqs: readonly number[]): readonly R[] {
    return this.readStored(seqs).map(({ record }) => this.#whole(record));
  }

  /** The same as they are stored, for answers that show them so, and their configuration in the same question. */
  readStored(seqs: readonly number[], withData = false): readonly StoredRecord<R>[] {
    const { name, hasData = false } = this.#options;
    const [field, join] = withData && hasData ? [', blob.data', "LEFT JOIN blob ON blob.hash = body ->> 'DataHash'"] : ['', ''];
    // CROSS JOIN is a promise of SQLite's to go through the places in their order, and no other way round.
    const rows = this.#database.all(
      `SELECT body${field} FROM json_each(?) AS place CROSS JOIN ${name} ON seq = place.value ${join}`,
      JSON.stringify(seqs),
    );
    return rows.map(({ body, data }) => {
      const text = String(body);
      return { record: JSON.parse(text) as R, text, data: data instanceof Uint8Array ? bufferOf(data) : undefined };
    });
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
    const { where, parameters } = this.#where(conditions);
    return this.#database.all(`SELECT body FROM ${this.#options.name} ${where} ${tail}`, ...parameters);
  }

  #where(conditions: readonly Condition[]): { readonly where: string; readonly parameters: readonly (string | number)[] } {
    const terms = conditions.map((condition) => this.#term(condition));
    return {
      where: terms.length === 0 ? '' : `WHERE ${terms.map(({ sql }) => sql).join(' AND ')}`,
      parameters: terms.map(({ parameter }) => parameter),
    };
  }

  #term({ column, values }: Condition): { readonly sql: string; readonly parameter: string | number } {
    if (column !== 'id' && !this.isColumn(column)) throw new Error(`${this.#options.name} has no column ${column}`);
    const [first] = values;
    if (values.length === 1 && first !== undefined) return { sql: `${column} = ?`, parameter: first };
    // One parameter whatever the number of values: the statement stays the same and is prepared once.
    return { sql: `${column} IN (SELECT value FROM json_each(?))`, parameter: JSON.stringify(values) };
  }

  #read(row: StoredRow): R {
    return this.#whole(JSON.parse(String(row['body'])) as JsonObject);
  }

  /** With the zero values that the text leaves out. */
  #whole(stored: JsonObject): R {
    // A record without other references: copying each of 10,000 would take longer than parsing them.
    const record = stored as Record<string, Json>;
    for (const [field, zero] of this.#zeros) record[field] ??= zero;
    // `body` is what insert or update wrote, and these take only R.
    return record as R;
  }

  #write(record: R): string {
    const { zeros } = this.#options;
    if (!zeros) return JSON.stringify(record);
    const kept = Object.entries(record).filter(
      ([field, value]) => !Object.hasOwn(zeros, field) || JSON.stringify(value) !== JSON.stringify(zeros[field]),
    );
    return JSON.stringify(Object.fromEntries(kept));
  }
}
