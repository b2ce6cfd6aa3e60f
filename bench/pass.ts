import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import https from 'node:https';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { parse } from 'yaml';
import { startWorld, type World } from '../test/demo/world.ts';
import { deployment } from './deployment.ts';
import type { Measured } from './measured.ts';

// A pass beside the least that it could cost and beside what people would use in its place, in one run: `npm run bench`.

const run = promisify(execFile);
const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const NAMESPACES = 10;
const AT_ONCE = 16;
const MANAGER = 'confighub';

interface Credentials {
  readonly server: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

async function credentialsOf(world: World): Promise<Credentials> {
  const config = parse(await readFile(world.cluster.kubeconfig, 'utf8'));
  const [{ cluster }, { user }] = [config.clusters[0], config.users[0]];
  return {
    server: world.cluster.server,
    ca: cluster['certificate-authority-data'],
    cert: user['client-certificate-data'],
    key: user['client-key-data'],
  };
}

/** One keep-alive client of the API server; resolves with the status once the answer is read. */
function apply(
  { server, ca, cert, key }: Credentials,
  sockets: number,
): (query: string, index: number, body: string) => Promise<number> {
  const decode = (text: string): Buffer => Buffer.from(text, 'base64');
  const agent = new https.Agent({ keepAlive: true, maxSockets: sockets, ca: decode(ca), cert: decode(cert), key: decode(key) });
  return (query, index, body) =>
    new Promise((resolve, reject) => {
      const request = https.request(
        `${server}/apis/apps/v1/namespaces/shop-${index % NAMESPACES}/deployments/service-${index}?${query}`,
        { method: 'PATCH', agent, headers: { 'content-type': 'application/apply-patch+yaml' } },
        (response) => {
          response.resume().on('end', () => {
            const { statusCode = 0 } = response;
            if (statusCode < 300) resolve(statusCode);
            else reject(new Error(`PATCH of service-${index} answered ${statusCode}`));
          });
        },
      );
      request.on('error', reject);
      request.end(body);
    });
}

async function eachOf(from: number, to: number, atOnce: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = from;
  const worker = async (): Promise<void> => {
    while (next < to) await work(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

const textOf = (index: number): string => deployment(index, { namespaces: NAMESPACES, image: '1.0', paused: true });

/** Namespaces, spaces, and as many Deployments and units as are missing. */
async function fill(world: World, credentials: Credentials, spaces: string[], from: number, to: number): Promise<void> {
  for (let index = spaces.length; index < NAMESPACES; index++) {
    const space = await fetch(`${world.hubUrl}/api/space`, hubRequest(world, { Slug: `shop-${index}` }));
    spaces.push(((await space.json()) as { readonly SpaceID: string }).SpaceID);
    await world.cluster.kubectl(['create', 'namespace', `shop-${index}`]);
    await world.cluster.kubectl(['label', 'namespace', `shop-${index}`, 'monitored=true']);
  }
  const send = apply(credentials, AT_ONCE);
  await eachOf(from, to, AT_ONCE, async (index) => {
    await send(`fieldManager=${MANAGER}&force=true`, index, textOf(index));
    const unit = {
      Slug: `service-${index}`,
      ToolchainType: 'Kubernetes/YAML',
      Data: Buffer.from(textOf(index)).toString('base64'),
    };
    const answer = await fetch(`${world.hubUrl}/api/space/${spaces[index % NAMESPACES]}/unit`, hubRequest(world, unit));
    if (!answer.ok) throw new Error(`the hub answered ${answer.status}`);
    await answer.arrayBuffer();
  });
}

function hubRequest(world: World, body: object): RequestInit {
  const headers = { authorization: `Bearer ${world.tokens.admin}`, 'content-type': 'application/json' };
  return { method: 'POST', headers, body: JSON.stringify(body) };
}

async function measured(folder: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<Measured> {
  const file = join(folder, 'measured.json');
  await rm(file, { force: true });
  const options = { env: { PATH: process.env['PATH'] ?? '', HOME: folder, ...env, MEASURED: file }, maxBuffer: 2 ** 28 };
  await run(process.execPath, ['--import', path('measured.ts'), ...args], options);
  return JSON.parse(await readFile(file, 'utf8')) as Measured;
}

type Series = Record<string, Measured[]>;

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      sizes: { type: 'string', default: '1000,10000' },
      rounds: { type: 'string', default: '5' },
      share: { type: 'string', default: '100' },
      only: { type: 'string', default: 'drift,fix,peers' },
      save: { type: 'string', default: '' },
    },
  });
  const [sizes, rounds, share] = [values.sizes.split(',').map(Number), Number(values.rounds), Number(values.share)];
  const parts = new Set(values.only.split(','));
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  await using world = await startWorld({ onProgress: say });
  const folder = await mkdtemp(join(world.folder, 'bench-'));
  await run(process.execPath, [path('../bin/build.mjs'), join(folder, 'dist')]);
  await writeFile(join(folder, 'package.json'), await readFile(path('../package.json')));
  const bundle = join(folder, 'dist', 'drift-detector.mjs');
  const credentials = await credentialsOf(world);
  const spaces: string[] = [];
  const results: Record<string, unknown> = {};
  const environment = {
    KUBECONFIG: world.cluster.kubeconfig,
    CONFIGHUB_URL: world.hubUrl,
    CUB_TOKEN: world.tokens.detector,
    CONFIGHUB_SPACE: Array.from({ length: NAMESPACES }, (_, index) => `shop-${index}`).join(','),
    REPORT_REPO: world.reportRepository,
    DRIFT_CLUSTER: 'bench',
    DRIFT_ENVIRONMENT: 'dev',
    DRIFT_LOG_LEVEL: 'warn',
    DRIFT_MAX_FIXES: '100000',
    DRIFT_MAX_FIX_PERCENT: '100',
    DRIFT_WAIT_HEALTHY: '0',
  };
  const pass = (command: string, more = {}): Promise<Measured> =>
    measured(folder, [bundle, command, '--output', 'none'], { ...environment, ...more });
  const { server, ca, cert, key } = credentials;
  const floor = (): Promise<Measured> =>
    measured(folder, [path('floor.ts'), server, ca, cert, key, world.hubUrl, world.tokens.detector], {});
  let filled = 0;
  for (const size of sizes) {
    say(`creating ${size - filled} Deployments and units ...`);
    await fill(world, credentials, spaces, filled, size);
    filled = size;
    const series: Series = { floor: [], check: [], run: [] };
    // By turns: whatever else the machine does meanwhile, it does to all of them. The first round is for caches.
    for (let round = 0; round <= rounds; round++) {
      const row = { floor: await floor(), check: await pass('check'), run: await pass('run') };
      if (round > 0) for (const [name, value] of Object.entries(row)) series[name]?.push(value);
    }
    for (const percent of parts.has('drift') ? [1, 10] : []) {
      const count = (size * percent) / 100;
      const send = apply(credentials, AT_ONCE);
      const drift = (): Promise<void> =>
        eachOf(0, count, AT_ONCE, (index) => send('fieldManager=kubectl-edit&force=true', index, editOf(index)));
      await drift();
      series[`check, ${percent} % drifted`] = [];
      for (let round = 0; round < rounds; round++) series[`check, ${percent} % drifted`]?.push(await pass('check'));
      if (parts.has('fix')) series[`fixing ${count}`] = [await pass('run', { AUTO_FIX: 'true' })];
      else await eachOf(0, count, AT_ONCE, (index) => send(`fieldManager=${MANAGER}&force=true`, index, textOf(index)));
    }
    const peers = parts.has('peers') ? await measurePeers(world, credentials, folder, Math.min(share, size)) : {};
    results[size] = { series, peers };
    print(size, series, peers, share);
  }
  if (values.save !== '') await writeFile(values.save, `${JSON.stringify(results, null, 2)}\n`);
}

/** A hand's edit of one field. */
function editOf(index: number): string {
  return JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: `service-${index}`, namespace: `shop-${index % NAMESPACES}` },
    spec: { replicas: 5 },
  });
}

/** Milliseconds an object, of what people would use in its place. */
async function measurePeers(
  world: World,
  credentials: Credentials,
  folder: string,
  share: number,
): Promise<Record<string, number>> {
  const file = join(folder, 'share.yaml');
  await writeFile(file, Array.from({ length: share }, (_, index) => textOf(index)).join('---\n'));
  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    const started = performance.now();
    await work();
    return (performance.now() - started) / share;
  };
  const diff = (...more: readonly string[]): Promise<number> =>
    timed(() => world.cluster.kubectl(['diff', '-f', file, ...more]).catch(() => undefined));
  const dryRuns = (atOnce: number): Promise<number> => {
    const send = apply(credentials, atOnce);
    return timed(() =>
      eachOf(0, share, atOnce, (index) => send(`fieldManager=${MANAGER}&force=true&dryRun=All`, index, textOf(index))),
    );
  };
  return {
    'kubectl diff --server-side': await diff('--server-side', `--field-manager=${MANAGER}`),
    'kubectl diff': await diff(),
    'dry-run apply, 8 at once': await dryRuns(8),
    'dry-run apply, 32 at once': await dryRuns(32),
  };
}

function print(size: number, series: Series, peers: Readonly<Record<string, number>>, share: number): void {
  const of = (name: string, value: (one: Measured) => number): number => median((series[name] ?? []).map(value));
  const floorMs = of('floor', ({ wallMs }) => wallMs);
  const lines = Object.entries(series).map(([name, values]) => {
    const walls = values.map(({ wallMs }) => wallMs);
    const spread = `${(Math.min(...walls) / 1000).toFixed(2)} to ${(Math.max(...walls) / 1000).toFixed(2)}`;
    const wall = of(name, ({ wallMs }) => wallMs);
    const cells = [
      name,
      `${(wall / 1000).toFixed(2)} s`,
      spread,
      (wall / floorMs).toFixed(2),
      `${(of(name, ({ cpuMs }) => cpuMs) / 1000).toFixed(2)} s`,
      `${of(name, ({ peakMb }) => peakMb).toFixed(0)} MB`,
      String(of(name, ({ requests }) => requests)),
      `${(of(name, ({ bytes }) => bytes) / 1e6).toFixed(1)} MB`,
      `${of(name, ({ firstRequestMs }) => firstRequestMs).toFixed(0)} ms`,
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const passMs = of('check', ({ wallMs }) => wallMs) / size;
  const beside = Object.entries(peers).map(([name, ms]) => `| ${name} | ${ms.toFixed(1)} ms | ${(ms / passMs).toFixed(0)} |`);
  process.stdout.write(
    [
      `\n${size.toLocaleString('en')} Deployments and units\n`,
      '| | median | spread | beside the floor | processor | peak memory | requests | over the wire | first request |',
      '|---|--:|--:|--:|--:|--:|--:|--:|--:|',
      ...lines,
      ...(beside.length === 0
        ? []
        : [
            '',
            `Milliseconds an object, measured on ${share} of them; check: ${passMs.toFixed(2)} ms\n`,
            '| | an object | times check |',
            '|---|--:|--:|',
            ...beside,
          ]),
      '',
    ].join('\n'),
  );
}

await main();
