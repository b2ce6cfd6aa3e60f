/**
 * The schema, step by step: a step that was released is never edited, a change is a new step at the end.
 *
 * Each entity is one row with its record as JSON; what must be found or be unique quickly is a generated column of it, so
 * a new index never means a new way of writing. `seq` keeps lists in the order of creation.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE space (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL,
    slug TEXT NOT NULL AS (body ->> 'Slug'));
  CREATE UNIQUE INDEX space_slug ON space (slug);

  CREATE TABLE unit (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL,
    space_id TEXT NOT NULL AS (body ->> 'SpaceID'),
    slug TEXT NOT NULL AS (body ->> 'Slug'),
    target_id TEXT AS (body ->> 'TargetID'),
    set_id TEXT AS (body ->> 'SetID'),
    change_set_id TEXT AS (body ->> 'ChangeSetID'),
    upstream_unit_id TEXT AS (body ->> 'UpstreamUnitID'));
  CREATE UNIQUE INDEX unit_slug ON unit (space_id, slug);
  CREATE INDEX unit_by_slug ON unit (slug);
  CREATE INDEX unit_target ON unit (target_id);
  CREATE INDEX unit_set ON unit (set_id);
  CREATE INDEX unit_change_set ON unit (change_set_id);
  CREATE INDEX unit_upstream ON unit (upstream_unit_id);

  CREATE TABLE revision (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL,
    unit_id TEXT NOT NULL AS (body ->> 'UnitID'),
    revision_num INTEGER NOT NULL AS (body ->> 'RevisionNum'),
    change_set_id TEXT AS (body ->> 'ChangeSetID'));
  CREATE UNIQUE INDEX revision_num ON revision (unit_id, revision_num);
  CREATE INDEX revision_change_set ON revision (change_set_id);

  CREATE TABLE named (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL,
    entity_type TEXT NOT NULL AS (body ->> 'EntityType'),
    space_id TEXT NOT NULL AS (body ->> 'SpaceID'),
    slug TEXT NOT NULL AS (body ->> 'Slug'));
  CREATE UNIQUE INDEX named_slug ON named (entity_type, space_id, slug);

  CREATE TABLE queued_operation (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL,
    unit_id TEXT NOT NULL AS (body ->> 'UnitID'),
    status TEXT NOT NULL AS (body ->> 'Status'));
  CREATE INDEX queued_operation_unit ON queued_operation (unit_id);
  CREATE INDEX queued_operation_status ON queued_operation (status);

  CREATE TABLE unit_event (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL,
    unit_id TEXT NOT NULL AS (body ->> 'UnitID'),
    queued_operation_id TEXT NOT NULL AS (body ->> 'QueuedOperationID'));
  CREATE INDEX unit_event_unit ON unit_event (unit_id);
  CREATE INDEX unit_event_operation ON unit_event (queued_operation_id);

  CREATE TABLE user (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL,
    username TEXT NOT NULL AS (body ->> 'Username'));

  CREATE TABLE session (token_hash TEXT PRIMARY KEY, user_id TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE blob (hash TEXT PRIMARY KEY, data BLOB NOT NULL);
  `,
  `
  CREATE TABLE applied_object (
    unit_id TEXT NOT NULL, target_id TEXT NOT NULL, key TEXT NOT NULL, ref TEXT NOT NULL,
    PRIMARY KEY (unit_id, target_id, key)) WITHOUT ROWID;
  CREATE INDEX applied_object_key ON applied_object (target_id, key);
  `,
  `
  ALTER TABLE revision ADD COLUMN source TEXT AS (body ->> 'Source');
  ALTER TABLE revision ADD COLUMN mutation_num INTEGER AS (body ->> 'MutationNum');
  CREATE TEMP TABLE numbered AS
    SELECT seq, unit_id, sum(source <> 'OpenChangeSet') OVER (PARTITION BY unit_id ORDER BY revision_num) AS num FROM revision;
  CREATE UNIQUE INDEX temp.numbered_seq ON numbered (seq);
  CREATE INDEX temp.numbered_unit ON numbered (unit_id, num);
  UPDATE revision SET body = json_set(body, '$.MutationNum', (SELECT num FROM temp.numbered n WHERE n.seq = revision.seq));
  UPDATE unit SET body = json_set(body, '$.HeadMutationNum', (SELECT max(num) FROM temp.numbered n WHERE n.unit_id = unit.id));
  DROP TABLE temp.numbered;
  `,
  // Sessions of before did not say whose they are or when they end; their owners log in again.
  `
  DROP TABLE session;
  CREATE TABLE session (
    token_hash TEXT PRIMARY KEY, user_id TEXT NOT NULL, worker_id TEXT NOT NULL, expires_at TEXT NOT NULL) WITHOUT ROWID;
  `,
  // Secrets of workers were kept as they are.
  `
  UPDATE named SET body = json_set(json_remove(body, '$.Secret'), '$.SecretHash', sha256(body ->> 'Secret'))
    WHERE entity_type = 'BridgeWorker';
  `,
];
