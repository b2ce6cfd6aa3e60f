import type { ExtendedUnit } from '../../clients/confighub/client.ts';
import { columnsOf, printColumns, TREE_COLUMNS } from './tables.ts';

/**
 * Units below the units that they were cloned from. A unit whose upstream is not among them is a root, and so is one on
 * a circle, which no server makes and a broken one may hold.
 */
export function unitTree(units: readonly ExtendedUnit[], node: 'unit' | 'space', columns: readonly string[] | undefined): string {
  const known = new Set(units.map(({ Unit }) => Unit.UnitID));
  const below = Map.groupBy(sorted(units), ({ Unit }) => {
    const upstream = Unit.UpstreamUnitID;
    return upstream !== null && known.has(upstream) ? upstream : '';
  });
  const chosen = columnsOf(columns ?? TREE_COLUMNS);
  const [first, second] = columnsOf(node === 'space' ? ['Space.Slug', 'Unit.Slug'] : ['Unit.Slug', 'Space.Slug']);
  const rows: string[][] = [];
  const drawn = new Set<string>();
  const draw = (siblings: readonly ExtendedUnit[], indent: string): void => {
    for (const [index, unit] of siblings.entries()) {
      if (drawn.has(unit.Unit.UnitID)) continue;
      drawn.add(unit.Unit.UnitID);
      const isLast = index === siblings.length - 1;
      rows.push([
        `${indent}${isLast ? '└── ' : '├── '}${first?.read(unit) ?? ''}`,
        second?.read(unit) ?? '',
        ...chosen.map(({ read }) => read(unit)),
      ]);
      draw(below.get(unit.Unit.UnitID) ?? [], `${indent}${isLast ? '    ' : '│   '}`);
    }
  };
  draw(below.get('') ?? [], '');
  for (const unit of sorted(units)) if (!drawn.has(unit.Unit.UnitID)) draw([unit], '');
  return printColumns(['NODE', second?.header ?? '', ...chosen.map(({ header }) => header)], rows);
}

function sorted(units: readonly ExtendedUnit[]): readonly ExtendedUnit[] {
  const key = ({ Unit, Space }: ExtendedUnit): string => `${Space?.Slug ?? Unit.SpaceID} ${Unit.Slug}`;
  return units.toSorted((one, other) => (key(one) < key(other) ? -1 : 1));
}
