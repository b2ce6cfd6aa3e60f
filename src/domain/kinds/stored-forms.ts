import { at, isJsonArray, isJsonObject, type Json, type JsonObject, own } from '../json.ts';

// What the API server makes of a desired document where one field follows from another. Source: the defaulting functions of
// Kubernetes (`pkg/apis/core/v1/defaults.go`), seen on 1.34.

export function podAsStored(desired: JsonObject, live: JsonObject): JsonObject {
  return changed(desired, ['spec'], (spec) => withPodDefaults(spec, live));
}

export function limitRangeAsStored(desired: JsonObject): JsonObject {
  return changed(desired, ['spec', 'limits'], withLimitDefaults);
}

/** The object with the value at a path changed; each element of it where it is a list. Nothing is made up where it is absent. */
function changed(
  object: JsonObject,
  [field = '', ...rest]: readonly string[],
  change: (value: JsonObject) => JsonObject,
): JsonObject {
  const inside = object[field];
  const one = (value: Json): Json =>
    isJsonObject(value) ? (rest.length > 0 ? changed(value, rest, change) : change(value)) : value;
  if (inside === undefined) return object;
  return { ...object, [field]: isJsonArray(inside) ? inside.map(one) : one(inside) };
}

/** The map with what it lacks from another one. */
function filled(map: Json | undefined, from: Json | undefined): JsonObject {
  return { ...(isJsonObject(from) ? from : {}), ...(isJsonObject(map) ? map : {}) };
}

/** Of Pods alone, and of no template: requests follow limits, and ports are the host's where the network is. */
function withPodDefaults(spec: JsonObject, live: JsonObject): JsonObject {
  const container = (given: JsonObject): JsonObject => {
    const limited = changed(given, ['resources'], (resources) =>
      resources['limits'] === undefined
        ? resources
        : { ...resources, requests: filled(resources['requests'], resources['limits']) },
    );
    if (spec['hostNetwork'] !== true) return limited;
    return changed(limited, ['ports'], (port) => ({ hostPort: port['containerPort'] ?? null, ...port }));
  };
  const given = changed(changed(spec, ['containers'], container), ['initContainers'], container);
  return at(live, 'spec', 'enableServiceLinks') === true ? { enableServiceLinks: true, ...given } : given;
}

/** Of containers the default limit is the maximum, and the default request the default limit, else the minimum. */
function withLimitDefaults(item: JsonObject): JsonObject {
  if (item['type'] !== 'Container') return item;
  const limit = filled(item['default'], item['max']);
  return { ...item, default: limit, defaultRequest: filled(item['defaultRequest'], filled(limit, item['min'])) };
}

export function withLabelsOfTemplate(desired: JsonObject): JsonObject {
  const labels = own(own(own(own(desired, 'spec'), 'template'), 'metadata'), 'labels');
  const metadata = own(desired, 'metadata');
  const isLabelled = Object.keys(filled(own(metadata, 'labels'), undefined)).length > 0;
  const labelled =
    isLabelled || labels === undefined ? desired : { ...desired, metadata: { ...filled(metadata, undefined), labels } };
  return changed(labelled, ['spec'], (spec) => (labels === undefined ? spec : { selector: labels, ...spec }));
}

/** Bytes as the API server keeps them: `stringData` over `data`. */
export function withDataOfStrings(desired: JsonObject): JsonObject {
  const { stringData, ...rest } = withBase64OnOneLine(desired, 'data');
  if (!isJsonObject(stringData)) return rest;
  const encoded = Object.entries(stringData).map(([key, value]): [string, Json] => [
    key,
    typeof value === 'string' ? Buffer.from(value, 'utf8').toString('base64') : value,
  ]);
  return { ...rest, data: { ...(isJsonObject(rest['data']) ? rest['data'] : {}), ...Object.fromEntries(encoded) } };
}

/** Go's decoder skips line breaks, as they stand in a certificate that was pasted as a block. */
export function withBase64OnOneLine(object: JsonObject, field: string): JsonObject {
  const map = object[field];
  if (!isJsonObject(map) || !Object.values(map).some((value) => typeof value === 'string' && /[\r\n]/u.test(value)))
    return object;
  const joined = Object.entries(map).map(([key, value]): [string, Json] => [
    key,
    typeof value === 'string' ? value.replaceAll(/[\r\n]/gu, '') : value,
  ]);
  return { ...object, [field]: Object.fromEntries(joined) };
}
