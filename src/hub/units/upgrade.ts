import { stringAt } from '../../domain/json.ts';
import type { Hub } from '../context.ts';
import type { Unit } from '../entities/unit.ts';
import { HubError } from '../errors.ts';
import { type NamesOf, ownName } from '../merge/match.ts';
import { type Conflict, mergeThreeWay } from '../merge/three-way.ts';
import type { ResourceMutation } from '../mutations/sources.ts';
import { Reader } from '../query/reader.ts';

export type Upgrade =
  | { readonly outcome: 'no-upstream' }
  | { readonly outcome: 'level' }
  | {
      readonly outcome: 'upgraded';
      readonly data: Uint8Array;
      readonly upstreamRevisionNum: number;
      readonly description: string;
      readonly conflicts: readonly Conflict[];
    };

/** What the unit becomes when it takes its upstream's changes since the last time (reference, section 6.3). */
export function upgradeOf(hub: Hub, unit: Unit): Upgrade {
  if (unit.UpstreamUnitID === null) return { outcome: 'no-upstream' };
  const upstream = hub.store.units.get(unit.UpstreamUnitID);
  if (!upstream)
    throw new HubError(409, `unit ${unit.Slug} cannot be upgraded: its upstream unit ${unit.UpstreamUnitID} is gone`, {
      type: 'Unit',
      id: unit.UnitID,
    });
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
  const { mutations } = hub.store;
  const merged = mergeThreeWay(
    { base: text(base.DataHash), ours: text(unit.DataHash), theirs: text(upstream.DataHash) },
    {
      base: namesIn(mutations.sourcesAt(upstream.UnitID, base.RevisionNum)),
      ours: namesIn(mutations.sourcesAt(unit.UnitID, unit.HeadRevisionNum)),
      theirs: namesIn(mutations.sourcesAt(upstream.UnitID, upstream.HeadRevisionNum)),
    },
  );
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
    description:
      `Upgraded from ${new Reader(hub.store).nameOf(upstream)} revision ${unit.UpstreamRevisionNum} to ${upstream.HeadRevisionNum}` +
      (merged.conflicts.length > 0 ? `; not taken: ${merged.conflicts.map(describeConflict).join('; ')}` : ''),
    conflicts: merged.conflicts,
  };
}

/** The names that the record of a unit's changes has for its resources. */
function namesIn(sources: readonly ResourceMutation[]): NamesOf {
  return (resource) => {
    const type = `${stringAt(resource, 'apiVersion') ?? ''}/${stringAt(resource, 'kind') ?? ''}`;
    const name = stringAt(resource, 'metadata', 'name') ?? '';
    const source = sources.find(({ Resource }) => Resource.ResourceType === type && Resource.ResourceNameWithoutScope === name);
    return source ? Object.keys(source.AliasesWithoutScopes) : ownName(resource);
  };
}

/** `Deployment web: spec.replicas changed here and upstream` */
export function describeConflict({ ResourceType, ResourceName, Path, Message }: Conflict): string {
  const kind = ResourceType.slice(ResourceType.lastIndexOf('/') + 1);
  return `${kind} ${ResourceName}: ${Path === '' ? '' : `${Path} `}${Message}`;
}
