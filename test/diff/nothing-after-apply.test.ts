import { randomInt } from 'node:crypto';
import { expect } from 'chai';
import { type Finding, isDrift } from '../../src/domain/finding.ts';
import { MANIFEST_KINDS, manifestSet } from './generate/manifest-set.ts';
import { type LiveScene, lines, liveScene } from './live-scene.ts';

// Whatever is applied, however it comes to be, is in sync right after: defaults, spellings, allocations and bookkeeping
// of the API server are not drift.

const IS_LONG = (process.env['DRIFT_LONG'] ?? '') !== '';
const SEED = Number(process.env['DRIFT_SEED'] ?? randomInt(2 ** 31));
const GENERATED = IS_LONG ? 220 : 20;

type Way = (scene: LiveScene, text: string) => Promise<void>;

const applyAs =
  (manager: string): Way =>
  async (scene, text) => {
    await scene.kubectl(['apply', '--server-side', '--force-conflicts', `--field-manager=${manager}`, '-f', '-'], text);
  };
const run =
  (...args: readonly string[]): Way =>
  async (scene, text) => {
    await scene.kubectl([...args, '-f', '-'], text);
  };
/** Resets managedFields, as some tools do to make objects smaller. */
const strip: Way = async (scene, text) => {
  const patch = JSON.stringify([{ op: 'replace', path: '/metadata/managedFields', value: [{}] }]);
  await scene.kubectl(['patch', '--type=json', '-p', patch, '-f', '-'], text);
};

const WAYS: readonly (readonly [string, readonly Way[]])[] = [
  ["ConfigHub's worker (server-side apply)", [applyAs('confighub')]],
  ['kubectl create, whose entry owns every default', [run('create')]],
  ['kubectl apply (client side)', [run('apply')]],
  ['kubectl create, taken over by ConfigHub', [run('create'), applyAs('confighub')]],
  ['kubectl apply, taken over by ConfigHub', [run('apply'), applyAs('confighub')]],
  ['another GitOps tool, then ConfigHub', [applyAs('argocd-controller'), applyAs('confighub')]],
  ['ConfigHub, then another GitOps tool', [applyAs('confighub'), applyAs('argocd-controller')]],
  ['ConfigHub, and managedFields stripped', [applyAs('confighub'), strip]],
  ['kubectl create, stripped, taken over by ConfigHub', [run('create'), strip, applyAs('confighub')]],
  ['kubectl create, replaced by kubectl apply', [run('create', '--save-config'), run('apply')]],
];

/** Who carries desired state: ConfigHub alone, or kubectl as well, whose entries own what the server made of what was sent. */
const MANAGERS = [['confighub'], ['confighub', 'kubectl-create', 'kubectl-client-side-apply']];

describe('nothing after apply', function () {
  this.timeout(IS_LONG ? 600_000 : 120_000);
  for (const [way, steps] of WAYS) {
    it(`finds nothing in ${GENERATED} generated manifests and the written ones after ${way} (DRIFT_SEED=${SEED})`, async () => {
      const scene = await liveScene(MANIFEST_KINDS);
      const manifests = manifestSet(SEED, GENERATED, scene.cluster.version);
      for (const step of steps) await step(scene, manifests.replaceAll('NAMESPACE', scene.namespace));
      for (const managers of way.startsWith('kubectl') ? MANAGERS : MANAGERS.slice(0, 1)) {
        const comparison = await scene.compare(manifests, {}, managers);
        const found: readonly Finding[] = comparison.objects.flatMap((object) =>
          object.findings.filter((finding) => isDrift(finding) || finding.class === 'pending'),
        );
        const said = found.map((finding, index) => `${finding.ref.kind}/${finding.ref.name} ${lines(found)[index]}`);
        expect(said.slice(0, 20), managers.join()).to.deep.equal([]);
        expect(
          comparison.invalid.map(({ desired, message }) => `${desired.ref.kind}/${desired.ref.name}: ${message}`),
        ).to.deep.equal([]);
        expect(comparison.compared).to.be.greaterThan(GENERATED + 20);
      }
    });
  }
});
