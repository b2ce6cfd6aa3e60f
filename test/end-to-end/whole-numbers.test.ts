import { expect } from 'chai';
import { sharedControlPlane } from '../control-plane/shared.ts';
import { kubectl, NAMESPACE, reportFile, revisionsOf, type Scenario } from '../demo/scenario.ts';
import { type CommandResult, fixture, startWorld, type World } from '../demo/world.ts';
import { sentences } from './logs.ts';

// Whole numbers beyond 2^53 on all their ways: what is found, reported, fixed, undone, accepted and adopted, by a real API
// server and a real hub.

const gate = (priority: string): string => `# who may pass first
apiVersion: gate.example.com/v1
kind: Gate
metadata: {name: big, namespace: ${NAMESPACE}}
spec:
  priority: ${priority} # agreed
  limits: [
    9223372036854775807
  ]
`;
const STRAY = `apiVersion: gate.example.com/v1
kind: Gate
metadata: {name: stray, namespace: ${NAMESPACE}}
spec: {priority: -9007199254740997}
`;

describe('whole numbers of 64 bits', function () {
  this.timeout(120_000);
  let world: World;
  let scenario: Scenario;

  const priority = (): Promise<string> => kubectl(world, 'get', 'gate', 'big', '-o', 'jsonpath={.spec.priority}');
  const change = (to: string): Promise<string> =>
    kubectl(world, 'patch', 'gate', 'big', '--type=merge', '-p', `{"spec":{"priority":${to}}}`);
  const detector = (args: readonly string[], autoFix = 'true'): Promise<CommandResult> =>
    world.detector(args, {
      ...scenario.environment,
      AUTO_FIX: autoFix,
      DRIFT_KINDS: 'gate.example.com/v1/Gate',
      DRIFT_LOG_FORMAT: 'json',
      GIT_AUTHOR_NAME: 'Ann Lee',
      GIT_AUTHOR_EMAIL: 'ann@example.org',
    });

  before(async () => {
    world = await startWorld({ cluster: await sharedControlPlane() });
    const crd = await fixture('diff/cases/whole-numbers-beyond-53-bits/crd.yaml');
    await world.cluster.kubectl(['apply', '-f', '-'], crd);
    await world.cluster.kubectl(['wait', '-f', '-', '--for=condition=Established', '--timeout=30s'], crd);
    await world.cluster.kubectl(['apply', '-f', '-'], await fixture('workloads/namespace.yaml'));
    const project = await world.admin.createProject('long-otter', [{ slug: 'gate', text: gate('9007199254740992'), labels: {} }]);
    await world.admin.applySpace(project.spaces['dev'] ?? '');
    scenario = { world, project, environment: { CONFIGHUB_SPACE: 'long-otter-dev', DRIFT_ENVIRONMENT: 'dev' } };
  });
  after(async () => {
    if (world) await kubectl(world, 'delete', 'namespace', NAMESPACE, '--wait=true');
    await world?.[Symbol.asyncDispose]();
  });

  it('are fixed and undone in all their digits, in the cluster and in ConfigHub', async () => {
    await change('9007199254740993');
    const fixed = await detector(['run']);
    expect(fixed.code, fixed.stderr).to.equal(0);
    expect(await priority()).to.equal('9007199254740992');
    const [restored, observed] = await revisionsOf(scenario, 'gate');
    expect([restored?.text, observed?.text]).to.deep.equal([gate('9007199254740992'), gate('9007199254740993')]);
    expect(observed?.description).to.contain('priority 9007199254740992 → 9007199254740993');
    expect(await reportFile(world, 'reports/dev/corrections.jsonl')).to.contain('9007199254740993');

    const changeSet = /Using changeset (\S+) for/u.exec(sentences(fixed, 'changeset-used')[0] ?? '')?.[1] ?? '';
    const undone = await detector(['undo', `long-otter-dev/${changeSet}`]);
    expect(undone.code, undone.stderr).to.equal(0);
    expect(await priority()).to.equal('9007199254740993');
    expect((await revisionsOf(scenario, 'gate'))[0]?.text).to.equal(gate('9007199254740993'));
  });

  it('are accepted and adopted in all their digits', async () => {
    await change('9007199254740995');
    await world.cluster.kubectl(['create', '-f', '-'], STRAY);
    const found = await detector(['run'], 'false');
    expect(found.code, found.stderr).to.equal(0);
    const findings = await reportFile(world, 'reports/dev/findings.jsonl');
    expect(findings).to.contain('"desired":9007199254740993').and.contain('"live":9007199254740995');
    for (const args of [
      ['accept', 'big'],
      ['adopt', 'stray', '--space', 'long-otter-dev'],
    ]) {
      const decided = await detector([...args, '--reason', 'ours']);
      expect(decided.code, decided.stderr).to.equal(0);
    }
    const carried = await detector(['run'], 'false');
    expect(carried.code, carried.stderr).to.equal(0);
    expect(await priority()).to.equal('9007199254740995');
    expect((await revisionsOf(scenario, 'gate'))[0]?.text).to.equal(gate('9007199254740995'));
    expect(await reportFile(world, 'reports/dev/report.json')).to.contain('"open": 0');
  });
});
