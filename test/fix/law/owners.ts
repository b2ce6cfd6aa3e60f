import type { FieldPath } from '../../../src/types/field-path.ts';
import { canonicalJson } from '../../../src/types/finding.ts';
import { at, isJsonArray, isJsonObject, type JsonObject, stringAt } from '../../../src/types/json.ts';

// managedFields as sets of texts, one for each field that an entry owns: `f:spec/f:replicas`.

export interface Entry {
  readonly manager: string;
  readonly fields: ReadonlySet<string>;
}

/** By manager, operation, version and subresource. */
export type Owners = ReadonlyMap<string, Entry>;

/** What controllers write while all this goes on. */
const CONTROLLERS = new Set(['kube-controller-manager', 'kwok', 'kube-scheduler']);
/** Numbers that the server or a controller keeps with an object: they move with each change of it. */
const COUNTERS = /\/f:(deprecated\.daemonset\.template\.generation|deployment\.kubernetes\.io\/revision)$/u;

/**
 * Fields of a Service that the server clears by itself when the type changes back: whoever had them filled in by changing
 * the type stays their owner on record, though there is nothing left to own (measured on 1.34).
 */
const CLEARED = /^\/f:spec\/f:(externalTrafficPolicy|allocateLoadBalancerNodePorts|healthCheckNodePort|internalTrafficPolicy)$/u;

/** Whoever owns something of the object itself; times are left out. */
export function ownersOf(object: JsonObject): Owners {
  const entries = at(object, 'metadata', 'managedFields');
  const owners = new Map<string, Entry>();
  for (const entry of isJsonArray(entries) ? entries : []) {
    const [manager = '', operation, apiVersion, subresource = ''] = ['manager', 'operation', 'apiVersion', 'subresource'].map(
      (field) => stringAt(entry, field),
    );
    if (subresource === 'status' || CONTROLLERS.has(manager)) continue;
    const fields = at(entry, 'fieldsV1');
    const all = isJsonObject(fields) ? fieldsOf(fields, '') : [];
    owners.set([manager, operation, apiVersion, subresource].join(' ').trim(), {
      manager,
      fields: new Set(all.filter((field) => !COUNTERS.test(field) && !isCleared(field, object))),
    });
  }
  return owners;
}

function isCleared(field: string, object: JsonObject): boolean {
  return CLEARED.test(field) && at(object, 'spec', field.slice(field.lastIndexOf(':') + 1)) === undefined;
}

function fieldsOf(tree: JsonObject, path: string): readonly string[] {
  const below = Object.entries(tree);
  if (below.length === 0) return [path];
  return below.flatMap(([step, child]) => fieldsOf(isJsonObject(child) ? child : {}, `${path}/${step}`));
}

/** A finding's path in the same words. */
export function ownedPath(path: FieldPath): string {
  return path
    .map((step) => {
      if ('field' in step) return `/f:${step.field}`;
      return 'key' in step ? `/k:${canonicalJson(step.key)}` : `/v:${canonicalJson(step.member)}`;
    })
    .join('');
}

/** One lies in the other, whichever. */
export function meet(one: string, other: string): boolean {
  const whole = (path: string): string => `${path.replace(/\/\.$/u, '')}/`;
  return whole(one).startsWith(whole(other)) || whole(other).startsWith(whole(one));
}
