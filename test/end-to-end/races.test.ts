import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import * as z from 'zod';
import { type CommandResult, fixture } from '../demo/world.ts';
import { eventually } from '../manifests/overlay.ts';
import { type DetectorHost, startDetectorHost } from './detector-host.ts';
import type { Held, Matches } from './gate.ts';
import { hubWrites, outputOf, startWatchedWorld, type WatchedWorld, writtenObjects } from './watched-world.ts';

// Something happens right between two requests of a pass: the gate holds the second until it has happened. Nobody's
// change is overwritten, and the report names what became of the fix.

const finding = z.object({
  object: z.object({ name: z.string() }),
  summary: z.string(),
  result: z.string().nullable(),
  message: z.string(),
});
const report = z.object({ open: z.array(finding), corrected: z.array(finding.pick({ object: true, summary: true })) });
const managed = z.object({
  metadata: z.object({ managedFields: z.array(z.object({ manager: z.string(), fieldsV1: z.unknown() })) }),
});
const revisions = z.array(z.object({ Revision: z.object({ Description: z.string() }) }));

/** The units, one workload each; the last has a target, so ConfigHub applies it. */
const NAMES = ['web-1', 'web-2', 'web-8'];
const NAMESPACE = 'guards-a';

describe('what happens in the middle of a pass', function () {
  this.timeout(120_000);
  let watched: WatchedWorld;
  let [one, other]: DetectorHost[] = [];
  let repository: string;

  const pass = (
    host: DetectorHost | undefined = one,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<CommandResult> => {
    if (!host) throw new Error('the hosts are not started');
    // Held requests make passes slow, and rollouts of kwok's pods are not what is looked at.
    const more = {
      CONFIGHUB_SPACE: 'races',
      DRIFT_OUTPUT: 'json',
      DRIFT_WAIT_HEALTHY: '0s',
      DRIFT_CONTESTED_AFTER: '0',
      DRIFT_MAX_FIX_PERCENT: '100',
    };
    return host.run(['run'], { ...watched.settings(repository), ...more, ...environment });
  };
  const kubectl = (...args: readonly string[]): Promise<string> => watched.kubectl('-n', NAMESPACE, ...args);
  const replicas = (name: string): Promise<string> => kubectl('get', 'deployment', name, '-o', 'jsonpath={.spec.replicas}');
  const image = (name: string): Promise<string> =>
    kubectl('get', 'deployment', name, '-o', 'jsonpath={.spec.template.spec.containers[0].image}');
  const text = (unit: string): Promise<string> => watched.type(`cub unit get ${unit} --space races --data-only`);
  const descriptions = async (unit: string): Promise<readonly string[]> => {
    const found: unknown = JSON.parse(await watched.type(`cub revision list ${unit} --space races --json`));
    return revisions.parse(found).map(({ Revision }) => Revision.Description);
  };
  const pairs = async (unit: string): Promise<number> =>
    (await descriptions(unit)).filter((description) => description.startsWith('Fixed ')).length;

  const isRead =
    (name: string): Matches =>
    ({ method, path }) =>
      method === 'GET' && path.endsWith(`/namespaces/${NAMESPACE}/deployments/${name}`);
  const isApply =
    (name: string): Matches =>
    ({ method, path }) =>
      method === 'PATCH' && path.includes(`/deployments/${name}?`) && !path.includes('dryRun');
  const isUnitWrite: Matches = ({ method, path }) => method === 'PATCH' && /^\/api\/space\/[^/]+\/unit\//u.test(path);
  /** Matches only once as many such requests were answered since now. */
  const following = (gate: 'hub' | 'cluster', count: number, earlier: Matches, matches: Matches): Matches => {
    const from = watched[gate].passages.length;
    return (request) => {
      const seen = watched[gate].passages.slice(from).filter((passage) => passage.status === 200 && earlier(passage));
      return seen.length >= count && matches(request);
    };
  };
  /** What became of the only finding of a workload. */
  const became = (result: CommandResult, name: string): z.output<typeof finding> => {
    const found = outputOf(result, report).open.filter(({ object }) => object.name === name);
    const [first, ...more] = found;
    if (!first || more.length > 0) throw new Error(`${found.length} open findings of ${name}: ${result.stdout}${result.stderr}`);
    return first;
  };
  const corrected = (result: CommandResult): readonly string[] =>
    outputOf(result, report).corrected.map(({ object, summary }) => `${object.name} ${summary}`);
  /** A pass during which this happens, while the request waits that is held. */
  const passWhile = async (held: Promise<Held>, happens: () => Promise<unknown>): Promise<CommandResult> => {
    const passing = pass();
    const { release } = await held;
    await happens();
    release();
    return passing;
  };
  const isFixedNext = async (name: string): Promise<void> => {
    const next = await pass();
    expect(next.code, next.stderr).to.equal(0);
    expect(
      outputOf(next, report).corrected.map(({ object }) => object.name),
      next.stdout,
    ).to.include(name);
  };

  before(async () => {
    watched = await startWatchedWorld([NAMESPACE]);
    [one, other] = [startDetectorHost(), startDetectorHost()];
    repository = await watched.newRepository();
    const { type, world } = watched;
    const template = await fixture('guards/web.yaml');
    await type('cub space create races');
    for (const name of NAMES) {
      const own = template.replaceAll('NAME', name);
      await writeFile(join(world.folder, `${name}.yaml`), own);
      await writeFile(join(world.folder, `${name}-next.yaml`), own.replace('web:1.0.0', 'web:2.0.0'));
      await type(`cub unit create ${name} $FOLDER/${name}.yaml --space races`);
      if (name !== 'web-8')
        await kubectl('apply', '--server-side', '--field-manager=confighub', '-f', join(world.folder, `${name}.yaml`));
    }
    await watched.follow([
      'cub worker create cluster --space races',
      'cub target create cluster {} cluster --space races',
      'cub unit set-target cluster --space races --unit web-8',
      'cub unit apply web-8 --space races',
      'cub changeset create friday --space races',
    ]);
  });
  after(async () => {
    for (const host of [one, other]) host?.[Symbol.dispose]();
    await watched?.[Symbol.asyncDispose]();
  });

  it('an object that is changed after it was judged keeps its new value, and no revision tells of a fix', async () => {
    await kubectl('scale', 'deployment/web-1', '--replicas=2');
    const from = watched.hub.passages.length;
    const result = await passWhile(watched.cluster.hold(isRead('web-1')), () =>
      kubectl('scale', 'deployment/web-1', '--replicas=3'),
    );
    expect(result.code, result.stderr).to.equal(0);
    expect(became(result, 'web-1')).to.deep.include({ result: 'conflict', summary: 'replicas 1 → 2' });
    expect(became(result, 'web-1').message).to.contain('Deployment web-1 changed while it was being fixed');
    expect(await replicas('web-1')).to.equal('3');
    expect(hubWrites(watched.hub, from).filter((write) => write.includes('/unit/'))).to.deep.equal([]);
    await isFixedNext('web-1');
  });

  it('an object that is deleted and made anew after it was judged, with the very same drift, is not the one that is fixed', async () => {
    await kubectl('scale', 'deployment/web-1', '--replicas=2');
    const uid = (): Promise<string> => kubectl('get', 'deployment', 'web-1', '-o', 'jsonpath={.metadata.uid}');
    const judged = await uid();
    const from = watched.hub.passages.length;
    const result = await passWhile(watched.cluster.hold(isRead('web-1')), async () => {
      await kubectl('delete', 'deployment', 'web-1');
      const file = join(watched.world.folder, 'web-1.yaml');
      await kubectl('apply', '--server-side', '--field-manager=confighub', '-f', file);
      await kubectl('scale', 'deployment/web-1', '--replicas=2');
    });
    expect(became(result, 'web-1')).to.deep.include({ result: 'conflict', summary: 'replicas 1 → 2' });
    expect(hubWrites(watched.hub, from).filter((write) => write.includes('/unit/'))).to.deep.equal([]);
    expect([await replicas('web-1'), (await uid()) === judged]).to.deep.equal(['2', false]);
    await isFixedNext('web-1');
  });

  it('an object that is changed right before it is written keeps its new value', async () => {
    await kubectl('scale', 'deployment/web-1', '--replicas=2');
    const result = await passWhile(watched.cluster.hold(isApply('web-1')), () =>
      kubectl('scale', 'deployment/web-1', '--replicas=3'),
    );
    expect(became(result, 'web-1')).to.deep.include({ result: 'conflict' });
    expect(await replicas('web-1')).to.equal('3');
    await isFixedNext('web-1');
  });

  it('an object of which another field is changed right before it is written is fixed, and keeps that change', async () => {
    await kubectl('scale', 'deployment/web-1', '--replicas=2');
    const result = await passWhile(watched.cluster.hold(isApply('web-1')), () =>
      kubectl('set', 'image', 'deployment/web-1', 'app=registry.example/web:hotfix'),
    );
    expect(corrected(result)).to.deep.equal(['web-1 replicas 1 → 2']);
    expect([await image('web-1'), await replicas('web-1')]).to.deep.equal(['registry.example/web:hotfix', '1']);
    await isFixedNext('web-1');
  });

  /** Of the two writes of a fix: values, and the ownership of what they were. */
  const isHandBack = (name: string): Matches => following('cluster', 1, isApply(name), isApply(name));
  const owner = async (name: string, field: string): Promise<string | undefined> => {
    const found = await kubectl('get', 'deployment', name, '--show-managed-fields', '-o', 'json');
    const { metadata } = managed.parse(JSON.parse(found));
    expect(metadata.managedFields.map(({ manager }) => manager)).to.not.include('drift-detector');
    return metadata.managedFields.find(({ fieldsV1 }) => JSON.stringify(fieldsV1).includes(`"f:${field}"`))?.manager;
  };

  it("a stranger's change between the two writes of a fix stays, is the stranger's, and the rest is given back", async () => {
    await kubectl('scale', 'deployment/web-1', '--replicas=2');
    const result = await passWhile(watched.cluster.hold(isHandBack('web-1')), () =>
      kubectl('set', 'image', 'deployment/web-1', 'app=registry.example/web:hotfix'),
    );
    expect(corrected(result)).to.deep.equal(['web-1 replicas 1 → 2']);
    expect([await image('web-1'), await replicas('web-1')]).to.deep.equal(['registry.example/web:hotfix', '1']);
    expect([await owner('web-1', 'replicas'), await owner('web-1', 'image')]).to.deep.equal(['confighub', 'kubectl-set']);
    await isFixedNext('web-1');
    expect(await owner('web-1', 'image')).to.equal('confighub');
  });

  it("an autoscaler's number between the two writes of a fix stays, and is the autoscaler's", async () => {
    await kubectl('set', 'image', 'deployment/web-1', 'app=registry.example/web:hotfix');
    const result = await passWhile(watched.cluster.hold(isHandBack('web-1')), () =>
      kubectl(
        ...['patch', 'deployment', 'web-1', '--subresource=scale', '--field-manager=horizontal-pod-autoscaler'],
        ...['--type=merge', '-p', JSON.stringify({ spec: { replicas: 4 } })],
      ),
    );
    expect(corrected(result)).to.have.lengthOf(1);
    expect([await image('web-1'), await replicas('web-1')]).to.deep.equal(['registry.example/web:1.0.0', '4']);
    expect(await owner('web-1', 'replicas')).to.not.equal('confighub');
    await kubectl(
      'apply',
      '--server-side',
      '--force-conflicts',
      '--field-manager=confighub',
      '-f',
      join(watched.world.folder, 'web-1.yaml'),
    );
  });

  it('an ownership that cannot be given back is pending, and given back by the next pass, which finds no drift', async () => {
    await kubectl('scale', 'deployment/web-1', '--replicas=2');
    const status = JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 503, message: 'not now' });
    {
      using _refusal = watched.cluster.refuse(isHandBack('web-1'), 503, status);
      const result = await pass();
      expect(corrected(result)).to.deep.equal(['web-1 replicas 1 → 2']);
      expect(result.stderr + result.stdout).to.contain('ownership pending');
    }
    expect(await kubectl('get', 'deployment', 'web-1', '--show-managed-fields', '-o', 'json')).to.contain('"drift-detector"');
    const next = await pass();
    expect(outputOf(next, report)).to.deep.include({ open: [], corrected: [] });
    expect(await owner('web-1', 'replicas')).to.equal('confighub');
  });

  it('a fix and a return of ownership whose answers are lost are reported as done, and nothing is left of them', async () => {
    await kubectl('scale', 'deployment/web-1', '--replicas=2');
    {
      using _lost = watched.cluster.disturb(isApply('web-1'), async (response, ask) => {
        await ask();
        response.destroy();
      });
      const result = await pass();
      expect(corrected(result), result.stderr).to.deep.equal(['web-1 replicas 1 → 2']);
      expect(result.stderr + result.stdout, result.stderr).to.not.contain('ownership pending');
    }
    expect(await replicas('web-1')).to.equal('1');
    expect(await owner('web-1', 'replicas')).to.equal('confighub');
  });

  it("another change between a fix and ConfigHub's apply of its unit stays, and the fix is reported", async () => {
    // An addition, which an apply would not take away: the pass writes first, and there is nothing to give back.
    await kubectl('set', 'env', 'deployment/web-8', 'DEBUG=true');
    const result = await passWhile(watched.cluster.hold(following('cluster', 1, isApply('web-8'), isRead('web-8'))), () =>
      kubectl('set', 'image', 'deployment/web-8', 'app=registry.example/web:hotfix'),
    );
    expect(corrected(result)).to.have.lengthOf(1);
    expect(result.stderr + result.stdout).to.contain('ConfigHub did not apply the unit');
    expect(await image('web-8')).to.equal('registry.example/web:hotfix');
    await isFixedNext('web-8');
  });

  it('an object whose status alone moves on right before it is written is fixed all the same', async () => {
    await kubectl('scale', 'deployment/web-1', '--replicas=2');
    const status = { status: { observedGeneration: 1, replicas: 2 } };
    const result = await passWhile(watched.cluster.hold(isApply('web-1')), () =>
      kubectl('patch', 'deployment/web-1', '--subresource=status', '--type=merge', '-p', JSON.stringify(status)),
    );
    expect(outputOf(result, report).corrected.map(({ object }) => object.name)).to.deep.equal(['web-1']);
    expect(await replicas('web-1')).to.equal('1');
  });

  it('an object of a unit that ConfigHub applies whole keeps another change beside the drift', async () => {
    await kubectl('scale', 'deployment/web-8', '--replicas=2');
    const from = watched.hub.passages.length;
    const result = await passWhile(
      watched.cluster.hold((request) => isRead('web-8')(request) && watched.hub.passages.slice(from).some(isUnitWrite)),
      () => kubectl('set', 'image', 'deployment/web-8', 'app=registry.example/web:hotfix'),
    );
    expect(became(result, 'web-8')).to.deep.include({ result: 'conflict' });
    expect(became(result, 'web-8').message).to.contain('an apply of its unit would also revert').and.contain('image');
    expect([await image('web-8'), await replicas('web-8')]).to.deep.equal(['registry.example/web:hotfix', '2']);
    await isFixedNext('web-8');
  });

  it('a unit that is changed right before its pair is written keeps that change, and the cluster is left as it is', async () => {
    await kubectl('scale', 'deployment/web-1', '--replicas=2');
    const result = await passWhile(watched.hub.hold(isUnitWrite), () =>
      watched.type('cub unit update web-1 $FOLDER/web-1-next.yaml --space races'),
    );
    expect(became(result, 'web-1')).to.deep.include({ result: 'conflict' });
    expect(await text('web-1'))
      .to.contain('web:2.0.0')
      .and.contain('replicas: 1');
    expect(await replicas('web-1')).to.equal('2');
    await watched.type('cub unit update web-1 $FOLDER/web-1.yaml --space races');
    await isFixedNext('web-1');
  });

  it('a changeset that is closed before the pair is written under it takes no revision', async () => {
    await watched.type('cub unit update --space races --unit web-2 --patch --changeset races/friday');
    await kubectl('scale', 'deployment/web-2', '--replicas=2');
    const before = await descriptions('web-2');
    const result = await passWhile(watched.hub.hold(isUnitWrite), () =>
      watched.type('cub unit update --space races --unit web-2 --patch --changeset -'),
    );
    expect(became(result, 'web-2').result).to.be.oneOf(['conflict', 'failed']);
    expect(became(result, 'web-2').message).to.not.equal('');
    expect(await descriptions('web-2')).to.deep.equal(before);
    expect(await replicas('web-2')).to.equal('2');
    await isFixedNext('web-2');
  });

  it('a changeset that is closed between the halves of a pair leaves no drifted state in the unit beyond the next pass', async () => {
    const desired = await text('web-2');
    await watched.type('cub changeset create monday --space races');
    await watched.type('cub unit update --space races --unit web-2 --patch --changeset races/monday');
    await kubectl('scale', 'deployment/web-2', '--replicas=2');
    const result = await passWhile(watched.hub.hold(following('hub', 1, isUnitWrite, isUnitWrite)), () =>
      watched.type('cub unit update --space races --unit web-2 --patch --changeset -'),
    );
    expect(became(result, 'web-2').result).to.be.oneOf(['conflict', 'failed']);
    expect(await replicas('web-2')).to.equal('2');
    await isFixedNext('web-2');
    expect(await text('web-2')).to.equal(desired);
    expect(await replicas('web-2')).to.equal('1');
  });

  it('another applier that takes a fix back at once is named, and not fought within the pass', async () => {
    await kubectl('scale', 'deployment/web-1', '--replicas=2');
    const scale = { spec: { replicas: 4 } };
    const result = await passWhile(watched.cluster.hold(following('cluster', 1, isApply('web-1'), isRead('web-1'))), () =>
      kubectl('patch', 'deployment/web-1', '--field-manager=helm', '--type=merge', '-p', JSON.stringify(scale)),
    );
    expect(became(result, 'web-1')).to.deep.include({
      result: 'overridden',
      message: 'after the fix helm wrote it again',
    });
    expect(await replicas('web-1')).to.equal('4');
    await isFixedNext('web-1');
  });

  it('of two passes that start together one fixes, and the other waits for it and finds nothing left', async () => {
    await kubectl('scale', 'deployment/web-1', '--replicas=2');
    const before = await pairs('web-1');
    const write = watched.hub.hold(isUnitWrite);
    const first = pass(one);
    const held = await write;
    const from = watched.cluster.passages.length;
    const second = pass(other, { DRIFT_LEASE_DURATION: '4s' });
    await eventually(
      'a look at the Lease',
      async () =>
        watched.cluster.passages.slice(from).some(({ method, path }) => method === 'GET' && path.includes('/leases/')) ||
        undefined,
    );
    held.release();
    const [fixing, waiting] = await Promise.all([first, second]);
    expect([fixing.code, waiting.code], `${fixing.stderr}${waiting.stderr}`).to.deep.equal([0, 0]);
    expect(outputOf(fixing, report).corrected).to.have.lengthOf(1);
    expect(outputOf(waiting, report)).to.deep.include({ open: [], corrected: [] });
    expect(await pairs('web-1')).to.equal(before + 1);
  });

  it('of two passes the second ends with 22 and names the first, where that one takes its time', async () => {
    await kubectl('scale', 'deployment/web-1', '--replicas=2');
    const before = await pairs('web-1');
    const write = watched.hub.hold(isUnitWrite);
    const first = pass(one, { DRIFT_LEASE_DURATION: '3s' });
    const held = await write;
    const second = await pass(other, { DRIFT_LEASE_DURATION: '3s' });
    expect(second.code, second.stderr).to.equal(22);
    expect(second.stderr).to.contain('another pass is running');
    held.release();
    const result = await first;
    expect(result.code, result.stderr).to.equal(0);
    expect(outputOf(result, report).corrected).to.have.lengthOf(1);
    expect(await pairs('web-1')).to.equal(before + 1);
  });

  it('a pass that was paused until another took its Lease writes nothing from then on, and ends with 22', async () => {
    await kubectl('scale', 'deployment/web-1', '--replicas=2');
    const before = await pairs('web-1');
    const read = watched.cluster.hold(isRead('web-1'));
    const first = pass(one, { DRIFT_LEASE_DURATION: '2s' });
    const held = await read;
    process.kill(one?.pid ?? 0, 'SIGSTOP');
    // Its answer waits for it in the socket.
    held.release();
    const second = await pass(other, { DRIFT_LEASE_DURATION: '2s' });
    expect(second.code, second.stderr).to.equal(0);
    expect(outputOf(second, report).corrected).to.have.lengthOf(1);
    await kubectl('scale', 'deployment/web-1', '--replicas=3');
    await watched.audited();
    const from = watched.hub.passages.length;
    const commits = await watched.world.git('--git-dir', repository, 'rev-parse', 'main');

    process.kill(one?.pid ?? 0, 'SIGCONT');
    const result = await first;
    expect(result.code, result.stderr).to.equal(22);
    expect(result.stderr).to.contain('the lease was lost');
    expect(hubWrites(watched.hub, from)).to.deep.equal([]);
    expect(writtenObjects(await watched.audited())).to.deep.equal([]);
    expect(await watched.world.git('--git-dir', repository, 'rev-parse', 'main')).to.equal(commits);
    expect(await replicas('web-1')).to.equal('3');
    expect(await pairs('web-1')).to.equal(before + 1);
    await isFixedNext('web-1');
  });

  it("a pass that may take no Lease only reports: half of a living pass's pair stays for that pass to finish", async () => {
    await kubectl('scale', 'deployment/web-1', '--replicas=5');
    const before = await pairs('web-1');
    const second = watched.hub.hold(following('hub', 1, isUnitWrite, isUnitWrite));
    const living = pass();
    const held = await second;
    {
      using _refusal = watched.cluster.refuse(
        ({ path }) => path.includes('/leases'),
        403,
        JSON.stringify({
          kind: 'Status',
          apiVersion: 'v1',
          status: 'Failure',
          code: 403,
          reason: 'Forbidden',
          message: 'no leases',
        }),
      );
      const from = watched.hub.passages.length;
      const reporting = await pass(other, { AUTO_FIX: 'false' });
      expect(reporting.stderr).to.contain('nothing is fixed, so the pass goes on without the lease');
      expect(hubWrites(watched.hub, from).filter((write) => !write.includes('dry_run'))).to.deep.equal([]);
      expect((await descriptions('web-1'))[0]).to.match(/^Drift detected: replicas 1 → 5/u);
    }
    held.release();
    const result = await living;
    expect(
      outputOf(result, report).corrected.map(({ object }) => object.name),
      result.stderr,
    ).to.include('web-1');
    expect([await pairs('web-1'), await replicas('web-1')]).to.deep.equal([before + 1, '1']);
  });
});
