import type { Json, JsonObject } from '../domain/json.ts';
import type { EntityName } from './entities/definition.ts';
import { badRequest } from './errors.ts';

/** The API that the hub speaks: everything that any generation has, or exactly what one of them has. */
export type HubGeneration = 'all' | 'A' | 'B' | 'C';

/** What one generation of the API has not (reference, sections 0, 2 and 4). */
export interface GenerationRules {
  /** What `/info` says; generation A says nothing. */
  readonly version: string | undefined;
  readonly hidden: Readonly<Partial<Record<EntityName, readonly string[]>>>;
  readonly unknownParameters: readonly string[];
  /** Parameters that are known on some paths only, and ignored on others. */
  readonly knownOnly?: Readonly<Record<string, RegExp>>;
  readonly unknownPaths: readonly RegExp[];
  /** The name under which ConfigHub's part of an object is kept in `managedFields`; the old bridge had one of its own. */
  readonly fieldManager: 'confighub' | 'confighub-bridge-worker';
  /** Configuration is stored apart from the unit, units are released with their space, and writes answer in a wrapper. */
  readonly hasDataApart: boolean;
}

const SINCE_B_FIELDS = ['ChangeSetID', 'DataHash', 'SpaceSlug'];

const rules: Readonly<Record<HubGeneration, GenerationRules>> = {
  all: { version: 'v0.3.0', hidden: {}, unknownParameters: [], unknownPaths: [], fieldManager: 'confighub', hasDataApart: false },
  A: {
    version: undefined,
    hidden: { Unit: SINCE_B_FIELDS, Revision: SINCE_B_FIELDS, ChangeSet: ['State', 'SpaceSlug'], Tag: ['ChangeSetID'] },
    unknownParameters: ['filter', 'filter_space', 'change_set_id', 'tag', 'revision', 'allow_exists', 'recursive'],
    knownOnly: { dry_run: /\/unit\/apply$/u },
    unknownPaths: [
      /^\/(revision|unit_event|unit_action|(unit|revision)_(data|mutation_sources))$/u,
      /^\/unit\/(destroy|refresh|cancel)$/u,
      /\/unit\/[^/]+\/(data|live_state|live_data|cancel)$/u,
      /\/release$/u,
    ],
    fieldManager: 'confighub-bridge-worker',
    hasDataApart: false,
  },
  B: {
    version: 'v0.3.0',
    hidden: { Unit: ['SetID'], ChangeSet: ['FilterID'] },
    unknownParameters: ['limit', 'continue', 'order_by'],
    unknownPaths: [/\/set(\/|$)/u, /^\/(unit|revision)_(data|mutation_sources)$/u, /\/live-state$/u, /\/release$/u],
    fieldManager: 'confighub',
    hasDataApart: false,
  },
  C: {
    version: 'v0.4.21',
    hidden: {
      Unit: [
        'Data',
        'MutationSources',
        'ContentHash',
        'LiveState',
        'LiveRevisionNum',
        'PreviousLiveRevisionNum',
        'LastAppliedRevisionNum',
        'SetID',
      ],
      Revision: ['Data', 'MutationSources', 'ContentHash', 'LiveAt'],
      ChangeSet: ['FilterID'],
      Target: ['BridgeWorkerID', 'Parameters', 'ProviderType'],
    },
    unknownParameters: [],
    unknownPaths: [
      /\/set(\/|$)/u,
      /\/unit\/([^/]+\/)?(apply|destroy|refresh|import)$/u,
      /\/unit\/[^/]+\/(live-state|live_state|live_data|unit_event(\/[^/]+)?)$/u,
      /^\/unit_event$/u,
    ],
    fieldManager: 'confighub',
    hasDataApart: true,
  },
};

export function generationRules(generation: HubGeneration): GenerationRules {
  return rules[generation];
}

/** True for a path below `/api` that the generation does not have. */
export function isUnknownPath({ unknownPaths }: GenerationRules, path: string): boolean {
  return unknownPaths.some((pattern) => pattern.test(path));
}

/** True for a query parameter that the generation ignores on this path below `/api`. */
export function isUnknownParameter({ unknownParameters, knownOnly }: GenerationRules, path: string, name: string): boolean {
  return unknownParameters.includes(name) || knownOnly?.[name]?.test(path) === false;
}

/** Takes away the fields that the generation does not have. */
export function hideFields({ hidden }: GenerationRules, entity: EntityName, wire: Record<string, Json>): void {
  for (const field of hidden[entity] ?? []) delete wire[field];
}

/** A body without the fields that the generation does not know: its server ignores them. */
export function knownBody({ hidden, hasDataApart }: GenerationRules, body: JsonObject): JsonObject {
  // Refused by name: configuration that is lost without a word would be the worst of answers.
  if (hasDataApart && body['Data'] !== undefined)
    throw badRequest('Data is not a field of a unit in this version of the API: PUT it to /space/{space}/unit/{unit}/data');
  const ignored = hidden.Unit ?? [];
  return Object.fromEntries(Object.entries(body).filter(([field]) => !ignored.includes(field)));
}
