import { expect } from 'chai';
import { expiryWarning, tokenExpiry, workerSession } from '../../src/clients/confighub/session.ts';
import { connectConfigHub } from '../../src/clients/confighub/transport.ts';
import { spaceSchema } from '../../src/clients/confighub/wire.ts';
import { ConfigHubError } from '../../src/domain/errors.ts';
import { Secret } from '../../src/domain/secret.ts';
import { Client, startTestHub } from '../hub/harness.ts';
import { createNamed, createSpace } from '../hub/scene.ts';
import { json, refuses, startHubDouble } from './double.ts';

const signal = new AbortController().signal;
const WORKER = '0b7f4c1e-58b1-4b7e-9d0c-0d2f6f0f1a11';
const SPACE = [{ Space: { SpaceID: 's-1', Slug: 'prod' } }];

function jwt(claims: unknown): Secret<string> {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return new Secret(`${part({ alg: 'none' })}.${part(claims)}.signature`);
}

async function failureOf(work: Promise<unknown>): Promise<ConfigHubError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof ConfigHubError) return error;
    throw error;
  }
  throw new Error('nothing failed');
}

function loggedIn(url: string, secret = 'worker-canary') {
  const session = workerSession({ url, workerId: WORKER, workerSecret: new Secret(secret), userAgent: 'test' });
  return connectConfigHub({ url, session, userAgent: 'test' });
}

describe('login as a worker', () => {
  it('gets in at the embedded hub with the id and secret that it gave', async () => {
    await using hub = await startTestHub({ accounts: [{ name: 'admin', role: 'admin', token: 'admin-token' }] });
    const admin = new Client(hub.url, 'admin-token');
    const worker = await createNamed(admin, await createSpace(admin, 'home'), 'bridge_worker', { Slug: 'bot' });
    const workerSecret = new Secret(String(worker['Secret']));
    const session = workerSession({ url: hub.url, workerId: String(worker['BridgeWorkerID']), workerSecret, userAgent: 'test' });
    const transport = connectConfigHub({ url: hub.url, session, userAgent: 'test' });
    const spaces = await transport.list({ path: '/space' }, spaceSchema.partial().loose(), signal);
    expect(spaces).to.have.length(1);
  });

  it('asks once for all requests of a run, outside of /api', async () => {
    await using hub = await startHubDouble(json({ access_token: 'session-1' }), json(SPACE));
    const transport = loggedIn(hub.url);
    await Promise.all([1, 2, 3].map(() => transport.list({ path: '/space' }, spaceSchema.partial().loose(), signal)));
    expect(hub.requests.map(({ method, path }) => `${method} ${path}`)).to.deep.equal([
      'POST /auth/worker',
      'GET /api/space',
      'GET /api/space',
      'GET /api/space',
    ]);
    expect(JSON.parse(hub.requests[0]?.body ?? '')).to.deep.equal({ worker_id: WORKER, worker_secret: 'worker-canary' });
    expect(hub.requests[0]?.headers.authorization).to.equal(undefined);
    expect(hub.requests[1]?.headers.authorization).to.equal('Bearer session-1');
  });

  it('logs in anew when its session has run out, and sends the request again, a write too: a refused login did nothing', async () => {
    await using hub = await startHubDouble(
      json({ access_token: 'session-1' }),
      refuses(401, 'expired'),
      json({ access_token: 'session-2' }),
      json({ SpaceID: 's-1', Slug: 'prod' }),
    );
    const transport = loggedIn(hub.url);
    await transport.send({ method: 'POST', path: '/space', body: {} }, spaceSchema, signal);
    expect(hub.requests.map(({ headers }) => headers.authorization)).to.deep.equal([
      undefined,
      'Bearer session-1',
      undefined,
      'Bearer session-2',
    ]);
  });

  it('is refused for good where the new session is as well', async () => {
    await using hub = await startHubDouble(
      json({ access_token: 's' }),
      refuses(401, 'no'),
      json({ access_token: 's' }),
      refuses(401, 'no'),
    );
    const error = await failureOf(loggedIn(hub.url).list({ path: '/space' }, spaceSchema, signal));
    expect(error.code).to.equal('permission');
    expect(error.remedy).to.contain('CONFIGHUB_WORKER_SECRET');
    expect(hub.requests).to.have.length(4);
  });

  for (const [status, code, remedy] of [
    [401, 'permission', 'CONFIGHUB_WORKER_ID'],
    [404, 'permission', 'CONFIGHUB_WORKER_ID'],
    [503, 'unavailable', 'again later'],
  ] as const) {
    it(`says what to check after ${status}, and never the secret`, async function () {
      this.timeout(20_000);
      await using hub = await startHubDouble(refuses(status, 'worker-canary is wrong'));
      const error = await failureOf(loggedIn(hub.url).list({ path: '/space' }, spaceSchema, signal));
      expect(error).to.include({ code, status });
      expect(error.remedy).to.contain(remedy);
      expect(`${error.message}${error.subject}${error.remedy}${error.stack}`).to.not.contain('canary');
    });
  }
});

describe('the end of a token', () => {
  const now = new Date('2026-11-23T12:00:00Z');
  const inDays = (days: number): Secret<string> => jwt({ exp: now.getTime() / 1000 + days * 86_400 });

  it('is read where the token says it', () => {
    expect(tokenExpiry(inDays(1))?.toISOString()).to.equal('2026-11-24T12:00:00.000Z');
    for (const opaque of ['admin', 'a.b.c', 'a.b', '', jwt({}).reveal(), jwt({ exp: 'soon' }).reveal(), jwt(null).reveal()])
      expect(tokenExpiry(new Secret(opaque)), opaque).to.equal(undefined);
  });

  it('is warned of from seven days before', () => {
    expect(expiryWarning(inDays(7.5), now)).to.equal('');
    expect(expiryWarning(inDays(7), now))
      .to.contain('ends at 2026-11-30T12:00:00Z, in 7 days')
      .and.contain('CONFIGHUB_WORKER_ID');
    expect(expiryWarning(inDays(0.5), now)).to.contain('within a day');
    expect(expiryWarning(inDays(-1), now)).to.contain('ended at');
    expect(expiryWarning(new Secret('opaque'), now)).to.equal('');
  });
});
