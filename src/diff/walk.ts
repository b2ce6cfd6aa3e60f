import { actorOf } from '../types/field-managers.ts';
import type { FieldPath, PathStep } from '../types/field-path.ts';
import { isJsonArray, isJsonObject, type Json, type JsonObject, own, stringAt } from '../types/json.ts';
import { isDetectors } from '../types/snapshot.ts';
import { asksForDefault, compareWhole, equalScalars, isEmpty, isStoredZero, isZero } from './equality.ts';
import { isAllocated, isKnownDefault } from './known-defaults.ts';
import { elementId, type KeyedElement, keyElements } from './list-keys.ts';
import {
  type Claim,
  claimedKeys,
  claimsMembers,
  descend,
  descendKey,
  descendMember,
  isOurApply,
  ownedByUs,
  ownsNode,
} from './ownership.ts';
import { classOf, type Rule } from './rules.ts';
import type { SchemaNode } from './schema.ts';

/** What was decided about one field, and from what. */
export interface Decision {
  readonly rule: Rule;
  readonly path: FieldPath;
  readonly desired: Json | undefined;
  readonly live: Json | undefined;
  /** Who owns the field or part of it; empty for nobody. */
  readonly claims: readonly Claim[];
}

/** One object's two sides and the evidence of who wrote what. */
export interface WalkInput {
  readonly desired: JsonObject;
  readonly live: JsonObject;
  readonly claims: readonly Claim[];
  readonly schema: SchemaNode;
  /** What a client-side apply sent last (`kubectl.kubernetes.io/last-applied-configuration`). */
  readonly lastApplied: JsonObject | undefined;
}

/** Facts about the whole object that the rules need. */
interface Walk {
  /** We have an entry of server-side apply, which holds what we sent and nothing else. */
  readonly hasOurApply: boolean;
  /** It is the newest of ours. An Update owns what the server stored, so it says nothing of a zero value that it did not. */
  readonly isAppliedLast: boolean;
  /** When it was written last (RFC 3339); empty where it is not known. */
  readonly ourApplyTime: string;
  /** Somebody else applies the object as well: then the API server prunes fields that it never stored from our entry. */
  readonly hasOtherApplier: boolean;
  readonly hasOwners: boolean;
  /** Manager that wrote the last-applied annotation; it sent nothing beyond what that holds. */
  readonly clientSideApplier: string | undefined;
  readonly wantsAll: boolean;
  readonly decide: (decision: Decision) => void;
}

/** The way to a node, as a list that its children share. */
interface Place {
  readonly parent: Place | undefined;
  readonly step: PathStep;
}

/** Both sides of one node, what client-side apply sent there, and who owns it. */
interface Node {
  readonly desired: Json | undefined;
  readonly live: Json | undefined;
  readonly applied: Json | undefined;
  readonly claims: readonly Claim[];
  readonly schema: SchemaNode;
  readonly place: Place | undefined;
}

/**
 * Walks desired against live by ownership (reference: Kubernetes "Server-Side Apply", field management) and tells each
 * decision that is not "in sync"; with `wantsAll` those as well.
 *
 * Declared fields count when the values differ and our applier no longer owns them: while it does, nobody else has
 * written them. Undeclared fields count when somebody else owns them and they are no default; unowned ones are
 * defaults, allocations or admission.
 */
export function walkObject(input: WalkInput, decide: (decision: Decision) => void, wantsAll = false): void {
  const { desired, live, claims, schema, lastApplied } = input;
  const walk: Walk = {
    hasOurApply: claims.some(isOurApply),
    isAppliedLast: isAppliedLast(claims),
    ourApplyTime: claims.find(isOurApply)?.owner.time ?? '',
    hasOtherApplier: claims.some(({ isOurs, owner }) => !isOurs && owner.operation === 'Apply'),
    hasOwners: claims.length > 0,
    clientSideApplier: lastApplied && writerOfLastApplied(claims),
    wantsAll,
    decide,
  };
  compareFields(walk, { desired, live, applied: lastApplied, claims, schema, place: undefined });
}

export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

function writerOfLastApplied(claims: readonly Claim[]): string | undefined {
  const steps = ['f:metadata', 'f:annotations', `f:${LAST_APPLIED}`];
  const writers = steps.reduce(descend, claims);
  return writers.find(({ owner }) => owner.operation === 'Update')?.owner.manager;
}

function settle(walk: Walk, rule: Rule, { desired, live, claims, place }: Node): void {
  if (!walk.wantsAll && classOf(rule) === undefined) return;
  const path: PathStep[] = [];
  for (let here = place; here; here = here.parent) path.unshift(here.step);
  walk.decide({ rule, path, desired, live, claims });
}

function childOf(node: Node, field: string): Node {
  return {
    desired: own(node.desired, field) ?? undefined,
    live: own(node.live, field) ?? undefined,
    applied: own(node.applied, field),
    claims: descend(node.claims, `f:${field}`),
    schema: node.schema.field(field),
    place: { parent: node.place, step: { field } },
  };
}

/** A struct or map on both sides; `null` is absence. */
function compareFields(walk: Walk, node: Node): void {
  const { desired, live, schema } = node;
  for (const [field, value] of Object.entries(isJsonObject(desired) ? desired : {})) {
    if (value === null) continue;
    const child = childOf(node, field);
    const isDefaulted =
      child.live !== undefined &&
      isJsonObject(live) &&
      (asksForDefault(schema, value) || isUnstoredZeroOfOurs(child, field)) &&
      isKnownDefault(schema, live, field, child.live);
    if (isDefaulted) settle(walk, value === child.live ? 'equal' : 'default-asked-for', child);
    else compareValue(walk, child);
  }
  if (!isJsonObject(live)) return;
  for (const [field, value] of Object.entries(live)) {
    if ((own(desired, field) ?? null) !== null) continue;
    const child = childOf(node, field);
    const isWrittenLater = isAllocated(schema, field) && child.claims.some((claim) => isChosenLater(walk, claim));
    if (!isWrittenLater && isKnownDefault(schema, live, field, value)) settle(walk, 'known-default', child);
    else judgeUndeclared(walk, child);
  }
}

/** We sent a zero value that the server does not store, and whatever it wrote instead is still ours. */
function isUnstoredZeroOfOurs({ desired, claims, schema }: Node, field: string): boolean {
  return desired !== undefined && isZero(desired) && ownedByUs(claims) && !isStoredZero(field, desired, schema);
}

/** A declared value. */
function compareValue(walk: Walk, node: Node): void {
  const { desired, live, claims, schema } = node;
  if (desired === undefined) return;
  const elements = elementsOf(node);
  if (live === undefined) settle(walk, judgeAbsent(walk, node), node);
  else if (elements) compareElements(walk, node, elements.declared, elements.existing);
  else if (isSet(node) && isJsonArray(desired) && isJsonArray(live)) compareMembers(walk, node, desired, live);
  else if (schema.type !== 'atomic' && isJsonObject(desired) && isJsonObject(live)) compareFields(walk, node);
  else settle(walk, judgeLeaf(desired, live, claims, schema), node);
}

interface Elements {
  readonly declared: readonly KeyedElement[];
  readonly existing: readonly KeyedElement[];
}

/** Both sides of a list whose elements have keys; `undefined` for anything else. An undeclared list declares none. */
function elementsOf(node: Node): Elements | undefined {
  const { desired = [], live, schema } = node;
  if (!isJsonArray(desired) || !isJsonArray(live)) return undefined;
  const keys = keysOf(node);
  const declared = keys && keyElements(desired, schema, keys);
  const existing = keys && keyElements(live, schema, keys);
  return declared && existing ? { declared, existing } : undefined;
}

/** Key fields of a list's elements, by its schema or else as managedFields shows them; `undefined` for other lists. */
function keysOf({ schema, claims }: Node): readonly string[] | undefined {
  if (schema.type === 'keyed-list') return schema.keys;
  return schema.type === 'unknown' ? claimedKeys(claims) : undefined;
}

function isSet({ schema, claims }: Node): boolean {
  return schema.type === 'set' || (schema.type === 'unknown' && claimsMembers(claims));
}

/**
 * The API server drops many zero values when it stores an object, so an absent one may be what was asked for. Where
 * our apply has an entry and does not own the field, somebody removed it: a deleted
 * `automountServiceAccountToken: false` means true. Without such an entry there is no evidence, and none is made up; nor is
 * there for a field that is never stored once another applier came by (measured on 1.34).
 */
function judgeAbsent(walk: Walk, node: Node): Rule {
  const { desired, schema, place } = node;
  const isNothing = desired === undefined || isZero(desired) || isEmpty(desired);
  if (isAllOurs(node)) return isNothing ? 'kept-by-ours' : 'not-applied-yet';
  const field = place !== undefined && 'field' in place.step ? place.step.field : '';
  if (!isNothing || (desired !== undefined && isStoredZero(field, desired, schema))) return 'removed';
  // What is in a container has owners, and an empty one has none, ours or not (measured on 1.34).
  const isEmptyContainer = isContainer(schema) && typeof desired === 'object';
  return !walk.isAppliedLast || isEmptyContainer || walk.hasOtherApplier ? 'zero-is-absent' : 'removed';
}

/**
 * Every declared leaf of an absent value is still ours: then the API server left it out. One leaf proves nothing: of an
 * env variable with an empty value that somebody removed, the value alone stays ours, since it was never stored
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

function judgeLeaf(desired: Json, live: Json, claims: readonly Claim[], schema: SchemaNode): Rule {
  if (typeof desired !== 'object') {
    if (equalScalars(desired, live, schema)) return desired === live ? 'equal' : 'equal-in-other-spelling';
    return ownedByUs(claims) ? 'not-applied-yet' : 'changed';
  }
  const whole = compareWhole(desired ?? {}, live, schema);
  if (whole === 'equal') return 'equal-in-other-spelling';
  return ownedByUs(claims) ? 'not-applied-yet' : 'changed';
}

function elementNode(node: Node, key: KeyedElement, declared: Json | undefined, live: Json | undefined): Node {
  const step: PathStep = key.duplicate > 0 ? { key: key.key, duplicate: key.duplicate } : { key: key.key };
  const applied = isJsonArray(node.applied) ? appliedElement(node.applied, node.schema, key) : undefined;
  return {
    desired: declared,
    live,
    applied,
    claims: descendKey(node.claims, key.key),
    schema: node.schema.item(),
    place: { parent: node.place, step },
  };
}

/** Elements of the last-applied annotation's lists by their keys, made once for each list. */
const appliedElements = new WeakMap<readonly Json[], ReadonlyMap<string, Json>>();

function appliedElement(list: readonly Json[], schema: SchemaNode, key: KeyedElement): Json | undefined {
  let byId = appliedElements.get(list);
  if (!byId) {
    const elements = keyElements(list, schema, Object.keys(key.key)) ?? [];
    byId = new Map(elements.map((element) => [elementId(element), element.value]));
    appliedElements.set(list, byId);
  }
  return byId.get(elementId(key));
}

function compareElements(walk: Walk, node: Node, declared: readonly KeyedElement[], existing: readonly KeyedElement[]): void {
  const liveById = new Map(existing.map((element) => [elementId(element), element]));
  for (const element of declared) {
    const found = liveById.get(elementId(element));
    liveById.delete(elementId(element));
    compareValue(walk, elementNode(node, element, element.value, found?.value));
  }
  for (const element of liveById.values()) judgeUndeclared(walk, elementNode(node, element, undefined, element.value));
  const list = node.place?.step;
  if (!list || !('field' in list)) return;
  // Init containers run in order, and a reorder changes no ownership at all (measured on 1.34).
  if (list.field === 'initContainers') compareOrder(walk, node, declared, existing);
  // A variable sees those before it.
  if (list.field === 'env') compareOrder(walk, node, declared.filter(takesPartInReferences(declared)), existing);
}

/** Elements that refer to another with `$(NAME)`, and those that are referred to. */
function takesPartInReferences(declared: readonly KeyedElement[]): (element: KeyedElement) => boolean {
  const referred = new Set<string>();
  for (const { value } of declared) {
    const own = stringAt(value, 'name') ?? '';
    const names = [...(stringAt(value, 'value') ?? '').matchAll(/\$\(([^()]+)\)/gu)].map((match) => match[1] ?? '');
    const known = names.filter((name) => declared.some((other) => other.key['name'] === name));
    for (const name of known.length > 0 ? [own, ...known] : []) referred.add(name);
  }
  return (element) => referred.has(String(element.key['name']));
}

function compareOrder(walk: Walk, node: Node, declared: readonly KeyedElement[], existing: readonly KeyedElement[]): void {
  const wanted = declared.map(elementId);
  const found = existing.filter((element) => wanted.includes(elementId(element)));
  const foundIds = found.map(elementId);
  const present = declared.filter((element) => foundIds.includes(elementId(element)));
  if (present.map(elementId).join() === foundIds.join()) return;
  const names = (elements: readonly KeyedElement[]): Json => elements.map((element) => Object.values(element.key).join());
  settle(walk, 'reordered', { ...node, desired: names(present), live: names(found), claims: [] });
}

function memberNode(node: Node, member: Json, isDeclared: boolean, isLive: boolean): Node {
  return {
    desired: isDeclared ? member : undefined,
    live: isLive ? member : undefined,
    applied: isJsonArray(node.applied) && node.applied.includes(member) ? member : undefined,
    claims: descendMember(node.claims, member),
    schema: node.schema.item(),
    place: { parent: node.place, step: { member } },
  };
}

function compareMembers(walk: Walk, node: Node, desired: readonly Json[], live: readonly Json[]): void {
  for (const member of desired) compareValue(walk, memberNode(node, member, true, live.includes(member)));
  for (const member of live) if (!desired.includes(member)) judgeUndeclared(walk, memberNode(node, member, false, true));
}

/** A live value that desired does not mention: one finding where somebody owns it as a whole, else one for each part. */
function judgeUndeclared(walk: Walk, node: Node): void {
  const { live, claims, schema, place } = node;
  if (live === undefined) return;
  const isElement = place !== undefined && 'key' in place.step;
  const isLeaf = schema.type === 'atomic' || typeof live !== 'object' || live === null;
  const isWhole = (isElement && !walk.hasOwners) || ((isElement || !isContainer(schema)) && claims.some(ownsNode));
  const isUnowned = walk.hasOwners && claims.length === 0 && node.applied === undefined;
  const elements = elementsOf(node);
  if (isUnowned) settle(walk, isReplicas(place) ? 'scaled' : 'unowned', node);
  else if (isLeaf || isWhole) settle(walk, judgeForeign(walk, node), node);
  else if (isJsonObject(live)) compareFields(walk, node);
  else if (elements) compareElements(walk, node, [], elements.existing);
  else if (isJsonArray(live) && isSet(node)) compareMembers(walk, node, [], live);
  else settle(walk, judgeForeign(walk, node), node);
}

/** Written after our last apply by hand or by another delivery: what it holds was chosen, not allocated by the server. */
function isChosenLater(walk: Walk, { isOurs, owner }: Claim): boolean {
  const { time = '', operation, subresource } = owner;
  const isLater = walk.ourApplyTime !== '' && time > walk.ourApplyTime;
  if (!isLater || isOurs || operation !== 'Update' || subresource !== '') return false;
  const actor = actorOf(owner);
  return actor === 'hands' || actor === 'delivery';
}

function isAppliedLast(claims: readonly Claim[]): boolean {
  const ours = claims
    .filter(({ isOurs, owner }) => isOurs && !isDetectors(owner))
    .toSorted((a, b) => ((a.owner.time ?? '') < (b.owner.time ?? '') ? -1 : 1));
  return ours.at(-1)?.owner.operation === 'Apply';
}

/** The owner of a map or list owns a container; what was added is what is in it. */
function isContainer(schema: SchemaNode): boolean {
  return schema.type === 'map' || schema.type === 'keyed-list' || schema.type === 'set' || schema.type === 'unknown';
}

function isReplicas(place: Place | undefined): boolean {
  const [last, above, top] = [place?.step, place?.parent?.step, place?.parent?.parent];
  return (
    last !== undefined &&
    'field' in last &&
    last.field === 'replicas' &&
    above !== undefined &&
    'field' in above &&
    above.field === 'spec' &&
    !top
  );
}

function judgeForeign(walk: Walk, { claims, applied }: Node): Rule {
  // An entry of server-side apply says what we sent better than an annotation does.
  if (applied !== undefined && !walk.hasOurApply) return 'dropped-since-last-applied';
  if (claims.length === 0) return walk.hasOwners ? 'unowned' : 'added-by-nobody-known';
  const isSentByOthers = claims.some(({ owner }) => owner.manager !== walk.clientSideApplier || owner.operation !== 'Update');
  if (!isSentByOthers && applied === undefined) return 'not-sent-by-applier';
  // Ours and no longer declared was dropped from desired; whoever else co-owns it keeps it until it is removed. What the
  // detector restored was declared then; what admission made of its write is settled by a dry run.
  if (claims.some((claim) => isOurApply(claim) || isDetectors(claim.owner))) return 'dropped';
  return claims.every(({ isOurs }) => isOurs) ? 'dropped-or-default' : 'added';
}
