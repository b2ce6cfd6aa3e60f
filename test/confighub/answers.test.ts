import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { type ConfigHubClient, createConfigHubClient } from '../../src/clients/confighub/client.ts';
import { abilitiesOf, detectGeneration } from '../../src/clients/confighub/generation.ts';
import { ConfigHubError } from '../../src/domain/errors.ts';
import type { ApiGeneration } from '../../src/domain/server.ts';
import { type NoAnswer, noAnswers } from '../kubernetes/no-answers.ts';
import { type Answer, type HubDouble, json, startHubDouble } from './double.ts';

// That no answer is believed that is none: each read gets everything that a page in front of the server, or another one, may
// say instead, and fails. What a real server says is taken by all other tests.

const { signal } = new AbortController();
const UNIT = { spaceId: 's', id: 'u', name: 'dev/web' };
const SPACES = json([{ Space: { SpaceID: 's', Slug: 'dev' } }]);

/** What reads, and the path below `/api` that is answered wrongly. */
const READS: Readonly<Record<string, readonly [RegExp, (client: ConfigHubClient, hub: HubDouble) => Promise<unknown>]>> = {
  'the API that it speaks': [/^\/info$/u, (_, hub) => detectGeneration(hub.transport, signal)],
  'the user': [/^\/me$/u, (client) => client.whoAmI(signal)],
  spaces: [/^\/space$/u, (client) => client.listSpaces('', signal)],
  'a space': [/^\/space$/u, (client) => client.findSpace('dev', signal)],
  units: [/^\/unit$/u, (client) => client.listUnits({ where: '' }, signal)],
  'the states of units': [/^\/unit$/u, (client) => client.listUnitStates({ where: '' }, signal)],
  'a unit': [/^\/unit$/u, (client) => client.findUnit('s', 'web', signal)],
  revisions: [/\/revision$/u, (client) => client.listRevisions(UNIT, signal)],
  'revisions of many units': [/\/revision$/u, (client) => client.listRevisionsFrom([UNIT], 1, signal)],
  'a revision': [/\/revision$/u, (client) => client.readRevision(UNIT, 1, signal)],
  'a target': [/\/target$/u, (client) => client.findTarget('cluster', 'dev', signal)],
  changesets: [/^\/change_set$/u, (client) => client.listChangeSets('', signal)],
  'a filter': [/\/filter$/u, (client) => client.selectByFilter('dev/mine', '', signal)],
  'a worker': [/\/bridge_worker$/u, (client) => client.findWorker('s', 'cluster', signal)],
};

function answered({ status = 200, type = 'application/json', body }: NoAnswer): Answer {
  return (_, response) => {
    response.writeHead(status, { 'content-type': type });
    response.end(body);
  };
}

function routed(path: RegExp, wrong: () => Answer): Answer {
  return (request, response) => (path.test(request.path.replace(/^\/api/u, '')) ? wrong() : SPACES)(request, response);
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    (found) => `it was taken: ${JSON.stringify(found)}`,
    (error: unknown) => error,
  );
}

function clientOf(hub: HubDouble, generation: ApiGeneration): ConfigHubClient {
  return createConfigHubClient(hub.transport, abilitiesOf(generation));
}

describe('an answer of ConfigHub that is none', () => {
  const cases = [...noAnswers('no-answers.yaml'), ...noAnswers('no-hub-answers.yaml')];
  for (const [what, [path, read]] of Object.entries(READS)) {
    it(`is a failed read of ${what}`, async () => {
      let now: Answer = SPACES;
      await using hub = await startHubDouble(routed(path, () => now));
      for (const generation of ['A', 'B', 'C'] as const) {
        for (const none of cases) {
          now = answered(none);
          expect(await failureOf(read(clientOf(hub, generation), hub)), `${none.name}, ${generation}`).to.be.instanceOf(
            ConfigHubError,
          );
        }
      }
    });
  }

  const whole = { UnitID: 'u', SpaceID: 's', Slug: 'web', HeadRevisionNum: 2, Version: 1 };
  const leftOut = {
    'a hash of something (B)': { DataHash: 'f'.repeat(64) },
    'a size (C)': { DataSize: 12 },
    'a checksum (A)': { ContentHash: 4157704578 },
  };
  for (const [what, more] of Object.entries(leftOut)) {
    it(`is a failed read of a unit that comes without its data, and with ${what}`, async () => {
      const revision = { RevisionID: 'r', UnitID: 'u', RevisionNum: 1, ...more };
      await using units = await startHubDouble(json([{ Unit: { ...whole, ...more } }]));
      expect(await failureOf(units.client.listUnits({ where: '' }, signal))).to.have.property('code', 'bad-answer');
      await using revisions = await startHubDouble(json([{ Revision: revision }]));
      expect(await failureOf(revisions.client.readRevision(UNIT, 1, signal))).to.have.property('code', 'bad-answer');
    });
  }

  it('is no failed read of a unit that is empty', async () => {
    const DataHash = createHash('sha256').digest('hex');
    await using hub = await startHubDouble(json([{ Unit: { ...whole, DataHash } }, { Unit: { ...whole, UnitID: 'v' } }]));
    expect((await hub.client.listUnits({ where: '' }, signal)).map(({ Unit }) => Unit.Data)).to.deep.equal(['', '']);
  });

  it('is a failed read of data that is stored apart: a page, and bytes of another hash', async () => {
    const DataHash = createHash('sha256').update('kind: Deployment\n').digest('hex');
    const revision = { RevisionID: 'r', UnitID: 'u', RevisionNum: 1, DataHash };
    for (const [type, body] of [
      ['text/html', '<html></html>'],
      ['application/octet-stream', 'kind: Other\n'],
      ['application/octet-stream', ''],
    ] as const) {
      await using hub = await startHubDouble(json([{ Revision: revision }]), answered({ name: '', type, body }));
      expect(await failureOf(clientOf(hub, 'C').readRevision(UNIT, 1, signal)), body).to.have.property('code', 'bad-answer');
    }
    await using bare = await startHubDouble(
      json([{ Revision: { ...revision, DataHash: '' } }]),
      answered({ name: '', type: 'text/html', body: '<html></html>' }),
    );
    expect(await failureOf(clientOf(bare, 'C').readRevision(UNIT, 1, signal))).to.have.property('code', 'bad-answer');
  });

  it("is no revision where it is another unit's", async () => {
    await using hub = await startHubDouble(json([{ Revision: { RevisionID: 'r', UnitID: 'other', RevisionNum: 1 } }]));
    expect(await hub.client.readRevision(UNIT, 1, signal)).to.equal(undefined);
  });
});

describe('a list of ConfigHub', () => {
  const unit = (id: string, Version = 1): object => ({ Unit: { UnitID: id, SpaceID: 's', Slug: id, Version } });
  const paged =
    (elements: readonly object[], next?: string): Answer =>
    (_, response) => {
      response.writeHead(200, {
        'content-type': 'application/json',
        ...(next === undefined ? {} : { 'confighub-continue': next }),
      });
      response.end(JSON.stringify(elements));
    };
  const list = async (hub: HubDouble): Promise<readonly string[]> =>
    (await hub.client.listUnits({ where: '' }, signal)).map(({ Unit }) => `${Unit.Slug} ${Unit.Version}`);

  it('that overlaps from page to page holds each unit once, as it was read last', async () => {
    await using hub = await startHubDouble(
      paged([unit('one'), unit('two'), unit('two')], 'p'),
      paged([unit('two', 2), unit('three')]),
    );
    expect(await list(hub)).to.deep.equal(['one 1', 'two 2', 'three 1']);
  });

  it('fails where it names a page that was read before', async () => {
    await using hub = await startHubDouble(paged([unit('one')], 'p'), paged([unit('two')], 'q'), paged([unit('three')], 'p'));
    expect(await failureOf(list(hub)))
      .to.have.property('message')
      .that.contains('same page');
  });

  it('fails where it never ends', async () => {
    let page = 0;
    await using hub = await startHubDouble((request, response) => paged([unit(`u${page}`)], String(++page))(request, response));
    expect(await failureOf(list(hub)))
      .to.have.property('message')
      .that.contains('does not end after 1000 pages');
  });

  it('is read by pages from generation C on', async () => {
    await using hub = await startHubDouble(json([]));
    await clientOf(hub, 'C').listUnits({ where: '' }, signal);
    expect(hub.requests.map(({ path, query }) => `${path} ${query['limit'] ?? ''}`).sort()).to.deep.equal([
      '/api/unit 500',
      '/api/unit_data 500',
    ]);
  });

  it('is read space by space where it is larger than any answer may be', async () => {
    const wheres: (string | undefined)[] = [];
    await using hub = await startHubDouble(({ path, query }, response) => {
      if (path === '/api/space')
        return json([{ Space: { SpaceID: 's', Slug: 'a' } }, { Space: { SpaceID: 't', Slug: 'b' } }])(
          { method: '', path, query, headers: {}, body: '' },
          response,
        );
      wheres.push(query['where']);
      if (wheres.length > 1)
        return paged([unit(`u${wheres.length}`)])({ method: '', path, query, headers: {}, body: '' }, response);
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      // A gigabyte would take as long to make as all other tests here.
      response.end(gzipSync(Buffer.alloc(1 << 28, ' ')));
    });
    const found = await hub.client.listUnits({ where: "Labels.app = 'x'" }, signal);
    expect(found.map(({ Unit }) => Unit.Slug)).to.deep.equal(['u2', 'u3']);
    expect(wheres).to.deep.equal([
      "Labels.app = 'x'",
      "Labels.app = 'x' AND SpaceID = 's'",
      "Labels.app = 'x' AND SpaceID = 't'",
    ]);
  });

  it('is left where it unpacks to more than 96 MB, and not asked for again', async () => {
    const bomb = gzipSync(Buffer.alloc(1 << 28, ' '));
    await using hub = await startHubDouble((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      response.end(bomb);
    });
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    const watching = setInterval(() => {
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }, 1);
    const error = await failureOf(hub.client.listSpaces('', signal));
    clearInterval(watching);
    expect(error).to.have.property('message').that.contains('larger than 96 MB');
    expect(hub.requests).to.have.length(1);
    expect(most).to.be.lessThan(200e6);
  });

  it('is asked for again where the connection drops half way', async () => {
    let drops = 0;
    await using hub = await startHubDouble((request, response) => {
      if (drops++ > 0) return paged([unit('one')])(request, response);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('[{"Unit":');
      setImmediate(() => response.destroy());
    });
    expect(await list(hub)).to.deep.equal(['one 1']);
  });
});
