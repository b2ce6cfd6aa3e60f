import pLimit from 'p-limit';
import { type ConfigHubClient, type ExtendedUnit, unitRef } from '../../clients/confighub/client.ts';
import { and, inList, quote } from '../../clients/confighub/where.ts';
import type { DesiredUnit } from '../../domain/desired.ts';
import { ConfigHubError } from '../../domain/errors.ts';
import { findAccepted } from './accepted.ts';

export interface UnitScope {
  /** Slugs of spaces; each must exist. */
  readonly spaces: readonly string[];
  /** More conditions in ConfigHub's query language. */
  readonly where: string;
  /** `project/filter`, or empty. */
  readonly filter: string;
}

/** A unit as fetched: everything but its parsed documents, or why its text is not available. */
export type FetchedUnit =
  | { readonly ok: true; readonly unit: DesiredUnit }
  | { readonly ok: false; readonly unit: ExtendedUnit['Unit']; readonly space: string; readonly error: string };

const REVISION_READS_AT_ONCE = 4;

/** Reads the units in scope with the text of their live revisions: one request, and one more for each unit with unapplied changes. */
export async function fetchUnits(
  confighub: ConfigHubClient,
  scope: UnitScope,
  signal: AbortSignal,
): Promise<readonly FetchedUnit[]> {
  const spaces = await confighub.listSpaces(scope.spaces.length > 0 ? `Slug IN ${inList(scope.spaces)}` : '', signal);
  const bySlug = new Map(spaces.map((space) => [space.Slug, space]));
  const absent = scope.spaces.filter((slug) => !bySlug.has(slug));
  if (absent.length > 0) {
    throw new ConfigHubError(`ConfigHub has no space ${absent.join(', ')}`, {
      code: 'configuration',
      subject: absent.join(', '),
      remedy: 'Correct CONFIGHUB_SPACE, or create the space first.',
    });
  }
  // Base spaces hold the configuration that others are cloned from: no cluster runs it.
  const compared = spaces.filter((space) => space.Labels['base'] !== 'true');
  const slugOf = new Map(spaces.map((space) => [space.SpaceID, space.Slug]));
  const allowed = new Set(compared.map((space) => space.SpaceID));
  const listed: ExtendedUnit[] = [];
  // Space by space where they are named, so that no more than one space's answer is held.
  const scopes = scope.spaces.length > 0 ? compared.map((space) => `SpaceID = ${quote(space.SpaceID)}`) : [''];
  const selection = scope.filter === '' ? scope : await confighub.selectByFilter(scope.filter, scope.where, signal);
  for (const inSpace of scopes) {
    const units = await confighub.listUnits({ ...selection, where: and(inSpace, selection.where) }, signal);
    listed.push(...units.filter((entry) => allowed.has(entry.Unit.SpaceID)));
  }

  await nameChangeSetSpaces(confighub, listed, slugOf, signal);

  const limit = pLimit(REVISION_READS_AT_ONCE);
  return Promise.all(
    listed.map((entry) => limit(() => toDesiredUnit(confighub, entry, slugOf.get(entry.Unit.SpaceID) ?? '', slugOf, signal))),
  );
}

/** A changeset may live in a space that is not compared, a project's home; people name it by that space. */
async function nameChangeSetSpaces(
  confighub: ConfigHubClient,
  units: readonly ExtendedUnit[],
  slugOf: Map<string, string>,
  signal: AbortSignal,
): Promise<void> {
  const unknown = new Set(
    units.flatMap(({ ChangeSet }) => (ChangeSet && !slugOf.has(ChangeSet.SpaceID) ? [ChangeSet.SpaceID] : [])),
  );
  if (unknown.size === 0) return;
  for (const space of await confighub.listSpaces(`SpaceID IN ${inList([...unknown].sort())}`, signal))
    slugOf.set(space.SpaceID, space.Slug);
}

async function toDesiredUnit(
  confighub: ConfigHubClient,
  entry: ExtendedUnit,
  space: string,
  slugOf: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<FetchedUnit> {
  const { Unit: unit } = entry;
  let text = unit.Data;
  if (unit.LiveRevisionNum > 0 && unit.LiveRevisionNum !== unit.HeadRevisionNum) {
    const live = await confighub.readRevision(unitRef(unit, space), unit.LiveRevisionNum, signal);
    if (!live) return { ok: false, unit, space, error: `ConfigHub has not kept its live revision ${unit.LiveRevisionNum}` };
    text = live.Data;
  }
  const accepted = text === unit.Data ? undefined : await findAccepted(confighub, unit, space, signal);
  text = accepted?.text ?? text;
  const openedFor = entry.ChangeSet?.Labels['drift-detector'];
  const isCritical = unit.Labels['tier'] === 'critical' || entry.Set?.Labels['tier'] === 'critical';
  return {
    ok: true,
    unit: {
      id: unit.UnitID,
      slug: unit.Slug,
      spaceId: unit.SpaceID,
      space,
      labels: unit.Labels,
      isCritical,
      ...(unit.TargetID ? { target: entry.Target?.Slug ?? unit.TargetID } : {}),
      ...(unit.ChangeSetID
        ? {
            changeSet: {
              id: unit.ChangeSetID,
              slug: entry.ChangeSet?.Slug ?? unit.ChangeSetID,
              space: slugOf.get(entry.ChangeSet?.SpaceID ?? '') ?? '',
              ...(openedFor === undefined ? {} : { openedFor }),
            },
          }
        : {}),
      gates: unit.ApplyGates,
      version: unit.Version,
      headHash: unit.DataHash,
      headRevision: unit.HeadRevisionNum,
      liveRevision: unit.LiveRevisionNum,
      lastAppliedRevision: unit.LastAppliedRevisionNum,
      ...(accepted ? { acceptedRevision: accepted.number } : {}),
      text,
      headText: unit.Data,
      hasUnappliedChanges: text !== unit.Data,
      lastChangeDescription: unit.LastChangeDescription,
    },
  };
}
