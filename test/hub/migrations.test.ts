import { DatabaseSync } from 'node:sqlite';
import { expect } from 'chai';
import { Database } from '../../src/hub/storage/database.ts';
import { migrations } from '../../src/hub/storage/migrations.ts';
import { temporaryDirectory } from './harness.ts';

describe('hub: data of an earlier version', () => {
  it('numbers the mutations of units that were written before these were counted', () => {
    using directory = temporaryDirectory();
    const file = `${directory.path}/hub.sqlite`;
    const old = new DatabaseSync(file);
    old.exec(migrations.slice(0, 2).join(';'));
    const insert = (table: string, id: string, body: object): void => {
      old.prepare(`INSERT INTO ${table} (id, body) VALUES (?, ?)`).run(id, JSON.stringify(body));
    };
    for (const unit of ['web', 'api']) insert('unit', unit, { SpaceID: 'p', Slug: unit });
    const history = ['CreateUnit', 'OpenChangeSet', 'Update', 'Restore'];
    for (const [index, Source] of history.entries())
      insert('revision', `web-${index}`, { UnitID: 'web', RevisionNum: index + 1, Source });
    insert('revision', 'api-1', { UnitID: 'api', RevisionNum: 1, Source: 'CloneUnit' });
    old.exec('PRAGMA user_version = 2');
    old.close();

    using database = new Database(file);
    const numbers = (table: string, field: string): unknown[] =>
      database.all(`SELECT body ->> '${field}' AS num FROM ${table} ORDER BY seq`).map(({ num }) => num);
    expect(numbers('revision', 'MutationNum')).to.deep.equal([1, 1, 2, 3, 1]);
    expect(numbers('unit', 'HeadMutationNum')).to.deep.equal([3, 1]);
  });

  it('is not opened where a newer version wrote it', () => {
    using directory = temporaryDirectory();
    const file = `${directory.path}/hub.sqlite`;
    const newer = new DatabaseSync(file);
    newer.exec('PRAGMA user_version = 1000');
    newer.close();
    expect(() => new Database(file)).to.throw(/written by a newer version/u);
  });
});
