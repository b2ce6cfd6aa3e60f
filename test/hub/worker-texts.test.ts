import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { fromBase64 } from './harness.ts';
import { readUnit } from './scene.ts';
import { scene } from './worker-scene.ts';

const CASES = new URL('../../fixtures/diff/cases/', import.meta.url);

describe('hub worker: texts of a unit', function () {
  this.timeout(180_000);

  it('applies, keeps and adopts whole numbers of 64 bits as they are', async () => {
    await using it = await scene();
    const crd = fileURLToPath(new URL('whole-numbers-beyond-53-bits/crd.yaml', CASES));
    await it.kubectl('apply', '-f', crd);
    await it.kubectl('wait', '-f', crd, '--for=condition=Established', '--timeout=30s');
    const gate = (priority: string): string =>
      `apiVersion: gate.example.com/v1\nkind: Gate\nmetadata: {name: big}\nspec:\n  priority: ${priority} # the highest\n  limits: [-9007199254740995]\n`;
    const unit = await it.unit('gate', gate('9007199254740993'));
    expect(await it.run(unit)).to.include({ Status: 'Completed' });
    expect(await it.kubectl('get', 'gate', 'big', '-o', 'yaml')).to.contain('priority: 9007199254740993\n');
    expect(fromBase64((await readUnit(it.client, unit))['LiveState'])).to.contain('priority: 9007199254740993\n');
    expect(await it.run(unit, 'refresh')).to.include({ Result: 'RefreshAndNoDrift' });
    await it.kubectl('patch', 'gate', 'big', '--type=merge', '-p', '{"spec":{"priority":9007199254740995}}');
    expect(await it.run(unit, 'refresh')).to.include({ Result: 'RefreshAndDrifted' });
    expect(fromBase64((await readUnit(it.client, unit))['Data'])).to.equal(gate('9007199254740995'));
    const found = async (where: string): Promise<number> =>
      (await it.client.get(`/space/${it.space}/unit`, { where_data: where, resource_type: 'gate.example.com/v1/Gate' })).list
        .length;
    expect([await found('spec.priority > 5'), await found('spec.priority < 5'), await found('spec.priority = 5')]).to.deep.equal([
      1, 0, 0,
    ]);
  });

  it('applies and adopts a text whose brackets and quotes go on at their key', async () => {
    await using it = await scene();
    const desired = readFileSync(new URL('flow-closing-at-key/desired.yaml', CASES), 'utf8');
    const text = desired.replaceAll('namespace: shop', `namespace: ${it.namespace}`);
    const unit = await it.unit('web', text);
    expect(await it.run(unit)).to.include({ Status: 'Completed', Message: 'Applied 2 objects' });
    expect(await it.kubectl('get', 'configmap', 'web', '-o', 'jsonpath={.data}')).to.equal('{"a":"x y","b":"z "}');
    expect(await it.run(unit, 'refresh')).to.include({ Result: 'RefreshAndNoDrift' });
    await it.kubectl('set', 'image', 'deployment/web', 'main=reg.example/web:4');
    expect(await it.run(unit, 'refresh')).to.include({ Result: 'RefreshAndDrifted' });
    const adopted = fromBase64((await readUnit(it.client, unit))['Data']);
    expect(adopted).to.contain('reg.example/web:4').and.contain('# where');
    expect(adopted.slice(adopted.indexOf('---'))).to.equal(text.slice(text.indexOf('---')));
  });
});
