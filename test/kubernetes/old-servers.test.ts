import { readdirSync } from 'node:fs';
import { expect } from 'chai';
import { connectKubernetes } from '../../src/clients/kubernetes/transport.ts';
import { sharedControlPlane } from '../control-plane/shared.ts';
import { isOld, resolveVersion } from '../control-plane/version.ts';
import { fixture } from '../demo/world.ts';
import { startFakeApiServer } from './fake-api-server.ts';
import { type Answers, foundBy, makeScene, readScene, readUnit } from './old-servers.ts';

const RECORDED = readdirSync(new URL('../../fixtures/old-servers/', import.meta.url)).filter((name) => name.endsWith('.json'));

/** In an expected line, `…` stands for any text. */
function expectFound(found: readonly string[], expected: readonly string[]): void {
  const matching = expected.map((line, index) => {
    const pattern = new RegExp(`^${line.split('…').map(RegExp.escape).join('.*')}$`, 'u');
    return pattern.test(found[index] ?? '') ? found[index] : line;
  });
  expect(found).to.deep.equal(matching);
}

describe('a server without the newest versions of its kinds', function () {
  this.timeout(120_000);

  /** What is found in the recorded scene where a unit declares this. */
  async function replayed(name: string, manifest: string): Promise<readonly string[]> {
    // Written by record-answers.ts.
    const answers = JSON.parse(await fixture(`old-servers/${name}`)) as Answers;
    const unknown: string[] = [];
    await using server = await startFakeApiServer((_, { url = '' }) => {
      if (!answers[url]) unknown.push(url);
      return answers[url] ?? { status: 500, body: '' };
    });
    const transport = await connectKubernetes({ kubeconfig: server.kubeconfig, userAgent: 'test' });
    const found = await foundBy(transport, manifest);
    transport.close();
    expect(unknown, 'requests that the recorded server was not asked').to.deep.equal([]);
    return found;
  }

  for (const name of RECORDED) {
    it(`is read whole and compared, by what ${name.replace('.json', '')} answered`, async () => {
      expectFound(await replayed(name, await readUnit()), (await readScene()).found);
    });

    it(`would refuse a CronJob by the schema that ${name.replace('.json', '')} publishes in OpenAPI v2 alone`, async () => {
      const found = await replayed(name, (await readUnit()).replace('restartPolicy: Never', 'restartPolicy: 3'));
      expect(found).to.include('batch/v1beta1/CronJob nightly refused: an integer where a string is expected');
    });
  }

  if (!isOld(resolveVersion(process.env['KUBERNETES_VERSION']))) return;

  it('is read whole and compared, on a real one', async () => {
    const cluster = await sharedControlPlane();
    await makeScene(cluster);
    const transport = await connectKubernetes({ kubeconfig: cluster.kubeconfig, userAgent: 'test' });
    const found = await foundBy(transport, await readUnit());
    transport.close();
    expectFound(found, (await readScene()).found);
  });
});
