import type { DesiredObject, DesiredUnit } from '../../src/domain/desired.ts';
import { parseJson } from '../../src/domain/exact-json.ts';
import type { FieldPath } from '../../src/domain/field-path.ts';
import {
  type Blame,
  type Comparison,
  type FieldValue,
  type Finding,
  findingFingerprint,
  findingId,
  type ObjectComparison,
} from '../../src/domain/finding.ts';
import type { FindingClass } from '../../src/domain/finding-classes.ts';
import type { Json, JsonObject } from '../../src/domain/json.ts';
import type { ObjectRef } from '../../src/domain/object-ref.ts';
import type { LiveObject } from '../../src/domain/snapshot.ts';

// Data for tests, whole and valid, with what a test is about given by name.

export const CLUSTER = 'prod-eu';

/** A ranking by built-in rules. */
export const SOURCE = {
  ranker: 'heuristic' as const,
  reason: '',
  model: '',
  promptVersion: '',
  requestIds: [],
  inputTokens: 0,
  outputTokens: 0,
  refused: 0,
  summary: '',
  prices: 'list prices',
};

export function ref(name: string, more: Partial<ObjectRef> = {}): ObjectRef {
  return { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name, ...more };
}

export const hands: Blame = {
  manager: 'kubectl',
  operation: 'Update',
  subresource: 'scale',
  actor: 'hands',
};
export const controller: Blame = {
  manager: 'kube-controller-manager',
  operation: 'Update',
  subresource: '',
  time: '2026-11-20T03:04:05Z',
  actor: 'controller',
};

export const REPLICAS: FieldPath = [{ field: 'spec' }, { field: 'replicas' }];
export const CONTAINER: FieldPath = [
  { field: 'spec' },
  { field: 'template' },
  { field: 'spec' },
  { field: 'containers' },
  { key: { name: 'app' } },
];
export const IMAGE: FieldPath = [...CONTAINER, { field: 'image' }];

export function label(key: string): FieldPath {
  return [{ field: 'metadata' }, { field: 'labels' }, { field: key }];
}

export function envValue(name: string): FieldPath {
  return [...CONTAINER, { field: 'env' }, { key: { name } }, { field: 'value' }];
}

export interface FindingParts {
  readonly ref?: ObjectRef;
  readonly path?: FieldPath;
  readonly class?: FindingClass;
  readonly desired?: FieldValue;
  readonly live?: FieldValue;
  readonly blame?: Blame | undefined;
  readonly unit?: string;
  readonly isCritical?: boolean;
  readonly restartsPods?: boolean;
  readonly note?: string;
  readonly generation?: number;
}

/** A finding with the id and fingerprint that the comparison would give it; by default replicas 3 → 5 by kubectl. */
export function finding(parts: FindingParts = {}): Finding {
  const object = parts.ref ?? ref('web');
  const path = parts.path ?? REPLICAS;
  const findingClass = parts.class ?? 'changed';
  const desired = 'desired' in parts ? parts.desired : 3;
  const live = 'live' in parts ? parts.live : 5;
  const unit = parts.unit ?? `prod/${object.name}`;
  const blame = 'blame' in parts ? parts.blame : hands;
  const id = findingId(CLUSTER, object, path, findingClass);
  return {
    id,
    fingerprint: findingFingerprint(
      { id, unit, desired, live, blame },
      { uid: `uid-${object.name}`, generation: parts.generation ?? 2 },
    ),
    class: findingClass,
    ref: object,
    path,
    desired,
    live,
    blame,
    unit,
    isCritical: parts.isCritical ?? false,
    restartsPods: parts.restartsPods ?? false,
    repair: { method: 'json-patch', command: '' },
    note: parts.note ?? '',
  };
}

export function workload(object: ObjectRef, replicas: number, container: JsonObject = {}): JsonObject {
  const resources = { requests: { cpu: '500m', memory: '1Gi' } };
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: { name: object.name, namespace: object.namespace },
    spec: {
      replicas,
      template: { spec: { containers: [{ name: 'app', image: 'registry.example/app:1.4.2', resources, ...container }] } },
    },
  };
}

export function unit(slug: string, more: Partial<DesiredUnit> = {}): DesiredUnit {
  return {
    id: `unit-${slug}`,
    slug,
    spaceId: 'space-prod',
    space: 'prod',
    labels: {},
    isCritical: false,
    gates: [],
    version: 7,
    headHash: '',
    headRevision: 3,
    liveRevision: 3,
    lastAppliedRevision: 3,
    text: `kind: Deployment\nmetadata:\n  name: ${slug}\nspec:\n  replicas: 3\n`,
    headText: '',
    hasUnappliedChanges: false,
    lastChangeDescription: '',
    ...more,
  };
}

export function live(object: ObjectRef, body: JsonObject, more: Partial<LiveObject> = {}): LiveObject {
  return {
    ref: object,
    uid: `uid-${object.name}`,
    resourceVersion: '100',
    generation: 2,
    body,
    owners: [],
    isControlled: false,
    ...more,
  };
}

interface ObjectParts {
  readonly unit?: DesiredUnit | undefined;
  readonly document?: JsonObject;
  readonly live?: LiveObject | undefined;
}

/** One object with its findings; desired and live sides that agree with the default finding unless given. */
export function compared(findings: readonly Finding[], parts: ObjectParts = {}): ObjectComparison {
  const object = findings[0]?.ref ?? ref('web');
  const owner = 'unit' in parts ? parts.unit : unit(object.name, { isCritical: findings.some((entry) => entry.isCritical) });
  const desired: DesiredObject | undefined = owner && {
    ref: object,
    document: parts.document ?? workload(object, 3),
    documentIndex: 0,
    unit: owner,
  };
  return { ref: object, desired, live: 'live' in parts ? parts.live : live(object, workload(object, 5)), findings };
}

export function comparison(objects: readonly ObjectComparison[], total = objects.length): Comparison {
  return { objects, compared: total, invalid: [], ignores: [], notMonitored: 0, notCompared: {}, unread: 0, partlyCompared: [] };
}

/** Any JSON that a value of a cluster may be, for reading answers in tests. */
export function parse(text: string): Json {
  return parseJson(text);
}
