import { ACTORS } from '../../domain/actor-classes.ts';
import { NO_UNIT } from '../../domain/desired.ts';
import { type FieldPath, printPath, valueAt, withValueAt } from '../../domain/field-path.ts';
import { isJsonArray, isJsonObject, type Json, type JsonObject, own, stringAt } from '../../domain/json.ts';
import { hiddenParts } from '../../domain/show/show.ts';
import type { LiveObject } from '../../domain/snapshot.ts';
import { type Cluster, createComparer, type DiffOptions, type Judged, type ObjectComparer } from './compare.ts';
import { autoscalerOf, NOTED_BY } from './context.ts';
import { createIgnores } from './ignore.ts';
import { isKnownDefault } from './known-defaults.ts';
import { compileSchema, type SchemaNode, unknownSchema } from './schema.ts';

/** A manifest of a live object, or why there can be none. */
export type CleanManifest = { readonly ok: true; readonly document: JsonObject } | { readonly ok: false; readonly why: string };

/** Each round declares one level more of the lists in lists: containers, their env variables, the end. */
const ROUNDS = 20;

/**
 * The manifest that a person would have written for a live object: without status, what the API server sets, known
 * defaults, and what controllers, autoscalers and other tools write into it. It is found by the comparison itself: what
 * would be called added is declared, until nothing is. `replicas` stays unless an autoscaler sets it: scaling leaves no
 * owner behind, so drift of an undeclared number would not be seen (measured on 1.24 to 1.37).
 */
export function cleanManifest(live: LiveObject, cluster: Cluster, options: DiffOptions): CleanManifest {
  const refusal = refusalOf(live);
  if (refusal !== '') return { ok: false, why: refusal };
  // An ignore rule ends, and what it covers is there all the same.
  const { ignoreRules: _, ...unignored } = options;
  const comparer = createComparer(cluster, unignored, createIgnores([], new Date(0)));
  const { ref } = live;
  const schema =
    compileSchema(cluster.schemas[ref.apiVersion] ?? null, ref.apiVersion, ref.kind) ?? unknownSchema(ref.apiVersion);
  const isAutoscaled = autoscalerOf(cluster.autoscalers, ref) !== undefined;
  let document = skeletonOf(live);
  for (let round = 0; round < ROUNDS; round++) {
    const before = document;
    for (const judged of comparer.explain(declared(live, document), live)) {
      const { path } = judged.decision;
      const isForced = (!isAutoscaled && printPath(path) === '/spec/replicas') || isEmptyDirectory(path);
      if (isForced ? valueAt(document, path) !== undefined : !mustBeDeclared(judged)) continue;
      document = withField(document, path, declaredValue(path, judged.decision.live, schema));
    }
    if (document === before) break;
  }
  const ordered = inOrderOf(live.body, document);
  const secrets = [...new Set(hiddenParts(ref, ordered).map(({ path }) => path))];
  if (secrets.length > 0) {
    const named = secrets.slice(0, 3).join(', ');
    const more = secrets.length > 3 ? ` and ${secrets.length - 3} more` : '';
    return {
      ok: false,
      why: `${named}${more} looks like a secret, and secrets are not stored in ConfigHub; put it into a Secret and refer to that (valueFrom.secretKeyRef)`,
    };
  }
  const fault = faultOf(comparer, live, ordered);
  return fault === '' ? { ok: true, document: ordered } : { ok: false, why: fault };
}

function refusalOf({ ref, body, isControlled }: LiveObject): string {
  if (ref.kind === 'Secret') return 'Secrets are not stored in ConfigHub';
  const owners = own(own(body, 'metadata'), 'ownerReferences');
  const [owner] = isJsonArray(owners) ? owners : [];
  if (isControlled || owner !== undefined)
    return `it belongs to ${stringAt(owner, 'kind') ?? 'another object'} ${stringAt(owner, 'name') ?? ''}; adopt that`.trim();
  return stringAt(body, 'metadata', 'deletionTimestamp') === undefined ? '' : 'it is being deleted';
}

function skeletonOf({ ref }: LiveObject): JsonObject {
  const { apiVersion, kind, namespace, name } = ref;
  return { apiVersion, kind, metadata: { name, ...(namespace === '' ? {} : { namespace }) } };
}

/** The document as if a unit without a target declared it, which compares with nothing but what is written. */
function declared(live: LiveObject, document: JsonObject): Parameters<ObjectComparer['compare']>[0] {
  return {
    ref: live.ref,
    document,
    documentIndex: 0,
    unit: NO_UNIT,
  };
}

/** The only source of a volume that goes without saying; a volume without a source looks like a mistake to people. */
function isEmptyDirectory(path: FieldPath): boolean {
  const last = path.at(-1);
  return last !== undefined && 'field' in last && last.field === 'emptyDir' && printPath(path.slice(0, -2)).endsWith('/volumes');
}

function mustBeDeclared({ decision, verdict, blame }: Judged): boolean {
  // Ours by an earlier Update, and no known default: nothing shows whether it is wanted, so it stays.
  if (decision.rule === 'dropped-or-default') return true;
  // Labels and annotations of the tool that deploys the workload are part of it; those of a controller are not.
  const isController = blame !== undefined && ACTORS[blame.actor].isController;
  if (verdict?.note.startsWith(NOTED_BY) === true && !isController) return true;
  return verdict?.class === 'added' || verdict?.class === 'to_remove';
}

/** An element of a keyed list begins with its key, and the next round looks into it; anything else is taken without defaults. */
function declaredValue(path: FieldPath, value: Json | undefined, root: SchemaNode): Json | undefined {
  const last = path.at(-1);
  const schema = path.reduce((node, step) => ('field' in step ? node.field(step.field) : node.item()), root);
  if (last === undefined || !('key' in last) || !isJsonObject(value)) return value && withoutDefaults(value, schema);
  return withoutDefaults({ ...last.key }, schema);
}

function withField(document: JsonObject, path: FieldPath, value: Json | undefined): JsonObject {
  const changed = value === undefined ? document : withValueAt(document, path, value);
  return isJsonObject(changed) ? changed : document;
}

function withoutDefaults(value: Json, node: SchemaNode): Json {
  if (isJsonArray(value)) return value.map((entry) => withoutDefaults(entry, node.item()));
  if (!isJsonObject(value)) return value;
  // A volume without its source would be an empty directory, whatever it was.
  const isKept = (field: string, entry: Json): boolean =>
    node.name === 'Volume' ? entry !== null : !isKnownDefault(node, value, field, entry);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([field, entry]) => isKept(field, entry))
      .map(([field, entry]) => [field, withoutDefaults(entry, node.field(field))]),
  );
}

/** Fields in the order in which the API server has them, which is the one that people know. */
function inOrderOf(live: Json | undefined, value: JsonObject): JsonObject;
function inOrderOf(live: Json | undefined, value: Json): Json;
function inOrderOf(live: Json | undefined, value: Json): Json {
  if (isJsonArray(value)) return value;
  if (!isJsonObject(value)) return value;
  const order = ['apiVersion', 'kind', 'metadata', 'name', 'namespace', ...Object.keys(isJsonObject(live) ? live : {})];
  const place = (field: string): number => (order.includes(field) ? order.indexOf(field) : order.length);
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([one], [other]) => place(one) - place(other))
      .map(([field, entry]) => [field, inOrderOf(own(live, field), entry)]),
  );
}

/** Why the manifest would not be in sync with what it was made from; empty where it is. */
function faultOf(comparer: ObjectComparer, live: LiveObject, document: JsonObject): string {
  const object = declared(live, document);
  const invalid = comparer.validate(object, live);
  if (invalid) return `${printPath(invalid.path)}: ${invalid.message}`;
  const left = comparer.compare(object, live).find((finding) => finding.class !== 'informational');
  return left ? `${printPath(left.path)} would still differ; write its unit by hand` : '';
}
