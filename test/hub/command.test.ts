import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { expect } from 'chai';
import { main } from '../../src/main.ts';
import { temporaryDirectory } from './harness.ts';

/** `drift-detector hub` with these arguments until `use` is done with it; answers what was on standard output. */
async function hubCommand(args: readonly string[], use: (url: string) => Promise<void>): Promise<string> {
  const stop = new AbortController();
  let stdout = '';
  let used: Promise<void> | undefined;
  const exit = await main({
    argv: ['hub', '--port', '0', '--log-level', 'error', ...args],
    environment: {},
    isTerminal: false,
    out: (text) => {
      stdout += text;
      const url = /CONFIGHUB_URL=(\S+)\n/u.exec(stdout)?.[1];
      if (url !== undefined) used ??= new Promise(setImmediate).then(() => use(url)).finally(() => stop.abort());
    },
    err: (text) => {
      stdout += text;
    },
    stop: stop.signal,
  });
  await used;
  expect(exit, stdout).to.equal(0);
  return stdout;
}

function statusOf(url: string, host: string, token: string): Promise<number | undefined> {
  const headers = { host, authorization: `Bearer ${token}` };
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/api/space`, { headers, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    sent.on('error', reject).end();
  });
}

describe('hub: the command', () => {
  it('shows tokens once, when it makes them, and where they are at every start', async () => {
    using folder = temporaryDirectory();
    const dataDir = join(folder.path, "it's/hub");
    const quoted = (name: string): string => `'${join(dataDir, `${name}.token`).replace("'", "'\\''")}'`;
    const first = await hubCommand(['--data-dir', dataDir], async () => undefined);
    const tokenOf = (name: string): string => readFileSync(join(dataDir, `${name}.token`), 'utf8').trim();
    const second = await hubCommand(['--data-dir', dataDir], async () => undefined);
    expect(first.split('\n').slice(1)).to.deep.equal([
      `export CUB_TOKEN_FILE=${quoted('admin')}`,
      `# token of admin (shown once): ${tokenOf('admin')} in ${quoted('admin')}`,
      `# token of drift-detector (shown once): ${tokenOf('drift-detector')} in ${quoted('drift-detector')}`,
      '',
    ]);
    expect(second.split('\n').slice(1)).to.deep.equal([
      `export CUB_TOKEN_FILE=${quoted('admin')}`,
      `# token of admin in ${quoted('admin')}`,
      `# token of drift-detector in ${quoted('drift-detector')}`,
      '',
    ]);
  });

  it('answers for the hosts of --allow-host, and listens elsewhere by --host alone', async () => {
    using folder = temporaryDirectory();
    const args = ['--data-dir', join(folder.path, 'hub'), '--allow-host', 'hub.example', '--allow-host', 'other.example:8443'];
    for (const [more, address] of [
      [[], /^http:\/\/127\.0\.0\.1:/u],
      [['--host', '::1'], /^http:\/\/\[::1\]:/u],
      [['--host', '0.0.0.0'], /^http:\/\/127\.0\.0\.1:/u],
    ] as const) {
      await hubCommand([...args, ...more], async (url) => {
        expect(url).to.match(address);
        const token = readFileSync(join(folder.path, 'hub/admin.token'), 'utf8').trim();
        const own = new URL(url).host;
        for (const [host, status] of [
          [own, 200],
          ['hub.example', 200],
          ['other.example:8443', 200],
          ['other.example', 403],
          [`0.0.0.0:${new URL(url).port}`, 403],
        ] as const)
          expect(await statusOf(url, host, token), `${host} at ${url}`).to.equal(status);
      });
    }
  });
});
