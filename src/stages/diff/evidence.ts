import { isChoice } from '../../domain/actor-classes.ts';
import { actorOf } from '../../domain/field-managers.ts';
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import { type FieldOwner, isDetectors } from '../../domain/snapshot.ts';
import { equalValues, isEmpty, isStoredZero, isZero } from './equality.ts';
import { keyElements } from './list-keys.ts';
import { childOf, elementNode, isContainer, isSet, keysOf, memberNode, type Node, pathOf } from './node.ts';
import { type Claim, descend, isOurApply, ownedByUs } from './ownership.ts';
import type { Rule } from './rules.ts';
import type { SchemaNode } from './schema.ts';

/** Facts about the whole object that the rules need. */
export interface Evidence {
  /** We have an entry of server-side apply, which holds what we sent and nothing else. */
  readonly hasOurApply: boolean;
  /** It is the newest of ours. An Update owns what the server stored, so it says nothing of a zero value that it did not. */
  readonly isAppliedLast: boolean;
  /** When it was written last (RFC 3339); empty where it is not known. */
  readonly ourApplyTime: string;
  /** Somebody else applies the object as well: then the API server prunes fields that it never stored from our entry. */
  readonly hasOtherApplier: boolean;
  readonly hasOwners: boolean;
  /** What others wrote through another version of the API and this one has no fields for. */
  readonly strangers: readonly Claim[];
  /** Manager that wrote the last-applied annotation; it sent nothing beyond what that holds. */
  readonly clientSideApplier: string | undefined;
}

export function evidenceOf(
  claims: readonly Claim[],
  lastApplied: JsonObject | undefined,
  strangers: readonly FieldOwner[],
): Evidence {
  const unknown = claims.filter(({ owner }) => strangers.includes(owner));
  return {
    hasOurApply: claims.some(isOurApply),
    isAppliedLast: isAppliedLast(claims) && !ownedByUs(unknown),
    ourApplyTime: claims.find(isOurApply)?.owner.time ?? '',
    hasOtherApplier: claims.some(({ isOurs, owner }) => !isOurs && owner.operation === 'Apply'),
    hasOwners: claims.length > 0,
    strangers: unknown.filter(({ isOurs }) => !isOurs),
    clientSideApplier: lastApplied && writerOfLastApplied(claims),
  };
}

export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

function writerOfLastApplied(claims: readonly Claim[]): string | undefined {
  const steps = ['f:metadata', 'f:annotations', `f:${LAST_APPLIED}`];
  const writers = steps.reduce(descend, claims);
  return writers.find(({ owner }) => owner.operation === 'Update')?.owner.manager;
}

function isAppliedLast(claims: readonly Claim[]): boolean {
  const ours = claims
    .filter(({ isOurs, owner }) => isOurs && !isDetectors(owner))
    .toSorted((a, b) => ((a.owner.time ?? '') < (b.owner.time ?? '') ? -1 : 1));
  return ours.at(-1)?.owner.operation === 'Apply';
}

/** We sent a zero value that the server does not store, and whatever it wrote instead is still ours. */
export function isUnstoredZeroOfOurs({ desired, claims, schema }: Node, field: string): boolean {
  return desired !== undefined && isZero(desired) && ownedByUs(claims) && !isStoredZero(field, desired, schema);
}

/**
 * The API server drops many zero values when it stores an object, so an absent value may be the desired one. If our
 * apply has an entry and does not own the field, it was removed: a deleted `automountServiceAccountToken: false` means true.
 * Without such an entry there is no evidence, nor for a field that is never stored, once another applier has applied the object
 * (measured on 1.34).
 */
export function judgeAbsent(evidence: Evidence, node: Node): Rule {
  const { desired, schema, place } = node;
  const isNothing = desired === undefined || isZero(desired) || isEmpty(desired);
  if (isAllOurs(node)) return isNothing ? 'kept-by-ours' : 'not-applied-yet';
  const field = place !== undefined && 'field' in place.step ? place.step.field : '';
  if (!isNothing || (desired !== undefined && isStoredZero(field, desired, schema))) return 'removed';
  // What is in a container has owners, and an empty one has none, ours or not (measured on 1.34).
  const isEmptyContainer = isContainer(schema) && typeof desired === 'object';
  return !evidence.isAppliedLast || isEmptyContainer || evidence.hasOtherApplier ? 'zero-is-absent' : 'removed';
}

/**
 * Every declared leaf of an absent value is still ours: then the API server left it out. One leaf proves nothing: of a
 * removed env variable with an empty value, the value alone stays ours, since it was never stored
 * (measured on 1.24 to 1.37).
 */
function isAllOurs(node: Node): boolean {
  const { desired, claims, schema } = node;
  if (desired === null || desired === undefined) return true;
  if (!ownedByUs(claims)) return false;
  if (schema.type === 'atomic' || typeof desired !== 'object') return true;
  if (isJsonObject(desired)) return Object.keys(desired).every((field) => isAllOurs(childOf(node, field)));
  if (isSet(node)) return desired.every((member) => isAllOurs(memberNode(node, member, true, false)));
  const keys = keysOf(node);
  const elements = keys && isJsonArray(desired) ? keyElements(desired, schema, keys) : undefined;
  return elements === undefined || elements.every((element) => isAllOurs(elementNode(node, element, element.value, undefined)));
}

export function judgeLeaf(desired: Json, live: Json, claims: readonly Claim[], schema: SchemaNode): Rule {
  if (desired === live) return 'equal';
  if (equalValues(desired, live, schema)) return 'equal-in-other-spelling';
  return ownedByUs(claims) ? 'not-applied-yet' : 'changed';
}

/** Nobody owns it by name; who wrote fields that this version of the API does not have may have written this one. */
export function judgeUnowned(evidence: Evidence, node: Node): readonly [Rule, Node] {
  const [top] = pathOf(node.place);
  const isMetadata = top !== undefined && 'field' in top && top.field === 'metadata';
  if (evidence.strangers.length === 0 || isMetadata) return ['unowned', node];
  return ['added-in-another-version', { ...node, claims: evidence.strangers }];
}

export function judgeForeign(evidence: Evidence, { claims, applied }: Node): Rule {
  // An entry of server-side apply is better evidence of what we sent than an annotation.
  if (applied !== undefined && !isZero(applied) && !evidence.hasOurApply) return 'dropped-since-last-applied';
  if (claims.length === 0) return evidence.hasOwners ? 'unowned' : 'added-without-managed-fields';
  const isSentByOthers = claims.some(({ owner }) => owner.manager !== evidence.clientSideApplier || owner.operation !== 'Update');
  if (!isSentByOthers && applied === undefined) return 'not-sent-by-applier';
  // Ours and no longer declared was dropped from desired; another co-owner keeps it until it is removed. What the
  // detector restored was declared then; a dry run decides about changes by admission to its write.
  if (claims.some((claim) => isOurApply(claim) || isDetectors(claim.owner))) return 'dropped';
  return claims.every(({ isOurs }) => isOurs) ? 'dropped-or-default' : 'added';
}

/** Written after our last apply by hand or by another delivery: what it holds was chosen, not allocated by the server. */
export function isChosenLater(evidence: Evidence, { isOurs, owner }: Claim): boolean {
  const { time = '', operation, subresource } = owner;
  const isLater = evidence.ourApplyTime !== '' && time > evidence.ourApplyTime;
  if (!isLater || isOurs || operation !== 'Update' || subresource !== '') return false;
  return isChoice(actorOf(owner));
}
