import { expect } from 'chai';
import * as z from 'zod';
import { ConfigHubError } from '../../src/domain/errors.ts';
import { type Answer, json, startHubDouble } from './double.ts';

const signal = new AbortController().signal;
const item = z.object({ N: z.number() });

/** A page with the token of the next one. */
function page(numbers: readonly number[], next?: string): Answer {
  return (_, response) => {
    response.writeHead(200, {
      'content-type': 'application/json',
      ...(next === undefined ? {} : { 'ConfigHub-Continue': next }),
    });
    response.end(JSON.stringify(numbers.map((N) => ({ N }))));
  };
}

function busy(status: number, retryAfter: string): Answer {
  return (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json', 'retry-after': retryAfter });
    response.end('{"Code":"429","Message":"slow down"}');
  };
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

describe('lists of ConfigHub', () => {
  it('are read page by page until no page follows, empty ones too', async () => {
    await using hub = await startHubDouble(page([1, 2], 'p2'), page([], 'p3'), page([3]));
    const found = await hub.transport.list({ path: '/unit', query: { where: "Slug = 'x'" } }, item, signal);
    expect(found.map(({ N }) => N)).to.deep.equal([1, 2, 3]);
    expect(hub.requests.map(({ query }) => query)).to.deep.equal([
      { where: "Slug = 'x'" },
      { where: "Slug = 'x'", continue: 'p2' },
      { where: "Slug = 'x'", continue: 'p3' },
    ]);
  });

  it('end with an error where the server names the same page again and again', async () => {
    await using hub = await startHubDouble(page([1], 'p2'), page([1], 'p2'));
    expect((await failureOf(hub.transport.list({ path: '/unit' }, item, signal))).message).to.contain('same page');
  });
});

describe('a ConfigHub that asks to wait', () => {
  it('is asked again once the time is over, when reading after 429 and 503', async () => {
    for (const status of [429, 503]) {
      await using hub = await startHubDouble(busy(status, '1'), page([1]));
      const started = performance.now();
      await hub.transport.list({ path: '/unit' }, item, signal);
      expect(hub.requests).to.have.length(2);
      // No measure of speed: asking again too early is what would be wrong.
      expect(performance.now() - started).to.be.at.least(900);
    }
  });

  it('is written to again after 429 with a time to wait, which says that nothing was done, and never after 503', async () => {
    await using limited = await startHubDouble(busy(429, '0'), json({ N: 1 }));
    await limited.transport.send({ method: 'PATCH', path: '/unit', body: {} }, item, signal);
    expect(limited.requests).to.have.length(2);
    await using broken = await startHubDouble(busy(503, '0'), json({ N: 1 }));
    await failureOf(broken.transport.send({ method: 'PATCH', path: '/unit', body: {} }, item, signal));
    expect(broken.requests).to.have.length(1);
  });

  it('is left to the next pass where it asks for longer than a minute', async () => {
    for (const long of ['3600', new Date(Date.now() + 3_600_000).toUTCString()]) {
      await using hub = await startHubDouble(busy(429, long), page([1]));
      expect((await failureOf(hub.transport.list({ path: '/unit' }, item, signal))).remedy).to.contain('again later');
      expect(hub.requests).to.have.length(1);
    }
  });
});
