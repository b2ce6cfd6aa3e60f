/** How an attribute compares in `where` (reference, section 3.1). */
export type AttributeType = 'string' | 'integer' | 'uuid' | 'boolean' | 'time' | 'string map' | 'boolean map' | 'uuid list';

export type EntityName =
  | 'Space'
  | 'Unit'
  | 'Revision'
  | 'Filter'
  | 'Set'
  | 'Tag'
  | 'ChangeSet'
  | 'Target'
  | 'BridgeWorker'
  | 'Link'
  | 'UnitEvent'
  | 'QueuedOperation'
  | 'User'
  | 'Organization';

/** From a field that holds an ID (or, `by: 'revision'`, a revision's number) to the entity that it names. */
export interface Relation {
  /** The name in `where` (`Space.Slug`) and in an extended answer. */
  readonly as: string;
  readonly of: EntityName;
  readonly by?: 'revision';
}

export interface EntityDefinition {
  readonly name: EntityName;
  readonly idField: string;
  readonly attributes: Readonly<Record<string, AttributeType>>;
  /** By the name that `include` takes. */
  readonly relations: Readonly<Record<string, Relation>>;
}
