import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { sharedControlPlane } from '../control-plane/shared.ts';
import { Client, startTestHub, temporaryDirectory } from '../hub/harness.ts';
import { createSpace, createUnit } from '../hub/scene.ts';
import { type Run, runMain } from '../run-main.ts';

const ID = randomBytes(3).toString('hex');
const SHOP = `gitops-${ID}`;
const TOKEN = `token-of-${ID}-for-the-hub`;

const deployment = (name: string, annotations = ''): string => `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, namespace: ${SHOP}, annotations: { ${annotations} } }
spec:
  replicas: 1
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec: { containers: [{ name: web, image: web:1 }] }
`;

describe('objects that Argo CD or Flux reconciles as well', function () {
  this.timeout(120_000);
  let started: AsyncDisposableStack;
  let plane: ControlPlane;
  let environment: Readonly<Record<string, string>>;

  before(async () => {
    started = new AsyncDisposableStack();
    plane = await sharedControlPlane();
    await plane.kubectl(['create', 'namespace', SHOP]);
    started.defer(async () => void (await plane.kubectl(['delete', 'namespace', SHOP, '--wait=false'])));
    await plane.kubectl(['label', 'namespace', SHOP, `gitops=${ID}`]);
    const apply = (manager: string, text: string): ReturnType<ControlPlane['kubectl']> =>
      plane.kubectl(['apply', '--server-side', '--force-conflicts', `--field-manager=${manager}`, '-f', '-'], text);
    // By its mark, by its manager, and by neither.
    await apply('confighub', deployment('tracked', '"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/tracked"'));
    await apply('argocd-controller', deployment('applied'));
    await apply('confighub', deployment('free', '"argocd.argoproj.io/sync-wave": "1"'));
    await apply('confighub', deployment('flux', '"kustomize.toolkit.fluxcd.io/name": shop'));
    // In no unit, so that nothing of it is ever fixed.
    await apply('argocd-controller', deployment('stranger'));
    const hub = started.use(await startTestHub({ accounts: [{ name: 'drift-detector', role: 'admin', token: TOKEN }] }));
    const client = new Client(hub.url, TOKEN);
    const space = await createSpace(client, 'shop');
    for (const name of ['tracked', 'applied', 'free', 'flux']) await createUnit(client, space, name, deployment(name));
    environment = {
      HOME: started.use(temporaryDirectory()).path,
      KUBECONFIG: plane.kubeconfig,
      DRIFT_CACHE_DIR: 'none',
      DRIFT_NAMESPACE_SELECTOR: `gitops=${ID}`,
      CONFIGHUB_URL: hub.url,
      CONFIGHUB_SPACE: 'shop',
      CUB_TOKEN: TOKEN,
    };
  });
  after(() => started.disposeAsync());

  const check = (settings: Readonly<Record<string, string>>): Promise<Run> =>
    runMain(['check', '-o', 'md'], { ...environment, ...settings });
  const warnings = ({ err }: Run): readonly string[] =>
    err.split('\n').flatMap((line) => (line.includes('"other-reconciler"') ? [String(JSON.parse(line).msg)] : []));

  it('are warned of once for each tool, counted, in log and report', async () => {
    const run = await check({ AUTO_FIX: 'true' });
    const [argo = '', flux = '', ...more] = warnings(run);
    expect(more, run.err).to.deep.equal([]);
    expect(argo).to.contain(`Argo CD also reconciles 2 objects that AUTO_FIX fixes, such as ${SHOP}/deployment/applied`);
    expect(flux).to.contain(`Flux also reconciles 1 object that AUTO_FIX fixes, such as ${SHOP}/deployment/flux`);
    expect(run.out.replaceAll('\\', ''))
      .to.contain('Argo CD also reconciles 2 objects')
      .and.contain('Flux also reconciles 1 object');
  });

  it('are no matter where nothing is fixed, or where that tool delivers what units declare', async () => {
    expect(warnings(await check({}))).to.deep.equal([]);
    const delivered = await check({ AUTO_FIX: 'true', DRIFT_DESIRED_MANAGERS: 'confighub,argocd-controller' });
    expect(warnings(delivered)).to.have.lengthOf(1);
    expect(warnings(delivered)[0]).to.contain('Flux');
  });
});
