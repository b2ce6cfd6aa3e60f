import { configure } from 'safe-stable-stringify';
import type { ActorClass } from './actor-classes.ts';
import type { DesiredObject } from './desired.ts';
import { type FieldPath, printPath } from './field-path.ts';
import { DRIFT_CLASSES, type FindingClass } from './finding-classes.ts';
import type { IgnoreUse } from './ignore-rule.ts';
import { isJsonArray, type Json, stringAt } from './json.ts';
import { type ObjectRef, objectKey } from './object-ref.ts';
import type { Repair } from './repair.ts';
import { Secret } from './secret.ts';
import { sha256 } from './sha256.ts';
import type { LiveObject } from './snapshot.ts';

/** Canonical JSON: sorted keys, no white space. The input of every digest. */
export const canonicalJson = configure({ deterministic: true });

/** The last writer of a field, from managedFields. */
export interface Blame {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly subresource: string;
  /** RFC 3339, an upper bound: when this manager last changed anything that it owns. Absent where the server keeps none. */
  readonly time?: string;
  readonly actor: ActorClass;
}

/** A value to show, or one that must never be shown: `reveal` is for patches only. */
export type FieldValue = Json | Secret<Json> | undefined;

/** A field whose live value differs from desired, or a whole object that is missing, unmanaged, duplicate or being deleted. */
export interface Finding {
  /** Stable while the same field of the same object drifts the same way. */
  readonly id: string;
  /** Changes with the values and the unit as well. */
  readonly fingerprint: string;
  /** Where an ignore rule covers it: its fingerprint without the rule, which decisions may name. */
  readonly coveredFingerprint?: string;
  readonly class: FindingClass;
  readonly ref: ObjectRef;
  /** Empty for a whole object. */
  readonly path: FieldPath;
  readonly desired: FieldValue;
  readonly live: FieldValue;
  /** `undefined` if no field manager owns the field, as after a removal. */
  readonly blame: Blame | undefined;
  /** `space/slug`; empty for an unmanaged object. */
  readonly unit: string;
  readonly isCritical: boolean;
  /** Who owns the object, by a label, as it may be shown; empty or absent where that is not known. */
  readonly owner?: string;
  /** Its fix changes the pod template, so pods are replaced. */
  readonly restartsPods: boolean;
  readonly repair: Repair;
  /** The autoscaler of this number, if live is within its range; it keeps adjusting the number, whoever set it. */
  readonly autoscaler?: string;
  /** Of an autoscaler that no unit declares: the workload whose declared number it moves. */
  readonly scales?: string;
  /** The same elements in another order: both values are the elements' keys, in order. */
  readonly isReordered?: true;
  /** The field that replaced this one, such as another handler of a container probe. */
  readonly becomes?: string;
  /** Id of the finding whose line includes this one. */
  readonly shownWith?: string;
  /** Why it is informational or pending; empty otherwise. */
  readonly note: string;
}

/** A list's elements in the order of these keys; elements without a key follow in their own order. */
export function inOrderOf(list: Json | undefined, keys: FieldValue): Json | undefined {
  if (!isJsonArray(list) || !isJsonArray(keys)) return undefined;
  const place = (element: Json): number => {
    const index = keys.indexOf(stringAt(element, 'name') ?? '');
    return index < 0 ? keys.length : index;
  };
  return list.toSorted((one, other) => place(one) - place(other));
}

/** Result of comparing one object. */
export interface ObjectComparison {
  readonly ref: ObjectRef;
  readonly desired: DesiredObject | undefined;
  readonly live: LiveObject | undefined;
  readonly findings: readonly Finding[];
}

/** A desired object that the API server would refuse, so it is not compared. */
export interface InvalidObject {
  readonly desired: DesiredObject;
  /** Where in the document; empty for the whole of it. */
  readonly path: FieldPath;
  /** The same place as fields and list indexes. */
  readonly located: readonly (string | number)[];
  readonly message: string;
}

/** Findings that one actor's one action explains, such as an image set on twelve Deployments within a minute. */
export interface FindingGroup {
  /** What was done, by whom and when: `kubectl set image, 03:12Z, 12 Deployments`. */
  readonly title: string;
  readonly findings: readonly Finding[];
}

export interface Comparison {
  /** Objects with at least one finding, by key. */
  readonly objects: readonly ObjectComparison[];
  readonly compared: number;
  readonly invalid: readonly InvalidObject[];
  /** Every ignore rule, and how many findings it covered. */
  readonly ignores: readonly IgnoreUse[];
  /** Desired objects outside the monitored namespaces. */
  readonly notMonitored: number;
  /** Desired objects of kinds that the configuration does not list, `apiVersion/kind` and count. */
  readonly notCompared: Readonly<Record<string, number>>;
  /** Desired objects that could not be judged because a read failed. */
  readonly unread: number;
  /** Ids of units with an object that was not compared, so their differences are not fully known. */
  readonly partlyCompared: readonly string[];
}

function digest(value: unknown): string {
  return sha256(canonicalJson(value) ?? '');
}

export function findingId(cluster: string, ref: ObjectRef, path: FieldPath, findingClass: FindingClass): string {
  return digest([cluster, objectKey(ref), printPath(path), findingClass]).slice(0, 16);
}

/**
 * A masked value takes part by when its owner last wrote instead of by its bytes: a short password could be found from
 * its hash. An owner's time moves when the owner changes a value (test/diff/who-did-it.test.ts) and not when others
 * scale or deploy the object; if the value has no known owner, the object's generation replaces it.
 */
export function findingFingerprint(
  { id, unit, desired, live, blame }: Pick<Finding, 'id' | 'unit' | 'desired' | 'live' | 'blame'>,
  object: Pick<LiveObject, 'uid' | 'generation'> | undefined,
): string {
  const isMasked = desired instanceof Secret || live instanceof Secret;
  const writtenBy = blame?.time === undefined ? undefined : [blame.manager, blame.operation, blame.subresource, blame.time];
  const state = live === undefined ? 'absent' : (writtenBy ?? object?.generation ?? 0);
  const values = isMasked
    ? [object?.uid ?? '', state]
    : [desired ?? null, live ?? null, desired === undefined, live === undefined];
  return digest([id, unit, isMasked, values]).slice(0, 32);
}

export function isDrift(finding: Finding): boolean {
  return DRIFT_CLASSES.has(finding.class);
}

/** Whether an apply of the unit would overwrite or remove the field; it does not touch fields that others added. */
export function wouldBeOverwritten(finding: Finding): boolean {
  return finding.class !== 'added' && (finding.desired !== undefined || finding.class === 'to_remove');
}

/** The value itself, for patches and comparisons only. */
export function revealValue(value: FieldValue): Json | undefined {
  return value instanceof Secret ? value.reveal() : value;
}
