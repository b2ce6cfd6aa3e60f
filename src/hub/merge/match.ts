import { type JsonObject, stringAt } from '../../domain/json.ts';
import { groupOf } from '../../domain/object-ref.ts';
import type { Part } from './split.ts';

/** Names that a resource of a text has or had, without namespaces. */
export type NamesOf = (resource: JsonObject) => readonly string[];

export const ownName: NamesOf = (resource) => [stringAt(resource, 'metadata', 'name') ?? ''];

/**
 * Which document of one text is which of another, by position: the same resource in the same namespace, in another one
 * (namespaces differ between environments), under a name that it had earlier, or the only one left of its kind.
 */
export function matchParts(
  from: readonly Part[],
  to: readonly Part[],
  names: { readonly from: NamesOf; readonly to: NamesOf } = { from: ownName, to: ownName },
): ReadonlyMap<number, number> {
  const matched = new Map<number, number>();
  const left = { from: new Set(from.keys()), to: new Set(to.keys()) };
  const match = (one: number, other: number): void => {
    matched.set(one, other);
    left.from.delete(one);
    left.to.delete(other);
  };
  const pass = (keysOfFrom: KeysOf, keysOfTo: KeysOf): void => {
    const waiting = new Map<string, number[]>();
    for (const index of left.to) for (const key of keysOfTo(to[index])) waiting.set(key, [...(waiting.get(key) ?? []), index]);
    for (const index of left.from) {
      const found = keysOfFrom(from[index])
        .flatMap((key) => waiting.get(key) ?? [])
        .find((other) => left.to.has(other));
      if (found !== undefined) match(index, found);
    }
  };
  pass(scoped, scoped);
  pass(unscoped, unscoped);
  const earlier =
    (namesOf: NamesOf): KeysOf =>
    (part) =>
      part?.value === undefined ? [] : namesOf(part.value).map((name) => `${kindOf(part.value)}/${name}`);
  pass(earlier(names.from), earlier(names.to));
  const alone = (parts: readonly Part[], indices: ReadonlySet<number>): ReadonlyMap<string, number> => {
    const byKind = Map.groupBy(indices, (index) => kindOf(parts[index]?.value));
    return new Map(
      [...byKind].flatMap(([kind, [only, ...more]]) => (only === undefined || more.length > 0 ? [] : [[kind, only]])),
    );
  };
  const [aloneHere, aloneThere] = [alone(from, left.from), alone(to, left.to)];
  for (const [kind, index] of aloneHere) {
    const other = aloneThere.get(kind);
    if (kind !== '' && other !== undefined) match(index, other);
  }
  return matched;
}

type KeysOf = (part: Part | undefined) => readonly string[];

const unscoped: KeysOf = (part) => [identityOf(part?.value)];
const scoped: KeysOf = (part) => [`${stringAt(part?.value, 'metadata', 'namespace') ?? ''} ${identityOf(part?.value)}`];

/** `apps/Deployment/web`; `empty` for a document without a value. */
export function identityOf(value: JsonObject | undefined): string {
  return value === undefined ? 'empty' : `${kindOf(value)}/${stringAt(value, 'metadata', 'name') ?? ''}`;
}

/** Empty for a document without a value. */
function kindOf(value: JsonObject | undefined): string {
  return value === undefined ? '' : `${groupOf(stringAt(value, 'apiVersion') ?? '')}/${stringAt(value, 'kind') ?? ''}`;
}
