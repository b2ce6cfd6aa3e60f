import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { cacheFolder, type Environment, loadConfig } from '../../src/cli/config.ts';
import { clusterSource, connectReading, connectWriting, leaseNamespace } from '../../src/cli/connections.ts';
import { readIgnoreFile } from '../../src/cli/ignore-file.ts';
import { loggerOf } from '../../src/cli/log.ts';
import { UserError } from '../../src/domain/errors.ts';
import { json, startHubDouble } from '../confighub/double.ts';
import { type Answer, startFakeApiServer } from '../kubernetes/fake-api-server.ts';

// What follows from the configuration: connections, and what they may do.

const { signal } = new AbortController();
const configOf = (environment: Environment): ReturnType<typeof loadConfig> => loadConfig({}, environment, undefined, signal);
const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => new Error('nothing failed'),
    (error: unknown) => error,
  );

const LEASE_REFUSED: Answer = {
  status: 403,
  body: { kind: 'Status', status: 'Failure', reason: 'Forbidden', message: 'no', code: 403 },
};

/** A hub and an API server that answers every request so, and the configuration that names both. */
async function servers(answer: Answer) {
  const hub = await startHubDouble(json({ Version: 'v0.3.1' }));
  const api = await startFakeApiServer(() => answer);
  const environment = {
    CONFIGHUB_URL: hub.url,
    CUB_TOKEN: 'a-token',
    KUBECONFIG: api.kubeconfig,
    DRIFT_LEASE_NAMESPACE: 'ops',
    DRIFT_CLUSTER: 'prod',
  };
  return {
    hub,
    api,
    environment,
    async [Symbol.asyncDispose]() {
      await api[Symbol.asyncDispose]();
      await hub[Symbol.asyncDispose]();
    },
  };
}

describe('the clients of a command', () => {
  it('that only reads write nothing anywhere, and read what the last pass left on the Lease', async () => {
    const annotations = { 'drift-detector/last': 'x' };
    await using world = await servers({
      body: {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name: 'drift-detector-prod', namespace: 'ops', annotations },
        spec: {},
      },
    });
    using clients = await connectReading(await configOf(world.environment), () => undefined, signal);
    expect(await clients.leaseAnnotations({})).to.deep.equal(annotations);
    expect(world.api.requests.at(-1)).to.contain('/namespaces/ops/leases/drift-detector-prod');
    const [asked, told] = [world.api.requests.length, world.hub.requests.length];
    const deployments = { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments', namespaced: true };
    const error = await failureOf(clients.kubernetes.create(deployments, { metadata: { name: 'a', namespace: 'b' } }, signal));
    expect(error).to.have.property('message').that.contains('a command that only reads was about to write');
    expect([world.api.requests.length, world.hub.requests.length]).to.deep.equal([asked, told]);
  });

  it('go on without the Lease where the account may take none and nothing is to be fixed, and warn', async () => {
    await using world = await servers(LEASE_REFUSED);
    const warnings: string[] = [];
    const warn = (text: string): void => void warnings.push(text);
    const connect = async (more: Environment): ReturnType<typeof connectWriting> =>
      connectWriting(await configOf({ ...world.environment, ...more }), {}, 'me', warn, signal);
    {
      await using clients = await connect({});
      expect(clients.lease).to.equal(undefined);
      expect(warnings.join()).to.contain('nothing is fixed, so the pass goes on without the lease');
    }
    const error = await failureOf(connect({ AUTO_FIX: 'true' }));
    expect(error).to.be.instanceOf(UserError).and.have.property('code', 'permission');
  });

  it('do not go on where the Lease fails for another reason, fixing or not', async () => {
    await using world = await servers({ status: 422, body: { kind: 'Status', message: 'broken', code: 422 } });
    for (const AUTO_FIX of ['false', 'true'])
      expect(
        await failureOf(connectWriting(await configOf({ ...world.environment, AUTO_FIX }), {}, 'me', () => undefined, signal)),
      )
        .to.be.instanceOf(UserError)
        .and.not.have.property('code', 'permission');
  });
});

describe('settings that follow from where a command runs', () => {
  it('are the namespace of the Lease: as configured, else of the pod, else default', async () => {
    const [named, unnamed] = [await configOf({ DRIFT_LEASE_NAMESPACE: 'ops' }), await configOf({})];
    expect(leaseNamespace(named, { POD_NAMESPACE: 'pods' })).to.equal('ops');
    expect(leaseNamespace(unnamed, { POD_NAMESPACE: 'pods' })).to.equal('pods');
    expect(leaseNamespace(unnamed, {})).to.equal('default');
  });

  it('are a folder for what is kept between runs, as XDG and HOME say; none where there is no home or none is wanted', async () => {
    const folder = async (cache: Environment, environment: Environment): Promise<string> =>
      cacheFolder(await configOf(cache), environment);
    expect(await folder({}, { XDG_CACHE_HOME: '/xdg', HOME: '/home/ann' })).to.equal('/xdg/drift-detector');
    expect(await folder({}, { XDG_CACHE_HOME: '', HOME: '/home/ann' })).to.equal('/home/ann/.cache/drift-detector');
    expect(await folder({}, {})).to.equal('');
    expect(await folder({ DRIFT_CACHE_DIR: 'none' }, { HOME: '/home/ann' })).to.equal('');
    expect(await folder({ DRIFT_CACHE_DIR: '/here' }, { HOME: '/home/ann' })).to.equal('/here');
  });

  it('hand a credential plugin the environment without any credential of ours', async () => {
    const before = { ...process.env };
    process.env['CUB_TOKEN'] = 'canary';
    process.env['AWS_PROFILE'] = 'ann';
    try {
      const { environment = {} } = clusterSource(await configOf({}), '', signal);
      expect(environment).to.include({ AWS_PROFILE: 'ann', PATH: before['PATH'] ?? '' });
      const { CUB_TOKEN: _, ...others } = process.env;
      expect(environment).to.deep.equal(others);
    } finally {
      for (const name of ['CUB_TOKEN', 'AWS_PROFILE'])
        if (before[name] === undefined) delete process.env[name];
        else process.env[name] = before[name];
    }
  });

  it('let --quiet say errors alone, whatever the level is', async () => {
    const said = async (environment: Environment): Promise<readonly string[]> => {
      const lines: string[] = [];
      const err = (text: string): void => void lines.push(text);
      const log = loggerOf(await configOf(environment), {
        ...{ argv: [], environment: {}, isTerminal: false, out: () => undefined, err, stop: signal },
      });
      for (const level of ['debug', 'info', 'warn', 'error'] as const) log[level](level);
      return lines.map((line) => JSON.parse(line).msg);
    };
    expect(await said({})).to.deep.equal(['info', 'warn', 'error']);
    expect(await said({ DRIFT_LOG_LEVEL: 'debug' })).to.deep.equal(['debug', 'info', 'warn', 'error']);
    expect(await said({ DRIFT_LOG_LEVEL: 'debug', DRIFT_QUIET: 'true' })).to.deep.equal(['error']);
  });
});

describe('values of settings', () => {
  it('are numbers with spaces around them, as YAML and shells leave them', async () => {
    expect((await configOf({ DRIFT_MAX_FIXES: ' 7 ' })).maxFixes).to.equal(7);
  });

  it('are durations in whole seconds within bounds, which the mistake names', async () => {
    for (const DRIFT_LEASE_DURATION of ['0s', '1500ms', '1000h'])
      expect(await failureOf(configOf({ DRIFT_LEASE_DURATION })))
        .to.have.property('message')
        .that.matches(/DRIFT_LEASE_DURATION: must be a duration from 1s to \w+, in whole seconds/u);
  });

  it('are a webhook over https or on this machine, and no other', async () => {
    for (const DRIFT_WEBHOOK_URL of ['http://hooks.example/a', 'https://ann@hooks.example/a', 'hooks.example'])
      expect(await failureOf(configOf({ DRIFT_WEBHOOK_URL })))
        .to.have.property('message')
        .that.contains('must be an https URL without credentials, or a server on this machine');
    for (const DRIFT_WEBHOOK_URL of ['https://hooks.example/a', 'http://127.0.0.1:1/a'])
      expect((await configOf({ DRIFT_WEBHOOK_URL })).webhookUrl?.reveal()).to.equal(DRIFT_WEBHOOK_URL);
  });
});

describe('a file of ignore rules', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'ignore-test-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('that is not there, or holds two documents, is a mistake of DRIFT_IGNORE_FILE; an empty one holds no rule', async () => {
    const read = async (ignoreFile: string): Promise<unknown> => readIgnoreFile({ ignoreFile, maxFileMb: 1 }, signal);
    const file = (text: string): string => {
      const path = join(folder, 'ignore.yaml');
      writeFileSync(path, text);
      return path;
    };
    for (const [path, said] of [
      [join(folder, 'absent.yaml'), 'cannot be read'],
      [file('ignore: []\n---\nignore: []\n'), 'contains more than one document'],
    ] as const) {
      const error = await failureOf(read(path));
      expect(error).to.include({ code: 'configuration', subject: 'DRIFT_IGNORE_FILE' });
      expect(error).to.have.property('message').that.contains(said);
    }
    expect(await read(file('# nothing yet\n'))).to.deep.equal([]);
    expect(await read('')).to.deep.equal([]);
  });
});
