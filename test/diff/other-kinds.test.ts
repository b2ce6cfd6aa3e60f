import { setTimeout } from 'node:timers/promises';
import { expect } from 'chai';
import { printPath } from '../../src/domain/field-path.ts';
import type { Finding } from '../../src/domain/finding.ts';
import { fixture } from '../demo/world.ts';
import { type LiveScene, lines, liveScene } from './live-scene.ts';

// Any kind that a unit declares is compared where the configuration lists it: custom resources with a schema and
// without, and objects that belong to no namespace.

const PIPELINE = 'ci.example.com/v1/Pipeline';

/** The API server publishes the schema of a new definition some time after it serves the kind. */
async function published(scene: LiveScene, group: string): Promise<void> {
  for (;;) {
    const { stdout } = await scene.cluster.kubectl(['get', '--raw', '/openapi/v3']);
    if (stdout.includes(`"${group}"`)) return;
    await setTimeout(100);
  }
}

describe('kinds beyond workloads', function () {
  this.timeout(120_000);

  it('compares custom resources by the schema that their definition gives them', async () => {
    const scene = await liveScene([PIPELINE]);
    const crd = await fixture('offline/custom/crd.yaml');
    await scene.cluster.kubectl(['apply', '-f', '-'], crd);
    await scene.cluster.kubectl(['wait', '-f', '-', '--for=condition=Established', '--timeout=30s'], crd);
    await published(scene, 'apis/ci.example.com/v1');
    const text = (await fixture('offline/custom/desired.yaml')).replace('namespace: shop', 'namespace: NAMESPACE');
    await scene.applyAsConfigHub(text);
    expect(lines(await scene.findings(text))).to.deep.equal([]);
    const patch = [
      { op: 'replace', path: '/spec/steps/0/image', value: 'registry.example/test:2' },
      { op: 'replace', path: '/spec/tags', value: ['nightly'] },
    ];
    await scene.kubectl(['patch', 'pipeline/build', '--type=json', '-p', JSON.stringify(patch)]);
    const found = [
      'removed /spec/tags[=fast]: "fast" -> - by nobody',
      'changed /spec/steps[name=test]/image: "registry.example/test:1" -> "registry.example/test:2" by kubectl-patch (hands)',
    ];
    expect(lines(await scene.findings(text))).to.deep.equal(found);
    expect(lines(await scene.findingsWithoutSchema(text)), 'as managedFields alone tells lists apart').to.deep.equal(found);
  });

  it('compares custom resources whose definition says nothing of their fields', async () => {
    const scene = await liveScene(['free.example.com/v1/Thing']);
    const crd = await fixture('diff/thing-crd.yaml');
    await scene.cluster.kubectl(['apply', '-f', '-'], crd);
    await scene.cluster.kubectl(['wait', '-f', '-', '--for=condition=Established', '--timeout=30s'], crd);
    const text =
      'apiVersion: free.example.com/v1\nkind: Thing\nmetadata: {name: one, namespace: NAMESPACE}\nspec: {size: 1, list: [a, b], map: {x: 1}}\n';
    await scene.applyAsConfigHub(text);
    expect(lines(await scene.findings(text))).to.deep.equal([]);
    await scene.kubectl(['patch', 'thing/one', '--type=merge', '-p', '{"spec":{"list":["a"],"map":{"y":2}}}']);
    expect(lines(await scene.findings(text))).to.deep.equal([
      'changed /spec/list: ["a","b"] -> ["a"] by kubectl-patch (hands)',
      'added /spec/map/y: - -> 2 by kubectl-patch (hands)',
    ]);
  });

  it('compares objects without a namespace where a unit declares them, and calls no other of them unmanaged', async () => {
    const scene = await liveScene(['rbac.authorization.k8s.io/v1/ClusterRole']);
    const name = `role-${scene.namespace}`;
    const text = `apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: ${name}}\nrules:\n- {apiGroups: [""], resources: [pods], verbs: [get]}\n`;
    await scene.applyAsConfigHub(text);
    expect((await scene.compare(text)).objects).to.deep.equal([]);
    const patch = [{ op: 'replace', path: '/rules/0/verbs', value: ['*'] }];
    await scene.cluster.kubectl(['patch', 'clusterrole', name, '--type=json', '-p', JSON.stringify(patch)]);
    expect(lines(await scene.findings(text)).map((line) => line.replace(/: .* by/u, ' by'))).to.deep.equal([
      'changed /rules by kubectl-patch (hands)',
    ]);
    await scene.cluster.kubectl(['delete', 'clusterrole', name]);
    expect((await scene.findings(text)).map((finding) => finding.class)).to.deep.equal(['missing']);
  });

  it('takes an object of a kind without namespaces for the same one whatever namespace its unit writes', async () => {
    const scene = await liveScene(['rbac.authorization.k8s.io/v1/ClusterRole']);
    const name = `stray-${scene.namespace}`;
    const text = `apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: ${name}, namespace: NAMESPACE}\nrules:\n- {apiGroups: [""], resources: [pods], verbs: [get]}\n`;
    const kinds = (objects: readonly Finding[]): readonly string[] => objects.map((finding) => finding.class);
    expect(kinds(await scene.findings(text))).to.deep.equal(['missing']);
    await scene.applyAsConfigHub(text);
    expect(await scene.findings(text)).to.deep.equal([]);
    const twice = `${text}---\n${text.replace('NAMESPACE', 'elsewhere')}`;
    expect(kinds(await scene.findings(twice))).to.deep.equal(['conflicting']);
    await scene.cluster.kubectl(['delete', 'clusterrole', name]);
  });

  it('reads an autoscaler in the version that its unit declares, so that what is found is in the fields of the unit', async () => {
    const scene = await liveScene(['autoscaling/v2/HorizontalPodAutoscaler']);
    const autoscaler = (version: string, name: string, target: string): string =>
      `apiVersion: autoscaling/${version}\nkind: HorizontalPodAutoscaler\nmetadata: {name: ${name}, namespace: NAMESPACE}\nspec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: ${name}}, maxReplicas: 6${target}}\n`;
    const text = [
      autoscaler('v1', 'old', ', targetCPUUtilizationPercentage: 70'),
      autoscaler('v2', 'new', ''),
      autoscaler('v2beta1', 'gone', ''),
    ].join('---\n');
    await scene.applyAsConfigHub(text.replace('v2beta1', 'v2'));
    expect(lines(await scene.findings(text))).to.deep.equal([]);
    const metrics = [
      { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 20 } } },
      { type: 'Resource', resource: { name: 'memory', target: { type: 'Utilization', averageUtilization: 50 } } },
    ];
    for (const name of ['old', 'new', 'gone'])
      await scene.kubectl(['patch', `hpa/${name}`, '--type=merge', '-p', JSON.stringify({ spec: { metrics } })]);
    const found = (await scene.findings(text)).map(({ class: found, ref, path }) => `${ref.name} ${found} ${printPath(path)}`);
    expect(found).to.deep.equal([
      'gone added /spec/metrics',
      'new added /spec/metrics',
      'old added /metadata/annotations/autoscaling.alpha.kubernetes.io~1metrics',
      'old changed /spec/targetCPUUtilizationPercentage',
    ]);
    await scene.kubectl(['delete', 'hpa/old']);
    expect((await scene.findings(text)).filter(({ path }) => path.length === 0).map(({ ref }) => ref.apiVersion)).to.deep.equal([
      'autoscaling/v1',
    ]);
  });

  it('says of a unit that the API server would refuse what is wrong with it, and compares its neighbour', async () => {
    const scene = await liveScene();
    const text = await fixture('diff/manifests/rich.yaml');
    await scene.applyAsConfigHub(text);
    const broken =
      'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: broken, namespace: NAMESPACE}\nspec: {replicas: "3"}\n';
    const comparison = await scene.compare(`${text}\n---\n${broken}`);
    expect(comparison.invalid.map(({ desired, message }) => `${desired.ref.name}: ${message}`)).to.deep.equal([
      'broken: a string where an integer is expected',
    ]);
    expect(comparison.compared).to.equal(1);
    expect(comparison.partlyCompared).to.deep.equal(['unit-1']);
  });
});
