import { createHmac, timingSafeEqual } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { at, isJsonArray, type Json, type JsonObject, numberAt, stringAt, stringMapAt } from '../../src/domain/json.ts';
import { sharedControlPlane } from '../control-plane/shared.ts';
import { commitCount, DRIFT_COMMANDS, deployProject, kubectl, type Scenario } from '../demo/scenario.ts';
import { type CommandResult, startWorld, type World } from '../demo/world.ts';
import { rankAll, startFakeClaude } from '../fake-claude/fake-claude.ts';
import { type Receiver, startReceiver } from '../notify/receiver.ts';
import { parse } from '../types/builders.ts';
import { sentences } from './logs.ts';

const PASSES = process.env['DRIFT_LONG'] ? 100 : 12;
const SECRET = 'shared-canary-0123456789';

describe(`${PASSES} passes over an unchanged drift`, function () {
  this.timeout(60_000 + PASSES * 20_000);
  let world: World;
  let scenario: Scenario;
  let receiver: Receiver;
  let folder: string;

  async function events(): Promise<readonly JsonObject[]> {
    const text = await kubectl(world, 'get', 'events.events.k8s.io', '-o', 'json');
    const items = at(parse(text), 'items');
    const all = isJsonArray(items) ? items : [];
    return all.filter((event): event is JsonObject => stringAt(event, 'reportingController') === 'drift-detector');
  }

  function run(environment: Readonly<Record<string, string>>): Promise<CommandResult> {
    return world.detector(['run'], {
      ...scenario.environment,
      DRIFT_LOG_FORMAT: 'json',
      AUTO_FIX: 'false',
      DRIFT_EVENTS: 'true',
      DRIFT_WEBHOOK_URL: receiver.url,
      DRIFT_WEBHOOK_SECRET: SECRET,
      DRIFT_COMMIT_URL: 'https://git.example/reports/commit/{commit}',
      DRIFT_LEASE_NAMESPACE: 'default',
      DRIFT_WAIT_HEALTHY: '0',
      ...environment,
    });
  }

  async function leaseAnnotations(): Promise<Readonly<Record<string, string>>> {
    const text = await kubectl(world, 'get', 'lease', 'drift-detector-dev', '-n', 'default', '-o', 'json');
    return stringMapAt(parse(text), 'metadata', 'annotations');
  }

  before(async () => {
    world = await startWorld({ cluster: await sharedControlPlane() });
    scenario = await deployProject(world, 'still-otter');
    folder = await mkdtemp(join(tmpdir(), 'drift-unchanged-'));
    receiver = await startReceiver();
    for (const command of DRIFT_COMMANDS) await kubectl(world, ...command);
  });
  after(async () => {
    await receiver?.[Symbol.asyncDispose]();
    if (folder) await rm(folder, { recursive: true, force: true });
    if (world) await kubectl(world, 'delete', 'namespace', 'drift-test', '--wait=true');
    await world?.[Symbol.asyncDispose]();
  });

  it('make one commit, one request to the model, one webhook and one event for each drift, and a status each', async () => {
    await using claude = await startFakeClaude([rankAll((row) => row, 'By hand.')]);
    const environment = { CLAUDE_API_KEY: 'sk-canary-0123456789abcdef', DRIFT_CLAUDE_BASE_URL: claude.url };
    const beats = new Set<string | undefined>();
    let drifts = 0;
    for (let pass = 1; pass <= PASSES; pass++) {
      const result = await run(environment);
      expect(result.code, result.stderr).to.equal(0);
      expect(sentences(result, 'warning'), `pass ${pass}`).to.deep.equal([]);
      drifts = sentences(result, 'drift-detected').length;
      beats.add((await leaseAnnotations())['drift-detector/last-pass']);
    }
    expect(drifts).to.be.greaterThan(1);
    expect(await commitCount(world)).to.equal(1);
    expect(claude.refusals).to.deep.equal([]);
    expect(claude.requests).to.have.length(1);
    expect(receiver.requests).to.have.length(1);
    expect(await events()).to.have.length(drifts);
    expect(beats.size).to.equal(PASSES);
  });

  it('left an event on each workload, as kubectl describe shows it', async () => {
    const described = await kubectl(world, 'describe', 'deployment', 'backend-api');
    expect(described).to.match(/Warning +DriftDetected .* drift-detector +replicas 3 → 5 by kubectl via scale \(unit /u);
  });

  it('left the numbers of the last pass on its Lease', async () => {
    const annotations = await leaseAnnotations();
    expect(annotations).to.include({ 'drift-detector/last-result': 'complete' });
    expect(annotations['drift-detector/report-digest']).to.match(/^sha256:[0-9a-f]{64}$/u);
    expect(annotations['drift-detector/last-success']).to.equal(annotations['drift-detector/last-run']);
    const counts = parse(annotations['drift-detector/counts'] ?? '');
    expect(numberAt(counts, 'compared')).to.equal(4);
    expect(numberAt(counts, 'open')).to.be.greaterThan(1);
  });

  it('announced the commit in a signed message that names cluster, counts and worst, and holds no secret', async () => {
    const [request] = receiver.requests;
    const body = request?.body ?? '';
    const timestamp = String(request?.headers['x-drift-timestamp']);
    const expected = `sha256=${createHmac('sha256', SECRET).update(`${timestamp}.${body}`).digest('hex')}`;
    expect(timingSafeEqual(Buffer.from(String(request?.headers['x-drift-signature'])), Buffer.from(expected))).to.equal(true);
    const commit = (await world.git('--git-dir', world.reportRepository, 'rev-parse', 'main')).trim();
    const json: Json = parse(body);
    expect(stringAt(json, 'commitUrl')).to.equal(`https://git.example/reports/commit/${commit}`);
    expect(request?.headers['x-drift-delivery']).to.equal(commit);
    expect(stringAt(json, 'cluster')).to.equal('dev');
    expect(stringAt(json, 'worst')).to.equal('medium');
    expect(numberAt(json, 'counts', 'new')).to.be.greaterThan(1);
    expect(body).to.not.contain('canary');
  });

  it('a failed pass keeps the time of the last success, and a webhook that is down fails no pass', async () => {
    const before = await leaseAnnotations();
    const broken = await run({ REPORT_REPO: join(folder, 'nothing') });
    expect(broken.code).to.equal(78);
    const after = await leaseAnnotations();
    expect(after['drift-detector/last-result']).to.equal('configuration');
    expect(after['drift-detector/last-success']).to.equal(before['drift-detector/last-success']);
    expect(after['drift-detector/last-pass']).to.not.equal(before['drift-detector/last-pass']);

    await kubectl(world, 'scale', 'deployment/backend-api', '--replicas=7');
    const unheard = await run({ DRIFT_WEBHOOK_URL: 'http://127.0.0.1:9/hooks/canary-path' });
    expect(unheard.code, unheard.stderr).to.equal(0);
    expect(sentences(unheard, 'warning').join()).to.contain('webhook notification failed').and.to.not.contain('canary-path');
    expect(await commitCount(world)).to.equal(2);
    const told = (await events()).filter((event) => stringAt(event, 'regarding', 'name') === 'backend-api');
    expect(told.map((event) => stringAt(event, 'note')?.slice(0, 14))).to.have.members(['replicas 3 → 5', 'replicas 3 → 7']);
  });

  it('tells when drift is brought back, and when it is held', async () => {
    await kubectl(world, 'annotate', 'deployment/backend-api', 'drift-detector/pause-until=2099-01-01T00:00:00Z');
    const result = await run({ AUTO_FIX: 'true' });
    expect(result.code, result.stderr).to.equal(0);
    const reasons = (await events()).map((event) => `${stringAt(event, 'reason')} ${stringAt(event, 'regarding', 'name')}`);
    expect(reasons).to.include('DriftSuppressed backend-api').and.to.include('DriftCorrected orders');
    const corrected = (await events()).find((event) => stringAt(event, 'reason') === 'DriftCorrected');
    expect(stringAt(corrected, 'type')).to.equal('Normal');
    expect(receiver.requests).to.have.length(2);
    expect(numberAt(parse(receiver.requests[1]?.body ?? ''), 'counts', 'fixed')).to.be.greaterThan(0);
  });

  it('tells once of a guard that trips, and of a pass that fails, on the CronJob as kubectl describe shows it', async () => {
    await kubectl(world, 'create', 'cronjob', 'drift-detector', '--image=detector', '--schedule=0 0 1 1 *');
    for (const name of ['checkout', 'orders']) await kubectl(world, 'scale', `deployment/${name}`, '--replicas=6');
    const heard = receiver.requests.length;
    const settings = {
      AUTO_FIX: 'true',
      DRIFT_MAX_FIXES: '1',
      DRIFT_CRONJOB: 'drift-detector',
      DRIFT_LEASE_NAMESPACE: 'drift-test',
    };
    for (let pass = 0; pass < 2; pass++) expect((await run(settings)).code).to.equal(21);
    expect(receiver.requests).to.have.length(heard + 1);
    expect(stringAt(parse(receiver.requests.at(-1)?.body ?? ''), 'guard', 'name')).to.equal('mass-change');
    // The cluster is as it was; only the guard lets go.
    expect((await run({ ...settings, AUTO_FIX: 'false' })).code).to.equal(0);
    expect(receiver.requests).to.have.length(heard + 2);
    expect(at(parse(receiver.requests.at(-1)?.body ?? ''), 'guard')).to.equal(null);
    expect((await run({ ...settings, REPORT_REPO: join(folder, 'nothing') })).code).to.equal(78);

    const described = await kubectl(world, 'describe', 'cronjob', 'drift-detector');
    expect(described).to.match(
      /Warning +GuardTripped .* Guard mass-change: 2 objects would change, more than DRIFT_MAX_FIXES=1/u,
    );
    expect(described).to.match(/Warning +PassFailed .* Pass [0-9a-f-]{36} failed: /u);
    const told = (await events()).filter((event) => stringAt(event, 'regarding', 'kind') === 'CronJob');
    expect(told.map((event) => stringAt(event, 'reason'))).to.have.members(['GuardTripped', 'PassFailed']);
  });
});
