import type { FieldPath } from '../../domain/field-path.ts';
import { isJsonArray, isJsonObject, type Json, type JsonObject, own, stringAt } from '../../domain/json.ts';
import type { FieldOwner } from '../../domain/snapshot.ts';
import { asksForDefault } from './equality.ts';
import {
  type Evidence,
  evidenceOf,
  isChosenLater,
  isUnstoredZeroOfOurs,
  judgeAbsent,
  judgeForeign,
  judgeLeaf,
  judgeUnowned,
} from './evidence.ts';
import { isAllocated, isKnownDefault } from './known-defaults.ts';
import type { KeyedElement } from './list-keys.ts';
import { childOf, elementNode, elementsOf, isContainer, isReplicas, isSet, memberNode, type Node, pathOf } from './node.ts';
import { type Claim, ownsNode } from './ownership.ts';
import { classOf, type Rule } from './rules.ts';
import type { SchemaNode } from './schema.ts';

/** What was decided about one field, and from what. */
export interface Decision {
  readonly rule: Rule;
  readonly path: FieldPath;
  readonly desired: Json | undefined;
  readonly live: Json | undefined;
  /** The owners of the field or a part of it; empty without any. */
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
  /** Owners of fields that this version of the kind does not have. */
  readonly strangers: readonly FieldOwner[];
}

interface Walk extends Evidence {
  readonly wantsAll: boolean;
  readonly decide: (decision: Decision) => void;
}

/**
 * Walks desired against live by ownership (reference: Kubernetes "Server-Side Apply", field management) and passes on
 * each decision that is not "in sync"; with `wantsAll` those as well.
 *
 * Declared fields count if the values differ and our applier no longer owns them: while it does, no other manager has written
 * them. Undeclared fields count if another manager owns them and they are no default; fields without an owner are defaults,
 * allocations or admission.
 */
export function walkObject(input: WalkInput, decide: (decision: Decision) => void, wantsAll = false): void {
  const { desired, live, claims, schema, lastApplied, strangers } = input;
  const walk: Walk = { ...evidenceOf(claims, lastApplied, strangers), wantsAll, decide };
  compareFields(walk, { desired, live, applied: lastApplied, claims, schema, place: undefined });
}

function settle(walk: Walk, rule: Rule, { desired, live, claims, place }: Node): void {
  if (!walk.wantsAll && classOf(rule) === undefined) return;
  walk.decide({ rule, path: pathOf(place), desired, live, claims });
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

function compareElements(walk: Walk, node: Node, declared: readonly KeyedElement[], existing: readonly KeyedElement[]): void {
  const liveById = new Map(existing.map((element) => [element.id, element]));
  for (const element of declared) {
    const found = liveById.get(element.id);
    liveById.delete(element.id);
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
  const wanted = declared.map(({ id }) => id);
  const found = existing.filter((element) => wanted.includes(element.id));
  const foundIds = found.map(({ id }) => id);
  const present = declared.filter((element) => foundIds.includes(element.id));
  if (present.map(({ id }) => id).join() === foundIds.join()) return;
  const names = (elements: readonly KeyedElement[]): Json => elements.map((element) => Object.values(element.key).join());
  settle(walk, 'reordered', { ...node, desired: names(present), live: names(found), claims: [] });
}

function compareMembers(walk: Walk, node: Node, desired: readonly Json[], live: readonly Json[]): void {
  for (const member of desired) compareValue(walk, memberNode(node, member, true, live.includes(member)));
  for (const member of live) if (!desired.includes(member)) judgeUndeclared(walk, memberNode(node, member, false, true));
}

/** A live value that desired does not mention: one finding if a manager owns it as a whole, else one for each part. */
function judgeUndeclared(walk: Walk, node: Node): void {
  const { live, claims, schema, place } = node;
  if (live === undefined) return;
  const isElement = place !== undefined && 'key' in place.step;
  const isLeaf = schema.type === 'atomic' || typeof live !== 'object' || live === null;
  const isWhole = (isElement && !walk.hasOwners) || ((isElement || !isContainer(schema)) && claims.some(ownsNode));
  const isUnowned = walk.hasOwners && claims.length === 0 && node.applied === undefined;
  const elements = elementsOf(node);
  if (isUnowned && isReplicas(place)) settle(walk, 'scaled', node);
  else if (isUnowned) settle(walk, ...judgeUnowned(walk, node));
  else if (isLeaf || isWhole) settle(walk, judgeForeign(walk, node), node);
  else if (isJsonObject(live)) compareFields(walk, node);
  else if (elements) compareElements(walk, node, [], elements.existing);
  else if (isJsonArray(live) && isSet(node)) compareMembers(walk, node, [], live);
  else settle(walk, judgeForeign(walk, node), node);
}
