import { type FieldPath, printPath, valueAt, withValueAt } from './field-path.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';

/**
 * How fields of one struct hang together for the API server.
 * `one-of`: at most one of them may be set. `twins`: two names of one value. `derived`: the first decides, and the server
 * fills in the others by it.
 */
interface Relation {
  /** The struct, as the end of its path in text form. */
  readonly at: RegExp;
  readonly how: 'one-of' | 'twins' | 'derived';
  readonly fields: readonly string[];
  /** All fields but `fields` are meant. */
  readonly isRest?: true;
  /** Only of this kind; of all where absent. */
  readonly kind?: string;
}

/** Found by a test over every field of the workloads, or named in the API reference as "one of" (measured on 1.34). */
const RELATIONS: readonly Relation[] = [
  { at: /\/(livenessProbe|readinessProbe|startupProbe)$/u, how: 'one-of', fields: ['exec', 'httpGet', 'tcpSocket', 'grpc'] },
  { at: /\/lifecycle\/(postStart|preStop)$/u, how: 'one-of', fields: ['exec', 'httpGet', 'tcpSocket', 'sleep'] },
  { at: /\/env\[name=[^\]]*\](#\d+)?$/u, how: 'one-of', fields: ['value', 'valueFrom'] },
  {
    at: /\/valueFrom$/u,
    how: 'one-of',
    fields: ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef', 'fileKeyRef'],
  },
  { at: /\/volumes\[name=[^\]]*\](#\d+)?$/u, how: 'one-of', fields: ['name'], isRest: true },
  { at: /\/resourceClaims\[name=[^\]]*\](#\d+)?$/u, how: 'one-of', fields: ['resourceClaimName', 'resourceClaimTemplateName'] },
  { at: /\/(seccompProfile|appArmorProfile)$/u, how: 'derived', fields: ['type', 'localhostProfile'] },
  { at: /^\/spec\/(strategy|updateStrategy)$/u, how: 'derived', fields: ['type', 'rollingUpdate'] },
  { at: /^\/spec$/u, how: 'one-of', fields: ['minAvailable', 'maxUnavailable'], kind: 'PodDisruptionBudget' },
  { at: /\/defaultBackend$/u, how: 'one-of', fields: ['service', 'resource'], kind: 'Ingress' },
  { at: /\/defaultBackend\/service\/port$/u, how: 'one-of', fields: ['name', 'number'], kind: 'Ingress' },
  { at: /\/clientConfig$/u, how: 'one-of', fields: ['service', 'url'] },
  { at: /(^|\/template)\/spec$/u, how: 'twins', fields: ['serviceAccountName', 'serviceAccount'] },
];

const relationsAt = (kind: string, parent: string): readonly Relation[] =>
  RELATIONS.filter((relation) => relation.at.test(parent) && (relation.kind === undefined || relation.kind === kind));

function covers({ fields, isRest }: Relation, field: string): boolean {
  return fields.includes(field) !== (isRest === true);
}

/**
 * Names the group of fields that are valid only together with this one: what is done to one is done to all of them.
 * Empty for a field without related ones.
 */
export function relationOf(kind: string, path: FieldPath): string {
  const last = path.at(-1);
  if (last === undefined || !('field' in last)) return '';
  const parent = printPath(path.slice(0, -1));
  const index = RELATIONS.findIndex(
    (relation) =>
      relation.at.test(parent) && (relation.kind === undefined || relation.kind === kind) && covers(relation, last.field),
  );
  return index < 0 ? '' : `${parent} ${index}`;
}

/** A body in which related fields agree with one that was just set or removed, and the paths that were changed for it. */
export function withRelatedFields(
  body: JsonObject,
  kind: string,
  path: FieldPath,
  desired: JsonObject,
): { readonly body: JsonObject; readonly changed: readonly FieldPath[] } {
  const last = path.at(-1);
  if (last === undefined || !('field' in last)) return { body, changed: [] };
  const parent = path.slice(0, -1);
  const changed: FieldPath[] = [];
  let now: Json = body;
  const set = (field: string, value: Json | undefined): void => {
    const at = [...parent, { field }];
    if (valueAt(now, at) === value) return;
    now = withValueAt(now, at, value) ?? now;
    changed.push(at);
  };
  const isDeclared = (field: string): boolean => (valueAt(desired, [...parent, { field }]) ?? null) !== null;
  const value = valueAt(body, path);
  for (const relation of relationsAt(kind, printPath(parent))) {
    if (!covers(relation, last.field)) continue;
    const struct = valueAt(now, parent);
    const others = Object.keys(isJsonObject(struct) ? struct : {}).filter(
      (field) => field !== last.field && covers(relation, field) && !isDeclared(field),
    );
    if (relation.how === 'twins') for (const field of others) set(field, value);
    else if (relation.how === 'one-of' ? value !== undefined : last.field === relation.fields[0])
      for (const field of others) set(field, undefined);
  }
  return { body: isJsonObject(now) ? now : body, changed };
}
