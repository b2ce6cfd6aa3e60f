import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import type { RunningHub } from '../../src/hub/server.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { sharedControlPlane } from '../control-plane/shared.ts';
import { Client, startTestHub, temporaryDirectory } from '../hub/harness.ts';
import { createSpace, createUnit } from '../hub/scene.ts';
import { type Run, runMain } from '../run-main.ts';

const ID = randomBytes(3).toString('hex');
const SHOP = `import-${ID}`;
const TOKEN = `token-of-${ID}-for-the-hub`;
const KINDS = 'apps/v1/Deployment,v1/Service,v1/ConfigMap';

const deployment = (name: string, env: string): string => `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name} }
spec:
  replicas: 2
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec: { containers: [{ name: web, image: web:1, env: [${env}] }] }
`;
const REST = `apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: settings }
data: { level: info }
`;

describe('import', function () {
  this.timeout(120_000);
  let started: AsyncDisposableStack;
  let plane: ControlPlane;
  let hub: RunningHub;
  let client: Client;
  let folder: string;
  let spaceId: string;
  let environment: Readonly<Record<string, string>>;

  before(async () => {
    started = new AsyncDisposableStack();
    plane = await sharedControlPlane();
    folder = started.use(temporaryDirectory()).path;
    await plane.kubectl(['create', 'namespace', SHOP]);
    started.defer(async () => void (await plane.kubectl(['delete', 'namespace', SHOP, '--wait=false'])));
    await plane.kubectl(['label', 'namespace', SHOP, `import=${ID}`]);
    const text = `${deployment('web', '{ name: MODE, value: fast }')}---\n${deployment('leaky', '{ name: DB_PASSWORD, value: kx93jvLmPq20ZtRw }')}---\n${REST}`;
    await plane.kubectl(['apply', '-n', SHOP, '-f', '-'], text);
    hub = started.use(await startTestHub({ accounts: [{ name: 'drift-detector', role: 'admin', token: TOKEN }] }));
    client = new Client(hub.url, TOKEN);
    spaceId = await createSpace(client, 'shop-dev');
    environment = {
      HOME: folder,
      KUBECONFIG: plane.kubeconfig,
      DRIFT_CACHE_DIR: 'none',
      DRIFT_KINDS: KINDS,
      DRIFT_NAMESPACE_SELECTOR: `import=${ID}`,
      CONFIGHUB_URL: hub.url,
      CONFIGHUB_SPACE: 'shop-dev',
      CUB_TOKEN: TOKEN,
    };
  });
  after(() => started.disposeAsync());

  const importing = (...args: readonly string[]): Promise<Run> =>
    runMain(['import', SHOP, '--space', 'shop-dev', ...args], environment);
  const slugs = async (): Promise<readonly string[]> => {
    const { list } = await client.get(`/space/${spaceId}/unit`);
    return list.map((entry) => String(Object(entry['Unit'])['Slug'])).sort();
  };

  it('prints what it would make, in sync with the cluster, and makes nothing', async () => {
    const { code, out, err } = await importing('--dry-run', 'true');
    expect(code, err).to.equal(0);
    expect(await slugs()).to.deep.equal([]);
    const documents = parseAllDocuments(out).map((document): unknown => document.toJS());
    expect(documents).to.have.lengthOf(3);
    expect(documents[2]).to.deep.equal({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: SHOP },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: { containers: [{ name: 'web', image: 'web:1', env: [{ name: 'MODE', value: 'fast' }] }] },
        },
      },
    });
    expect(out).to.contain(`# unit shop-dev/web-deployment: ${SHOP}/deployment/web`);
    expect(err).to.contain(`Not imported: ${SHOP}/deployment/leaky: `).and.contain('looks like a secret');
    expect(out + err)
      .to.not.contain('kx93jvLmPq20ZtRw')
      .and.not.contain('kube-root-ca.crt');
    expect(err).to.contain('3 units to create, 1 not imported, 1 made by controllers or the cluster');
    const file = join(folder, 'printed.yaml');
    writeFileSync(file, out);
    const check = await runMain(['check', '--detailed-exitcode', 'true', '-f', file], environment);
    expect(check.code, check.out + check.err).to.equal(0);
  });

  it('makes units that compare as in sync, and finishes one that a killed import began', async () => {
    const LastChangeDescription = `Imported ${SHOP}/configmap/settings from cluster default`;
    await createUnit(client, spaceId, 'settings', '', { LastChangeDescription });
    const { code, out, err } = await importing();
    expect(code, out + err).to.equal(0);
    expect(await slugs()).to.deep.equal(['settings', 'web-deployment', 'web-service']);
    expect(out).to.contain(`Created unit shop-dev/settings: ${SHOP}/configmap/settings`);
    const check = await runMain(['check', '--detailed-exitcode', 'true', '-o', 'json', '--ignore-file', ignore()], environment);
    expect(check.code, check.out + check.err).to.equal(0);
    expect(check.err).to.contain('Compared 3 workloads with 3 units');
  });

  it('leaves what exists and says so, also where people changed it', async () => {
    const { code, out, err } = await importing();
    expect([code, out]).to.deep.equal([0, '']);
    expect(err).to.contain(`Exists: ${SHOP}/deployment/web in unit shop-dev/web-deployment`);
    expect(err).to.contain('0 units created, 3 existed, 1 not imported');
    const { list } = await client.get(`/space/${spaceId}/unit`);
    expect(list.map((entry) => Object(entry['Unit'])['HeadRevisionNum'])).to.deep.equal(
      list.map((entry) => (Object(entry['Unit'])['Slug'] === 'settings' ? 2 : 1)),
    );
  });

  it('takes no name that another unit has', async () => {
    const other = await createSpace(client, 'shop-other');
    await createUnit(client, other, 'settings', REST.replaceAll('name: ', 'namespace: elsewhere, name: '));
    const { out, err } = await runMain(['import', SHOP, '--space', 'shop-other', '--dry-run', 'true'], {
      ...environment,
      CONFIGHUB_SPACE: '',
    });
    expect(out, err).to.contain(`# unit shop-other/settings-configmap: ${SHOP}/configmap/settings`);
    const elsewhere = await runMain(['import', SHOP, '--space', 'shop-other', '--dry-run', 'true'], environment);
    expect(elsewhere.err).to.contain(`Exists: ${SHOP}/configmap/settings in unit shop-dev/settings`);
  });

  for (const [what, args, code, words] of [
    ['a space that does not exist', [SHOP, '--space', 'nowhere'], 78, 'Create it: cub space create nowhere'],
    ['a namespace without objects', [`none-${ID}`, '--space', 'shop-dev'], 0, 'Nothing to import: no object'],
    ['no space', [SHOP], 64, '--space'],
  ] as const)
    it(`tells of ${what}`, async () => {
      const run = await runMain(['import', ...args], environment);
      expect(run.code, run.err).to.equal(code);
      expect(run.err).to.contain(words);
    });

  /** What cannot be imported is unmanaged. */
  function ignore(): string {
    const file = join(folder, 'ignore.yaml');
    writeFileSync(file, 'ignore: [{ kind: Deployment, name: leaky, path: "", reason: test }]\n');
    return file;
  }
});
