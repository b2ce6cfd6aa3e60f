import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { expect } from 'chai';
import type { RunningHub } from '../../src/hub/server.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { sharedControlPlane } from '../control-plane/shared.ts';
import { type Gate, startGate } from '../end-to-end/gate.ts';
import { authorityOf, gatedKubeconfig } from '../end-to-end/watched-world.ts';
import { describeModel, type FakeClaude, fails, startFakeClaude } from '../fake-claude/fake-claude.ts';
import { Client, startTestHub, temporaryDirectory } from '../hub/harness.ts';
import { createSpace, createUnit } from '../hub/scene.ts';
import { deploy, eventually, getJson, NAMESPACE, objectAt, repositoryPath } from '../manifests/overlay.ts';
import { startGitHttp } from '../report/git-http-server.ts';
import { runMain } from '../run-main.ts';

const ID = randomBytes(3).toString('hex');
const [MONITORED, OTHER] = [`doctor-monitored-${ID}`, `doctor-other-${ID}`];
const HUB_TOKEN = `token-of-${ID}-for-the-hub`;
const LABEL = `doctor-test=${ID}`;

const workload = (namespace: string): string => `apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: ${namespace} }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: web:1 }] }
`;

interface Line {
  readonly check: string;
  readonly status: string;
  readonly detail: string;
  readonly remedy: string;
}

interface Told {
  readonly code: number;
  readonly text: string;
  readonly err: string;
  /** Of a check with one result. */
  of(check: string): Line;
  readonly lines: readonly Line[];
}

type Settings = Readonly<Record<string, string>>;

describe('doctor', function () {
  this.timeout(120_000);
  let started: AsyncDisposableStack;
  let plane: ControlPlane;
  let hub: RunningHub;
  let gates: { readonly cluster: Gate; readonly hub: Gate };
  let claude: FakeClaude;
  let folder: string;
  let usual: Settings;

  before(async () => {
    started = new AsyncDisposableStack();
    plane = await sharedControlPlane();
    started.use(await deploy(plane, 'manifests/base'));
    started.defer(async () => {
      await plane.kubectl(['delete', 'namespace', MONITORED, OTHER, '--wait=false', '--ignore-not-found']);
      await plane.kubectl(['delete', 'clusterrole', 'drift-detector-writer', '--ignore-not-found']);
    });
    for (const namespace of [MONITORED, OTHER]) await plane.kubectl(['create', 'namespace', namespace]);
    await plane.kubectl(['label', 'namespace', MONITORED, LABEL]);
    await plane.kubectl(['apply', '-f', repositoryPath('manifests/components/auto-fix/writer.yaml')]);
    // The token is no name that a line would have to show.
    const accounts = [
      { name: 'tester', role: 'admin', token: 'tester' },
      { name: 'drift-detector', role: 'drift-detector', token: HUB_TOKEN },
    ] as const;
    hub = started.use(await startTestHub({ accounts }));
    const client = new Client(hub.url);
    const space = await createSpace(client, 'dev');
    await createUnit(client, space, 'web', workload(MONITORED));
    await createUnit(client, await createSpace(client, 'both'), 'web', `${workload(MONITORED)}---\n${workload(OTHER)}`);
    gates = {
      cluster: started.use(await startGate(plane.server, await authorityOf(plane.kubeconfig))),
      hub: started.use(await startGate(hub.url)),
    };
    claude = started.use(await startFakeClaude([describeModel]));
    folder = started.use(temporaryDirectory()).path;
    git('init', '--quiet', '--bare', '--initial-branch=main', join(folder, 'reports.git'));
    usual = {
      PATH: process.env['PATH'] ?? '',
      HOME: folder,
      KUBECONFIG: await gatedKubeconfig(plane, gates.cluster, await tokenOf('drift-detector', NAMESPACE)),
      DRIFT_LEASE_NAMESPACE: NAMESPACE,
      DRIFT_NAMESPACE_SELECTOR: LABEL,
      CONFIGHUB_URL: gates.hub.url,
      CONFIGHUB_SPACE: 'dev',
      CUB_TOKEN: HUB_TOKEN,
      REPORT_REPO: join(folder, 'reports.git'),
      CLAUDE_API_KEY: 'a-key-of-this-test',
      DRIFT_CLAUDE_BASE_URL: claude.url,
      AUTO_FIX: 'true',
      DRIFT_OUTPUT: 'json',
    };
  });
  after(() => started.disposeAsync());

  const git = (...args: readonly string[]): string => execFileSync('git', [...args], { cwd: folder, encoding: 'utf8' });
  const tokenOf = async (account: string, namespace: string): Promise<string> =>
    (await plane.kubectl(['create', 'token', account, '-n', namespace])).stdout.trim();

  async function doctor(settings: Settings = {}, argv: readonly string[] = []): Promise<Told> {
    const { code, out: text, err } = await runMain(['doctor', ...argv], { ...usual, ...settings });
    const isJson = text.startsWith('{');
    // The shape of its JSON, which these tests are about.
    const { checks: lines } = (isJson ? JSON.parse(text) : { checks: [] }) as { readonly checks: readonly Line[] };
    const of = (check: string): Line => {
      const found = lines.filter((line) => line.check === check);
      if (found.length !== 1 || !found[0]) throw new Error(`${found.length} lines of ${check} in ${text}${err}`);
      return found[0];
    };
    return { code, text, err, lines, of };
  }

  /** Runs the command that a remedy begins with, in this repository. */
  async function carryOut(remedy: string): Promise<void> {
    const [command = ''] = remedy.split(/[,;]/u);
    const [program, ...args] = command.split(' ').map((word) => (word.startsWith('manifests/') ? repositoryPath(word) : word));
    expect(program, remedy).to.equal('kubectl');
    await plane.kubectl(args);
  }

  /** What was failed or warned of. */
  const notOk = ({ lines }: Told): readonly string[] =>
    lines.filter(({ status }) => status !== 'ok').map(({ check, status }) => `${status} ${check}`);

  it('names the namespace in which the account may not fix, and the command that mends it', async () => {
    const told = await doctor();
    expect(notOk(told), told.text).to.deep.equal(['fail right to fix workloads']);
    expect(told.code).to.equal(77);
    const { detail, remedy } = told.of('right to fix workloads');
    expect(detail).to.contain('may not get deployments.apps, ').and.contain('patch deployments.apps').and.contain(MONITORED);
    await carryOut(remedy);
    await eventually('the right', async () => ((await doctor()).code === 0 ? true : undefined));
  });

  it('finds all well, and has written nothing anywhere', async () => {
    const before = git('-C', 'reports.git', 'for-each-ref');
    const [cluster, confighub] = [gates.cluster.passages.length, gates.hub.passages.length];
    const told = await doctor();
    expect(told.code, told.text + told.err).to.equal(0);
    expect(notOk(told)).to.deep.equal([]);
    expect(told.of('API server').detail).to.contain(`Kubernetes v${plane.version}`);
    expect(told.of('Kubernetes credentials').detail).to.contain(`system:serviceaccount:${NAMESPACE}:drift-detector`);
    expect(told.of('units').detail).to.contain('1 unit in space dev, 1 object declared');
    const changes = ({ passages }: Gate, from: number): readonly string[] =>
      passages.slice(from).flatMap(({ method, path }) => (method === 'GET' ? [] : `${method} ${path.split('?')[0]}`));
    expect([...new Set(changes(gates.cluster, cluster))].sort()).to.deep.equal([
      'POST /apis/authentication.k8s.io/v1/selfsubjectreviews',
      'POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    ]);
    expect(changes(gates.hub, confighub)).to.deep.equal(['PATCH /api/unit']);
    expect(gates.hub.passages.at(-1)?.path).to.contain('dry_run=true');
    expect(claude.requests.every(({ method }) => method === 'GET')).to.equal(true);
    expect(git('-C', 'reports.git', 'for-each-ref')).to.equal(before);
  });

  it('prints a line for each check with its state as a word, and the remedy below', async () => {
    const { text, code } = await doctor({ AUTO_FIX: 'false' }, ['-o', 'table']);
    expect(code).to.equal(0);
    const lines = text.split('\n');
    expect(lines.find((line) => line.includes('ConfigHub login'))).to.match(/^ok +ConfigHub login +token accepted$/u);
    const at = lines.findIndex((line) => line.startsWith('warn'));
    expect(lines[at]).to.match(/^warn {2}fixing +AUTO_FIX is off/u);
    expect(lines[at + 1]).to.match(/^ +remedy: Set AUTO_FIX=true; in a cluster, add manifests\/components\/auto-fix/u);
    expect(text).to.match(/\n\d+ checks: \d+ ok, 1 with a warning, 0 failed, 0 skipped\n$/u);
    expect(text).to.not.contain('\u001b');
  });

  it('refuses a format that has no place for checks', async () => {
    const { code, text, err } = await doctor({}, ['-o', 'sarif']);
    expect([code, text]).to.deep.equal([78, '']);
    expect(err).to.contain('Use table, wide, json, yaml.');
  });

  it('names a namespace that units declare objects in and that is not monitored; the printed label mends it', async () => {
    const told = await doctor({ CONFIGHUB_SPACE: 'both', AUTO_FIX: 'false' });
    expect(told.code).to.equal(0);
    const { status, detail, remedy } = told.of('namespace not monitored');
    expect(status).to.equal('warn');
    expect(detail).to.contain(`${OTHER}: units declare 1 object`);
    expect(remedy).to.equal(`kubectl label namespace ${OTHER} ${LABEL}`);
    await carryOut(remedy);
    const after = await doctor({ CONFIGHUB_SPACE: 'both', AUTO_FIX: 'false' });
    expect(after.lines.map(({ check }) => check)).to.not.contain('namespace not monitored');
    await plane.kubectl(['label', 'namespace', OTHER, 'doctor-test-']);
  });

  for (const [what, settings, code, check, detail, remedy] of [
    [
      'no monitored namespace',
      { DRIFT_NAMESPACE_SELECTOR: 'monitored=nowhere' },
      78,
      'monitored namespaces',
      'no namespace has monitored=nowhere',
      'kubectl label namespace NAMESPACE monitored=nowhere',
    ],
    [
      'a kind that is not served',
      { DRIFT_KINDS: 'apps/v1/Deployment,no.such/v1/Thing' },
      78,
      'kinds',
      'no.such/v1/Thing',
      'DRIFT_KINDS',
    ],
    ['a cluster that is not there', { KUBECONFIG: '/nosuch/kubeconfig' }, 78, 'API server', 'kubeconfig', 'KUBECONFIG'],
    ['a hub that does not answer', { CONFIGHUB_URL: 'http://127.0.0.1:1' }, 75, 'ConfigHub', 'no answer', 'CONFIGHUB_URL'],
    ['no address of the hub', { CONFIGHUB_URL: '' }, 78, 'ConfigHub', 'CONFIGHUB_URL is not set', 'CONFIGHUB_URL'],
    [
      'a token that is refused',
      { CUB_TOKEN: 'not-a-token-of-it' },
      77,
      'ConfigHub login',
      'the token is refused',
      'cub auth login',
    ],
    [
      'a token that has expired',
      // {"exp":1700000000}, unsigned.
      { CUB_TOKEN: 'eyJhbGciOiJub25lIn0.eyJleHAiOjE3MDAwMDAwMDB9.x' },
      77,
      'ConfigHub login',
      'the token expired at 2023-11-14T22:13:20.000Z',
      'CONFIGHUB_WORKER_ID',
    ],
    ['a space that is not there', { CONFIGHUB_SPACE: 'nowhere' }, 78, 'units', 'no space nowhere', 'CONFIGHUB_SPACE'],
    ['a target that no unit has', { CONFIGHUB_WHERE: "Slug = 'none'" }, 78, 'units', '0 units', 'CONFIGHUB_WHERE'],
    ['no scope', { CONFIGHUB_SPACE: '' }, 78, 'options', 'no units are selected', 'CONFIGHUB_SPACE'],
    [
      'a report repository that is not there',
      { REPORT_REPO: '/nosuch.git' },
      78,
      'report repository',
      'nosuch.git',
      'REPORT_REPO',
    ],
    ['no report repository', { REPORT_REPO: '' }, 78, 'report repository', 'REPORT_REPO is not set', 'REPORT_REPO'],
    [
      'the right to create that the manifests leave out',
      { DRIFT_CREATE_MISSING: 'true' },
      77,
      'right to create missing workloads',
      'may not create deployments.apps',
      'writer.yaml',
    ],
  ] as const)
    it(`ends with ${code} for ${what}`, async () => {
      const told = await doctor(settings);
      expect(told.code, told.text + told.err).to.equal(code);
      const line = told.of(check);
      expect(line.status).to.equal('fail');
      expect(line.detail).to.contain(detail);
      expect(line.remedy).to.contain(remedy);
    });

  for (const [what, settings, check, detail, remedy] of [
    ['AUTO_FIX is off', { AUTO_FIX: 'false' }, 'fixing', 'AUTO_FIX is off', 'AUTO_FIX=true'],
    ['a dry run is on', { DRIFT_DRY_RUN: 'true' }, 'fixing', 'DRIFT_DRY_RUN is on', 'DRIFT_DRY_RUN'],
    [
      'events may not be written',
      { DRIFT_EVENTS: 'true' },
      'right to write events',
      'create events.events.k8s.io',
      'role-binding.yaml',
    ],
    [
      'Claude is not there',
      { DRIFT_CLAUDE_BASE_URL: 'http://127.0.0.1:1' },
      'Claude',
      'built-in rules rank',
      'DRIFT_CLAUDE_BASE_URL',
    ],
    [
      'a webhook has no address',
      { DRIFT_WEBHOOK_URL: 'https://nosuch.invalid/hidden-path' },
      'webhook',
      'nosuch.invalid',
      'DRIFT_WEBHOOK_URL',
    ],
    ['the named CronJob is another', { DRIFT_CRONJOB: 'other' }, 'CronJob', 'no CronJob other', 'DRIFT_CRONJOB'],
  ] as const)
    it(`only warns where ${what}`, async () => {
      // Administrators may read the CronJob.
      const told = await doctor({ ...settings, ...(check === 'CronJob' ? { KUBECONFIG: plane.kubeconfig } : {}) });
      expect(told.code, told.text + told.err).to.equal(0);
      expect(notOk(told)).to.deep.equal([`warn ${check}`]);
      expect(told.of(check).detail).to.contain(detail).and.not.contain('hidden-path');
      expect(told.of(check).remedy).to.contain(remedy);
    });

  it('names every right that an account without rights lacks, and goes on to the other servers', async () => {
    const kubeconfig = await plane.kubeconfigForToken(`nobody-${ID}`, await tokenOf('default', MONITORED));
    const told = await doctor({ KUBECONFIG: kubeconfig });
    expect(told.code).to.equal(77);
    expect(notOk(told)).to.deep.equal([
      'fail right to read namespaces',
      'skip right to read workloads',
      'skip right to read autoscalers',
      'skip right to read usage',
      'fail right to take the Lease',
      'fail right to create the Lease',
      'skip right to fix workloads',
      'skip monitored namespaces',
    ]);
    expect(told.of('right to read namespaces').remedy).to.contain('manifests/base/rbac.yaml');
    expect(told.of('right to push').status).to.equal('ok');
  });

  it('tells credentials that the API server does not accept', async () => {
    const told = await doctor({ KUBECONFIG: await plane.kubeconfigForToken(`wrong-${ID}`, 'not-a-token') });
    expect(told.code).to.equal(77);
    expect(told.of('API server').status).to.equal('ok');
    expect(told.of('Kubernetes credentials').status).to.equal('fail');
    expect(told.of('Kubernetes credentials').remedy).to.contain('Renew the credentials');
  });

  it('tells a clock that differs from that of the API server', async () => {
    const date = new Date(Date.now() + 3_600_000).toUTCString();
    using _ = gates.cluster.disturb(
      ({ path }) => path.startsWith('/version') || path.endsWith('/selfsubjectreviews'),
      async (response, ask) => {
        const { status, headers, body } = await ask();
        response.writeHead(status, { ...headers, date }).end(body);
      },
    );
    const told = await doctor();
    expect(told.code).to.equal(0);
    expect(told.of('clock').detail).to.match(/^this clock is (3599|3600|3601) s behind that of the API server$/u);
  });

  it('tells a suspended CronJob, and the command that lets it run', async () => {
    // Made anew, and suspended from its first moment: the one of before may have started at a half hour.
    const [kind, name] = ['cronjob', 'drift-detector'];
    const { spec } = await getJson(plane, [kind, name, '-n', NAMESPACE]);
    const suspended = { ...objectAt(spec), suspend: true };
    await plane.kubectl(['delete', kind, name, '-n', NAMESPACE]);
    const anew = { apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name, namespace: NAMESPACE }, spec: suspended };
    await plane.kubectl(['create', '-f', '-'], JSON.stringify(anew));
    const told = await doctor({ KUBECONFIG: plane.kubeconfig });
    expect(told.of('CronJob').detail).to.contain('is suspended').and.contain('*/30 * * * *, not started yet');
    await carryOut(told.of('CronJob').remedy.replaceAll("'", ''));
    const after = await doctor({ KUBECONFIG: plane.kubeconfig });
    expect(after.of('CronJob').status).to.equal('ok');
  });

  it('tells a report repository that may only be read', async () => {
    git('-C', 'reports.git', 'config', 'http.receivepack', 'false');
    await using server = await startGitHttp({ folder });
    const told = await doctor({ REPORT_REPO: `${server.url}/reports.git` });
    expect(told.code).to.equal(77);
    expect(told.of('report repository').status).to.equal('ok');
    expect(told.of('right to push')).to.deep.include({ status: 'fail' });
  });

  it('tells that ConfigHub refuses writes, in words that no terminal acts upon', async () => {
    const words = JSON.stringify({ Code: '403', Message: 'read only\u001b[31m for token=hunter22-secret' });
    using _ = gates.hub.refuse(({ method }) => method === 'PATCH', 403, words);
    const told = await doctor({}, ['-o', 'table']);
    expect(told.code).to.equal(77);
    expect(told.text).to.match(/^fail {2}right to write units +ConfigHub refuses: read only/mu);
    expect(told.text).to.not.contain('\u001b').and.not.contain('hunter22');
  });

  (process.env['DRIFT_LONG'] === '1' ? it : it.skip)('goes on where one server never answers', async () => {
    using _ = gates.hub.disturb(
      () => true,
      () => undefined,
    );
    const told = await doctor();
    expect(told.code).to.equal(75);
    expect(told.of('ConfigHub').detail).to.equal('no answer within 20 s');
    expect(told.of('units').status).to.equal('skip');
    expect(told.of('right to fix workloads').status).to.equal('ok');
  });

  it('tells a key that Claude refuses, and a model that it does not have', async () => {
    for (const [status, remedy] of [
      [401, 'Renew CLAUDE_API_KEY'],
      [404, 'Correct DRIFT_CLAUDE_MODEL'],
    ] as const) {
      await using refusing = await startFakeClaude([fails(status, 'an_error')]);
      const told = await doctor({ DRIFT_CLAUDE_BASE_URL: refusing.url });
      expect(told.code).to.equal(0);
      expect(told.of('Claude')).to.deep.include({ status: 'warn' });
      expect(told.of('Claude').remedy).to.contain(remedy);
    }
    const without = await doctor({ CLAUDE_API_KEY: '' });
    expect(without.of('Claude')).to.deep.include({ status: 'ok', detail: 'no CLAUDE_API_KEY: built-in rules rank' });
  });
});
