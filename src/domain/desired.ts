import type { JsonObject } from './json.ts';
import { type ObjectRef, objectKey } from './object-ref.ts';

export interface ChangeSetRef {
  readonly id: string;
  readonly slug: string;
  /** Slug of the space that it lives in. */
  readonly space: string;
  /** Cluster of the pass that opened it for its own corrections; absent for a person's. */
  readonly openedFor?: string;
}

/** A ConfigHub unit with the text that it has live. */
export interface DesiredUnit {
  readonly id: string;
  readonly slug: string;
  readonly spaceId: string;
  readonly space: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Labelled `tier=critical`, or in a Set with that label. */
  readonly isCritical: boolean;
  /** Slug of the target that ConfigHub applies it to; `undefined` where it has none. */
  readonly target?: string;
  /** The open changeset that locks it. */
  readonly changeSet?: ChangeSetRef;
  /** Names of apply gates that hold it back. */
  readonly gates: readonly string[];
  /** Optimistic lock: sent with every write. */
  readonly version: number;
  /** SHA-256 of the head's bytes as ConfigHub gives it; empty where it gives none. */
  readonly headHash: string;
  readonly headRevision: number;
  /** 0 where it was never applied through ConfigHub. */
  readonly liveRevision: number;
  readonly lastAppliedRevision: number;
  /** The revision after the live one that a person's decision made desired, with what is live; absent where none did. */
  readonly acceptedRevision?: number;
  /** Text of the live revision, of the accepted one, or of the head where there is neither: the desired state. */
  readonly text: string;
  /** Text of the head; the same as `text` where nothing waits to be applied. */
  readonly headText: string;
  /** The head's bytes differ from the live revision's: a change that is not applied yet. */
  readonly hasUnappliedChanges: boolean;
  /** Description of the newest change. */
  readonly lastChangeDescription: string;
}

/** Whether ConfigHub applied the unit's desired text last: then every difference was written afterwards. */
export function isApplied({ liveRevision, lastAppliedRevision, acceptedRevision }: DesiredUnit): boolean {
  return liveRevision > 0 && lastAppliedRevision === liveRevision && acceptedRevision === undefined;
}

/** As people name a unit: `dev/backend-api`. A file of manifests is a unit without a space, named by its path. */
export function unitName({ space, slug }: Pick<DesiredUnit, 'space' | 'slug'>): string {
  return space === '' ? slug : `${space}/${slug}`;
}

/** The same in a sentence: `unit dev/backend-api`, `deploy/web.yaml`. */
export function unitWords(unit: Pick<DesiredUnit, 'space' | 'slug'>): string {
  return unit.space === '' ? unitName(unit) : `unit ${unitName(unit)}`;
}

export interface DesiredObject {
  readonly ref: ObjectRef;
  readonly document: JsonObject;
  /** Position of the document in the unit's text. */
  readonly documentIndex: number;
  readonly unit: DesiredUnit;
  /** Field managers that deliver this object; absent where those of the configuration do. */
  readonly managers?: readonly string[];
}

/** A unit, or one of its documents, that cannot be compared; the others are compared. */
export interface InvalidUnit {
  readonly space: string;
  readonly slug: string;
  /** With the line where the unit is a file. */
  readonly error: string;
  /** The text that could not be read: objects that it names are not unmanaged. */
  readonly text: string;
}

export interface DesiredState {
  readonly units: readonly DesiredUnit[];
  readonly objects: readonly DesiredObject[];
  /** Objects that are declared more than once, each with all of its declarations; none of them is in `objects`. */
  readonly conflicts: readonly (readonly DesiredObject[])[];
  readonly invalid: readonly InvalidUnit[];
  /** Units left out because they belong to another target. */
  readonly otherTargets: number;
}

/** Objects that are declared once, and those that are declared more often. */
export function indexDeclarations(declared: readonly DesiredObject[]): Pick<DesiredState, 'objects' | 'conflicts'> {
  const byKey = [...Map.groupBy(declared, ({ ref }) => objectKey(ref)).values()];
  return {
    objects: byKey.flatMap((declarations) => (declarations.length === 1 ? declarations : [])),
    // Correcting towards one unit would be drift for the other, and back in the next pass.
    conflicts: byKey.filter((declarations) => declarations.length > 1),
  };
}

/** The unit of a document without one, as in a comparison of files. */
export const NO_UNIT: DesiredUnit = {
  id: '',
  slug: '',
  spaceId: '',
  space: '',
  labels: {},
  isCritical: false,
  gates: [],
  version: 0,
  headHash: '',
  headRevision: 0,
  liveRevision: 0,
  lastAppliedRevision: 0,
  text: '',
  headText: '',
  hasUnappliedChanges: false,
  lastChangeDescription: '',
};
