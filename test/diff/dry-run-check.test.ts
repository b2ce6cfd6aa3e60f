import { expect } from 'chai';
import { createKubernetesClient } from '../../src/clients/kubernetes/client.ts';
import { connectKubernetes } from '../../src/clients/kubernetes/transport.ts';
import type { DryRunCheck } from '../../src/domain/dry-run-check.ts';
import type { Comparison, Finding } from '../../src/domain/finding.ts';
import type { DiffOptions } from '../../src/stages/diff/compare.ts';
import { applyDryRuns, objectsToCheck } from '../../src/stages/diff/diff.ts';
import { checkByDryRun } from '../../src/stages/snapshot/dry-run.ts';
import { fixture } from '../demo/world.ts';
import { type LiveScene, lines, liveScene } from './live-scene.ts';
import { startWebhook } from './webhook.ts';

const MANIFEST = 'diff/manifests/rich.yaml';
const MIRROR = [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'mirror.example/rich:1' }];
const options = { cluster: 'test', desiredManagers: ['confighub'] };

/** What the pass does with a comparison: it asks the server about suspects only. */
async function withSecondOpinion(
  scene: LiveScene,
  found: Comparison,
): Promise<{ readonly said: readonly string[]; readonly checks: ReadonlyMap<string, DryRunCheck> }> {
  const client = createKubernetesClient(await connectKubernetes({ kubeconfig: scene.cluster.kubeconfig, userAgent: 'test' }));
  const checks = await checkByDryRun(client, objectsToCheck(found, options), {
    fieldManager: 'confighub',
    signal: AbortSignal.timeout(30_000),
  });
  client.close();
  const settled = applyDryRuns(found, checks, options);
  return { said: lines(settled.objects.flatMap((object) => object.findings)), checks };
}

describe('second opinion of the API server', function () {
  this.timeout(120_000);

  it('takes what a webhook makes of every new object for no drift, and asks without leaving a trace', async () => {
    const scene = await liveScene();
    await using webhook = await startWebhook(scene.cluster, scene.namespace);
    await webhook.enable(MIRROR);
    const text = await fixture(MANIFEST);
    await scene.kubectl(['create', '-f', '-'], text.replaceAll('NAMESPACE', scene.namespace));
    const found = await scene.compare(text);
    const before = lines(found.objects.flatMap((object) => object.findings));
    expect(before).to.deep.equal([
      'changed /spec/template/spec/containers[name=app]/image: "registry.example/rich:1" -> "mirror.example/rich:1" by kubectl-create (delivery)',
    ]);
    const { said } = await withSecondOpinion(scene, found);
    expect(said).to.deep.equal([
      'informational /spec/template/spec/containers[name=app]/image: "registry.example/rich:1" -> "mirror.example/rich:1" by kubectl-create (delivery)',
    ]);
    expect((await scene.kubectl(['get', 'deployments', '-o', 'name'])).trim()).to.equal('deployment.apps/rich');
  });

  it('still finds what a hand added and changed beside it: a dry run of the live object would show both as they are', async () => {
    const scene = await liveScene();
    await using webhook = await startWebhook(scene.cluster, scene.namespace);
    await webhook.enable(MIRROR);
    const text = await fixture(MANIFEST);
    await scene.kubectl(['create', '-f', '-'], text.replaceAll('NAMESPACE', scene.namespace));
    await scene.kubectl(['set', 'env', 'deployment/rich', '-c=app', 'DEBUG=true']);
    await scene.kubectl(['patch', 'deployment/rich', '--type=merge', '-p', '{"spec":{"replicas":7}}']);
    const { said } = await withSecondOpinion(scene, await scene.compare(text));
    expect(said.filter((line) => !line.startsWith('informational'))).to.deep.equal([
      'changed /spec/replicas: 2 -> 7 by kubectl-patch (hands)',
      'added /spec/template/spec/containers[name=app]/env[name=DEBUG]: - -> {"name":"DEBUG","value":"true"} by kubectl-set (hands)',
    ]);
  });

  it('calls a value that admission changes in our own apply no pending one', async () => {
    const scene = await liveScene();
    await using webhook = await startWebhook(scene.cluster, scene.namespace);
    await webhook.enable(MIRROR);
    const text = await fixture(MANIFEST);
    await scene.applyAsConfigHub(text);
    const found = await scene.compare(text);
    expect(lines(found.objects.flatMap((object) => object.findings))[0]).to.match(/^pending /u);
    expect((await withSecondOpinion(scene, found)).said[0]).to.match(/^informational /u);
  });

  it('takes what the detector restored and the unit dropped for no drift where admission adds it anyway', async () => {
    const scene = await liveScene();
    const text = (await fixture(MANIFEST)).replace('example.com/owner: shop', 'example.com/owner: shop, injected: "yes"');
    await scene.applyAsConfigHub(text);
    await scene.kubectl(['annotate', 'deployment/rich', 'example.com/owner-', 'injected-']);
    const restored = ['example.com/owner=shop', 'injected=yes'];
    await scene.kubectl(['annotate', 'deployment/rich', ...restored, '--field-manager=drift-detector']);
    await using webhook = await startWebhook(scene.cluster, scene.namespace);
    await webhook.enable([{ op: 'add', path: '/metadata/annotations', value: { injected: 'yes' } }]);
    const found = await scene.compare(text.replace(/annotations: .*/u, ''));
    expect(lines(found.objects.flatMap((object) => object.findings))).to.deep.equal([
      'to_remove /metadata/annotations/example.com~1owner: - -> "shop" by nobody',
      'to_remove /metadata/annotations/injected: - -> "yes" by nobody',
    ]);
    expect((await withSecondOpinion(scene, found)).said).to.deep.equal([
      'to_remove /metadata/annotations/example.com~1owner: - -> "shop" by nobody',
      'informational /metadata/annotations/injected: - -> "yes" by nobody',
    ]);
  });

  it('calls what was applied under our own name drift, where the unit is applied and gives another value', async () => {
    const scene = await liveScene();
    const text = await fixture(MANIFEST);
    await scene.applyAsConfigHub(text);
    await scene.applyAsConfigHub(text.replace('rich:1', 'imposter:1').replace('replicas: 2', 'replicas: 4'));
    const found = await scene.compare(text);
    const pending = [
      'pending /spec/replicas: 2 -> 4 by nobody',
      'pending /spec/template/spec/containers[name=app]/image: "registry.example/rich:1" -> "registry.example/imposter:1" by nobody',
    ];
    expect(lines(found.objects.flatMap((object) => object.findings))).to.deep.equal(pending);
    const { said, checks } = await withSecondOpinion(scene, found);
    expect(said).to.deep.equal([
      'changed /spec/replicas: 2 -> 4 by confighub (delivery)',
      'changed /spec/template/spec/containers[name=app]/image: "registry.example/rich:1" -> "registry.example/imposter:1" by confighub (delivery)',
    ]);
    const settle = (asked: typeof checks, more: Partial<DiffOptions> = {}): readonly Finding[] =>
      applyDryRuns(found, asked, { ...options, ...more }).objects.flatMap((object) => object.findings);
    const [replicas, image] = settle(checks);
    expect([replicas?.repair.method, image?.restartsPods]).to.deep.equal(['json-patch', true]);
    const ignoreRules = [{ kind: 'Deployment', path: '/spec/replicas', reason: 'scaled by a script' }];
    expect(settle(checks, { ignoreRules }).map(({ class: to, note }) => `${to} ${note}`)[0]).to.equal(
      'informational ignored: scaled by a script',
    );
    // Without an answer it is unknown, and the note says so; if the unit is not applied, it is ahead.
    expect(settle(new Map()).map(({ class: to, note }) => `${to} ${note.replace(/^.*; /u, '')}`)).to.deep.equal(
      Array(2).fill('pending it needs a dry-run check, and the API server answered none: the account needs the right to patch'),
    );
    const ahead = await scene.compare(text, { liveRevision: 0, lastAppliedRevision: 0 });
    expect((await withSecondOpinion(scene, ahead)).said).to.deep.equal(pending);
  });

  it('asks about nothing where ownership explains everything', async () => {
    const scene = await liveScene();
    const text = await fixture(MANIFEST);
    await scene.applyAsConfigHub(text);
    await scene.kubectl(['scale', 'deployment/rich', '--replicas=5']);
    const found = await scene.compare(text);
    expect(found.objects).to.have.lengthOf(1);
    expect(objectsToCheck(found, options)).to.deep.equal([]);
  });

  it('does not try what the account may not do, and leaves the verdict as it was', async () => {
    const scene = await liveScene();
    const text = await fixture(MANIFEST);
    await scene.applyAsConfigHub(text);
    await scene.kubectl(['set', 'env', 'deployment/rich', '-c=app', 'DEBUG=true']);
    const found = await scene.compare(text);
    await scene.kubectl(['create', 'serviceaccount', 'nobody']);
    const token = (await scene.kubectl(['create', 'token', 'nobody'])).trim();
    const kubeconfig = await scene.cluster.kubeconfigForToken(`nobody-${scene.namespace}`, token);
    const client = createKubernetesClient(await connectKubernetes({ kubeconfig, userAgent: 'test' }));
    const checks = await checkByDryRun(client, objectsToCheck(found, options), {
      fieldManager: 'confighub',
      signal: AbortSignal.timeout(30_000),
    });
    client.close();
    expect([...checks]).to.deep.equal([]);
    expect(applyDryRuns(found, checks, options)).to.deep.equal(found);
  });
});
