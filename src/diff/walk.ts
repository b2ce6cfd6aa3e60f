import type { FieldPath, PathStep } from '../types/field-path.ts';
import type { Blame, FindingClass } from '../types/finding.ts';
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../types/json.ts';
import { equalScalars, equalWhole, isEmpty, isZero } from './equality.ts';
import { isKnownDefault } from './known-defaults.ts';
import { elementId, type KeyedElement, keyElements } from './list-keys.ts';
import { blameOf, type Claim, descend, descendKey, descendMember, ownedByUs, ownsNode } from './ownership.ts';
import type { SchemaNode } from './schema.ts';

/** A departure as the walk meets it, before it is told apart by context (autoscaler, pending, masking). */
export interface Departure {
  readonly class: Extract<FindingClass, 'changed' | 'removed' | 'added' | 'to_remove'>;
  readonly path: FieldPath;
  readonly desired: Json | undefined;
  readonly live: Json | undefined;
  readonly blame: Blame | undefined;
}

/** Facts about the whole object that the rules need. */
interface Walk {
  /** An applier of ours has an entry: only then can ownership prove that nobody changed a field. */
  readonly hasOurClaim: boolean;
  readonly report: (departure: Departure) => void;
}

/**
 * Walks desired against live by ownership (reference: Kubernetes "Server-Side Apply", field management).
 *
 * Declared fields count when the values differ and our applier no longer owns them: while it does, nobody else has
 * written them, and a different value is the API server's own spelling. Undeclared fields count when somebody else
 * owns them and they are no default; unowned ones are defaults, allocations or admission.
 */
export function walkObject(
  desired: JsonObject,
  live: JsonObject,
  claims: readonly Claim[],
  schema: SchemaNode,
): readonly Departure[] {
  const departures: Departure[] = [];
  const walk: Walk = { hasOurClaim: ownedByUs(claims), report: (departure) => departures.push(departure) };
  compareFields(walk, desired, live, claims, schema, []);
  return departures;
}

function compareFields(
  walk: Walk,
  desired: JsonObject,
  live: JsonObject,
  claims: readonly Claim[],
  node: SchemaNode,
  path: FieldPath,
): void {
  for (const [field, value] of Object.entries(desired)) {
    const below = descend(claims, `f:${field}`);
    const existing = live[field];
    if (existing !== undefined && asksForDefault(node, value) && isKnownDefault(node, live, field, existing)) continue;
    compareValue(walk, value, existing, below, node.field(field), [...path, { field }]);
  }
  for (const [field, value] of Object.entries(live)) {
    if (Object.hasOwn(desired, field)) continue;
    if (isKnownDefault(node, live, field, value)) continue;
    judgeUndeclared(walk, value, descend(claims, `f:${field}`), node.field(field), [...path, { field }]);
  }
}

/**
 * An empty text, or a zero in a probe, is how a manifest says "the default" (measured on 1.34: `timeoutSeconds: 0` is
 * stored as 1). Elsewhere zero is a value: `replicas: 0` is not 1.
 */
function asksForDefault(node: SchemaNode, desired: Json): boolean {
  return desired === '' || (desired === 0 && node.name === 'Probe');
}

function compareValue(
  walk: Walk,
  desired: Json,
  live: Json | undefined,
  claims: readonly Claim[],
  node: SchemaNode,
  path: FieldPath,
): void {
  if (desired === null) return;
  if (live === undefined) {
    if (!ownedByUs(claims) && !standsForAbsent(walk, desired)) {
      walk.report({ class: 'removed', path, desired, live, blame: undefined });
    }
    return;
  }
  const isList = isJsonArray(desired) && isJsonArray(live);
  if (isList && node.type === 'keyed-list') {
    const [declared, existing] = [keyElements(desired, node), keyElements(live, node)];
    if (declared && existing) {
      compareElements(walk, declared, existing, claims, node, path);
      return;
    }
  }
  if (isList && node.type === 'set') {
    compareMembers(walk, desired, live, claims, path);
    return;
  }
  if (node.type !== 'atomic' && isJsonObject(desired) && isJsonObject(live)) {
    compareFields(walk, desired, live, claims, node, path);
    return;
  }
  const isEqual = typeof desired === 'object' ? equalWhole(desired, live, node) : equalScalars(desired, live, node);
  if (!isEqual && !ownedByUs(claims)) {
    walk.report({ class: 'changed', path, desired, live, blame: blameOf(claims) });
  }
}

/**
 * The API server drops many zero values when it stores an object, so an absent one may be what was asked for. Where
 * our applier has an entry and does not own the field, somebody removed it: a deleted
 * `automountServiceAccountToken: false` means true. Without an entry there is no evidence, and none is made up.
 */
function standsForAbsent(walk: Walk, desired: Json): boolean {
  return isEmpty(desired) || (isZero(desired) && !walk.hasOurClaim);
}

function compareElements(
  walk: Walk,
  declared: readonly KeyedElement[],
  existing: readonly KeyedElement[],
  claims: readonly Claim[],
  node: SchemaNode,
  path: FieldPath,
): void {
  const liveById = new Map(existing.map((element) => [elementId(element), element]));
  for (const element of declared) {
    const found = liveById.get(elementId(element));
    liveById.delete(elementId(element));
    compareValue(walk, element.value, found?.value, descendKey(claims, element.key), node.item(), [...path, toStep(element)]);
  }
  for (const element of liveById.values()) {
    judgeUndeclared(walk, element.value, descendKey(claims, element.key), node.item(), [...path, toStep(element)]);
  }
  const last = path.at(-1);
  if (last && 'field' in last && last.field === 'initContainers') compareOrder(walk, declared, existing, path);
}

/** Init containers run in order, and a reorder changes no ownership at all (measured on 1.34). */
function compareOrder(walk: Walk, declared: readonly KeyedElement[], existing: readonly KeyedElement[], path: FieldPath): void {
  const wanted = declared.map(elementId);
  const found = existing.map(elementId).filter((id) => wanted.includes(id));
  const present = wanted.filter((id) => found.includes(id));
  if (present.join() === found.join()) return;
  const names = (ids: readonly string[], from: readonly KeyedElement[]): Json =>
    ids.map((id) => Object.values(from.find((element) => elementId(element) === id)?.key ?? {}).join());
  walk.report({ class: 'changed', path, desired: names(present, declared), live: names(found, existing), blame: undefined });
}

function toStep(element: KeyedElement): PathStep {
  return element.duplicate > 0 ? { key: element.key, duplicate: element.duplicate } : { key: element.key };
}

function compareMembers(
  walk: Walk,
  desired: readonly Json[],
  live: readonly Json[],
  claims: readonly Claim[],
  path: FieldPath,
): void {
  for (const member of desired) {
    if (!live.includes(member) && !ownedByUs(descendMember(claims, member))) {
      walk.report({ class: 'removed', path: [...path, { member }], desired: member, live: undefined, blame: undefined });
    }
  }
  for (const member of live) {
    if (!desired.includes(member)) reportUndeclared(walk, member, descendMember(claims, member), [...path, { member }]);
  }
}

/** A live value that desired does not mention: one finding where somebody owns it as a whole, else one for each part. */
function judgeUndeclared(walk: Walk, live: Json, claims: readonly Claim[], node: SchemaNode, path: FieldPath): void {
  if (claims.length === 0) return;
  // The owner of a map or list owns a container; what was added is what is in it.
  const isContainer = node.type === 'map' || node.type === 'keyed-list' || node.type === 'set';
  const isWhole = node.type === 'atomic' || typeof live !== 'object' || live === null || (!isContainer && claims.some(ownsNode));
  const existing = isJsonArray(live) && node.type === 'keyed-list' ? keyElements(live, node) : undefined;
  if (isWhole) reportUndeclared(walk, live, claims, path);
  else if (isJsonObject(live)) compareFields(walk, {}, live, claims, node, path);
  else if (existing) compareElements(walk, [], existing, claims, node, path);
  else if (isJsonArray(live) && node.type === 'set') compareMembers(walk, [], live, claims, path);
  else reportUndeclared(walk, live, claims, path);
}

function reportUndeclared(walk: Walk, live: Json, claims: readonly Claim[], path: FieldPath): void {
  if (claims.length === 0) return;
  // Ours and no longer declared was dropped from desired; whoever else co-owns it keeps it until it is removed.
  walk.report({ class: ownedByUs(claims) ? 'to_remove' : 'added', path, desired: undefined, live, blame: blameOf(claims) });
}
