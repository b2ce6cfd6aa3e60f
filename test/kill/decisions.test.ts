import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import * as z from 'zod';
import { type ConfigHubClient, openConfigHub } from '../../src/clients/confighub/client.ts';
import { tokenSession } from '../../src/clients/confighub/session.ts';
import { connectConfigHub } from '../../src/clients/confighub/transport.ts';
import { Secret } from '../../src/domain/secret.ts';
import { sharedControlPlane } from '../control-plane/shared.ts';
import { type CommandResult, startWorld, type World } from '../demo/world.ts';

// A pass that carries out decisions is killed right before and right after every write that it makes to ConfigHub and Git.
// Whatever it leaves, the next ones end with one revision and one unit, and the report tells of both.

const FAIL_POINTS = new URL('fail-points.ts', import.meta.url).href;
const IS_LONG = (process.env['DRIFT_LONG'] ?? '') !== '';
const { signal } = new AbortController();
const summary = z.object({ open: z.number(), decisions: z.array(z.object({ kind: z.string(), effect: z.string() })) });

describe('a pass that is killed over decisions', function () {
  this.timeout(IS_LONG ? 1_800_000 : 240_000);
  let world: World;
  let client: ConfigHubClient;
  let spaceId: string;
  let namespace: string;
  let rounds = 0;
  const kubectl = async (...args: readonly string[]): Promise<string> =>
    (await world.cluster.kubectl(['-n', namespace, ...args])).stdout;

  before(async () => {
    const cluster = await sharedControlPlane();
    world = await startWorld({ cluster });
    namespace = `kill-decisions-${process.pid}`;
    await cluster.kubectl(['create', 'namespace', namespace]);
    await cluster.kubectl(['label', 'namespace', namespace, `monitored=${namespace}`]);
    const session = tokenSession(new Secret(world.tokens.admin));
    client = await openConfigHub(connectConfigHub({ url: world.hubUrl, session, userAgent: 'test' }), signal);
    spaceId = (await client.createSpace('shop-dev', {}, signal)).SpaceID;
    await kubectl('create', 'deployment', 'web', '--image=registry.example/web:1', '--replicas=2');
    const data = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: ${namespace}, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: registry.example/web:1}]}
`;
    await client.createUnit(spaceId, { slug: 'web', data, description: 'Initial deployment' }, signal);
  });
  after(async () => {
    await world?.[Symbol.asyncDispose]();
  });

  /** A new number is to be accepted, and a new workload is to be adopted. */
  async function decideAnew(): Promise<{ readonly slug: string; readonly replicas: number; readonly revision: number }> {
    const [slug, replicas] = [`extra-${++rounds}`, 10 + rounds];
    await kubectl('scale', 'deployment/web', `--replicas=${replicas}`);
    await kubectl('create', 'deployment', slug, '--image=registry.example/extra:1');
    expect((await pass()).code).to.equal(0);
    const author = { GIT_AUTHOR_NAME: 'Ann Lee', GIT_AUTHOR_EMAIL: 'ann@example.org', CONFIGHUB_SPACE: 'shop-dev' };
    for (const args of [
      ['accept', 'web'],
      ['adopt', slug],
    ]) {
      const { code, stderr } = await world.detector(args, author);
      expect(code, stderr).to.equal(0);
    }
    return { slug, replicas, revision: (await client.findUnit(spaceId, 'web', signal)).Unit.HeadRevisionNum };
  }

  async function pass(failAt = ''): Promise<CommandResult & { readonly effects: readonly string[] }> {
    const trace = join(world.folder, 'trace');
    const temporary = join(world.folder, 'tmp');
    await mkdir(temporary, { recursive: true });
    await writeFile(trace, '');
    const result = await world.detector(['run'], {
      CONFIGHUB_SPACE: 'shop-dev',
      DRIFT_NAMESPACE_SELECTOR: `monitored=${namespace}`,
      DRIFT_LEASE_NAMESPACE: namespace,
      DRIFT_LEASE_DURATION: '1s',
      DRIFT_LOG_FORMAT: 'json',
      TMPDIR: temporary,
      NODE_OPTIONS: `--import ${FAIL_POINTS}`,
      FAIL_TRACE: trace,
      FAIL_AT: failAt,
    });
    const effects = (await readFile(trace, 'utf8')).split('\n');
    return { ...result, effects: effects.filter((effect) => /^hub |^git (commit|push)$/u.test(effect)) };
  }

  it('leaves one revision and one unit, and the next report tells of both', async () => {
    await decideAnew();
    const traced = await pass();
    expect(traced.code, traced.stderr).to.equal(0);
    const points = [...new Set(traced.effects)].flatMap((effect) => [`before ${effect} 1`, `after ${effect} 1`]);
    process.stdout.write(`      ${points.length} points: ${[...new Set(traced.effects)].join('; ')}\n`);
    expect(points.length).to.be.at.least(8);
    // The two writes that matter most, and those that end nothing, are killed at in every run.
    const chosen = IS_LONG
      ? points
      : points.filter((point) => /^after hub (PATCH \/api\/space.*opens|POST .*\/unit 1$)/u.test(point));
    expect(chosen).to.have.length.of.at.least(2);
    for (const point of chosen) {
      const { slug, replicas, revision } = await decideAnew();
      expect((await pass(point)).code, point).to.equal(null);
      expect((await pass()).code, point).to.equal(0);
      const { Unit } = await client.findUnit(spaceId, 'web', signal);
      expect(Unit.HeadRevisionNum, `${point}: one revision`).to.equal(revision + 1);
      expect(Unit.Data).to.contain(`replicas: ${replicas}`);
      expect(Unit.ChangeSetID, `${point}: no lock is left`).to.equal(null);
      expect((await client.findUnit(spaceId, slug, signal)).Unit, point).to.include({ HeadRevisionNum: 1 });
      const text = await world.git('--git-dir', world.reportRepository, 'show', 'main:reports/dev/report.json');
      const report = summary.parse(JSON.parse(text));
      expect(report.open, point).to.equal(0);
      expect(new Set(report.decisions.map(({ effect }) => effect)), point).to.deep.equal(new Set(['spent']));
    }
  });
});
