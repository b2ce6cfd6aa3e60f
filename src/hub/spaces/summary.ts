import type { JsonObject } from '../../domain/json.ts';
import type { Space } from '../entities/space.ts';
import type { Reader } from '../query/reader.ts';

/** The counts of `summary=true` (reference, section 2). */
export function summarize(reader: Reader, space: Space): JsonObject {
  const inSpace = { column: 'space_id', values: [space.SpaceID] };
  const units = reader.store.units.find(inSpace);
  const named = reader.store.named.find(inSpace);
  const targets = named.filter(({ EntityType }) => EntityType === 'Target');
  return {
    TotalUnitCount: units.length,
    GatedUnitCount: units.filter(({ ApplyGates }) => Object.keys(ApplyGates).length > 0).length,
    IncompleteApplyUnitCount: units.filter((unit) => unit.LastAppliedRevisionNum !== unit.LiveRevisionNum).length,
    RecentChangeUnitCount: 0,
    UnappliedUnitCount: units.filter((unit) => unit.HeadRevisionNum > unit.LiveRevisionNum).length,
    UnapprovedUnitCount: units.filter(({ ApprovedBy }) => ApprovedBy.length === 0).length,
    UnlinkedUnitCount: 0,
    UpgradableUnitCount: units.filter((unit) => {
      const upstream = unit.UpstreamUnitID === null ? undefined : reader.load('Unit', unit.UpstreamUnitID);
      return upstream !== undefined && unit.UpstreamRevisionNum < Number(upstream['HeadRevisionNum']);
    }).length,
    TotalBridgeWorkerCount: named.filter(({ EntityType }) => EntityType === 'BridgeWorker').length,
    TargetCountByToolchainType: countBy(targets.map((target) => String(target['ToolchainType']))),
    TriggerCountByEventType: {},
  };
}

function countBy(names: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries([...new Set(names)].map((name) => [name, names.filter((other) => other === name).length]));
}
