import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { readBuiltInSchemas } from '../../src/clients/kubernetes/built-in-schemas.ts';
import { readManifest } from '../../src/clients/kubernetes/manifest.ts';
import type { DesiredObject } from '../../src/domain/desired.ts';
import { printPath } from '../../src/domain/field-path.ts';
import { isDrift } from '../../src/domain/finding.ts';
import { isJsonArray, isJsonObject, type Json, type JsonObject, stringAt } from '../../src/domain/json.ts';
import { groupOf } from '../../src/domain/object-ref.ts';
import type { LiveObject } from '../../src/domain/snapshot.ts';
import { cleanManifest, createCompare, type DiffOptions } from '../../src/stages/diff/diff.ts';
import { projectObject } from '../../src/stages/snapshot/project.ts';
import { unit } from '../types/builders.ts';

// What a unit of a live object would say. The objects are those that real actors left on a real API server
// (fixtures/diff/cases, recorded by test/diff/record.ts), by every hand that makes and changes workloads.

const FOLDER = new URL('../../fixtures/diff/cases/', import.meta.url);
const OPTIONS: DiffOptions = { cluster: 'test', desiredManagers: ['confighub'] };
const KINDS = new Set(['Deployment', 'StatefulSet', 'DaemonSet']);

interface Recorded {
  readonly name: string;
  readonly live: LiveObject;
}

const recorded: readonly Recorded[] = readdirSync(FOLDER)
  .sort()
  .flatMap((name) =>
    readManifest(readFileSync(new URL(`${name}/live.yaml`, FOLDER), 'utf8')).documents.flatMap(({ document }): Recorded[] => {
      const kind = stringAt(document, 'kind') ?? '';
      const live = KINDS.has(kind) ? projectObject(document, stringAt(document, 'apiVersion') ?? '', kind) : undefined;
      return live && groupOf(live.ref.apiVersion) === 'apps' ? [{ name, live }] : [];
    }),
  );

function declaredAs(live: LiveObject, document: JsonObject): DesiredObject {
  return { ref: live.ref, document, documentIndex: 0, unit: unit('adopted', { liveRevision: 0, lastAppliedRevision: 0 }) };
}

/** Every field of a document as a text path, with its value where it is a leaf. */
function fields(value: Json, path = ''): readonly (readonly [string, Json])[] {
  if (isJsonArray(value)) return value.flatMap((entry) => fields(entry, `${path}[]`));
  if (!isJsonObject(value)) return [[path, value]];
  return Object.entries(value).flatMap(([key, entry]) => [
    [`${path}/${key}`, entry] as const,
    ...fields(entry, `${path}/${key}`),
  ]);
}

/** What the API server or a controller writes by itself, as every object has it that is read back. */
const NEVER =
  /^\/status|^\/metadata\/(uid|resourceVersion|generation|creationTimestamp|managedFields|selfLink)$|\/creationTimestamp$|last-applied-configuration|deployment\.kubernetes\.io\/revision|restartedAt|pause-until/u;
const DEFAULTS: Readonly<Record<string, Json>> = {
  '/spec/revisionHistoryLimit': 10,
  '/spec/progressDeadlineSeconds': 600,
  '/spec/podManagementPolicy': 'OrderedReady',
  '/spec/template/spec/restartPolicy': 'Always',
  '/spec/template/spec/dnsPolicy': 'ClusterFirst',
  '/spec/template/spec/schedulerName': 'default-scheduler',
  '/spec/template/spec/terminationGracePeriodSeconds': 30,
  '/spec/template/spec/containers[]/terminationMessagePath': '/dev/termination-log',
  '/spec/template/spec/containers[]/terminationMessagePolicy': 'File',
  '/spec/template/spec/containers[]/ports[]/protocol': 'TCP',
  '/spec/template/spec/containers[]/env[]/valueFrom/fieldRef/apiVersion': 'v1',
  '/spec/template/spec/volumes[]/configMap/defaultMode': 420,
  '/spec/strategy/type': 'RollingUpdate',
};

describe('the clean manifest of a live object', () => {
  let schemas: Record<string, Json>;
  before(async () => {
    schemas = { 'apps/v1': await readBuiltInSchemas() };
  });
  const clean = (live: LiveObject): ReturnType<typeof cleanManifest> =>
    cleanManifest(live, { autoscalers: [], failedReads: [], schemas }, OPTIONS);

  it('is there for nearly every workload that was recorded, and where it is not, it says why', () => {
    const refusals = recorded.flatMap(({ name, live }) => {
      const found = clean(live);
      return found.ok ? [] : [`${name}: ${found.why}`];
    });
    expect(recorded.length).to.be.greaterThan(150);
    for (const why of refusals) expect(why).to.match(/looks like a secret|being deleted|it belongs to|duplicate/u);
    expect(refusals.length, refusals.join('\n')).to.be.lessThan(recorded.length / 8);
  });

  it('compares as in sync with the object that it was made of', () => {
    const compare = createCompare({ autoscalers: [], failedReads: [], schemas }, OPTIONS);
    for (const { name, live } of recorded) {
      const found = clean(live);
      if (!found.ok) continue;
      const left = compare(declaredAs(live, found.document), live).filter((finding) => finding.class !== 'informational');
      expect(
        left.map((finding) => `${finding.class} ${printPath(finding.path)}`),
        name,
      ).to.deep.equal([]);
    }
  });

  it('holds nothing that the API server or a controller writes by itself, and no default', () => {
    for (const { name, live } of recorded) {
      const found = clean(live);
      if (!found.ok) continue;
      const all = fields(found.document);
      expect(
        all.filter(([path]) => NEVER.test(path)).map(([path]) => path),
        name,
      ).to.deep.equal([]);
      expect(
        all.filter(([path, value]) => Object.hasOwn(DEFAULTS, path) && DEFAULTS[path] === value).map(([path]) => path),
        name,
      ).to.deep.equal([]);
      expect(
        all.filter(([, value]) => value === null).map(([path]) => path),
        name,
      ).to.deep.equal([]);
    }
  });

  it('declares the number of replicas, whose change leaves no owner behind', () => {
    const compare = createCompare({ autoscalers: [], failedReads: [], schemas }, OPTIONS);
    let changed = 0;
    for (const { name, live } of recorded) {
      const found = clean(live);
      if (!found.ok) continue;
      const spec = live.body['spec'];
      const scaled = { ...live, owners: [], body: { ...live.body, spec: { ...(isJsonObject(spec) ? spec : {}), replicas: 77 } } };
      if (live.ref.kind === 'DaemonSet') continue;
      const findings = compare(declaredAs(live, found.document), scaled).filter(isDrift);
      expect(
        findings.map(({ path, class: kind }) => `${kind} ${printPath(path)}`),
        name,
      ).to.include('changed /spec/replicas');
      changed++;
    }
    expect(changed).to.be.greaterThan(100);
  });

  it('refuses what looks like a secret, by the name of the field and not by its value', () => {
    const deployment = recorded.find(({ live }) => live.ref.kind === 'Deployment' && clean(live).ok)?.live;
    if (!deployment) throw new Error('no recorded Deployment');
    const container = { name: 'app', image: 'a:1', env: [{ name: 'DB_PASSWORD', value: 'hunter2' }], args: ['--token', 'xyz'] };
    const body = { ...deployment.body, spec: { selector: {}, template: { spec: { containers: [container] } } } };
    const found = clean({ ...deployment, body, owners: [] });
    expect(found.ok).to.equal(false);
    const why = found.ok ? '' : found.why;
    expect(why).to.contain('env[name=DB_PASSWORD]').and.to.contain('/args').and.to.not.contain('hunter2');
  });
});
