import { expect } from 'chai';
import * as z from 'zod';
import { tokenSession } from '../../src/clients/confighub/session.ts';
import { connectConfigHub } from '../../src/clients/confighub/transport.ts';
import { and, inList, quote } from '../../src/clients/confighub/where.ts';
import { ConfigHubError } from '../../src/domain/errors.ts';
import { exitCodeOf } from '../../src/domain/exit-codes.ts';
import { Secret } from '../../src/domain/secret.ts';
import { parse } from '../types/builders.ts';
import { type Answer, html, json, refuses, startHubDouble } from './double.ts';

const signal = new AbortController().signal;
const text = 'kind: Deployment\nreplicas: 3 # über\n';
const unit = { UnitID: 'u-1', SpaceID: 's-1', Slug: 'web', Data: Buffer.from(text).toString('base64'), Version: 7 };
const ref = { spaceId: 's-1', id: 'u-1', name: 'prod/web' };
const state = { ...ref, version: 7, dataHash: '' };
const space = { Space: { SpaceID: 's-1', Slug: 'prod' } };
const busy = refuses(503, 'try again');

async function failureOf(work: () => unknown): Promise<ConfigHubError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof ConfigHubError) return error;
    throw error;
  }
  throw new Error('nothing failed');
}

describe('ConfigHub client', () => {
  it('reads units with their text, and takes left-out fields for zero', async () => {
    await using hub = await startHubDouble(json([{ Unit: { ...unit, Surprise: 'ignored' }, Space: space.Space }]));
    const [found] = await hub.client.listUnits({ where: "Slug = 'web'" }, signal);
    expect(found?.Unit).to.include({ Data: text, HeadRevisionNum: 0, LiveRevisionNum: 0, Version: 7 });
    const [request] = hub.requests;
    expect(request).to.include({ method: 'GET', path: '/api/unit' });
    expect(request?.query).to.deep.equal({ where: "Slug = 'web'", include: 'SpaceID,SetID,TargetID,ChangeSetID' });
    expect(request?.headers).to.include({ authorization: 'Bearer token-canary', 'user-agent': 'drift-detector/test' });
  });

  it('writes a unit as a merge patch with the version that was read', async () => {
    await using hub = await startHubDouble(json(unit));
    await hub.client.writeUnit(state, { data: text, description: 'Fixed', changeSetId: null }, 'cs-1', signal);
    const [request] = hub.requests;
    expect(request).to.include({ method: 'PATCH', path: '/api/space/s-1/unit/u-1' });
    expect(request?.query).to.deep.equal({ change_set_id: 'cs-1' });
    expect(request?.headers['content-type']).to.equal('application/merge-patch+json');
    expect(parse(request?.body ?? '')).to.deep.equal({
      Data: unit.Data,
      LastChangeDescription: 'Fixed',
      ChangeSetID: null,
      Version: 7,
    });
  });

  it('names hundreds of units in several requests, each short enough for an address', async () => {
    await using hub = await startHubDouble(json([]));
    await hub.client.applyUnits(
      Array.from({ length: 400 }, (_, index) => `${index}-0000-4000-8000-000000000000`),
      'LiveRevisionNum',
      signal,
    );
    expect(hub.requests.map((request) => (request.query['where'] ?? '').split(', ').length)).to.deep.equal([150, 150, 100]);
    for (const request of hub.requests) expect(request.query['where']?.length).to.be.below(8_000);
  });

  it('waits for an operation until it has ended', async () => {
    const event = (Status: string) => ({ QueuedOperationID: 'o-1', Status, Result: 'ApplyCompleted', Message: '' });
    await using hub = await startHubDouble(
      json([]),
      json([event('Progressing')]),
      json([event('Progressing'), event('Completed')]),
    );
    expect((await hub.client.awaitOperation(ref, 'o-1', signal)).Status).to.equal('Completed');
    expect(hub.requests).to.have.length(3);
  });

  it('finds a changeset by project and name, and says so where there is none', async () => {
    const changeSet = { ChangeSet: { ChangeSetID: 'cs-1', Slug: 'fixes', SpaceID: 's-1' } };
    await using hub = await startHubDouble(json([space]), json([changeSet]), json([space]), json([]), json([]));
    expect((await hub.client.findChangeSet('prod/fixes', signal)).ChangeSetID).to.equal('cs-1');
    expect((await failureOf(() => hub.client.findChangeSet('prod/absent', signal))).message).to.contain(
      'no changeset prod/absent',
    );
    expect((await failureOf(() => hub.client.findChangeSet('absent/fixes', signal))).message).to.contain('no space absent');
    for (const name of ['fixes', 'a/b/c', '/fixes', 'prod/'])
      expect((await failureOf(() => hub.client.findChangeSet(name, signal))).remedy, name).to.contain('SPACE/SLUG');
  });
});

const refusals: readonly (readonly [number, ConfigHubError['code'], RegExp, number])[] = [
  [400, 'invalid', /message/u, 78],
  [401, 'permission', /CUB_TOKEN/u, 77],
  [403, 'permission', /access to this space/u, 77],
  [404, 'not-found', /Check the names/u, 78],
  [409, 'conflict', /next pass compares again/u, 75],
  [412, 'conflict', /next pass compares again/u, 75],
  [422, 'invalid', /message/u, 78],
  [500, 'unavailable', /again later/u, 75],
];

describe('ConfigHub when it refuses', () => {
  for (const [status, code, remedy, exit] of refusals) {
    it(`says why, where and what to do after ${status}`, async () => {
      await using hub = await startHubDouble(refuses(status, 'unit web is not to your taste'));
      const error = await failureOf(() => hub.client.writeUnit(state, {}, undefined, signal));
      expect(error).to.include({ code, status, message: 'ConfigHub refuses: unit web is not to your taste' });
      expect(error.remedy).to.match(remedy);
      expect(error.subject).to.equal(`unit prod/web: PATCH ${hub.url}/api/space/s-1/unit/u-1 (request req-7)`);
      expect(exitCodeOf(error)).to.equal(exit);
      expect(`${error.message}${error.subject}${error.remedy}${error.stack}`).to.not.contain('token-canary');
    });
  }

  it('keeps a message from acting on the terminal that shows it', async () => {
    await using hub = await startHubDouble(refuses(400, `\u001b[2J${'x'.repeat(5_000)}`));
    const error = await failureOf(() => hub.client.listRevisions(ref, signal));
    expect(error.message).to.contain('\\u{1b}').and.not.contain('\u001b');
    expect(error.message.length).to.be.below(600);
  });

  it('asks again after 503 when it only reads', async () => {
    await using hub = await startHubDouble(busy, busy, json([space]));
    expect(await hub.client.listSpaces('', signal)).to.have.length(1);
    expect(hub.requests).to.have.length(3);
  });

  it('gives up reading after four tries', async () => {
    await using hub = await startHubDouble(busy);
    expect((await failureOf(() => hub.client.listSpaces('', signal))).code).to.equal('unavailable');
    expect(hub.requests).to.have.length(4);
  });

  it('never repeats a write: it may have happened', async () => {
    const reset: Answer = (_, response) => response.socket?.resetAndDestroy();
    for (const answer of [busy, refuses(429, 'slow down'), reset]) {
      await using hub = await startHubDouble(answer, json(unit));
      const error = await failureOf(() => hub.client.writeUnit(state, {}, undefined, signal));
      expect(error.code).to.equal('unavailable');
      expect(hub.requests).to.have.length(1);
    }
  });

  it('never repeats what is refused for good', async () => {
    for (const status of [400, 401, 403, 404, 409]) {
      await using hub = await startHubDouble(refuses(status, 'no'));
      await failureOf(() => hub.client.listSpaces('', signal));
      expect(hub.requests, String(status)).to.have.length(1);
    }
  });
});

describe('ConfigHub when the answer is not its own', () => {
  it('never follows a redirect, so the token goes nowhere else', async () => {
    await using other = await startHubDouble(json([space]));
    const away: Answer = (_, response) => {
      response.writeHead(307, { location: `${other.url}/api/space` });
      response.end();
    };
    await using hub = await startHubDouble(away);
    const error = await failureOf(() => hub.client.listSpaces('', signal));
    expect(error.message).to.contain('redirect');
    expect(error.remedy).to.contain('CONFIGHUB_URL');
    expect(other.requests).to.have.length(0);
  });

  it('takes a page of HTML for no answer, and says what to check', async () => {
    await using hub = await startHubDouble(html(200));
    const error = await failureOf(() => hub.client.listSpaces('', signal));
    expect(error.code).to.equal('bad-answer');
    expect(error.remedy).to.contain('CONFIGHUB_URL');
    expect(hub.requests).to.have.length(1);
  });

  it('does not print the page of a proxy that fails', async () => {
    await using hub = await startHubDouble(html(403));
    const error = await failureOf(() => hub.client.listSpaces('', signal));
    expect(error.message).to.equal('ConfigHub refuses: HTTP 403');
  });

  for (const [what, answer] of [
    ['nothing', (_, response) => response.end()],
    ['another shape', json({ items: [] })],
    ['a space without an id', json([{ Space: { Slug: 'prod' } }])],
    ['null', json(null)],
  ] as const satisfies readonly (readonly [string, Answer])[]) {
    it(`names what it did not understand when the answer is ${what}`, async () => {
      await using hub = await startHubDouble(answer);
      const error = await failureOf(() => hub.client.listSpaces('', signal));
      expect(error.code).to.equal('bad-answer');
      expect(error.message).to.contain('another shape');
      expect(error.subject).to.contain('/space');
      if (what !== 'nothing') expect(error.subject).to.contain('(request req-7)');
    });
  }

  it('is out of reach, not a bug, when the connection ends in the middle of an answer', async () => {
    const cut: Answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      response.write('[{"Space"', () => response.socket?.destroy());
    };
    await using hub = await startHubDouble(cut, json([space]));
    expect(await hub.client.listSpaces('', signal)).to.have.length(1);
    await using write = await startHubDouble(cut);
    expect((await failureOf(() => write.client.writeUnit(state, {}, undefined, signal))).code).to.equal('unavailable');
  });

  it('is unreachable if no server listens, and names the address', async function () {
    this.timeout(20_000);
    const transport = connectConfigHub({
      url: 'http://127.0.0.1:9',
      session: tokenSession(new Secret('t')),
      userAgent: 'test',
    });
    const error = await failureOf(() => transport.send({ method: 'POST', path: '/unit/apply', body: {} }, z.unknown(), signal));
    expect(error).to.include({ code: 'unavailable', subject: 'http://127.0.0.1:9' });
    expect(error.remedy).to.contain('CONFIGHUB_URL');
  });

  it('stops when the pass is stopped', async () => {
    const stop = new AbortController();
    const stopped = new Error('stopped by SIGTERM');
    await using hub = await startHubDouble(() => stop.abort(stopped));
    let thrown: unknown;
    try {
      await hub.client.listSpaces('', stop.signal);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).to.equal(stopped);
    expect(hub.requests).to.have.length(1);
  });
});

describe('queries to ConfigHub', () => {
  it('are joined with AND, empty parts left out', () => {
    expect(and("A = 'x'", '', `B IN ${inList(['y', 'z'])}`)).to.equal("A = 'x' AND B IN ('y', 'z')");
  });

  it('refuse a text that could end its literal, before anything is asked', async () => {
    for (const value of ["a' OR Slug != '", 'a"b', 'a\\']) {
      expect((await failureOf(() => quote(value))).code).to.equal('configuration');
      await using hub = await startHubDouble(json([]));
      await failureOf(() => hub.client.selectByFilter(`${value}/x`, '', signal));
      await failureOf(() => hub.client.applyUnits([value], '1', signal));
      expect(hub.requests).to.have.length(0);
    }
  });
});
