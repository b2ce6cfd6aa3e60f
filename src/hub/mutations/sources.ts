import { stringifyJson } from '../../domain/exact-json.ts';
import { isJsonArray, isJsonObject, type Json, type JsonObject, own, stringAt } from '../../domain/json.ts';
import { equal } from '../merge/equal.ts';
import { byKey, fieldOf, itemOf, type Schema, schemaOf, stepOf } from '../merge/list-schema.ts';
import { identityOf, matchParts } from '../merge/match.ts';
import { splitParts } from '../merge/split.ts';
import { partsOf } from '../merge/three-way.ts';

/** Which mutation gave a resource or a field the value that it has (reference, section 2). */
type MutationInfo = {
  readonly MutationType: 'Add' | 'Update' | 'Delete';
  /** The mutation's number. */
  readonly Index: number;
  /** False for a change of this unit's own, which an upgrade keeps; true for what came from upstream or was there first. */
  readonly Predicate: boolean;
  /** A scalar as it is, anything else as JSON; empty for what was deleted. */
  readonly Value: string;
};

export type ResourceMutation = {
  readonly Resource: {
    /** `apps/v1/Deployment` */
    readonly ResourceType: string;
    /** `namespace/name`; `/name` where the document names no namespace */
    readonly ResourceName: string;
    readonly ResourceNameWithoutScope: string;
    readonly ResourceCategory: 'Resource';
  };
  readonly ResourceMutationInfo: MutationInfo;
  /** By path, its steps joined by dots: list entries as `?name=web`, a dot within a key as `~1` (reference, section 3.5). */
  readonly PathMutationMap: Readonly<Record<string, MutationInfo>>;
  /** Names that the resource has or had. */
  readonly Aliases: Readonly<Record<string, Readonly<Record<string, never>>>>;
  readonly AliasesWithoutScopes: Readonly<Record<string, Readonly<Record<string, never>>>>;
};

/** By the name under which a merge knows the resource. */
export type Sources = ReadonlyMap<string, ResourceMutation>;

interface Change {
  readonly before: string;
  readonly after: string;
  readonly index: number;
  readonly predicate: boolean;
}

/** The record after one more change. Text that is no YAML has no paths: the record stays as it was. */
export function advanceSources(sources: Sources, change: Change): Sources {
  const [before, after] = [splitParts(change.before), splitParts(change.after)];
  if (before.outcome === 'unreadable' || after.outcome === 'unreadable') return sources;
  const [beforeParts, afterParts] = [partsOf(before), partsOf(after)];
  const cameFrom = new Map([...matchParts(beforeParts, afterParts)].map(([from, to]) => [to, from]));
  const result = new Map(sources);
  const info = (MutationType: MutationInfo['MutationType'], value: Json | undefined): MutationInfo => ({
    MutationType,
    Index: change.index,
    Predicate: change.predicate,
    Value: value === undefined ? '' : typeof value === 'string' ? value : stringifyJson(value),
  });
  for (const [index, { value }] of beforeParts.entries()) {
    if (value === undefined || [...cameFrom.values()].includes(index)) continue;
    result.set(keyOf(value), { ...describe(value), ResourceMutationInfo: info('Delete', undefined), PathMutationMap: {} });
  }
  for (const [index, { value }] of afterParts.entries()) {
    if (value === undefined) continue;
    const was = beforeParts[cameFrom.get(index) ?? -1]?.value;
    if (was === undefined) {
      result.set(keyOf(value), { ...describe(value), ResourceMutationInfo: info('Add', undefined), PathMutationMap: {} });
      continue;
    }
    const changes = changesBetween(was, value, schemaOf(value));
    if (changes.length === 0) continue;
    const source = sources.get(keyOf(was));
    if (keyOf(was) !== keyOf(value)) result.delete(keyOf(was));
    result.set(keyOf(value), changed(source, describe(value), changes, info));
  }
  return result;
}

function keyOf(value: JsonObject): string {
  return `${stringAt(value, 'metadata', 'namespace') ?? ''} ${identityOf(value)}`;
}

type Info = (type: MutationInfo['MutationType'], value: Json | undefined) => MutationInfo;

function changed(
  source: ResourceMutation | undefined,
  described: ReturnType<typeof describe>,
  changes: readonly PathChange[],
  info: Info,
): ResourceMutation {
  const paths = new Map(Object.entries(source?.PathMutationMap ?? {}));
  for (const { path, before, after } of changes) {
    // Sources of the parts of a replaced value are outdated.
    for (const earlier of paths.keys()) if (earlier.startsWith(`${path}.`)) paths.delete(earlier);
    paths.set(path, info(after === undefined ? 'Delete' : before === undefined ? 'Add' : 'Update', after));
  }
  return {
    ...described,
    Aliases: { ...source?.Aliases, ...described.Aliases },
    AliasesWithoutScopes: { ...source?.AliasesWithoutScopes, ...described.AliasesWithoutScopes },
    ResourceMutationInfo: source?.ResourceMutationInfo ?? info('Update', undefined),
    PathMutationMap: Object.fromEntries(paths),
  };
}

function describe(value: JsonObject): Omit<ResourceMutation, 'ResourceMutationInfo' | 'PathMutationMap'> {
  const name = stringAt(value, 'metadata', 'name') ?? '';
  const scoped = `${stringAt(value, 'metadata', 'namespace') ?? ''}/${name}`;
  return {
    Resource: {
      ResourceType: `${stringAt(value, 'apiVersion') ?? ''}/${stringAt(value, 'kind') ?? ''}`,
      ResourceName: scoped,
      ResourceNameWithoutScope: name,
      ResourceCategory: 'Resource',
    },
    Aliases: { [scoped]: {} },
    AliasesWithoutScopes: { [name]: {} },
  };
}

interface PathChange {
  readonly path: string;
  readonly before: Json | undefined;
  readonly after: Json | undefined;
}

function changesBetween(before: Json | undefined, after: Json | undefined, schema: Schema, path = ''): readonly PathChange[] {
  if (equal(before, after)) return [];
  const step = (name: string): string => (path === '' ? '' : `${path}.`) + name.replaceAll('.', '~1');
  if (isJsonObject(before) && isJsonObject(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...keys].flatMap((key) => changesBetween(own(before, key), own(after, key), fieldOf(schema, key), step(key)));
  }
  if (isJsonArray(before) && isJsonArray(after)) {
    const [was, is] = [byKey(schema, before), byKey(schema, after)];
    if (was && is) {
      return [...new Set([...was.keys(), ...is.keys()])].flatMap((key) => {
        const name = stepOf(schema, is.get(key) ?? was.get(key) ?? null);
        return changesBetween(was.get(key), is.get(key), itemOf(schema), step(name));
      });
    }
  }
  return [{ path, before, after }];
}
