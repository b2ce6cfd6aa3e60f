import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readBuiltInSchemas } from '../../src/clients/kubernetes/built-in-schemas.ts';
import { createKubernetesClient, type KubernetesClient } from '../../src/clients/kubernetes/client.ts';
import { connectKubernetes } from '../../src/clients/kubernetes/transport.ts';
import { readSchemas } from '../../src/stages/snapshot/schemas.ts';
import { sharedControlPlane } from '../control-plane/shared.ts';
import { DEFAULT_VERSION, isOld } from '../control-plane/version.ts';
import { recordSchemas } from './record-schemas.ts';

const signal = (): AbortSignal => AbortSignal.timeout(60_000);

async function connect(): Promise<{ readonly client: KubernetesClient; readonly version: string }> {
  const cluster = await sharedControlPlane();
  const client = createKubernetesClient(await connectKubernetes({ kubeconfig: cluster.kubeconfig, userAgent: 'test' }));
  return { client, version: cluster.version };
}

describe('schemas of the API server', function () {
  this.timeout(120_000);

  it('are built in as the server of the version that they were recorded from publishes them', async function () {
    const { client, version } = await connect();
    // Another version has other fields.
    if (version !== DEFAULT_VERSION) this.skip();
    const recorded = await recordSchemas(client, signal());
    client.close();
    expect(await readBuiltInSchemas()).to.deep.equal({ components: { schemas: recorded } });
  });

  it('are read once and then taken from the cache, also where a kept one is broken', async function () {
    const { client, version } = await connect();
    // Those publish none by name.
    if (isOld(version)) this.skip();
    const folder = await mkdtemp(join(tmpdir(), 'drift-schemas-'));
    const read: string[] = [];
    const counting = {
      ...client,
      read: (path: string, doing: string, stop: AbortSignal) => {
        read.push(path);
        return client.read(path, doing, stop);
      },
    };
    const schemas = () => readSchemas(counting, ['apps/v1'], folder, signal(), []);
    const first = await schemas();
    expect(read).to.have.lengthOf(2);
    expect(await schemas()).to.deep.equal(first);
    expect(read.slice(2)).to.deep.equal(['/openapi/v3']);
    const [kept = ''] = await readdir(folder);
    await writeFile(join(folder, kept), '{');
    expect(await schemas()).to.deep.equal(first);
    expect(read.slice(3)).to.have.lengthOf(2);
    client.close();
    await rm(folder, { recursive: true });
  });

  it('are read also where nothing can be kept', async () => {
    const { client } = await connect();
    expect(await readSchemas(client, ['apps/v1'], import.meta.filename, signal(), [])).to.have.property('apps/v1');
    client.close();
  });
});
