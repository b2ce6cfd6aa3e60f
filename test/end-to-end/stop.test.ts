import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { PROGRAM_ENVIRONMENT } from '../program-environment.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

// A ConfigHub and an API server that take a request and never answer it.
describe('a pass that is stopped', function () {
  this.timeout(60_000);
  let silent: Server;
  let url: string;
  const folder = mkdtempSync(join(tmpdir(), 'drift-stop-'));
  let asked: Promise<unknown>;
  before(async () => {
    silent = createServer(() => undefined);
    asked = once(silent, 'request');
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  });
  after(() => {
    silent.closeAllConnections();
    silent.close();
    rmSync(folder, { recursive: true });
  });

  function start(environment: Readonly<Record<string, string>>): ReturnType<typeof spawn> {
    const config = {
      clusters: [{ name: 'a', cluster: { server: url, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'a', user: { token: 'x' } }],
    };
    const kubeconfig = JSON.stringify({
      ...config,
      contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
      'current-context': 'a',
    });
    const env = {
      ...PROGRAM_ENVIRONMENT,
      CONFIGHUB_URL: url,
      CUB_TOKEN: 'x',
      CONFIGHUB_SPACE: 'x',
      DRIFT_LOG_FORMAT: 'json',
      ...environment,
    };
    const file = join(folder, 'kubeconfig');
    writeFileSync(file, kubeconfig);
    return spawn(process.execPath, [MAIN, 'check', '--kubeconfig', file], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  it('ends with 143 on SIGTERM, in the middle of a request', async () => {
    const child = start({});
    await asked;
    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');
    expect(code).to.equal(143);
  });

  it('ends with 75 at its deadline and says which setting that is', async () => {
    const child = start({ DRIFT_TIMEOUT: '1s' });
    let stderr = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    const [code] = await once(child, 'close');
    expect(code, stderr).to.equal(75);
    expect(stderr).to.contain('did not finish within 1 s').and.to.contain('raise DRIFT_TIMEOUT');
  });
});
