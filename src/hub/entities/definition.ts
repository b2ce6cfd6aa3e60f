/** How an attribute compares in `where` (reference, section 3.1). */
export type AttributeType = 'string' | 'integer' | 'uuid' | 'boolean' | 'time' | 'string map' | 'boolean map' | 'uuid list';

export type EntityName =
  | 'Space'
  | 'Unit'
  | 'Revision'
  | 'Mutation'
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

/** From a field that holds an ID (or, with `by`, the number of one of the unit's revisions or mutations) to the entity that it names. */
export interface Relation {
  /** The name in `where` (`Space.Slug`) and in an extended answer. */
  readonly as: string;
  readonly of: EntityName;
  readonly by?: 'revision' | 'mutation';
}

export interface EntityDefinition {
  readonly name: EntityName;
  readonly idField: string;
  readonly attributes: Readonly<Record<string, AttributeType>>;
  /** By the name that `include` takes. */
  readonly relations: Readonly<Record<string, Relation>>;
}
