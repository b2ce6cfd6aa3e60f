import { isDeepStrictEqual } from 'node:util';
import { createKubernetesClient, type ResourceKind } from '../../../src/clients/kubernetes/client.ts';
import { connectKubernetes } from '../../../src/clients/kubernetes/transport.ts';
import type { DesiredObject } from '../../../src/domain/desired.ts';
import { ClusterError } from '../../../src/domain/errors.ts';
import type { Finding } from '../../../src/domain/finding.ts';
import { at, isJsonObject, type Json, type JsonObject } from '../../../src/domain/json.ts';
import type { JsonPatchOperation } from '../../../src/domain/json-patch.ts';
import type { ObjectRef } from '../../../src/domain/object-ref.ts';
import { comparerOf } from '../../../src/stages/diff/diff.ts';
import { projectLive, takeSnapshot } from '../../../src/stages/snapshot/snapshot.ts';
import { sharedControlPlane } from '../../control-plane/shared.ts';
import { minorOf } from '../../control-plane/version.ts';
import { unit } from '../../types/builders.ts';
import { expectedOf } from './expected.ts';
import { groupsOf } from './groups.ts';
import { judge, lineOf, type Outcome } from './judge.ts';
import type { Base, Mutation } from './mutations.ts';
import { operationOf } from './operation.ts';
import { treeOf } from './ownership.ts';
import { get, omit } from './pointer.ts';
import { type Shape, shapeOf } from './shape.ts';

const OURS = 'confighub';
const OTHER = 'kubectl-edit';
const LAST_WITHOUT_TEMPLATE_CHECK = 24;
const PLURALS: Readonly<Record<string, string>> = {
  Deployment: 'deployments',
  StatefulSet: 'statefulsets',
  DaemonSet: 'daemonsets',
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
  /** The findings on an unchanged base. */
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
    return findings(base, live).filter((finding) => finding.class !== 'pending' || !pending.has(lineOf(finding)));
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
      return { ...judge(expected, compareTo(on, answer), OTHER), mutation, value };
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

/** The server's message quotes whole objects at times; the error is at both ends. */
function brief({ message }: ClusterError): string {
  return message.length < 700 ? message : `${message.slice(0, 300)} ... ${message.slice(-300)}`;
}

function single(outcomes: readonly Outcome[]): Outcome {
  const [only] = outcomes;
  if (!only) throw new Error('no outcome');
  return only;
}
