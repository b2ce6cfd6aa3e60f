import type { ExtendedUnit } from '../../clients/confighub/client.ts';
import { printTable } from '../../outputs/output.ts';
import { usage } from './context.ts';

/** Between the columns, as ConfigHub's own client prints them. */
const GAP = 4;

export function printColumns(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return rows.length === 0 ? `${header.join(' '.repeat(GAP))}\n` : printTable(header, rows, GAP);
}

type Column = { readonly header: string; readonly read: (unit: ExtendedUnit) => string };

/** Columns of units, under the names that `--columns` takes. */
const COLUMNS: Readonly<Record<string, Column>> = {
  'Unit.Slug': { header: 'UNIT', read: ({ Unit }) => Unit.Slug },
  'Space.Slug': { header: 'SPACE', read: ({ Unit, Space }) => Space?.Slug ?? Unit.SpaceID },
  'Target.Slug': { header: 'TARGET', read: ({ Target }) => Target?.Slug ?? '' },
  'UnitStatus.Status': { header: 'STATUS', read: statusOf },
  LastActionAt: { header: 'LAST-ACTION', read: ({ UnitStatus }) => UnitStatus?.ActionTerminatedAt ?? '' },
  UpgradeNeeded: { header: 'UPGRADE-NEEDED', read: upgradeNeeded },
  UnappliedChanges: { header: 'UNAPPLIED-CHANGES', read: unappliedChanges },
  'Unit.ApplyGates': {
    header: 'APPLY-GATES',
    read: ({ Unit }) => (Unit.ApplyGates.length === 0 ? 'None' : Unit.ApplyGates.join(',')),
  },
  'Unit.LastChangeDescription': { header: 'LAST-CHANGE', read: ({ Unit }) => Unit.LastChangeDescription },
  'Unit.HeadRevisionNum': { header: 'HEAD', read: ({ Unit }) => String(Unit.HeadRevisionNum) },
  'Unit.LiveRevisionNum': { header: 'LIVE', read: ({ Unit }) => String(Unit.LiveRevisionNum) },
  'ChangeSet.Slug': { header: 'CHANGESET', read: ({ ChangeSet }) => ChangeSet?.Slug ?? '' },
};

export const TREE_COLUMNS = ['UnitStatus.Status', 'UpgradeNeeded', 'UnappliedChanges', 'Unit.ApplyGates'];

/** The columns that `--columns` names; `Slug` is short for `Unit.Slug` and so on. */
export function columnsOf(names: readonly string[]): readonly Column[] {
  return names.map((name) => {
    const column = COLUMNS[name] ?? COLUMNS[`Unit.${name}`];
    if (!column) throw usage(`there is no column ${name}`, `Columns are ${Object.keys(COLUMNS).join(', ')}.`);
    return column;
  });
}

/** `Applied` for what the server calls ready after an apply: the word that people know from its own lists. */
function statusOf({ Unit, UnitStatus }: ExtendedUnit): string {
  if (!UnitStatus) return Unit.LiveRevisionNum === 0 ? 'NoLive' : 'Released';
  return UnitStatus.Status === 'Ready' && UnitStatus.Action === 'Apply' ? 'Applied' : UnitStatus.Status;
}

function upgradeNeeded({ Unit, UpstreamUnit }: ExtendedUnit): string {
  if (UpstreamUnit && Unit.UpstreamRevisionNum < UpstreamUnit.HeadRevisionNum) return 'Yes';
  return Unit.UpstreamRevisionNum > 0 ? 'No' : '';
}

function unappliedChanges({ Unit }: ExtendedUnit): string {
  if (Unit.LiveRevisionNum === 0) return '';
  return Unit.HeadRevisionNum > Unit.LiveRevisionNum ? 'Yes' : 'No';
}

export function listTable(units: readonly ExtendedUnit[], columns: readonly string[] | undefined): string {
  if (columns) {
    const chosen = columnsOf(columns);
    return printColumns(
      chosen.map(({ header }) => header),
      units.map((unit) => chosen.map(({ read }) => read(unit))),
    );
  }
  const [, ...rest] = columnsOf(['Unit.Slug', 'Space.Slug', 'UnitStatus.Status', 'LastActionAt']);
  return printColumns(
    ['NAME', ...rest.map(({ header }) => header)],
    units.map((unit) => [unit.Unit.Slug, ...rest.map(({ read }) => read(unit))]),
  );
}
