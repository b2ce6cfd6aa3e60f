import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect } from 'chai';
import pino from 'pino';
import { sha256 } from '../../src/domain/sha256.ts';
import { type RunningHub, startHub } from '../../src/hub/server.ts';
import { migrations } from '../../src/hub/storage/migrations.ts';
import { Client, temporaryDirectory } from './harness.ts';
import { createNamed, createSpace } from './scene.ts';

const start = (dataDir: string): Promise<RunningHub> => startHub({ dataDir, port: 0, log: pino({ level: 'silent' }) });
const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);
const messageOf = (work: Promise<unknown>): Promise<string> => work.then(() => 'started', String);

/** Modes of the directory and of all that is in it. */
function modesOf(dataDir: string): Readonly<Record<string, string>> {
  const names = readdirSync(dataDir).map((name) => [name, modeOf(join(dataDir, name))] as const);
  return { '.': modeOf(dataDir), ...Object.fromEntries(names) };
}

describe('hub: the data directory', () => {
  let folder: ReturnType<typeof temporaryDirectory>;
  let dataDir: string;
  let umask: number;
  beforeEach(() => {
    // A loose umask must not matter.
    umask = process.umask(0o000);
    folder = temporaryDirectory();
    dataDir = join(folder.path, 'deep/hub');
  });
  afterEach(() => {
    process.umask(umask);
    folder[Symbol.dispose]();
  });

  const tokenOf = (role: string): string => readFileSync(join(dataDir, `${role}.token`), 'utf8').trim();

  it('is for its owner alone, with all that is in it', async () => {
    await using hub = await start(dataDir);
    await createSpace(new Client(hub.url, tokenOf('admin')), 'p');
    const modes = modesOf(dataDir);
    expect(modes).to.include({ '.': '700', 'hub.sqlite': '600', 'hub.sqlite-wal': '600', 'admin.token': '600' });
    expect(Object.entries(modes).filter(([name, mode]) => name !== '.' && mode !== '600')).to.deep.equal([]);
  });

  it('is made so where an earlier version or a copy left it open', async () => {
    await (await start(dataDir)).close();
    writeFileSync(join(dataDir, 'hub.sqlite-wal'), '');
    for (const name of readdirSync(dataDir)) chmodSync(join(dataDir, name), 0o644);
    chmodSync(dataDir, 0o755);
    await using _hub = await start(dataDir);
    expect(new Set(Object.values(modesOf(dataDir)))).to.deep.equal(new Set(['700', '600']));
  });

  it('is not a directory of other things that other users may enter, which stays as it is', async () => {
    mkdirSync(dataDir, { recursive: true, mode: 0o755 });
    writeFileSync(join(dataDir, 'notes.txt'), '');
    expect(await messageOf(start(dataDir))).to.contain('needs a directory of its own');
    expect([modeOf(dataDir), readdirSync(dataDir)]).to.deep.equal(['755', ['notes.txt']]);
  });

  it('gets two random tokens at the first start, which stay, and which alone give access', async () => {
    const first = await start(dataDir);
    const shown = first.keptTokens.map(({ role, file, token, isNew }) => [role, file, token.reveal(), isNew]);
    const [admin, detector] = [tokenOf('admin'), tokenOf('drift-detector')];
    expect(shown).to.deep.equal([
      ['admin', join(dataDir, 'admin.token'), admin, true],
      ['drift-detector', join(dataDir, 'drift-detector.token'), detector, true],
    ]);
    expect(String(first.keptTokens.map(({ token }) => token))).to.equal('***,***');
    expect(admin)
      .to.match(/^[\w-]{43}$/u)
      .and.not.equal(detector);
    await first.close();

    await using second = await start(dataDir);
    expect(second.keptTokens.map(({ isNew }) => isNew)).to.deep.equal([false, false]);
    const nameOf = async (token: string) => (await new Client(second.url, token).get('/me')).object['Username'];
    expect([await nameOf(admin), await nameOf(detector)]).to.deep.equal(['admin', 'drift-detector']);
    for (const guess of ['admin', 'drift-detector', 'tester', `${admin}x`, admin.slice(1)])
      expect((await new Client(second.url, guess).get('/me')).status, guess).to.equal(401);
  });

  it('renews a token whose file is deleted, and says which file is broken', async () => {
    await (await start(dataDir)).close();
    const [admin, detector] = [tokenOf('admin'), tokenOf('drift-detector')];
    rmSync(join(dataDir, 'drift-detector.token'));
    await using renewed = await start(dataDir);
    expect([tokenOf('admin'), renewed.keptTokens.map(({ isNew }) => isNew)]).to.deep.equal([admin, [false, true]]);
    expect((await new Client(renewed.url, detector).get('/me')).status).to.equal(401);
    await renewed.close();
    for (const text of ['', '\n', 'one\ntwo\n', 'bell\u0007\n']) {
      writeFileSync(join(dataDir, 'admin.token'), text);
      expect(await messageOf(start(dataDir))).to.contain('the token of admin must be one line of visible ASCII characters');
    }
  });

  it('holds no token and no secret in its database, and none in clear that an earlier version wrote', async () => {
    mkdirSync(dataDir, { recursive: true });
    const old = new DatabaseSync(join(dataDir, 'hub.sqlite'));
    old.exec(migrations.slice(0, 4).join(';'));
    const id = '11111111-2222-4333-8444-555555555555';
    const record = { EntityType: 'BridgeWorker', BridgeWorkerID: id, SpaceID: 'p', Slug: 'old', Secret: 'secret-of-before' };
    const insert = (key: string, body: object) =>
      old.prepare('INSERT INTO named (id, body) VALUES (?, ?)').run(key, JSON.stringify(body));
    insert(id, record);
    // Rows of many lengths, so that what one leaves in its page is not just written over by the next.
    for (let index = 0; index < 40; index++)
      insert(`w${index}`, { ...record, Slug: `w${index}`, Labels: { pad: 'x'.repeat(index * 9) } });
    old.exec('PRAGMA user_version = 4');
    old.close();

    const hub = await start(dataDir);
    const admin = new Client(hub.url, tokenOf('admin'));
    const worker = await createNamed(admin, await createSpace(admin, 'p'), 'bridge_worker', { Slug: 'new' });
    const logIn = async (worker_id: string, worker_secret: string): Promise<string> => {
      const answer = await fetch(`${hub.url}/auth/worker`, {
        method: 'POST',
        body: JSON.stringify({ worker_id, worker_secret }),
      });
      return String(((await answer.json()) as { readonly access_token?: string }).access_token);
    };
    const secret = String(worker['Secret']);
    const sessions = [await logIn(id, 'secret-of-before'), await logIn(String(worker['BridgeWorkerID']), secret)];
    for (const session of sessions) expect((await new Client(hub.url, session).get('/me')).status).to.equal(200);
    expect(await logIn(id, sha256('secret-of-before'))).to.equal('undefined');
    const secrets = ['secret-of-before', secret, ...sessions, tokenOf('admin'), tokenOf('drift-detector')];
    const inClear = (): string[] =>
      readdirSync(dataDir).filter((name) => {
        const bytes = readFileSync(join(dataDir, name));
        return name.startsWith('hub.sqlite') && secrets.some((text) => bytes.includes(text));
      });
    expect(inClear()).to.deep.equal([]);
    await hub.close();
    expect(inClear()).to.deep.equal([]);
  });
});
