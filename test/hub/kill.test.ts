import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import fc from 'fast-check';
import type { Json, JsonObject } from '../../src/domain/json.ts';
import { base64, Client, fromBase64, temporaryDirectory } from './harness.ts';
import { createNamed, createSpace, createUnit, readUnit, revisionsOf, unitPath } from './scene.ts';

// The hub is killed in the middle of whatever it is doing: writes of single units and of many, creations, applies. What
// was answered is there afterwards, what was not is there whole or not at all, and revisions have no gaps.

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const KILLS = (process.env['DRIFT_LONG'] ?? '') === '' ? 8 : 200;
const WRITERS = 4;

interface Hub {
  readonly client: Client;
  kill(): Promise<void>;
}

async function startHub(folder: string): Promise<Hub> {
  const child = spawn(process.execPath, [MAIN, 'hub', '--data-dir', folder, '--port', '0', '--log-level', 'error'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const token = readFileSync(join(folder, 'admin.token'), 'utf8').trim();
  const client = new Client(/CONFIGHUB_URL=(\S+)/u.exec(line.toString())?.[1] ?? '', token);
  return {
    client,
    async kill() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

/** Writes one thing after the other until the hub is gone, and then looks whether the next hub has what was answered. */
interface Load {
  /** One request; answers false where the hub refused. */
  write(client: Client, count: number): Promise<boolean>;
  check(client: Client): Promise<void>;
}

/** Texts of one unit: each a revision. */
function texts(unit: JsonObject, first: string): Load {
  const answered = [first];
  let pending: string | undefined;
  return {
    async write(client, count) {
      pending = `value: ${count}\n`;
      const body = { Data: base64(pending), LastChangeDescription: `to ${count}` };
      const { status } = await client.patch(unitPath(unit), body);
      if (status === 200) answered.push(pending);
      pending = undefined;
      return status === 200;
    },
    async check(client) {
      const stored = await readUnit(client, unit);
      const text = fromBase64(stored['Data']);
      if (pending !== undefined && text === pending) answered.push(text);
      pending = undefined;
      expect(text, 'the last answered text').to.equal(answered.at(-1));
      const revisions = await revisionsOf(client, unit);
      const numbers = revisions.map((revision) => Number(revision['RevisionNum'])).sort((a, b) => a - b);
      expect(numbers, 'no gaps').to.deep.equal(numbers.map((_, index) => index + 1));
      expect(numbers.length, 'one revision for each write').to.equal(answered.length);
      expect(stored['HeadRevisionNum']).to.equal(numbers.length);
    },
  };
}

/** A label of many units in one request: all of them have it, or none. */
function labels(space: string): Load {
  let [last, pending] = ['0', '0'];
  const where = { where: `SpaceID = '${space}'` };
  return {
    async write(client, count) {
      pending = String(count);
      const { status } = await client.patch('/unit', { Labels: { round: pending } }, where);
      if (status === 200) last = pending;
      return status === 200;
    },
    async check(client) {
      const { list } = await client.get('/unit', { ...where, select: 'Labels' });
      const rounds = new Set(
        list.map(({ Unit }) => JSON.stringify(Unit)).map((text) => /"round":"(\d+)"/u.exec(text)?.[1] ?? '0'),
      );
      expect([...rounds], 'the same for all units of the request').to.have.length(1);
      expect([last, pending]).to.include([...rounds][0]);
      last = [...rounds][0] ?? last;
    },
  };
}

/** New units: each is there with its first revision, or is not there. */
function creations(space: string): Load {
  const answered = new Set<string>();
  return {
    async write(client, count) {
      const slug = `made-${count}`;
      const made = await createUnit(client, space, slug, `made: ${count}\n`);
      answered.add(slug);
      return made['Slug'] === slug;
    },
    async check(client) {
      const { list } = await client.get('/unit', { where: `SpaceID = '${space}'`, include: 'HeadRevisionNum' });
      const whole = list.filter(({ Unit, HeadRevision }) => Unit !== undefined && HeadRevision !== undefined);
      expect(whole.length, 'units with their first revision').to.equal(list.length);
      const slugs = new Set(whole.map(({ Unit }) => (Unit as JsonObject)['Slug']));
      expect(
        [...answered].filter((slug) => !slugs.has(slug)),
        'answered and lost',
      ).to.deep.equal([]);
    },
  };
}

/** Applies: each that was queued comes to its end, in this hub or in the next. There is no cluster: the end is a failure. */
function applies(unit: JsonObject): Load {
  let queued: Json[] = [];
  return {
    async write(client) {
      const { status, object } = await client.post(`${unitPath(unit)}/apply`);
      queued.push(object['QueuedOperationID'] ?? null);
      return status === 200;
    },
    async check(client) {
      for (const id of queued) {
        const query = { where: `QueuedOperationID = '${String(id)}'` };
        while (!(await client.get('/unit_event', query)).list.some(({ Status }) => Status === 'Failed'));
      }
      queued = [];
    },
  };
}

describe('hub: killed at any moment', function () {
  this.timeout(KILLS * 40_000);

  it(`loses nothing that was answered and leaves no half write, ${KILLS} times`, async () => {
    using folder = temporaryDirectory();
    let hub = await startHub(folder.path);
    const [space, many, made] = [
      await createSpace(hub.client, 'p'),
      await createSpace(hub.client, 'many'),
      await createSpace(hub.client, 'made'),
    ];
    const loads: Load[] = [labels(many), creations(made)];
    for (let index = 0; index < WRITERS; index++) {
      loads.push(texts(await createUnit(hub.client, space, `unit-${index}`, 'value: 0\n'), 'value: 0\n'));
      await createUnit(hub.client, many, `unit-${index}`, 'value: 0\n');
    }
    const target = {
      Slug: 't1',
      ToolchainType: 'Kubernetes/YAML',
      ProviderType: 'Kubernetes',
      Parameters: '{"KubeContext":"none"}',
    };
    const TargetID = (await createNamed(hub.client, space, 'target', target))['TargetID'] ?? null;
    loads.push(applies(await createUnit(hub.client, space, 'applied', 'value: 0\n', { TargetID })));
    const moments = fc.sample(fc.record({ answers: fc.nat({ max: 10 }), ms: fc.nat({ max: 10 }) }), {
      seed: 20_261_123,
      numRuns: KILLS,
    });
    let [writes, count] = [0, 0];
    for (const moment of moments) {
      const { client } = hub;
      const isRunning = { now: true };
      const writers = loads.map(async (load) => {
        try {
          while (isRunning.now) {
            if (!(await load.write(client, ++count))) throw new Error('refused');
            writes++;
          }
        } catch {
          // The hub is gone.
        }
      });
      // After so many answers, and a little later: in the middle of what comes next, however fast the machine is.
      const wanted = writes + moment.answers;
      while (writes < wanted) await sleep(1);
      await sleep(moment.ms);
      await hub.kill();
      isRunning.now = false;
      await Promise.all(writers);
      const file = new DatabaseSync(join(folder.path, 'hub.sqlite'), { readOnly: true });
      expect(file.prepare('PRAGMA integrity_check').get()).to.deep.equal({ integrity_check: 'ok' });
      file.close();
      hub = await startHub(folder.path);
      for (const load of loads) await load.check(hub.client);
    }
    await hub.kill();
    expect(writes).to.be.greaterThan(KILLS);
    process.stdout.write(`      ${KILLS} kills, ${writes} writes answered\n`);
  });
});
