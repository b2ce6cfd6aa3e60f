import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadConfig } from '../../src/cli/config.ts';
import { reportConnection } from '../../src/cli/report-connection.ts';

describe('settings of the report repository', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'connection-test-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const { signal } = new AbortController();

  it('reach Git as they stand in the environment, keys and token from the files that it names', async () => {
    const file = (name: string): string => {
      writeFileSync(join(folder, name), `text of ${name}\n`);
      return join(folder, name);
    };
    const environment = {
      DRIFT_REPORT_BRANCH: 'drift',
      DRIFT_REPORT_PATH: 'drift-reports',
      GIT_TOKEN_FILE: file('token'),
      GIT_SSH_KEY_FILE: file('ssh-key'),
      GIT_SIGNING_KEY_FILE: file('signing-key'),
      GIT_SSH_KNOWN_HOSTS_FILE: '/mnt/known-hosts',
      GIT_CA_FILE: '/mnt/ca.pem',
      GIT_AUTHOR_NAME: 'Robot',
      GIT_AUTHOR_EMAIL: 'robot@example.com',
    };
    const config = await loadConfig({}, environment, undefined, signal);
    const options = reportConnection(config, 'https://git.example/r.git', environment, signal);
    expect(options).to.deep.include({
      url: 'https://git.example/r.git',
      branch: 'drift',
      root: 'drift-reports',
      knownHostsFile: '/mnt/known-hosts',
      caFile: '/mnt/ca.pem',
      author: { name: 'Robot', email: 'robot@example.com' },
    });
    expect([options.token, options.sshKey, options.signingKey].map((secret) => secret?.reveal())).to.deep.equal([
      'text of token',
      'text of ssh-key',
      'text of signing-key',
    ]);
  });

  it('hand Git the path to programs, proxies and the agent, and nothing else of the environment', async () => {
    const environment = {
      PATH: '/bin',
      https_proxy: 'http://proxy:3128',
      NO_PROXY: '.example',
      SSH_AUTH_SOCK: '/run/agent',
      HOME: '/root',
      CUB_TOKEN: 'canary',
      GIT_CONFIG_GLOBAL: '/evil',
      GIT_SSH_COMMAND: 'evil',
      LD_PRELOAD: '/evil.so',
    };
    const options = reportConnection(await loadConfig({}, {}, undefined, signal), 'r', environment, signal);
    expect(options.environment).to.deep.equal({
      PATH: '/bin',
      https_proxy: 'http://proxy:3128',
      NO_PROXY: '.example',
      SSH_AUTH_SOCK: '/run/agent',
    });
  });

  it('hand Git every proxy that it or curl knows, in capitals or not', async () => {
    const names = ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY', 'NO_PROXY'].flatMap((name) => [name, name.toLowerCase()]);
    const environment = Object.fromEntries(names.map((name) => [name, `of ${name}`]));
    const options = reportConnection(await loadConfig({}, {}, undefined, signal), 'r', environment, signal);
    expect(options.environment).to.deep.equal(environment);
  });
});
