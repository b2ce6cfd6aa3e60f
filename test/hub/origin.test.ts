import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { expect } from 'chai';
import type { Browser } from 'playwright-core';
import { allowedHosts } from '../../src/hub/routes/origin.ts';
import type { RunningHub } from '../../src/hub/server.ts';
import { startBrowser } from '../browser/browser.ts';
import { startTestHub } from './harness.ts';

interface Raw {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

/** A request as it is, with the Host header that is given; a valid token always. */
function send(url: string, method: string, path: string, headers: Readonly<Record<string, string>>): Promise<Raw> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const sent = request(
      { hostname, port, method, path, headers: { authorization: 'Bearer admin', ...headers }, agent: false },
      (answer) => {
        let body = '';
        answer.setEncoding('utf8').on('data', (text: string) => {
          body += text;
        });
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }));
      },
    );
    sent.on('error', reject);
    sent.end(method === 'POST' || method === 'PATCH' ? '{}' : undefined);
  });
}

/** Lines on a socket of their own; answers the status line. */
function sendLines(url: string, lines: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.on('error', reject);
    socket.once('data', (data) => {
      socket.destroy();
      resolve(data.toString().split('\r\n')[0] ?? '');
    });
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  });
}

describe('hub: requests of other sites', () => {
  let hub: RunningHub;
  let port: string;
  before(async () => {
    hub = await startTestHub({ allowedHosts: ['Hub.example', 'hub.example:8443'] });
    port = new URL(hub.url).port;
  });
  after(() => hub.close());

  const PATHS = ['/api/info', '/api/space', '/auth/worker', '/nothing'];

  it('answers loopback by its own port, and the hosts that were allowed', async () => {
    for (const host of [
      `127.0.0.1:${port}`,
      `localhost:${port}`,
      `LOCALHOST:${port}`,
      `[::1]:${port}`,
      'hub.example',
      'HUB.example:8443',
    ])
      expect((await send(hub.url, 'GET', '/api/space', { host })).status, host).to.equal(200);
  });

  it('refuses every other Host, on every path and with every method, in the error shape', async () => {
    const strangers = [
      'rebound.example',
      `rebound.example:${port}`,
      'localhost',
      '127.0.0.1:1',
      `localhost.:${port}`,
      'hub.example:1',
    ];
    for (const host of [...strangers, `127.0.0.1.rebound.example:${port}`, `x@localhost:${port}`]) {
      for (const method of ['GET', 'POST', 'PATCH', 'PUT', 'DELETE', 'OPTIONS']) {
        for (const path of PATHS) {
          const { status, body } = await send(hub.url, method, path, { host });
          // What is no host at all the server refuses by itself.
          expect(status, `${method} ${path} of ${host}`).to.be.oneOf(host.includes('@') ? [400, 403] : [403]);
          expect(body).to.not.contain('Build');
          if (status === 403) expect(JSON.parse(body)).to.include({ Code: '403' });
        }
      }
    }
  });

  it('does not take the host of the request line for the one of the header, nor a second header, nor none', async () => {
    const token = 'Authorization: Bearer admin';
    const status = (...lines: readonly string[]): Promise<string> => sendLines(hub.url, lines);
    const own = `Host: 127.0.0.1:${port}`;
    expect(await status('GET /api/space HTTP/1.1', own, token)).to.equal('HTTP/1.1 200 OK');
    for (const lines of [
      ['GET http://rebound.example/api/space HTTP/1.1', own, token],
      [`GET http://127.0.0.1:${port}/api/space HTTP/1.1`, 'Host: rebound.example', token],
      ['GET /api/space HTTP/1.1', 'Host: rebound.example', own, token],
      ['GET /api/space HTTP/1.1', token],
      ['GET /api/space HTTP/1.1', 'Host:', token],
      ['GET /api/space HTTP/1.0', token],
    ])
      expect(await status(...lines), lines.join(' | ')).to.match(/^HTTP\/1\.1 40[03] /u);
  });

  it('refuses every Origin but its own, with every method, and never sends a header of CORS', async () => {
    const host = `127.0.0.1:${port}`;
    for (const origin of [
      'http://evil.example',
      'null',
      '',
      `http://localhost:${port}`,
      `http://127.0.0.1:1`,
      `ftp://${host}`,
      `http://${host}.evil.example`,
      `http://${host}, http://evil.example`,
    ]) {
      for (const method of ['GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE', 'OPTIONS']) {
        for (const path of PATHS) {
          const { status, headers } = await send(hub.url, method, path, { host, origin });
          expect(status, `${method} ${path} of ${origin}`).to.equal(403);
          expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).to.deep.equal([]);
        }
      }
    }
    for (const origin of [`http://${host}`, `https://${host}`])
      expect((await send(hub.url, 'GET', '/api/space', { host, origin })).status, origin).to.equal(200);
  });

  it('refuses what a browser says is of another site, where it sends no Origin', async () => {
    for (const [site, status] of [
      ['cross-site', 403],
      ['same-site', 403],
      ['same-origin', 200],
      ['none', 200],
    ] as const)
      expect(
        (await send(hub.url, 'GET', '/api/space', { host: `127.0.0.1:${port}`, 'sec-fetch-site': site })).status,
        site,
      ).to.equal(status);
  });

  it('knows the port that http has anyway, an address that is listened on, and no address that means all', () => {
    expect([...allowedHosts('127.0.0.1', 80, [])]).to.include.members(['localhost', 'localhost:80', '[::1]', '127.0.0.1:80']);
    expect([...allowedHosts('fd00::7', 8090, [])]).to.include('[fd00::7]:8090');
    expect([...allowedHosts('0.0.0.0', 8090, ['Hub.example'])]).to.deep.equal([
      'localhost:8090',
      '127.0.0.1:8090',
      '[::1]:8090',
      'hub.example',
    ]);
  });

  describe('in a real browser', function () {
    this.timeout(30_000);
    let browser: Browser;
    before(async function () {
      // The name of a stranger that points to this machine, as after a rebinding.
      browser = await startBrowser(this, ['--host-resolver-rules=MAP rebound.example 127.0.0.1']);
    });
    after(() => browser?.close());

    /** Every answer that the hub gives to a script of that page, which tries everything with a valid token; and what it can read. */
    async function tryAll(
      page: string,
      url: string,
    ): Promise<{ readonly statuses: readonly number[]; readonly read: readonly string[] }> {
      const tab = await browser.newPage();
      await tab.goto(page);
      const statuses: number[] = [];
      tab.on('response', (answer) => void statuses.push(answer.status()));
      const read = await tab.evaluate(async (hubUrl) => {
        const headers = { authorization: 'Bearer admin' };
        const json = { ...headers, 'content-type': 'application/json' };
        const tries: [string, RequestInit][] = [
          ['/api/info', {}],
          ['/api/info', { mode: 'no-cors' }],
          ['/api/space', { headers }],
          ['/api/space', { method: 'POST', headers: json, body: '{"Slug":"pwned"}' }],
          ['/auth/worker', { method: 'POST', mode: 'no-cors', body: '{}' }],
        ];
        const texts: string[] = [];
        for (const [path, init] of tries) {
          const answer = await fetch(hubUrl + path, init).catch(() => undefined);
          if (answer?.ok) texts.push(await answer.text());
        }
        return texts;
      }, url);
      await tab.close();
      return { statuses, read };
    }

    async function spaces(): Promise<string> {
      return (await send(hub.url, 'GET', '/api/space', { host: `127.0.0.1:${port}` })).body;
    }

    it('a page of another origin reads nothing and writes nothing', async () => {
      const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<title>a page</title>'));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      // A server over TCP has an address and a port.
      const foreign = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const { statuses, read } = await tryAll(foreign, hub.url);
      server.close();
      expect([[...new Set(statuses)], read, await spaces()]).to.deep.equal([[403], [], '[]']);
    });

    it('a page whose name was bound to this machine reads nothing and writes nothing', async () => {
      const rebound = `http://rebound.example:${port}`;
      // Same origin for the browser: only the hub can tell.
      const { statuses, read } = await tryAll(`${rebound}/page`, rebound);
      expect([statuses, read, await spaces()]).to.deep.equal([[403, 403, 403, 403, 403], [], '[]']);
    });

    it('a page of the hub itself may ask', async () => {
      const { statuses, read } = await tryAll(`${hub.url}/page`, hub.url);
      expect(statuses).to.deep.equal([200, 200, 200, 200, 400]);
      expect(read[2]).to.equal('[]');
    });
  });
});
