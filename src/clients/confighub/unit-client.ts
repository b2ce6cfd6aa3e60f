import type { BulkUnit, ExtendedRevision, ExtendedUnit, Revision, Unit } from './wire.ts';

/** A unit of one server, and how people name it. */
export interface UnitRef {
  readonly spaceId: string;
  readonly id: string;
  /** `space/unit`, for messages. */
  readonly name: string;
}

/** A unit as it was read: a write is refused where it has changed since. */
export interface UnitState extends UnitRef {
  readonly version: number;
  /** SHA-256 of the head's bytes; empty on servers that give none (generation A). */
  readonly dataHash: string;
}

interface UnitChange {
  /** New text; omitted leaves it as it is. An empty one is a real one: it withdraws the unit's objects. */
  readonly data?: string;
  readonly description?: string;
  /** Opens the unit in this changeset, or closes it with `null`. */
  readonly changeSetId?: string | null;
}

/** Units of any space; both conditions hold. */
export interface UnitSelection {
  readonly where: string;
  readonly filterId?: string;
}

export interface BulkChange {
  /** Fields of the units, as a merge patch on the wire's names. */
  readonly patch?: Readonly<Record<string, unknown>>;
  /** Take what the upstream units changed; local changes stay. */
  readonly upgrade?: boolean;
  /** Put an earlier revision's data back: a number, `LiveRevisionNum`, `Before:ChangeSet:<id>`. */
  readonly restore?: string;
  readonly underChangeSet?: string | undefined;
  readonly dryRun?: boolean;
}

export interface NewUnit {
  readonly slug: string;
  readonly data?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly targetId?: string;
  readonly description?: string;
}

export interface UnitClient extends RevisionClient {
  /** Units of any space with data, space, set, target and changeset; one request, two where data is stored apart (generation C). */
  listUnits(selection: UnitSelection, signal: AbortSignal): Promise<readonly ExtendedUnit[]>;
  /** The same without data, with the state of each unit and the head of its upstream. */
  listUnitStates(selection: UnitSelection, signal: AbortSignal): Promise<readonly ExtendedUnit[]>;
  findUnit(spaceId: string, slug: string, signal: AbortSignal): Promise<ExtendedUnit>;
  createUnit(spaceId: string, unit: NewUnit, signal: AbortSignal): Promise<Unit>;
  /** A copy that remembers where it came from, so that it can be upgraded. */
  cloneUnit(
    spaceId: string,
    upstream: Pick<UnitRef, 'spaceId' | 'id'>,
    unit: Omit<NewUnit, 'data'>,
    signal: AbortSignal,
  ): Promise<Unit>;
  /** Clones every selected unit into every space that `whereSpace` selects. */
  cloneUnits(
    selection: UnitSelection,
    whereSpace: string,
    patch: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<readonly BulkUnit[]>;
  /** Writes only if the unit is as it was read; a conflict means that another write came first. */
  writeUnit(unit: UnitState, change: UnitChange, underChangeSet: string | undefined, signal: AbortSignal): Promise<Unit>;
  /** A merge patch on the wire's names; for what has no meaning of its own here. */
  patchUnit(unit: UnitRef, patch: Readonly<Record<string, unknown>>, change: BulkChange, signal: AbortSignal): Promise<Unit>;
  patchUnits(selection: UnitSelection, change: BulkChange, signal: AbortSignal): Promise<readonly BulkUnit[]>;
  deleteUnit(unit: UnitRef, signal: AbortSignal): Promise<void>;
}

export interface RevisionClient {
  /** Newest first; their data only where the server sends it along. */
  listRevisions(unit: UnitRef, signal: AbortSignal): Promise<readonly ExtendedRevision[]>;
  /** Revisions of units of any space from a number on, without data where the API allows it; one request for 150 units, on generation A one each. */
  listRevisionsFrom(
    units: readonly Pick<UnitRef, 'spaceId' | 'id'>[],
    number: number,
    signal: AbortSignal,
  ): Promise<readonly ExtendedRevision[]>;
  /** A revision with its data; `undefined` where the unit has none of that number. */
  readRevision(unit: UnitRef, number: number, signal: AbortSignal): Promise<Revision | undefined>;
}

export function unitPath({ spaceId, id }: Pick<UnitRef, 'spaceId' | 'id'>): string {
  return `/space/${encodeURIComponent(spaceId)}/unit/${encodeURIComponent(id)}`;
}

export function unitRef(unit: Pick<Unit, 'SpaceID' | 'UnitID' | 'Slug'>, space: string): UnitRef {
  return { spaceId: unit.SpaceID, id: unit.UnitID, name: `${space}/${unit.Slug}` };
}

/** What an error is about. */
export function about({ name }: Pick<UnitRef, 'name'>): string {
  return `unit ${name}`;
}
