import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import fc from 'fast-check';
import type { JsonObject } from '../../src/types/json.ts';
import { base64, Client, fromBase64, temporaryDirectory } from './harness.ts';
import { createSpace, createUnit, readUnit, revisionsOf, unitPath } from './scene.ts';

// The hub is killed in the middle of whatever it is doing. What was answered is there afterwards, what was not is there
// whole or not at all, and revisions have no gaps.

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const KILLS = (process.env['DRIFT_LONG'] ?? '') === '' ? 8 : 200;
const WRITERS = 6;

interface Hub {
  readonly client: Client;
  kill(): Promise<void>;
}

async function startHub(folder: string): Promise<Hub> {
  const child = spawn(process.execPath, [MAIN, 'hub', '--data-dir', folder, '--port', '0', '--log-level', 'error'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const client = new Client(/CONFIGHUB_URL=(\S+)/u.exec(line.toString())?.[1] ?? '');
  return {
    client,
    async kill() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

/** What one unit has been told, in order; the last one may have been answered or not. */
interface History {
  unit: JsonObject;
  readonly answered: string[];
  pending: string | undefined;
}

describe('hub: killed at any moment', function () {
  this.timeout(KILLS * 10_000);

  it(`loses nothing that was answered and leaves no half write, ${KILLS} times`, async () => {
    using folder = temporaryDirectory();
    let hub = await startHub(folder.path);
    const space = await createSpace(hub.client, 'p');
    const histories: History[] = [];
    for (let index = 0; index < WRITERS; index++) {
      const unit = await createUnit(hub.client, space, `unit-${index}`, 'value: 0\n');
      histories.push({ unit, answered: ['value: 0\n'], pending: undefined });
    }
    const moments = fc.sample(fc.nat({ max: 120 }), { seed: 20_261_123, numRuns: KILLS });
    let [writes, count] = [0, 0];
    for (const moment of moments) {
      const { client } = hub;
      const isRunning = { now: true };
      const writers = histories.map(async (history) => {
        while (isRunning.now) {
          const text = `value: ${++count}\n`;
          history.pending = text;
          try {
            const { status } = await client.patch(unitPath(history.unit), {
              Data: base64(text),
              LastChangeDescription: `to ${text.trim()}`,
            });
            if (status !== 200) throw new Error(`answered ${status}`);
            history.answered.push(text);
            history.pending = undefined;
            writes++;
          } catch {
            return;
          }
        }
      });
      await sleep(moment);
      await hub.kill();
      isRunning.now = false;
      await Promise.all(writers);
      const file = new DatabaseSync(join(folder.path, 'hub.sqlite'), { readOnly: true });
      expect(file.prepare('PRAGMA integrity_check').get()).to.deep.equal({ integrity_check: 'ok' });
      file.close();
      hub = await startHub(folder.path);
      for (const history of histories) await check(hub.client, history);
    }
    await hub.kill();
    expect(writes).to.be.greaterThan(KILLS);
    process.stdout.write(`      ${KILLS} kills, ${writes} writes answered\n`);
  });
});

async function check(client: Client, history: History): Promise<void> {
  const unit = await readUnit(client, history.unit);
  const text = fromBase64(unit['Data']);
  if (history.pending !== undefined && text === history.pending) history.answered.push(text);
  history.pending = undefined;
  expect(text, 'the last answered text').to.equal(history.answered.at(-1));
  const revisions = await revisionsOf(client, history.unit);
  const numbers = revisions.map((revision) => Number(revision['RevisionNum'])).sort((a, b) => a - b);
  expect(numbers, 'no gaps').to.deep.equal(numbers.map((_, index) => index + 1));
  expect(numbers.length, 'one revision for each write').to.equal(history.answered.length);
  expect(unit['HeadRevisionNum']).to.equal(numbers.length);
}
