import { expect } from 'chai';
import { createKubernetesClient } from '../../../src/clients/kubernetes/client.ts';
import { connectKubernetes } from '../../../src/clients/kubernetes/transport.ts';
import { printPath } from '../../../src/domain/field-path.ts';
import type { Prediction, UnitFix } from '../../../src/domain/plan.ts';
import { comparing } from '../../../src/pass/compare.ts';
import { predictFixes } from '../../../src/stages/fix/predict.ts';
import { takeSnapshot } from '../../../src/stages/snapshot/snapshot.ts';
import { type LiveScene, liveScene } from '../../diff/live-scene.ts';
import { startWebhook, type Webhook } from '../../diff/webhook.ts';

// What the API server answers to a dry run of a fix, on a real one.

const WEB = (replicas: number, restartPolicy: string, image: string): string => `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: NAMESPACE}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      restartPolicy: ${restartPolicy}
      containers: [{name: app, image: ${image}}]
`;

describe('a fix that is tried by dry run', () => {
  let scene: LiveScene;
  let webhook: Webhook;
  before(async () => {
    scene = await liveScene();
    webhook = await startWebhook(scene.cluster, scene.namespace);
  });
  after(() => webhook?.[Symbol.asyncDispose]());
  afterEach(() => webhook.disable());

  /** Of the only object, where the unit declares this by now, and `meanwhile` happens after it was read. */
  async function predict(
    manifest: string,
    route: UnitFix['route'] = 'direct',
    meanwhile: () => Promise<unknown> = async () => undefined,
  ): Promise<{ readonly prediction: Prediction | undefined; readonly refused: Readonly<Record<string, string>> }> {
    const comparison = await scene.compare(manifest);
    const [object] = comparison.objects;
    if (!object?.desired) throw new Error('nothing differs');
    const { desired, live, findings } = object;
    const client = createKubernetesClient(await connectKubernetes({ kubeconfig: scene.cluster.kubeconfig, userAgent: 'test' }));
    const signal = AbortSignal.timeout(30_000);
    const namespaceSelector = `scene=${scene.namespace}`;
    const snapshot = await takeSnapshot(client, { namespaceSelector, kinds: ['apps/v1/Deployment'], cacheDir: '', signal });
    const options = { cluster: 'test', desiredManagers: ['confighub'] };
    await meanwhile();
    const unitFix = {
      id: '',
      unit: desired.unit,
      objects: [{ desired, live, fix: findings, leave: [] }],
      others: [],
      isCritical: false,
      writesPair: false,
      changeSet: undefined,
      isStaged: false,
      route,
    };
    const predictions = await predictFixes({ fixes: [unitFix] }, client, {
      ...comparing(snapshot, options),
      signal,
    });
    client.close();
    const [prediction] = predictions.values();
    const refused = [...(prediction?.refused ?? [])].map(([id, { reason, detail }]) => {
      const finding = findings.find((one) => one.id === id);
      return [printPath(finding?.path ?? []), `${reason}: ${detail}`] as const;
    });
    return { prediction, refused: Object.fromEntries(refused) };
  }

  const IMAGE = '/spec/template/spec/containers[name=app]/image';
  /** As the unit declares it, and then scaled and given another image by hand. */
  const drift = async (): Promise<void> => {
    await scene.applyAsConfigHub(WEB(2, 'Always', 'registry.example/web:1'));
    await scene.kubectl(['scale', 'deployment/web', '--replicas=3']);
    await scene.kubectl(['set', 'image', 'deployment/web', 'app=registry.example/web:2']);
  };

  it('is taken as a whole, restarts pods where it changes their template, and is an apply of ConfigHub where that gives the same', async () => {
    await drift();
    const desired = WEB(2, 'Always', 'registry.example/web:1');
    const { prediction } = await predict(desired, 'confighub');
    expect(prediction).to.deep.include({ restartsPods: true, isAppliedAlone: true, alsoChanged: [] });
    await scene.kubectl(['set', 'env', 'deployment/web', 'DEBUG=true']);
    expect((await predict(desired, 'confighub')).prediction?.isAppliedAlone, 'an apply leaves additions').to.equal(false);
  });

  it('is refused for the field that the API server names, and taken for the others', async () => {
    await drift();
    await scene.kubectl([
      'patch',
      'deployment/web',
      '--type=json',
      '-p',
      '[{"op":"remove","path":"/spec/template/spec/restartPolicy"}]',
    ]);
    const { prediction, refused } = await predict(WEB(2, 'Sometimes', 'registry.example/web:1'));
    expect(Object.keys(refused)).to.deep.equal(['/spec/template/spec/restartPolicy']);
    expect(Object.values(refused)[0]).to.match(
      /^denied: spec\.template\.spec\.restartPolicy: Unsupported value: \*\*\*: supported values: "Always"/u,
    );
    expect(prediction?.restartsPods, 'the image').to.equal(true);
  });

  it('is refused for what admission changes again, which is not the account of any person', async () => {
    await drift();
    await webhook.enable([{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'mirror.example/web:2' }]);
    const { refused, prediction } = await predict(WEB(2, 'Always', 'registry.example/web:1'));
    expect(refused).to.deep.equal({ [IMAGE]: 'admission: admission changes it to mirror.example/web:2 again' });
    await webhook.enable([{ op: 'add', path: '/metadata/labels', value: { team: 'shop' } }]);
    const beside = await predict(WEB(2, 'Always', 'registry.example/web:1'));
    expect(beside.refused).to.deep.equal({});
    expect(beside.prediction?.alsoChanged.join()).to.contain('/metadata/labels');
    expect(prediction?.alsoChanged).to.deep.equal([]);
  });

  it('is not judged if the object changed after it was read', async () => {
    await drift();
    const desired = WEB(2, 'Always', 'registry.example/web:1');
    const { prediction } = await predict(desired, 'direct', () => scene.kubectl(['scale', 'deployment/web', '--replicas=4']));
    expect(prediction).to.equal(undefined);
  });
});
