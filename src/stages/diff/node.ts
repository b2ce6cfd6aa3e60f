import type { FieldPath, PathStep } from '../../domain/field-path.ts';
import { isJsonArray, type Json, own } from '../../domain/json.ts';
import { type KeyedElement, keyElements } from './list-keys.ts';
import { type Claim, claimedKeys, claimsMembers, descend, descendKey, descendMember } from './ownership.ts';
import type { SchemaNode } from './schema.ts';

/** The way to a node, as a list that its children share. */
export interface Place {
  readonly parent: Place | undefined;
  readonly step: PathStep;
}

/** Both sides of one node, what client-side apply sent there, and who owns it. */
export interface Node {
  readonly desired: Json | undefined;
  readonly live: Json | undefined;
  readonly applied: Json | undefined;
  readonly claims: readonly Claim[];
  readonly schema: SchemaNode;
  readonly place: Place | undefined;
}

export function childOf(node: Node, field: string): Node {
  return {
    desired: own(node.desired, field) ?? undefined,
    live: own(node.live, field) ?? undefined,
    applied: own(node.applied, field) ?? undefined,
    claims: descend(node.claims, `f:${field}`),
    schema: node.schema.field(field),
    place: { parent: node.place, step: { field } },
  };
}

export interface Elements {
  readonly declared: readonly KeyedElement[];
  readonly existing: readonly KeyedElement[];
}

/** Both sides of a list whose elements have keys; `undefined` for anything else. An undeclared list declares none. */
export function elementsOf(node: Node): Elements | undefined {
  const { desired = [], live, schema } = node;
  if (!isJsonArray(desired) || !isJsonArray(live)) return undefined;
  const keys = keysOf(node);
  const declared = keys && keyElements(desired, schema, keys);
  const existing = keys && keyElements(live, schema, keys);
  return declared && existing ? { declared, existing } : undefined;
}

/** Key fields of a list's elements, by its schema or else as managedFields shows them; `undefined` for other lists. */
export function keysOf({ schema, claims }: Node): readonly string[] | undefined {
  if (schema.type === 'keyed-list') return schema.keys;
  return schema.type === 'unknown' ? claimedKeys(claims) : undefined;
}

export function isSet({ schema, claims }: Node): boolean {
  return schema.type === 'set' || (schema.type === 'unknown' && claimsMembers(claims));
}

export function elementNode(node: Node, key: KeyedElement, declared: Json | undefined, live: Json | undefined): Node {
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
    byId = new Map(elements.map((element) => [element.id, element.value]));
    appliedElements.set(list, byId);
  }
  return byId.get(key.id);
}

export function memberNode(node: Node, member: Json, isDeclared: boolean, isLive: boolean): Node {
  return {
    desired: isDeclared ? member : undefined,
    live: isLive ? member : undefined,
    applied: isJsonArray(node.applied) && node.applied.includes(member) ? member : undefined,
    claims: descendMember(node.claims, member),
    schema: node.schema.item(),
    place: { parent: node.place, step: { member } },
  };
}

/** The owner of a map or list owns a container; what was added is what is in it. */
export function isContainer(schema: SchemaNode): boolean {
  return schema.type === 'map' || schema.type === 'keyed-list' || schema.type === 'set' || schema.type === 'unknown';
}

export function isReplicas(place: Place | undefined): boolean {
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

export function pathOf(place: Place | undefined): FieldPath {
  const path: PathStep[] = [];
  for (let here = place; here; here = here.parent) path.unshift(here.step);
  return path;
}
