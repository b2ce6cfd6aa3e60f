import { expect } from 'chai';
import { fixture } from '../demo/world.ts';
import { lines, liveScene } from './live-scene.ts';

// Each manifest, created in each way that workloads are, is in sync right after: the API server's defaults, spellings
// and bookkeeping are nobody's drift.

const WAYS: readonly (readonly [string, readonly string[]])[] = [
  ["ConfigHub's worker (server-side apply)", ['apply', '--server-side', '--field-manager=confighub', '-f', '-']],
  ['kubectl create, so that the creator owns every default', ['create', '-f', '-']],
  ['kubectl apply (client side)', ['apply', '-f', '-']],
];

describe('no false alarm', function () {
  this.timeout(120_000);
  for (const manifest of ['minimal', 'rich']) {
    for (const [way, args] of WAYS) {
      it(`finds nothing in ${manifest}.yaml after ${way}`, async () => {
        const scene = await liveScene();
        const text = await fixture(`diff/manifests/${manifest}.yaml`);
        await scene.kubectl(args, text.replaceAll('NAMESPACE', scene.namespace));
        const comparison = await scene.compare(text);
        expect(comparison.compared).to.be.greaterThan(0);
        expect(lines(comparison.objects.flatMap((object) => object.findings))).to.deep.equal([]);
      });
    }
  }

  it('finds nothing after ConfigHub took over what kubectl had created', async () => {
    const scene = await liveScene();
    const text = await fixture('diff/manifests/rich.yaml');
    await scene.kubectl(['create', '-f', '-'], text.replaceAll('NAMESPACE', scene.namespace));
    await scene.applyAsConfigHub(text);
    expect(lines(await scene.findings(text))).to.deep.equal([]);
  });

  it('finds nothing where a value was changed and changed back', async () => {
    const scene = await liveScene();
    const text = await fixture('diff/manifests/rich.yaml');
    await scene.applyAsConfigHub(text);
    await scene.kubectl(['scale', 'deployment/rich', '--replicas=7']);
    await scene.kubectl(['scale', 'deployment/rich', '--replicas=2']);
    await scene.kubectl(['set', 'image', 'deployment/rich', 'app=registry.example/rich:2']);
    await scene.kubectl(['set', 'image', 'deployment/rich', 'app=registry.example/rich:1']);
    expect(lines(await scene.findings(text))).to.deep.equal([]);
  });
});
