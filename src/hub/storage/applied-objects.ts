import type { ObjectRef } from '../../domain/object-ref.ts';
import { objectKey } from '../../domain/object-ref.ts';
import type { Database } from './database.ts';

/**
 * What the worker has applied for each unit to each target and not removed since: what a later revision has dropped is
 * found by it, after a failed apply and after a restart as well.
 */
export class AppliedObjects {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  put(unitId: string, targetId: string, ref: ObjectRef): void {
    this.#database.run(
      'INSERT OR REPLACE INTO applied_object (unit_id, target_id, key, ref) VALUES (?, ?, ?, ?)',
      unitId,
      targetId,
      objectKey(ref),
      JSON.stringify(ref),
    );
  }

  of(unitId: string, targetId: string): readonly ObjectRef[] {
    const rows = this.#database.all(
      'SELECT ref FROM applied_object WHERE unit_id = ? AND target_id = ? ORDER BY key',
      unitId,
      targetId,
    );
    // `ref` is what put wrote.
    return rows.map(({ ref }) => JSON.parse(String(ref)) as ObjectRef);
  }

  /** Whether another unit has applied the same object to the same target. */
  isSharedBy(unitId: string, targetId: string, ref: ObjectRef): boolean {
    const found = this.#database.get(
      'SELECT 1 FROM applied_object WHERE target_id = ? AND key = ? AND unit_id != ? LIMIT 1',
      targetId,
      objectKey(ref),
      unitId,
    );
    return found !== undefined;
  }

  delete(unitId: string, targetId: string, ref: ObjectRef): void {
    this.#database.run(
      'DELETE FROM applied_object WHERE unit_id = ? AND target_id = ? AND key = ?',
      unitId,
      targetId,
      objectKey(ref),
    );
  }

  forget(unitId: string): void {
    this.#database.run('DELETE FROM applied_object WHERE unit_id = ?', unitId);
  }
}
