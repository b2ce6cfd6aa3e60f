import { isDeepStrictEqual } from 'node:util';
import { comparerOf } from '../../../src/diff/diff.ts';
import { createKubernetesClient, type ResourceKind } from '../../../src/kubernetes/client.ts';
import { connectKubernetes } from '../../../src/kubernetes/transport.ts';
import { projectLive, takeSnapshot } from '../../../src/snapshot/snapshot.ts';
import type { DesiredObject } from '../../../src/types/desired.ts';
import { ClusterError } from '../../../src/types/errors.ts';
import { type FieldPath, printPath, toJsonPointer, valueAt } from '../../../src/types/field-path.ts';
import type { Finding } from '../../../src/types/finding.ts';
import { at, isJsonArray, isJsonObject, type Json, type JsonObject } from '../../../src/types/json.ts';
import type { JsonPatchOperation } from '../../../src/types/json-patch.ts';
import type { ObjectRef } from '../../../src/types/object-ref.ts';
import { sharedControlPlane } from '../../control-plane/shared.ts';
import { minorOf } from '../../control-plane/version.ts';
import { unit } from '../../types/builders.ts';
import type { Base, Mutation } from './mutations.ts';
import { additions, departures, type Expected, isEnd, placeOf, treeOf } from './ownership.ts';
import { get, isPrefix, omit, type Pointer } from './pointer.ts';
import { type Shape, shapeOf, stepDown } from './shape.ts';

const OURS = 'confighub';
const OTHER = 'kubectl-edit';
const LAST_WITHOUT_TEMPLATE_CHECK = 24;
const PLURALS: Readonly<Record<string, string>> = {
  Deployment: 'deployments',
  StatefulSet: 'statefulsets',
  DaemonSet: 'daemonsets',
};

/** What became of one mutation. */
export type Outcome =
  | { readonly status: 'refused' | 'no-op'; readonly mutation: Mutation; readonly message: string }
  | {
      readonly status: 'judged';
      readonly mutation: Mutation;
      /** The one of the mutation's values that the API took. */
      readonly value: Json;
      readonly expected: readonly string[];
      readonly found: readonly string[];
      readonly isFound: boolean;
      readonly isRightPath: boolean;
      readonly isRightManager: boolean;
    };

/** A namespace of a real API server, objects applied as ConfigHub does it, and another hand that changes them. */
export interface Bench {
  readonly minor: number;
  shape(kind: string): Shape;
  apply(manifest: JsonObject): Promise<Base>;
  /** Changes one thing and compares; the change is tried, not stored. */
  attempt(mutation: Mutation): Promise<Outcome>;
  /** The same for additions: objects without these leaves are applied, as few as will do. */
  attemptAdditions(mutations: readonly Mutation[]): Promise<readonly Outcome[]>;
  /** The findings on a base that nobody touched. */
  findings(base: Base): readonly Finding[];
  /** What the comparison holds to be wrong with a base that the server took. */
  fault(base: Base): string | undefined;
  /** What a stored change gives and what a tried one gives. */
  storeAndTry(
    mutation: Mutation,
    value: Json,
  ): Promise<{ readonly stored: readonly string[]; readonly tried: readonly string[] }>;
  close(): void;
}

let benches = 0;

export async function createBench(): Promise<Bench> {
  const cluster = await sharedControlPlane();
  const minor = minorOf(cluster.version);
  const namespace = `leaves-${process.pid}-${++benches}`;
  await cluster.kubectl(['create', 'namespace', namespace]);
  await cluster.kubectl(['label', 'namespace', namespace, `scene=${namespace}`]);
  const client = createKubernetesClient(await connectKubernetes({ kubeconfig: cluster.kubeconfig, userAgent: 'test' }));
  const signal = AbortSignal.timeout(3_600_000);
  const index = await client.read('/openapi/v3', 'read the OpenAPI index', signal);
  const url = at(index, 'paths', 'apis/apps/v1', 'serverRelativeURL');
  const document = await client.read(String(url), 'read the schema', signal);
  // What a pass knows of the cluster, its schemas as it trims them.
  const kinds = Object.keys(PLURALS).map((kind) => `apps/v1/${kind}`);
  const snapshot = await takeSnapshot(client, { namespaceSelector: `scene=${namespace}`, kinds, cacheDir: '', signal });
  const comparer = comparerOf(snapshot, { cluster: 'test', desiredManagers: [OURS] });
  const shapes = new Map<string, Shape>();
  const shape = (kind: string): Shape => {
    const known = shapes.get(kind) ?? shapeOf(document, kind);
    shapes.set(kind, known);
    return known;
  };
  const pendingIn = new WeakMap<Base, ReadonlySet<string>>();
  let copies = 0;
  /** An object of another name, so that it begins with our apply and nothing else. */
  const renamed = (desired: JsonObject): JsonObject => {
    const metadata = isJsonObject(desired['metadata']) ? desired['metadata'] : {};
    return { ...desired, metadata: { ...metadata, name: `copy-${++copies}` } };
  };
  const kindOf = (kind: string): ResourceKind => ({ apiVersion: 'apps/v1', kind, plural: PLURALS[kind] ?? '', namespaced: true });

  async function apply(manifest: JsonObject): Promise<Base> {
    const metadata = isJsonObject(manifest['metadata']) ? manifest['metadata'] : {};
    const desired: JsonObject = { ...manifest, metadata: { ...metadata, namespace } };
    const kind = String(manifest['kind']);
    const ref: ObjectRef = { apiVersion: 'apps/v1', kind, namespace, name: String(metadata['name']) };
    const live = tidy(await client.apply(kindOf(kind), desired, { fieldManager: OURS, force: true, dryRun: false, signal }));
    await checkTemplate(live);
    return { ref, desired, live, tree: treeOf(live, OURS) };
  }

  const patch = async (base: Base, operation: JsonPatchOperation, dryRun: boolean): Promise<JsonObject> => {
    const options = { fieldManager: OTHER, dryRun, signal };
    const live = tidy(await client.jsonPatch(kindOf(base.ref.kind), base.ref, [operation], options));
    await checkTemplate(live);
    return live;
  };

  /** Servers of 1.24 take any pod template in a StatefulSet, volumes without a name too: a Deployment of it is asked for. */
  async function checkTemplate(live: JsonObject): Promise<void> {
    if (live['kind'] !== 'StatefulSet' || minor > LAST_WITHOUT_TEMPLATE_CHECK) return;
    const spec = { selector: get(live, ['spec', 'selector']) ?? {}, template: get(live, ['spec', 'template']) ?? {} };
    const twin: JsonObject = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'twin', namespace }, spec };
    await client.apply(kindOf('Deployment'), twin, { fieldManager: OURS, force: true, dryRun: true, signal });
  }

  const declaredBy = ({ ref, desired }: Base): DesiredObject => ({
    ref,
    document: desired,
    documentIndex: 0,
    unit: unit(ref.name),
  });

  const findings = (base: Base, live = base.live): readonly Finding[] =>
    comparer.compare(declaredBy(base), projectLive(live, base.ref));

  /** Beside what is pending from the start, because the server dropped it. */
  const compareTo = (base: Base, live: JsonObject): readonly Finding[] => {
    const pending = pendingIn.get(base) ?? new Set(findings(base).map(lineOf));
    pendingIn.set(base, pending);
    return findings(base, live).filter((finding) => !pending.has(lineOf(finding)));
  };

  /** On the mutation's own base, or on one that was applied without what it adds. */
  async function attempt(mutation: Mutation, on: Base): Promise<Outcome> {
    const refused: string[] = [];
    for (const value of mutation.act === 'remove' ? [null] : mutation.values) {
      let answer: JsonObject;
      try {
        answer = await patch(on, operationOf(mutation, value, on), true);
      } catch (error) {
        if (!(error instanceof ClusterError)) throw error;
        refused.push(`${JSON.stringify(value).slice(0, 100)}: ${brief(error)}`);
        continue;
      }
      if (isDeepStrictEqual(contentOf(answer), contentOf(on.live))) continue;
      const expected = expectedOf(mutation, value, on, answer, shape(on.ref.kind));
      return { ...judge(expected, compareTo(on, answer)), mutation, value };
    }
    return { status: refused.length > 0 ? 'refused' : 'no-op', mutation, message: refused.join('\n') };
  }

  async function addTo(mutations: readonly Mutation[]): Promise<readonly Outcome[]> {
    const [first] = mutations;
    if (!first) return [];
    const pointers = mutations.map((mutation) => mutation.pointer);
    let sparse: Base;
    try {
      sparse = await apply(renamed(omit(first.base.desired, pointers)));
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error;
      if (mutations.length === 1) return [{ status: 'refused', mutation: first, message: brief(error) }];
      const half = Math.ceil(mutations.length / 2);
      return [...(await addTo(mutations.slice(0, half))), ...(await addTo(mutations.slice(half)))];
    }
    const outcomes = await Promise.all(mutations.map((mutation) => attempt(mutation, sparse)));
    // In company one may lack what it needs beside it.
    const alone = (outcome: Outcome): boolean => outcome.status !== 'judged' && mutations.length > 1;
    const again: Outcome[] = [];
    for (const outcome of outcomes.filter(alone)) again.push(...(await addTo([outcome.mutation])));
    return [...outcomes.filter((outcome) => !alone(outcome)), ...again];
  }

  return {
    minor,
    shape,
    apply,
    attempt: (mutation) => (mutation.act === 'add' ? addTo([mutation]).then(single) : attempt(mutation, mutation.base)),
    async attemptAdditions(mutations) {
      const outcomes: Outcome[] = [];
      for (const group of groupsOf(mutations)) outcomes.push(...(await addTo(group)));
      return outcomes;
    },
    findings,
    fault: (base) => comparer.validate(declaredBy(base), projectLive(base.live, base.ref))?.message,
    async storeAndTry(mutation, value) {
      const base = await apply(renamed(mutation.base.desired));
      const operation = operationOf(mutation, value, base);
      const tried = compareTo(base, await patch(base, operation, true)).map(lineOf);
      return { tried, stored: compareTo(base, await patch(base, operation, false)).map(lineOf) };
    },
    close: () => client.close(),
  };
}

/** Without the number that the server keeps in an annotation of every DaemonSet, which moves with each change. */
function tidy(live: JsonObject): JsonObject {
  const counter = ['metadata', 'annotations', 'deprecated.daemonset.template.generation'];
  if (get(live, counter) === undefined) return live;
  const isAlone = Object.keys(get(live, counter.slice(0, 2)) ?? {}).length === 1;
  return omit(live, [isAlone ? counter.slice(0, 2) : counter]);
}

/** What a change is about: neither who made it nor how often. */
function contentOf(live: JsonObject): readonly Json[] {
  return [get(live, ['spec']), get(live, ['metadata', 'labels']), get(live, ['metadata', 'annotations'])].map(
    (part) => part ?? null,
  );
}

/** The server's message quotes whole objects at times; what is wrong stands at both ends. */
function brief({ message }: ClusterError): string {
  return message.length < 700 ? message : `${message.slice(0, 300)} ... ${message.slice(-300)}`;
}

function single(outcomes: readonly Outcome[]): Outcome {
  const [only] = outcomes;
  if (!only) throw new Error('no outcome');
  return only;
}

function operationOf({ act, pointer }: Pick<Mutation, 'act' | 'pointer'>, value: Json, on: Base): JsonPatchOperation {
  if (act === 'remove') return { op: 'remove', path: toJsonPointer(pointer) };
  if (act === 'change') return { op: 'replace', path: toJsonPointer(pointer), value };
  if (act === 'insert') {
    const [entry] = isJsonArray(get(on.live, pointer)) || !isJsonObject(value) ? [] : Object.entries(value);
    return entry
      ? { op: 'add', path: toJsonPointer([...pointer, entry[0]]), value: entry[1] }
      : { op: 'add', path: `${toJsonPointer(pointer)}/-`, value };
  }
  const [parent, last] = [pointer.slice(0, -1), pointer.at(-1) ?? ''];
  // Where the server dropped an emptied parent, that is added with it.
  if (get(on.live, parent) === undefined) {
    const whole = typeof last === 'number' ? [value] : { [last]: value };
    return operationOf({ act, pointer: parent }, whole, on);
  }
  return { op: 'add', path: toJsonPointer(typeof last === 'number' ? [...parent, '-'] : pointer), value };
}

/** What must be found, from the two objects and what our apply owns of the first. */
function expectedOf(mutation: Mutation, value: Json, on: Base, answer: JsonObject, root: Shape): readonly Expected[] {
  return [...departures(on.desired, on.live, answer, on.tree), ...newcomers(mutation, value, on, answer, root)];
}

function newcomers(mutation: Mutation, value: Json, on: Base, answer: JsonObject, root: Shape): readonly Expected[] {
  const { act, pointer, base } = mutation;
  const place = placeOf(base.live, base.tree, pointer);
  if (!place) return [];
  if (act !== 'insert') {
    const renamed = otherElement(mutation, on, answer);
    if (renamed) return [{ class: 'added', path: renamed }];
  }
  if (act === 'remove') return [];
  const isWhole = place.pointer.length < pointer.length;
  if (act === 'change') {
    const last = place.path.at(-1);
    const isMember = !isWhole && last && 'member' in last;
    return isMember ? [{ class: 'added', path: [...place.path.slice(0, -1), { member: value }] }] : [];
  }
  if (act === 'insert') {
    const [sibling] = Object.keys(place.tree).filter((key) => key !== '.');
    if (isWhole || sibling === undefined) return [];
    if (sibling.startsWith('v:')) return [{ class: 'added', path: [...place.path, { member: value }] }];
    if (sibling.startsWith('k:')) return [{ class: 'added', path: [...place.path, { key: keyLike(sibling.slice(2), value) }] }];
    return Object.keys(value as JsonObject).map((field) => ({ class: 'added', path: [...place.path, { field }] }));
  }
  const declared = valueAt(on.desired, place.path);
  if (isEnd(place.tree) && declared !== undefined) {
    // What remained of a value that is owned whole is ours, and departs; of an empty one the server keeps nothing.
    return isEmpty(declared) ? [{ class: 'changed', path: place.path }] : [];
  }
  for (let length = 1; length <= place.pointer.length; length++) {
    const part = placeOf(base.live, base.tree, place.pointer.slice(0, length));
    const before = part && valueAt(on.live, part.path);
    if (!part || (before !== undefined && length < place.pointer.length)) continue;
    return additions(before, valueAt(answer, part.path), part.tree, shapeAt(root, part.pointer), part.path);
  }
  return [];
}

/** Where a key field changed, that is another element; without a value it is one with an empty key. */
function otherElement({ pointer }: Mutation, on: Base, answer: JsonObject): FieldPath | undefined {
  const parent = pointer.slice(0, -1);
  const path = placeOf(on.live, on.tree, parent)?.path ?? [];
  const step = path.at(-1);
  if (!step || !('key' in step) || !Object.hasOwn(step.key, String(pointer.at(-1)))) return undefined;
  const now = get(answer, parent);
  // A key is of the same type in every element.
  const key = Object.fromEntries(Object.keys(step.key).map((name) => [name, (at(now, name) ?? '') as string]));
  return isDeepStrictEqual(key, { ...step.key }) ? undefined : [...path.slice(0, -1), { key }];
}

function isEmpty(value: Json): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function keyLike(sibling: string, value: Json): Readonly<Record<string, string | number | boolean>> {
  // Keys are objects of scalars.
  const names = Object.keys(JSON.parse(sibling) as JsonObject);
  return Object.fromEntries(names.map((name) => [name, String(at(value, name) ?? 'TCP')]));
}

function shapeAt(root: Shape, pointer: Pointer): Shape {
  let shape = root;
  for (const step of pointer) shape = stepDown(shape, '', step)?.shape ?? shape;
  return shape;
}

function judge(
  expected: readonly Expected[],
  findings: readonly Finding[],
): Omit<Extract<Outcome, { readonly status: 'judged' }>, 'mutation' | 'value'> {
  const wanted = expected
    .map((one) => lineOf({ ...one, blame: one.class === 'removed' ? undefined : { manager: OTHER } }))
    .sort();
  const found = findings.map(lineOf).sort();
  const places = (lines: readonly string[]): readonly string[] => lines.map((line) => line.replace(/ by [^ ]+$/u, ''));
  return {
    status: 'judged',
    expected: wanted,
    found,
    isFound: expected.length > 0 && found.length > 0,
    isRightPath: isDeepStrictEqual(places(found), places(wanted)),
    isRightManager: isDeepStrictEqual(found, wanted),
  };
}

/** Class, path and who; key fields in alphabetical order. */
export function lineOf(one: {
  readonly class: string;
  readonly path: FieldPath;
  readonly blame?: { manager: string } | undefined;
}): string {
  const path = one.path.map((step) =>
    'key' in step ? { ...step, key: Object.fromEntries(Object.entries(step.key).sort()) } : step,
  );
  return `${one.class} ${printPath(path)} by ${one.blame?.manager ?? 'nobody'}`;
}

/** Leaves that can be left out of one object together: none inside another, no two of one parent. */
function groupsOf(mutations: readonly Mutation[]): readonly (readonly Mutation[])[] {
  const groups: Mutation[][] = [];
  for (const mutation of mutations) {
    const group = groups.find((one) =>
      one.every((other) => other.base === mutation.base && !collide(other.pointer, mutation.pointer)),
    );
    if (group) group.push(mutation);
    else groups.push([mutation]);
  }
  return groups;
}

function collide(a: Pointer, b: Pointer): boolean {
  const [parentA, parentB] = [a.slice(0, -1), b.slice(0, -1)];
  if (isDeepStrictEqual(parentA, parentB) || isPrefix(a, b) || isPrefix(b, a)) return true;
  // An element that is left out moves those after it.
  return (typeof a.at(-1) === 'number' && isPrefix(parentA, b)) || (typeof b.at(-1) === 'number' && isPrefix(parentB, a));
}
