import type { Hub } from '../context.ts';
import type { Unit } from '../entities/unit.ts';
import { HubError } from '../errors.ts';
import { mergeThreeWay } from '../merge/three-way.ts';
import { Reader } from '../query/reader.ts';

export type Upgrade =
  | { readonly outcome: 'no-upstream' }
  | { readonly outcome: 'level' }
  | {
      readonly outcome: 'upgraded';
      readonly data: Uint8Array;
      readonly upstreamRevisionNum: number;
      readonly description: string;
    };

/** What the unit becomes when it takes its upstream's changes since the last time (reference, section 6.3). */
export function upgradeOf(hub: Hub, unit: Unit): Upgrade {
  const upstream = unit.UpstreamUnitID === null ? undefined : hub.store.units.get(unit.UpstreamUnitID);
  if (!upstream) return { outcome: 'no-upstream' };
  if (upstream.HeadRevisionNum === unit.UpstreamRevisionNum) return { outcome: 'level' };
  const base = hub.store.revisions.last(
    { column: 'unit_id', values: [upstream.UnitID] },
    { column: 'revision_num', values: [unit.UpstreamRevisionNum] },
  );
  if (!base)
    throw new HubError(409, `unit ${upstream.Slug} has no revision ${unit.UpstreamRevisionNum} any more`, {
      type: 'Unit',
      id: unit.UnitID,
    });
  const text = (hash: string): string => hub.store.blobs.get(hash).toString('utf8');
  const merged = mergeThreeWay({ base: text(base.DataHash), ours: text(unit.DataHash), theirs: text(upstream.DataHash) });
  if (merged.outcome === 'unreadable') {
    throw new HubError(400, `unit ${unit.Slug} cannot be upgraded: ${merged.side} is not readable YAML: ${merged.message}`, {
      type: 'Unit',
      id: unit.UnitID,
    });
  }
  return {
    outcome: 'upgraded',
    data: Buffer.from(merged.text),
    upstreamRevisionNum: upstream.HeadRevisionNum,
    description: `Upgraded from ${new Reader(hub.store).nameOf(upstream)} revision ${unit.UpstreamRevisionNum} to ${upstream.HeadRevisionNum}`,
  };
}
