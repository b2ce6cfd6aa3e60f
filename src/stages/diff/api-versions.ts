import { parseJson } from '../../domain/exact-json.ts';
import { union } from '../../domain/field-set.ts';
import { at, isJsonArray, isJsonObject, type Json, type JsonObject, stringAt } from '../../domain/json.ts';
import { groupOf, type ObjectRef } from '../../domain/object-ref.ts';
import type { FieldOwner, LiveObject } from '../../domain/snapshot.ts';
import type { SchemaNode } from './schema.ts';

// An autoscaler is one object in all versions of its API, which name what it scales by in different ways. Of other kinds
// the API server alone knows how to convert them, so they are read in the version that their unit declares.

const FIRST = 'autoscaling/v1';
const LATEST = 'autoscaling/v2';
/** Annotations in which version 1 keeps what it has no field for, and that field (`pkg/apis/autoscaling/annotations.go`). */
const NOTED: Readonly<Record<string, string>> = {
  'autoscaling.alpha.kubernetes.io/metrics': 'metrics',
  'autoscaling.alpha.kubernetes.io/behavior': 'behavior',
};

function isAutoscaler({ apiVersion, kind }: ObjectRef): boolean {
  return groupOf(apiVersion) === 'autoscaling' && kind === 'HorizontalPodAutoscaler';
}

/** Whether an object that is declared in one version of its API can be compared with one that was read in another. */
export function areComparable(one: ObjectRef, other: ObjectRef): boolean {
  return one.apiVersion === other.apiVersion || (isAutoscaler(one) && isAutoscaler(other));
}

/** Both sides as they are where they have one version, else in the latest. */
export function inOneVersion(
  desired: JsonObject,
  ref: ObjectRef,
  live: LiveObject,
): { readonly document: JsonObject; readonly live: LiveObject } {
  if (ref.apiVersion === live.ref.apiVersion || !areComparable(ref, live.ref)) return { document: desired, live };
  return {
    document: inLatest(desired),
    live: { ...live, ref: { ...live.ref, apiVersion: LATEST }, body: inLatest(live.body) },
  };
}

/** What was sent once, in the version that the object has now; `undefined` if this code cannot convert it. */
export function asVersionOf(sent: JsonObject, { ref }: LiveObject): JsonObject | undefined {
  if ((stringAt(sent, 'apiVersion') ?? ref.apiVersion) === ref.apiVersion) return sent;
  return isAutoscaler(ref) && ref.apiVersion === LATEST ? inLatest(sent) : undefined;
}

function inLatest(document: JsonObject): JsonObject {
  const { spec, metadata } = document;
  if (!isJsonObject(spec) || !isJsonObject(metadata)) return document;
  const { targetCPUUtilizationPercentage: percentage, metrics, behavior, ...kept } = spec;
  const { annotations, ...named } = metadata;
  const notes = isJsonObject(annotations) ? Object.entries(annotations) : [];
  // Written with the field names of Go, which reads them in any case.
  const noted = (field: string): Json | undefined => parsed(notes.find(([key]) => NOTED[key] === field)?.[1]) ?? undefined;
  const cpu: Json = { type: 'Resource', resource: { name: 'cpu', targetAverageUtilization: percentage ?? null } };
  const all = [...(percentage ? [cpu] : []), ...elements(metrics), ...elements(noted('metrics'))].map(metricInLatest);
  const scaling = behavior ?? lowered(noted('behavior'));
  return {
    ...document,
    apiVersion: LATEST,
    metadata: { ...named, annotations: Object.fromEntries(notes.filter(([key]) => !Object.hasOwn(NOTED, key))) },
    spec: { ...kept, ...(all.length > 0 ? { metrics: all } : {}), ...(scaling === undefined ? {} : { behavior: scaling }) },
  };
}

function elements(list: Json | undefined): readonly Json[] {
  return isJsonArray(list) ? list : [];
}

function parsed(text: Json | undefined): Json | undefined {
  try {
    return typeof text === 'string' ? parseJson(text) : undefined;
  } catch {
    return undefined;
  }
}

/** A value with its fields' first letters small. */
function lowered(value: Json | undefined): Json | undefined {
  if (isJsonArray(value)) return value.map((entry) => lowered(entry) ?? null);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([field, entry]) => [field.charAt(0).toLowerCase() + field.slice(1), lowered(entry) ?? null]),
  );
}

/** A metric as `autoscaling/v2beta1` and the annotations of version 1 write it; one of a later version stays as it is. */
function metricInLatest(metric: Json): Json {
  if (!isJsonObject(metric)) return metric;
  return Object.fromEntries(
    Object.entries(metric).map(([field, source]) => [field, isJsonObject(source) ? sourceInLatest(source) : source]),
  );
}

function sourceInLatest(source: JsonObject): JsonObject {
  const {
    targetAverageUtilization: averageUtilization,
    targetAverageValue,
    averageValue = targetAverageValue,
    targetValue: value,
    metricName,
    selector,
    metricSelector = selector,
    target: describedObject,
    ...kept
  } = source;
  if (averageUtilization === undefined && averageValue === undefined && value === undefined) return source;
  const target: JsonObject =
    averageUtilization !== undefined
      ? { type: 'Utilization', averageUtilization }
      : averageValue !== undefined
        ? { type: 'AverageValue', averageValue }
        : { type: 'Value', value: value ?? null };
  const metric = { name: metricName ?? '', ...(metricSelector === undefined ? {} : { selector: metricSelector }) };
  return {
    ...kept,
    ...(metricName === undefined ? {} : { metric }),
    ...(describedObject === undefined ? {} : { describedObject }),
    target,
  };
}

/** Who owns what, in the fields of the version that the object was read in. */
export function ownersInVersion({ ref, owners }: LiveObject): readonly FieldOwner[] {
  if (!isAutoscaler(ref)) return owners;
  return owners.map((owner) => {
    const isMapped = owner.apiVersion !== undefined && (owner.apiVersion === FIRST) !== (ref.apiVersion === FIRST);
    if (!isMapped) return owner;
    const fields = owner.apiVersion === FIRST ? fieldsAfterFirst(owner.fields) : fieldsInFirst(owner.fields);
    return { ...owner, fields, apiVersion: ref.apiVersion };
  });
}

function fieldsAfterFirst(fields: JsonObject): JsonObject {
  const percentage = at(fields, 'f:spec', 'f:targetCPUUtilizationPercentage');
  const noted = Object.entries(NOTED).filter(([key]) => at(fields, 'f:metadata', 'f:annotations', `f:${key}`));
  const owned = [...(percentage ? ['metrics'] : []), ...noted.map(([, field]) => field)];
  if (owned.length === 0) return fields;
  return union(fields, { 'f:spec': Object.fromEntries(owned.map((field) => [`f:${field}`, {}])) });
}

function fieldsInFirst(fields: JsonObject): JsonObject {
  const noted = Object.entries(NOTED).filter(([, field]) => at(fields, 'f:spec', `f:${field}`));
  if (noted.length === 0) return fields;
  const annotations = { 'f:annotations': Object.fromEntries(noted.map(([key]) => [`f:${key}`, {}])) };
  const isMetrics = noted.some(([, field]) => field === 'metrics');
  return union(fields, {
    'f:metadata': annotations,
    ...(isMetrics ? { 'f:spec': { 'f:targetCPUUtilizationPercentage': {} } } : {}),
  });
}

/**
 * Whether an entry was written in another version of the API and owns fields that this one does not have. What became of
 * these only the API server knows.
 */
export function ownsUnknownFields({ apiVersion, subresource, fields }: FieldOwner, ref: ObjectRef, schema: SchemaNode): boolean {
  if (apiVersion === undefined || apiVersion === ref.apiVersion || subresource === 'status') return false;
  return hasUnknown(fields, schema);
}

function hasUnknown(fields: JsonObject, schema: SchemaNode): boolean {
  return Object.entries(fields).some(([step, inside]) => {
    if (step === '.' || step.startsWith('v:') || !isJsonObject(inside)) return false;
    if (!step.startsWith('f:')) return hasUnknown(inside, schema.item());
    const field = step.slice('f:'.length);
    return field !== 'status' && (!schema.allows(field) || hasUnknown(inside, schema.field(field)));
  });
}
