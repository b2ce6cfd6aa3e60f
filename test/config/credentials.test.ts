import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect } from 'chai';
import { loadConfig } from '../../src/cli/config.ts';
import { connectHub } from '../../src/cli/connections.ts';
import { OPTION_NAMES, OPTIONS } from '../../src/cli/options/options.ts';
import { variablesOf } from '../../src/cli/options/variables.ts';
import { workerSession } from '../../src/clients/confighub/session.ts';
import { parseAddress } from '../../src/clients/git/address.ts';
import { connectKubernetes } from '../../src/clients/kubernetes/transport.ts';
import { readCubSession } from '../../src/commands/cub/session-file.ts';
import { UserError } from '../../src/domain/errors.ts';
import { foreignText } from '../../src/domain/foreign-text.ts';
import { json, startHubDouble } from '../confighub/double.ts';

const signal = new AbortController().signal;

async function failureOf(work: () => Promise<unknown>): Promise<UserError> {
  const error = await work().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof UserError)) throw new Error(`no error for users: ${inspect(error)}`);
  return error;
}

/** Texts that cannot be sent as one credential, and the error for each. */
const FAULTS = [
  { what: 'two lines', text: 'canary-1\ncanary-2', said: 'has more than one line' },
  { what: 'two lines of Windows', text: 'canary-1\r\ncanary-2\r\n', said: 'has more than one line' },
  { what: 'a control character', text: 'canary-1\u0007canary-2', said: 'contains a control character' },
  { what: 'a character that is not seen', text: 'canary-1\u200bcanary-2', said: 'contains a control character' },
  { what: 'nothing', text: ' \n', said: 'is empty' },
] as const;
const KEYS = new Set(['GIT_SSH_KEY', 'GIT_SIGNING_KEY']);
const VARIABLES = OPTION_NAMES.flatMap((name) => ('isSecret' in OPTIONS[name] ? variablesOf(name) : []));

describe('our own credentials', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'drift-credentials-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };

  it('are all of these', () => {
    expect(VARIABLES).to.include.members([
      'CUB_TOKEN',
      'CLAUDE_API_KEY',
      'GIT_TOKEN',
      'DRIFT_WEBHOOK_SECRET',
      'DRIFT_WEBHOOK_URL',
      'GIT_SSH_KEY',
    ]);
  });

  for (const { what, text, said } of FAULTS) {
    it(`are refused as a setting and as a file where they hold ${what}, and never shown`, async () => {
      const path = file('credential', text);
      for (const variable of VARIABLES) {
        // The lines of a key belong to it.
        if (KEYS.has(variable) && said.includes('line')) continue;
        for (const environment of [{ [variable]: text }, { [`${variable}_FILE`]: path }]) {
          const error = await failureOf(() => loadConfig({}, environment, undefined, signal));
          expect(error.code).to.equal('configuration');
          expect(error.message).to.contain(`${Object.keys(environment)[0]}: ${said}`);
          expect(inspect(error, { depth: 9 })).to.not.contain('canary');
        }
      }
    });

    it(`are refused where a session of cub holds ${what}`, async () => {
      if (said === 'is empty') return;
      file('session.json', JSON.stringify({ access_token: text }));
      const error = await failureOf(() => readCubSession({ CUB_CONFIG: folder }, signal));
      expect(error.message).to.contain(said);
      expect(inspect(error, { depth: 9 })).to.not.contain('canary');
    });

    it(`are refused where a worker's login answers with ${what}`, async () => {
      if (said === 'is empty') return;
      await using hub = await startHubDouble(json({ access_token: text }));
      const { secret } = await secretOf();
      const session = workerSession({ url: hub.url, workerId: 'w', workerSecret: secret, userAgent: 'test' });
      const error = await failureOf(() => session.token(signal));
      expect(error.message).to.contain(said);
      expect(inspect(error, { depth: 9 })).to.not.contain('canary');
    });

    it(`are refused where a kubeconfig holds ${what}`, async () => {
      if (said === 'is empty') return;
      for (const user of [{ token: text }, { username: 'a', password: text }]) {
        const error = await failureOf(() =>
          connectKubernetes({ kubeconfig: kubeconfig('https://127.0.0.1:1', user), userAgent: 'test' }),
        );
        expect(error.message).to.contain(said);
        expect(inspect(error, { depth: 9 })).to.not.contain('canary');
      }
    });
  }

  async function secretOf() {
    const { confighubWorkerSecret: secret } = await loadConfig(
      {},
      { CONFIGHUB_WORKER_SECRET: 'a-worker-secret' },
      undefined,
      signal,
    );
    if (!secret) throw new Error('no secret was read');
    return { secret };
  }

  function kubeconfig(server: string, user: object, more: object = {}): string {
    return file(
      'kubeconfig',
      JSON.stringify({
        clusters: [{ name: 'a', cluster: { server, ...more } }],
        users: [{ name: 'a', user }],
        contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
        'current-context': 'a',
      }),
    );
  }

  it('go over plain http to this machine alone', async () => {
    const exec = { command: 'true', apiVersion: 'client.authentication.k8s.io/v1' };
    for (const user of [{ token: 'canary' }, { username: 'a', password: 'canary' }, { exec }]) {
      const error = await failureOf(() =>
        connectKubernetes({ kubeconfig: kubeconfig('http://10.0.0.1:8080', user), userAgent: 'test' }),
      );
      expect(error.code).to.equal('configuration');
      expect(error.message).to.contain('unencrypted');
      await connectKubernetes({ kubeconfig: kubeconfig('http://127.0.0.1:1', user), userAgent: 'test' });
    }
    const inTheClear = { CONFIGHUB_URL: 'http://10.0.0.1:1', CUB_TOKEN: 'canary' };
    const config = await loadConfig({}, inTheClear, undefined, signal);
    const error = await failureOf(() => connectHub(config, () => undefined, signal));
    expect(error.code).to.equal('configuration');
    expect(error.message).to.contain('unencrypted');
    expect(error.remedy).to.contain('https').and.to.contain('CONFIGHUB_PLAINTEXT=true');
    const allowed = await loadConfig({}, { ...inTheClear, CONFIGHUB_PLAINTEXT: 'true' }, undefined, signal);
    const stop = AbortSignal.abort(new Error('stopped'));
    // It went on to ask the server, and was stopped there.
    expect(await connectHub(allowed, () => undefined, stop).then(() => '', String)).to.contain('stopped');
    expect(() => parseAddress('http://git.example/x.git', true)).to.throw('unencrypted');
    for (const url of ['http://git.example/x.git', 'http://127.0.0.2/x.git', 'https://git.example/x.git'])
      expect(parseAddress(url, url.includes('127')).url).to.equal(url);
  });

  it('are not accepted in a URL, or are cut out of its errors', async () => {
    const error = await failureOf(() =>
      connectKubernetes({ kubeconfig: kubeconfig('https://canary:canary@10.0.0.1', {}), userAgent: 'test' }),
    );
    expect(error.code).to.equal('configuration');
    expect(inspect(error, { depth: 9 })).to.not.contain('canary');
    for (const url of [
      'https://u:canary@git.example/x.git',
      'ssh://u:canary@git.example/x.git',
      'u:canary@git.example:x.git',
      `https://ghp_${'canary0123'.repeat(3)}@git.example/x.git`,
    ])
      expect(() => parseAddress(url, false), url).to.throw('contains a password');
    await loadConfig({}, { https_proxy: 'http://u:pr%40xy-canary@proxy.example:3128' }, undefined, signal);
    const named = kubeconfig('https://10.0.0.1', {}, { 'proxy-url': 'http://u:kube-pr-canary@proxy.example' });
    await connectKubernetes({ kubeconfig: named, userAgent: 'test' });
    expect(foreignText('proxy refuses pr@xy-canary, pr%40xy-canary and kube-pr-canary')).to.equal(
      'proxy refuses ***, *** and ***',
    );
  });
});
