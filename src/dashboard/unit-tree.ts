import type { ExtendedUnit } from '../clients/confighub/client.ts';
import type { Json } from '../domain/json.ts';

export interface UnitRow {
  readonly space: string;
  /** Number of spaces above it by upstream links. */
  readonly depth: number;
  /** Space that most of the space's units come from; empty for none that is known. */
  readonly from: string;
  readonly slug: string;
  /** `space/slug`; empty for none. */
  readonly upstream: string;
  readonly isUpgradeNeeded: boolean;
  /** Empty where the server tells none. */
  readonly status: string;
  readonly labels: Json;
  readonly set: string;
  /** The one that the unit is open in. */
  readonly changeSet: string;
  readonly head: number;
  /** 0 where nothing was applied. */
  readonly live: number;
}

/** Units by space: a space before those that are upgraded from it, and names in order. */
export function inTree(
  units: readonly ExtendedUnit[],
  labels: (labels: Readonly<Record<string, string>>) => Json,
): readonly UnitRow[] {
  const names = new Map(units.map(({ Unit, Space }) => [Unit.SpaceID, Space?.Slug ?? Unit.SpaceID]));
  const bySpace = Map.groupBy(units, ({ Unit }) => Unit.SpaceID);
  return orderOf(bySpace, names).flatMap(({ id, depth, from }) =>
    (bySpace.get(id) ?? [])
      .toSorted((one, other) => compare(one.Unit.Slug, other.Unit.Slug))
      .map(({ Unit, UpstreamUnit, UnitStatus, Set: set, ChangeSet }) => ({
        space: names.get(id) ?? id,
        depth,
        from: names.get(from) ?? '',
        slug: Unit.Slug,
        upstream: UpstreamUnit ? [names.get(UpstreamUnit.SpaceID) ?? '', UpstreamUnit.Slug].filter(Boolean).join('/') : '',
        isUpgradeNeeded: UpstreamUnit ? Unit.UpstreamRevisionNum < UpstreamUnit.HeadRevisionNum : false,
        status: UnitStatus?.Status ?? '',
        labels: labels(Unit.Labels),
        set: set?.Slug ?? '',
        changeSet: ChangeSet?.Slug ?? '',
        head: Unit.HeadRevisionNum,
        live: Unit.LiveRevisionNum,
      })),
  );
}

interface Ordered {
  readonly id: string;
  readonly depth: number;
  /** Id of the space above; empty for none. */
  readonly from: string;
}

function orderOf(bySpace: ReadonlyMap<string, readonly ExtendedUnit[]>, names: ReadonlyMap<string, string>): readonly Ordered[] {
  const ids = [...bySpace.keys()].sort((one, other) => compare(names.get(one) ?? one, names.get(other) ?? other));
  const parents = new Map(ids.map((id) => [id, upstreamSpace(id, bySpace)]));
  const ordered = new Map<string, Ordered>();
  const visit = (id: string, depth: number): void => {
    if (ordered.has(id)) return;
    ordered.set(id, { id, depth, from: depth === 0 ? '' : (parents.get(id) ?? '') });
    for (const child of ids) if (parents.get(child) === id) visit(child, depth + 1);
  };
  for (const id of ids) if (parents.get(id) === '') visit(id, 0);
  // Spaces that are upgraded from each other have no first one.
  for (const id of ids) visit(id, 0);
  return [...ordered.values()];
}

/** Another space of these that most of its units come from; empty for none. */
function upstreamSpace(id: string, bySpace: ReadonlyMap<string, readonly ExtendedUnit[]>): string {
  const counts = new Map<string, number>();
  for (const { UpstreamUnit } of bySpace.get(id) ?? []) {
    const space = UpstreamUnit?.SpaceID ?? id;
    if (space !== id && bySpace.has(space)) counts.set(space, (counts.get(space) ?? 0) + 1);
  }
  return [...counts].toSorted(([one, a], [other, b]) => b - a || compare(one, other))[0]?.[0] ?? '';
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
