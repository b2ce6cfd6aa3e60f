import type { ConfigHubClient, ExtendedUnit, UnitSelection } from '../../clients/confighub/client.ts';
import { and, inList } from '../../clients/confighub/where.ts';
import type { DesiredState } from '../../domain/desired.ts';
import { ConfigHubError, throwUnless } from '../../domain/errors.ts';
import type { PromotionNeed } from '../../domain/report.ts';

/** Upstream moved on since the unit last took its changes. */
const BEHIND = 'Unit.UpstreamRevisionNum < UpstreamUnit.HeadRevisionNum';

/** What an upgrade would make of a unit. */
export interface Upgrade {
  readonly unit: ExtendedUnit;
  /** `space/slug` */
  readonly upstream: string;
  /** The text that it would have; `undefined` where the server refuses, or gives no text in a rehearsal. */
  readonly text: string | undefined;
  /** False for a unit that is behind in revision number only: a fix upstream changes no byte. */
  readonly changesBytes: boolean;
  /** Why the server would refuse; empty where it would not. */
  readonly refusal: string;
}

/** Rehearses the upgrade of every selected unit that is behind its upstream; nothing is written. */
export async function rehearseUpgrades(
  confighub: ConfigHubClient,
  selection: UnitSelection,
  signal: AbortSignal,
): Promise<readonly Upgrade[]> {
  const behind = { ...selection, where: and(BEHIND, selection.where) };
  const units = await confighub.listUnitStates(behind, signal);
  if (units.length === 0) return [];
  const slugs = new Map((await confighub.listSpaces('', signal)).map(({ SpaceID, Slug }) => [SpaceID, Slug]));
  const upstreamOf = ({ UpstreamUnit }: ExtendedUnit): string =>
    UpstreamUnit ? `${slugs.get(UpstreamUnit.SpaceID) ?? UpstreamUnit.SpaceID}/${UpstreamUnit.Slug}` : '';
  // The first generation of the API has no rehearsal: asking for one would carry it out.
  if (confighub.abilities.generation === 'A')
    return units.map((unit) => ({ unit, upstream: upstreamOf(unit), text: undefined, changesBytes: true, refusal: '' }));
  const rehearsed = await confighub.patchUnits(behind, { upgrade: true, dryRun: true }, signal);
  const after = new Map(rehearsed.flatMap(({ Unit }) => (Unit ? [[Unit.UnitID, Unit]] : [])));
  const refusals = new Map(
    rehearsed.flatMap(({ Error: refused }) => (refused ? [[refused.ErrorMetadata?.EntityID ?? '', refused.Message]] : [])),
  );
  return units.map((unit) => {
    const upgraded = after.get(unit.Unit.UnitID);
    return {
      unit,
      upstream: upstreamOf(unit),
      text: confighub.abilities.generation === 'C' ? undefined : upgraded?.Data,
      changesBytes: upgraded !== undefined && upgraded.DataHash !== unit.Unit.DataHash,
      refusal: refusals.get(unit.Unit.UnitID) ?? '',
    };
  });
}

export interface Promotions {
  readonly needed: readonly PromotionNeed[];
  readonly behindInNumberOnly: number;
}

/**
 * What waits to be promoted into the spaces of the desired units, and out of them. Where that cannot be asked it is what was
 * known before, and a warning.
 */
export async function waitingPromotions(
  confighub: ConfigHubClient,
  desired: Pick<DesiredState, 'units'>,
  before: readonly PromotionNeed[],
  onWarning: (message: string) => void,
  signal: AbortSignal,
): Promise<Promotions> {
  try {
    return await findPromotions(confighub, [...new Set(desired.units.map((unit) => unit.spaceId))], signal);
  } catch (error) {
    throwUnless(error, ConfigHubError, signal);
    onWarning(`pending promotions could not be read: ${error.message}`);
    return { needed: before, behindInNumberOnly: 0 };
  }
}

async function findPromotions(confighub: ConfigHubClient, spaceIds: readonly string[], signal: AbortSignal): Promise<Promotions> {
  if (spaceIds.length === 0 || confighub.abilities.generation === 'A') return { needed: [], behindInNumberOnly: 0 };
  const spaces = inList([...spaceIds].sort());
  // The query language has no OR.
  const lists = [];
  for (const where of [`SpaceID IN ${spaces}`, `UpstreamSpaceID IN ${spaces}`])
    lists.push(...(await rehearseUpgrades(confighub, { where }, signal)));
  const upgrades = [...new Map(lists.map((upgrade) => [upgrade.unit.Unit.UnitID, upgrade])).values()];
  const needed = upgrades
    .filter(({ changesBytes, refusal }) => changesBytes || refusal !== '')
    .map(({ unit, upstream, refusal }) => ({ unit: nameOf(unit), upstream, refusal }))
    .sort((a, b) => (a.unit < b.unit ? -1 : 1));
  return { needed, behindInNumberOnly: upgrades.length - needed.length };
}

/** `space/unit` */
export function nameOf({ Unit, Space }: ExtendedUnit): string {
  return `${Space?.Slug ?? Unit.SpaceID}/${Unit.Slug}`;
}
