import { expect } from 'chai';
import { type FieldPath, printPath } from '../../src/domain/field-path.ts';
import type { Finding } from '../../src/domain/finding.ts';
import { at, type Json, type JsonObject } from '../../src/domain/json.ts';
import type { FieldOwner } from '../../src/domain/snapshot.ts';
import { targetOf } from '../../src/domain/target.ts';
import { CONTAINER, envValue, finding, label, REPLICAS, ref, workload } from './builders.ts';

const web = ref('web');

function target(
  live: JsonObject,
  desired: JsonObject,
  findings: readonly Finding[],
  owners: readonly FieldOwner[] = [],
): JsonObject {
  return targetOf({ kind: String(desired['kind']), live, desired, owners }, findings).body;
}

const container = (body: JsonObject): Json | undefined => {
  const list = at(body, 'spec', 'template', 'spec', 'containers');
  return Array.isArray(list) ? list[0] : undefined;
};
const element = (list: string, key: Readonly<Record<string, string | number>>): FieldPath => [
  ...CONTAINER,
  { field: list },
  { key },
];
const added = (path: FieldPath, live: Json): Finding => finding({ path, class: 'added', desired: undefined, live });
const removed = (path: FieldPath, desired: Json): Finding => finding({ path, class: 'removed', desired, live: undefined });

describe('what an object is to become', () => {
  it('is live with the planned fields as desired has them, and everything else untouched', () => {
    const live = { ...workload(web, 5), status: { replicas: 5 } };
    const body = target(live, workload(web, 3), [finding()]);
    expect(body).to.deep.equal({ ...workload(web, 3), status: { replicas: 5 } });
  });

  it('keeps what the plan leaves alone, an autoscaled number for one', () => {
    const desired = workload(web, 3, { image: 'a:1' });
    const image = finding({ path: [...CONTAINER, { field: 'image' }], desired: 'a:1', live: 'a:2' });
    expect(target(workload(web, 7, { image: 'a:2' }), desired, [image])).to.deep.equal(workload(web, 7, { image: 'a:1' }));
  });

  it('puts an element back at its declared place among those that are there', () => {
    const env = (...names: readonly string[]): JsonObject => ({ env: names.map((name) => ({ name, value: name })) });
    const desired = workload(web, 3, env('A', 'B', 'C'));
    const back = (name: string): Finding => removed(element('env', { name }), { name, value: name });
    for (const name of ['A', 'B', 'C']) {
      const live = workload(web, 3, env(...['A', 'B', 'C'].filter((other) => other !== name)));
      expect(target(live, desired, [back(name)]), name).to.deep.equal(desired);
    }
    const foreign = workload(web, 3, env('A', 'C', 'INJECTED'));
    expect(container(target(foreign, desired, [back('B')]))).to.have.deep.property('env', env('A', 'B', 'C', 'INJECTED')['env']);
  });

  it('renames an only element in one step', () => {
    const port = (containerPort: number): JsonObject => ({ ports: [{ containerPort, protocol: 'TCP' }] });
    const body = target(workload(web, 3, port(9443)), workload(web, 3, { ports: [{ containerPort: 8080 }] }), [
      removed(element('ports', { containerPort: 8080, protocol: 'TCP' }), { containerPort: 8080 }),
      added(element('ports', { containerPort: 9443, protocol: 'TCP' }), { containerPort: 9443 }),
    ]);
    expect(container(body)).to.have.deep.property('ports', [{ containerPort: 8080 }]);
  });

  it('takes a parent away that only held the addition, and keeps one that another manager put there', () => {
    const live = workload(web, 3, { securityContext: { runAsUser: 0 } });
    const path = [...CONTAINER, { field: 'securityContext' }, { field: 'runAsUser' }];
    const addition = { ...added(path, 0) };
    expect(target(live, workload(web, 3), [addition])).to.deep.equal(workload(web, 3));
    const declared = workload(web, 3, { securityContext: {} });
    expect(target(live, declared, [addition])).to.deep.equal(declared);
    const custom: JsonObject = { apiVersion: 'example.org/v1', kind: 'Thing', spec: { sync: { by: 'hand' } } };
    const fields = { 'f:spec': { 'f:sync': {} } };
    const owner: FieldOwner = { manager: 'sync-controller', operation: 'Update', subresource: '', fields };
    const inSync = added([{ field: 'spec' }, { field: 'sync' }, { field: 'by' }], 'hand');
    expect(target(custom, { ...custom, spec: {} }, [inSync], [owner])).to.deep.equal({ ...custom, spec: { sync: {} } });
  });

  it('keeps a parent that the server had filled in before its content was updated', () => {
    const addition = added([...CONTAINER, { field: 'securityContext' }, { field: 'runAsUser' }], 0);
    const live = workload(web, 3, { securityContext: { runAsUser: 0 } });
    const by = (securityContext: JsonObject): FieldOwner => ({
      manager: addition.blame?.manager ?? '',
      operation: 'Update',
      subresource: '',
      fields: {
        'f:spec': {
          'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"app"}': { 'f:securityContext': securityContext } } } },
        },
      },
    });
    const filledIn = by({ 'f:runAsUser': {} });
    expect(target(live, workload(web, 3), [addition], [filledIn])).to.deep.equal(workload(web, 3, { securityContext: {} }));
    const made = by({ '.': {}, 'f:runAsUser': {} });
    expect(target(live, workload(web, 3), [addition], [made])).to.deep.equal(workload(web, 3));
  });

  it('removes several elements of one key without mistaking one for the other', () => {
    const env = ['x', 'y', 'z'].map((value) => ({ name: 'A', value }));
    const nth = (duplicate: number): FieldPath => [...CONTAINER, { field: 'env' }, { key: { name: 'A' }, duplicate }];
    const findings = [added(nth(1), 'y'), added(nth(2), 'z')];
    const body = target(workload(web, 3, { env }), workload(web, 3, { env: env.slice(0, 1) }), findings);
    expect(container(body)).to.have.deep.property('env', env.slice(0, 1));
  });

  it('gives declared elements their order back and leaves those of others where they are', () => {
    const init = (...names: readonly string[]): JsonObject => {
      const { spec, ...rest } = workload(web, 3);
      const initContainers = names.map((name) => ({ name }));
      return { ...rest, spec: { ...(spec as JsonObject), template: { spec: { initContainers } } } };
    };
    const path = [...CONTAINER.slice(0, 3), { field: 'initContainers' }];
    const reordered: Finding = { ...finding({ path, desired: ['a', 'b'], live: ['b', 'a'] }), isReordered: true };
    expect(target(init('b', 'mesh', 'a'), init('a', 'b'), [reordered])).to.deep.equal(init('a', 'mesh', 'b'));
  });
});

describe('fields that hang together', () => {
  const probe = (handler: JsonObject): JsonObject => ({ livenessProbe: { ...handler, periodSeconds: 10 } });
  const inProbe = (field: string): FieldPath => [...CONTAINER, { field: 'livenessProbe' }, { field }];

  it('leave one member of a one-of, also where the other is a default that no finding names', () => {
    const exec = { exec: { command: ['true'] } };
    const body = target(workload(web, 3, probe({ httpGet: { port: 80 } })), workload(web, 3, { livenessProbe: exec }), [
      removed(inProbe('exec'), exec.exec),
    ]);
    expect(container(body)).to.have.deep.property('livenessProbe', { periodSeconds: 10, ...exec });
  });

  it('are changed as twins', () => {
    const live = workload(web, 3);
    const inPod = (field: string): FieldPath => [...CONTAINER.slice(0, 3), { field }];
    const withAccount = (fields: JsonObject): JsonObject => ({ spec: { template: { spec: fields } }, kind: 'Deployment' });
    const both = withAccount({ serviceAccountName: 'build', serviceAccount: 'build' });
    expect(target(both, live, [added(inPod('serviceAccountName'), 'build')])).to.deep.equal({
      kind: 'Deployment',
      spec: { template: { spec: {} } },
    });
    const changed = finding({ path: inPod('serviceAccountName'), desired: 'web', live: 'build' });
    expect(target(both, withAccount({ serviceAccountName: 'web' }), [changed])).to.deep.equal(
      withAccount({ serviceAccountName: 'web', serviceAccount: 'web' }),
    );
  });

  it('drop what the server filled in beside a value that goes back', () => {
    const strategy = (type: string, more: JsonObject = {}): JsonObject => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      spec: { strategy: { type, ...more } },
    });
    const type = finding({
      path: [{ field: 'spec' }, { field: 'strategy' }, { field: 'type' }],
      desired: 'Recreate',
      live: 'RollingUpdate',
    });
    const filledIn = strategy('RollingUpdate', { rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } });
    expect(target(filledIn, strategy('Recreate'), [type])).to.deep.equal(strategy('Recreate'));
  });

  it('name every path that the target changes', () => {
    const env = [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }];
    const desired = workload(web, 3, { env: [{ name: 'A', value: 'a' }] });
    const { changed } = targetOf({ kind: 'Deployment', live: workload(web, 5, { env }), desired, owners: [] }, [
      finding({ path: REPLICAS }),
      removed(envValue('A'), 'a'),
      added(label('x'), 'y'),
    ]);
    expect(changed.map(printPath)).to.include.members([
      '/spec/replicas',
      '/spec/template/spec/containers[name=app]/env[name=A]/value',
      '/spec/template/spec/containers[name=app]/env[name=A]/valueFrom',
      '/metadata/labels/x',
    ]);
  });
});
