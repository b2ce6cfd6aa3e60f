import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { deployment } from './deployment.ts';

// The embedded ConfigHub beside SQLite itself, in one run: `npm run bench:hub`. Prints a table in Markdown.

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const SELF = fileURLToPath(import.meta.url);
const SPACES = 20;
/** The first runs are for the compilers of both sides, and are not counted. */
const WARM_UP = 4;
const RUNS = 15;
const SIZES = [1_000, 10_000, 40_000];
const MEASURED = 10_000;
/** A heap far smaller than the largest answer: what is held shows, what the collector merely has not taken away yet does not. */
const SMALL_HEAP = ['--max-old-space-size=48', '--max-semi-space-size=4'];
const UPGRADED = 1_000;
const BULK_READ = '/unit?include=SpaceID,SetID,TargetID,ChangeSetID';

interface Hub {
  readonly url: string;
  readonly token: string;
  readonly process: ChildProcess;
  stop(): Promise<void>;
}

async function startHub(folder: string, nodeFlags: readonly string[] = []): Promise<Hub> {
  const args = [...nodeFlags, MAIN, 'hub', '--data-dir', folder, '--port', '0', '--log-level', 'error'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const url = /CONFIGHUB_URL=(\S+)/u.exec(line.toString())?.[1] ?? '';
  return {
    url,
    token: (await readFile(join(folder, 'admin.token'), 'utf8')).trim(),
    process: child,
    stop: async () => {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

interface Answer {
  readonly milliseconds: number;
  readonly bytes: number;
  readonly text: string;
}

/** One request; the body is counted, and kept only where it is wanted: a benchmark of the server reads as little as it can. */
function ask(hub: Hub, method: string, path: string, body?: string, keep = false): Promise<Answer> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${hub.token}`,
      ...(body === undefined ? {} : { 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' }),
    };
    const sent = request(`${hub.url}/api${path}`, { method, headers }, (response) => {
      let bytes = 0;
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (keep) chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        if (response.statusCode !== 200) reject(new Error(`${method} ${path}: ${response.statusCode} ${text.slice(0, 300)}`));
        else resolve({ milliseconds: performance.now() - started, bytes, text });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

async function fill(hub: Hub, from: number, to: number, spaces: readonly string[]): Promise<void> {
  const one = async (index: number): Promise<void> => {
    const body = {
      Slug: `service-${index}`,
      ToolchainType: 'Kubernetes/YAML',
      Labels: { type: 'app', tier: index % 10 === 0 ? 'critical' : 'standard' },
      Data: Buffer.from(deployment(index, { namespaces: SPACES, image: '1.0' })).toString('base64'),
    };
    await ask(hub, 'POST', `/space/${spaces[index % SPACES]}/unit`, JSON.stringify(body));
  };
  for (let index = from; index < to; index += 50)
    await Promise.all(Array.from({ length: Math.min(50, to - index) }, (_, offset) => one(index + offset)));
}

async function createSpaces(hub: Hub, count: number, prefix: string): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index++) {
    const { text } = await ask(hub, 'POST', '/space', JSON.stringify({ Slug: `${prefix}-${index}` }), true);
    ids.push((JSON.parse(text) as { readonly SpaceID: string }).SpaceID);
  }
  return ids;
}

/** A process of its own that reads the rows and their data out of the file, and nothing else. */
interface RawReader {
  /** Milliseconds of one reading. */
  read(): Promise<number>;
  stop(): Promise<void>;
}

/** Reads a copy of the file: the hub keeps its own to itself. */
async function startRaw(folder: string): Promise<RawReader> {
  const file = join(folder, 'raw.sqlite');
  await copyFile(join(folder, 'hub.sqlite'), file);
  const child = spawn(process.execPath, [SELF, '--raw', file], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    read: async () => {
      child.stdin.write('read\n');
      return Number((await lines.next()).value);
    },
    stop: async () => {
      child.stdin.end();
      await once(child, 'exit');
      await rm(file);
    },
  };
}

/** One reading for each line that comes in. */
async function raw(file: string): Promise<void> {
  const database = new DatabaseSync(file, { readOnly: true });
  for await (const _ of createInterface(process.stdin)) {
    const started = performance.now();
    let bytes = 0;
    const rows = database
      .prepare("SELECT unit.body, blob.data FROM unit JOIN blob ON blob.hash = unit.body ->> 'DataHash' ORDER BY unit.seq")
      .iterate();
    for (const { body, data } of rows) bytes += String(body).length + (data as Uint8Array).length;
    if (bytes === 0) throw new Error('nothing was read');
    process.stdout.write(`${performance.now() - started}\n`);
  }
}

/** What it takes where nothing else takes time from it: other work of the machine only ever adds. */
function fastest(values: readonly number[]): number {
  return Math.min(...values.slice(WARM_UP));
}

function median(values: readonly number[]): number {
  return values.slice(WARM_UP).toSorted((one, other) => one - other)[Math.floor(RUNS / 2)] ?? Number.NaN;
}

/** Highest resident memory of a process so far, in MB. */
async function peakMemory(hub: Hub): Promise<number> {
  const status = await readFile(`/proc/${hub.process.pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+)/u.exec(status)?.[1]) / 1024;
}

/** Reads the list like a client on a slow line: a pause after each chunk, for so many seconds; the rest at once. */
async function readSlowly(hub: Hub): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const sent = request(`${hub.url}/api${BULK_READ}`, { headers: { authorization: `Bearer ${hub.token}` } }, (response) => {
      const until = performance.now() + 5_000;
      response.on('data', () => {
        if (performance.now() > until) return;
        response.pause();
        setTimeout(() => response.resume(), 20);
      });
      response.on('end', resolve);
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end();
  });
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-hub-'));
  const rows: string[][] = [];
  try {
    let filled = 0;
    let hub = await startHub(folder);
    const spaces = await createSpaces(hub, SPACES, 'space');
    for (const size of SIZES) {
      await fill(hub, filled, size, spaces);
      filled = size;
      // A new process for each size: its memory is what answering takes, not what filling took.
      await hub.stop();
      const raw = await startRaw(folder);
      hub = await startHub(folder);
      await ask(hub, 'GET', '/space');
      const idle = await peakMemory(hub);
      const [rawTimes, times, spaceTimes]: [number[], number[], number[]] = [[], [], []];
      const inSpaces = `${BULK_READ}&where=${encodeURIComponent(`SpaceID IN (${spaces.map((id) => `'${id}'`).join(', ')})`)}`;
      let bytes = 0;
      // By turns: whatever else the machine does meanwhile, it does to all of them.
      for (let run = 0; run < WARM_UP + RUNS; run++) {
        rawTimes.push(await raw.read());
        const answer = await ask(hub, 'GET', BULK_READ);
        times.push(answer.milliseconds);
        ({ bytes } = answer);
        spaceTimes.push((await ask(hub, 'GET', inSpaces)).milliseconds);
      }
      await raw.stop();
      const [rawMs, listMs, spaceMs] = [fastest(rawTimes), fastest(times), fastest(spaceTimes)];
      const peak = await peakMemory(hub);
      await hub.stop();
      hub = await startHub(folder, SMALL_HEAP);
      for (let run = 0; run < 3; run++) await ask(hub, 'GET', BULK_READ);
      await readSlowly(hub);
      const small = await peakMemory(hub);
      await hub.stop();
      hub = await startHub(folder);
      rows.push([
        size.toLocaleString('en'),
        `${(bytes / 1e6).toFixed(1)} MB`,
        `${rawMs.toFixed(0)} ms`,
        `${listMs.toFixed(0)} ms`,
        (listMs / rawMs).toFixed(1),
        (spaceMs / rawMs).toFixed(1),
        (median(times) / median(rawTimes)).toFixed(1),
        `${idle.toFixed(0)} MB`,
        `${peak.toFixed(0)} MB`,
        `${small.toFixed(0)} MB`,
      ]);
      if (size === MEASURED)
        process.stderr.write(`${size} units listed in ${listMs.toFixed(0)} ms, raw ${rawMs.toFixed(0)} ms\n`);
    }
    const [bulkMs, singleMs] = await upgrades(hub);
    await hub.stop();
    process.stdout.write(
      `| units | answer | raw SQLite | one request | ratio | ratio, by spaces | ratio of medians | memory before | peak | peak, 48 MB heap |\n|---|---|---|---|---|---|---|---|---|---|\n`,
    );
    for (const row of rows) process.stdout.write(`| ${row.join(' | ')} |\n`);
    process.stdout.write(
      `\nUpgrade of ${UPGRADED} units in one request: ${bulkMs.toFixed(0)} ms; in ${UPGRADED} requests, one after the other: ${singleMs.toFixed(0)} ms; ratio ${(bulkMs / singleMs).toFixed(2)}.\n`,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Clones of one space's units, upgraded at once, and again one by one after the next change upstream. */
async function upgrades(hub: Hub): Promise<readonly [number, number]> {
  const [base = '', bulk = '', single = ''] = await createSpaces(hub, 3, 'upgrade');
  const units: { readonly UnitID: string; readonly SpaceID: string }[] = [];
  for (let index = 0; index < UPGRADED; index++) {
    const body = {
      Slug: `u-${index}`,
      ToolchainType: 'Kubernetes/YAML',
      Data: Buffer.from(deployment(index, { namespaces: SPACES, image: '1.0' })).toString('base64'),
    };
    units.push(
      JSON.parse((await ask(hub, 'POST', `/space/${base}/unit`, JSON.stringify(body), true)).text) as (typeof units)[number],
    );
  }
  const inSpace = (space: string): string => encodeURIComponent(`SpaceID = '${space}'`);
  for (const space of [bulk, single]) await ask(hub, 'POST', `/unit?where=${inSpace(base)}&where_space=${inSpace(space)}`, '{}');
  for (const [index, unit] of units.entries()) {
    const Data = Buffer.from(deployment(index, { namespaces: SPACES, image: '2.0' })).toString('base64');
    await ask(hub, 'PATCH', `/space/${unit.SpaceID}/unit/${unit.UnitID}`, JSON.stringify({ Data }));
  }
  const { text } = await ask(hub, 'GET', `/unit?where=${inSpace(single)}&select=Slug`, undefined, true);
  const clones = (JSON.parse(text) as readonly { readonly Unit: (typeof units)[number] }[]).map(({ Unit }) => Unit);
  const { milliseconds } = await ask(hub, 'PATCH', `/unit?where=${inSpace(bulk)}&upgrade=true`, 'null');
  const started = performance.now();
  for (const { SpaceID, UnitID } of clones) await ask(hub, 'PATCH', `/space/${SpaceID}/unit/${UnitID}?upgrade=true`, 'null');
  return [milliseconds, performance.now() - started];
}

if (process.argv[2] === '--raw') await raw(process.argv[3] ?? '');
else await main();
