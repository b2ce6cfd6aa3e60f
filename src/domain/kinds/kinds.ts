import { groupKind, type ObjectRef } from '../object-ref.ts';
import type { Kind, Kinds } from './kind.ts';
import { PLATFORM } from './platform.ts';
import { SERVICES_AND_STORAGE } from './services-and-storage.ts';
import { WORKLOADS } from './workloads.ts';

/** Every kind of which more is known than its schema, a row for each. */
export const KINDS: Kinds = { ...WORKLOADS, ...SERVICES_AND_STORAGE, ...PLATFORM };

const BY_NAME: ReadonlyMap<string, Kind> = new Map(
  Object.entries(KINDS)
    .map(([kind, row]): [string, Kind] => [nameOf(kind), row])
    // Of two groups with a kind of the same name the first row counts.
    .reverse(),
);

function nameOf(kind: string): string {
  return kind.slice(kind.indexOf('/') + 1);
}

/** The row of exactly this kind, in whatever version. */
export function kindOf({ apiVersion, kind }: Pick<ObjectRef, 'apiVersion' | 'kind'>): Kind | undefined {
  const key = groupKind(`${apiVersion}/${kind}`);
  return Object.hasOwn(KINDS, key) ? KINDS[key] : undefined;
}

/** The row of a kind of this name in whatever group: other groups copy names together with status and pods. */
export function kindNamed(name: string): Kind | undefined {
  return BY_NAME.get(name);
}

/** What DRIFT_KINDS is by default, as `apps/v1/Deployment`. */
export const COMPARED_KINDS: readonly string[] = Object.entries(KINDS).flatMap(([kind, { comparedAs }]) =>
  comparedAs === undefined ? [] : `${comparedAs}/${nameOf(kind)}`,
);
