import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readPrices } from '../../src/cli/prices-file.ts';
import { ConfigError } from '../../src/domain/errors.ts';
import type { PriceTable } from '../../src/stages/rank/rank.ts';
import { CONTAINER, compared, finding, REPLICAS, ref } from '../types/builders.ts';
import { rankByRules } from './ask.ts';

const PRICES = 'name: ours\ncpuCoreHour: 1\nmemoryGibHour: 0.5\ngpuHour: 2\nstorageGibHour: 0.25\n';
/** OpenCost's list prices, as a user would write them. */
const LIST = 'name: list\ncpuCoreHour: 0.031611\nmemoryGibHour: 0.004237\ngpuHour: 0.95\nstorageGibHour: 0.00005479452\n';

/** What one more pod costs that reserves a different number of each thing that has a price. */
async function podCost(prices?: PriceTable): Promise<number | undefined> {
  const resources = { requests: { cpu: '1', memory: '2Gi' }, limits: { 'nvidia.com/gpu': '3' } };
  const document = {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db' },
    spec: {
      replicas: 0,
      template: { spec: { containers: [{ name: CONTAINER, resources }] } },
      volumeClaimTemplates: [{ spec: { resources: { requests: { storage: '4Gi' } } } }],
    },
  };
  const scaled = finding({ ref: ref('db', { kind: 'StatefulSet' }), path: REPLICAS, desired: 0, live: 1 });
  const { findings } = await rankByRules([compared([scaled], { document })], prices ? { prices } : {});
  return findings[0]?.costUsdPerMonth;
}

describe('a file of prices', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'prices-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  function read(text: string): Promise<PriceTable> {
    const path = join(folder, 'prices.yaml');
    writeFileSync(path, text);
    return readPrices({ prices: path, maxFileMb: 1 }, new AbortController().signal);
  }

  async function refused(text: string): Promise<ConfigError> {
    const error: unknown = await read(text).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof ConfigError)) throw new Error(`was taken: ${text}`);
    return error;
  }

  it('prices each thing that a pod reserves', async () => {
    // 730 hours of 1 core at 1, 2 GiB at 0.5, 3 GPUs at 2 and 4 GiB of storage at 0.25.
    expect(await podCost(await read(PRICES))).to.equal(730 * (1 + 1 + 6 + 1));
  });

  it('gives the same costs as no file, with list prices in it', async () => {
    expect(await podCost(await read(LIST))).to.equal(await podCost());
  });

  it('may say that something costs nothing', async () => {
    expect(await podCost(await read(PRICES.replace('gpuHour: 2', 'gpuHour: 0')))).to.equal(730 * 3);
  });

  it('is named in the report with its prices, so that another price is seen as another table', async () => {
    const { name } = await read(PRICES);
    expect(name)
      .to.match(/^ours \(/u)
      .and.to.contain('CPU core 1, ')
      .and.to.contain('GPU 2, ');
    expect((await read(PRICES.replace('gpuHour: 2', 'gpuHour: 3'))).name).to.not.equal(name);
  });

  it('is read as the documentation shows it', async () => {
    const page = readFileSync(new URL('../../docs/report.md', import.meta.url), 'utf8');
    const example = /## Prices[\s\S]*?```yaml\n([\s\S]*?)```/u.exec(page)?.[1] ?? '';
    expect((await read(example)).name).to.contain('our contract');
  });

  for (const [what, text, says] of [
    ['without a price', PRICES.replace('gpuHour: 2\n', ''), 'gpuHour: must be US dollars an hour for a GPU, as a number'],
    ['with a text for a price', PRICES.replace('gpuHour: 2', 'gpuHour: two'), 'gpuHour: must be US dollars an hour for a GPU'],
    ['with a negative price', PRICES.replace('cpuCoreHour: 1', 'cpuCoreHour: -1'), 'cpuCoreHour: is negative'],
    ['with prices in micro-dollars', PRICES.replace('gpuHour: 2', 'gpuHour: 950000'), 'gpuHour: is above 100000 dollars an hour'],
    ['with an infinite price', PRICES.replace('gpuHour: 2', 'gpuHour: .inf'), 'cannot be used: '],
    ['with a price that is not known', `${PRICES}diskHour: 1\n`, '"diskHour"'],
    ['without a name', PRICES.replace('name: ours\n', ''), 'name: must be a name that the report shows'],
    ['with a name of two lines', PRICES.replace('ours', '"a\\nb"'), 'name: must be one line of up to 80 characters'],
    ['that is empty', '', 'it is empty'],
    ['of two documents', `${PRICES}---\n${PRICES}`, 'contains more than one document'],
    ['that is no YAML', 'name: [', 'cannot be used: '],
  ] as const) {
    it(`is refused ${what}, with what to do`, async () => {
      const error = await refused(text);
      expect(error.message).to.contain(join(folder, 'prices.yaml')).and.to.contain(says);
      expect(error.subject).to.equal('DRIFT_PRICES');
      expect(error.remedy).to.contain('cpuCoreHour, memoryGibHour, gpuHour and storageGibHour');
    });
  }

  it('is refused with all mistakes at once', async () => {
    const { message } = await refused('name: ours\ncpuCoreHour: x\n');
    for (const name of ['cpuCoreHour', 'memoryGibHour', 'gpuHour', 'storageGibHour']) expect(message).to.contain(`${name}: `);
  });
});
