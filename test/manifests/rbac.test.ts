import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { at, type JsonObject, numberAt, stringAt } from '../../src/domain/json.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { sharedControlPlane } from '../control-plane/shared.ts';
import { Client, startTestHub, temporaryDirectory } from '../hub/harness.ts';
import { createSpace, createUnit } from '../hub/scene.ts';
import { runMain } from '../run-main.ts';
import { deploy, eventually, getJson, NAMESPACE, objectsAt, only, render, repositoryPath } from './overlay.ts';

const ACCOUNT = `system:serviceaccount:${NAMESPACE}:drift-detector`;
const READER = 'clusterrole/drift-detector-reader';
const BOUND = `rbac-bound-${randomBytes(3).toString('hex')}`;
const UNBOUND = `rbac-unbound-${randomBytes(3).toString('hex')}`;
const WORKLOADS = ['deployments', 'statefulsets', 'daemonsets'];
/** Everything that is compared. */
const KINDS = [...WORKLOADS.map((resource) => `${resource}.apps`), 'cronjobs.batch'];

const workload = (namespace: string): string => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: ${namespace}
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: web:1 }] }
`;

describe('manifests: what the detector may do', function () {
  this.timeout(120_000);
  let plane: ControlPlane;
  let deployed: AsyncDisposable;
  let kubeconfig = '';
  before(async () => {
    plane = await sharedControlPlane();
    deployed = await deploy(plane, 'manifests/base');
    for (const namespace of [BOUND, UNBOUND]) {
      await plane.kubectl(['create', 'namespace', namespace]);
      await plane.kubectl(['label', 'namespace', namespace, `rbac-test=${BOUND}`]);
      await plane.kubectl(['apply', '--server-side', '--field-manager=confighub', '-f', '-'], workload(namespace));
    }
    const { stdout } = await plane.kubectl(['create', 'token', 'drift-detector', '-n', NAMESPACE]);
    kubeconfig = await plane.kubeconfigForToken(`rbac-${BOUND}`, stdout.trim());
  });
  after(async () => {
    await plane.kubectl(['delete', 'namespace', BOUND, UNBOUND, '--wait=false', '--ignore-not-found']);
    await plane.kubectl(['delete', 'clusterrole', 'drift-detector-writer', '--ignore-not-found']);
    await deployed?.[Symbol.asyncDispose]();
    if (kubeconfig !== '') await rm(kubeconfig);
  });

  /** The real authorizer's answer; raw, since kubectl would first ask for schemas that the account may not read. */
  async function review(
    kind: string,
    spec: JsonObject,
    as: readonly string[] = ['--kubeconfig', kubeconfig],
  ): Promise<JsonObject> {
    const path = `/apis/authorization.k8s.io/v1/${kind.toLowerCase()}s`;
    const body = { apiVersion: 'authorization.k8s.io/v1', kind, spec };
    const { stdout } = await plane.kubectl([...as, 'create', '--raw', path, '-f', '-'], JSON.stringify(body));
    // A review is answered by one JSON object.
    return JSON.parse(stdout) as JsonObject;
  }

  async function can(verb: string, resource: string, namespace: string): Promise<boolean> {
    const [name = '', ...group] = resource.split('.');
    const resourceAttributes = { verb, group: group.join('.'), resource: name, namespace };
    return at(await review('SelfSubjectAccessReview', { resourceAttributes }), 'status', 'allowed') === true;
  }

  /** What the account may do to objects of a namespace, beyond what the cluster grants to every account. */
  async function rightsIn(namespace: string): Promise<readonly string[]> {
    const token = (await plane.kubectl(['create', 'token', 'default', '-n', BOUND])).stdout.trim();
    const anybody = await rightsOf(namespace, ['--kubeconfig', await plane.kubeconfigForToken(`anybody-${BOUND}`, token)]);
    return (await rightsOf(namespace)).filter((right) => !anybody.includes(right)).sort();
  }

  async function rightsOf(namespace: string, as?: readonly string[]): Promise<readonly string[]> {
    const answer = await review('SelfSubjectRulesReview', { namespace }, as);
    return objectsAt(answer, 'status', 'resourceRules').flatMap((rule) =>
      list(rule['apiGroups']).flatMap((group) =>
        list(rule['resources']).flatMap((resource) =>
          list(rule['verbs']).map((verb) => `${verb} ${group === '' ? resource : `${resource}.${group}`}`),
        ),
      ),
    );
  }

  const READS = [
    ...KINDS.map((resource) => `list ${resource}`),
    'list horizontalpodautoscalers.autoscaling',
    'list namespaces',
    'list pods.metrics.k8s.io',
  ].sort();
  const LEASES = ['create', 'get', 'update'].map((verb) => `${verb} leases.coordination.k8s.io`);
  const WRITES = KINDS.flatMap((resource) => [`get ${resource}`, `patch ${resource}`]);

  /** One real pass of the program with the account's token, against a hub that holds the desired units. */
  async function runDetector(command: 'check' | 'run', settings: Readonly<Record<string, string>> = {}): Promise<Ended> {
    await using hub = await startTestHub();
    const client = new Client(hub.url);
    const space = await createSpace(client, 'rbac');
    for (const namespace of [BOUND, UNBOUND]) await createUnit(client, space, namespace, workload(namespace));
    const { code, out, err } = await runMain([command, '--output=json'], {
      PATH: process.env['PATH'],
      KUBECONFIG: kubeconfig,
      DRIFT_KINDS: stringAt(only(await render(plane, 'manifests/base'), 'ConfigMap'), 'data', 'DRIFT_KINDS') ?? '',
      DRIFT_NAMESPACE_SELECTOR: `rbac-test=${BOUND}`,
      CONFIGHUB_URL: hub.url,
      CONFIGHUB_SPACE: 'rbac',
      CUB_TOKEN: 'tester',
      DRIFT_LEASE_NAMESPACE: NAMESPACE,
      DRIFT_LOG_LEVEL: 'error',
      DRIFT_LOG_FORMAT: 'json',
      ...settings,
    });
    return { exit: code, text: out + err };
  }

  it('reads workloads, autoscalers and namespaces everywhere, writes its Lease, and may do nothing else', async () => {
    expect(await rightsIn(NAMESPACE)).to.deep.equal([...READS, ...LEASES].sort());
    expect(await rightsIn(BOUND)).to.deep.equal(READS);
    expect(await rightsIn('kube-system')).to.deep.equal(READS);
    for (const [verb, resource, expected] of [
      ['list', 'deployments.apps', true],
      ['list', 'namespaces', true],
      ['get', 'secrets', false],
      ['list', 'secrets', false],
      ['get', 'configmaps', false],
      ['patch', 'deployments.apps', false],
      ['create', 'deployments.apps', false],
      ['delete', 'deployments.apps', false],
      ['watch', 'deployments.apps', false],
      ['create', 'pods', false],
      ['escalate', 'clusterroles.rbac.authorization.k8s.io', false],
      ['impersonate', 'users', false],
    ] as const) {
      expect(await can(verb, resource, ''), `${verb} ${resource} in all namespaces`).to.equal(expected);
    }
  });

  it('reads kinds and schemas by its own role, in a cluster that took system:discovery from everybody', async () => {
    for (const [path, expected] of [
      ['/api/v1', false],
      ['/apis/apps/v1', true],
      ['/apis/autoscaling/v2', true],
      ['/openapi/v3', true],
      ['/openapi/v3/apis/apps/v1', true],
      ['/metrics', false],
    ] as const) {
      // Without groups, so that nothing is granted to it as one of system:authenticated.
      const spec = { user: ACCOUNT, nonResourceAttributes: { path, verb: 'get' } };
      const answer = await review('SubjectAccessReview', spec, []);
      expect(at(answer, 'status', 'allowed'), path).to.equal(expected);
    }
  });

  it('is enough for a check: the program reads everything with the token of the account', async () => {
    const { exit, text } = await runDetector('check');
    expect(exit, text).to.equal(0);
  });

  for (const resource of [...WORKLOADS, 'cronjobs', 'horizontalpodautoscalers', 'namespaces']) {
    it(`is not more than a check needs: without ${resource} it is incomplete or refused`, async () => {
      const groups: Readonly<Record<string, string>> = {
        namespaces: '',
        horizontalpodautoscalers: '.autoscaling',
        cronjobs: '.batch',
      };
      const full = `${resource}${groups[resource] ?? '.apps'}`;
      const role = only(await render(plane, 'manifests/base'), 'ClusterRole');
      const rules = objectsAt(role, 'rules').map((rule) =>
        list(rule['resources']).includes(resource)
          ? { ...rule, resources: list(rule['resources']).filter((name) => name !== resource) }
          : rule,
      );
      const less = rules.filter((rule) => !Array.isArray(rule['resources']) || rule['resources'].length > 0);
      try {
        await plane.kubectl(['patch', READER, '--type=merge', '--patch', JSON.stringify({ rules: less })]);
        await eventually('the loss of the right', async () => ((await can('list', full, '')) ? undefined : true));
        const { exit, text } = await runDetector('check');
        expect(exit, text).to.equal(resource === 'namespaces' ? 77 : 20);
      } finally {
        await plane.kubectl(['patch', READER, '--type=merge', '--patch', JSON.stringify({ rules: objectsAt(role, 'rules') })]);
        await eventually('the right', async () => ((await can('list', full, '')) ? true : undefined));
      }
    });
  }

  describe('with the auto-fix component', () => {
    let files: ReturnType<typeof temporaryDirectory>;
    let repository: string;
    before(async () => {
      files = temporaryDirectory();
      repository = join(files.path, 'reports.git');
      execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', repository]);
      await plane.kubectl(['apply', '-f', repositoryPath('manifests/components/auto-fix/writer.yaml')]);
      await plane.kubectl([...['apply', '-n', BOUND, '-f', repositoryPath('manifests/components/auto-fix/role-binding.yaml')]]);
      await eventually('the writer', async () => ((await can('patch', 'deployments.apps', BOUND)) ? true : undefined));
    });
    after(() => files[Symbol.dispose]());

    it('may patch workloads where a namespace binds the writer, and nowhere else', async () => {
      expect(await rightsIn(BOUND)).to.deep.equal([...READS, ...WRITES].sort());
      expect(await rightsIn(UNBOUND)).to.deep.equal(READS);
      expect(await rightsIn(NAMESPACE)).to.deep.equal([...READS, ...LEASES].sort());
      for (const verb of ['delete', 'deletecollection', 'create', 'update'])
        for (const resource of KINDS) expect(await can(verb, resource, BOUND), `${verb} ${resource}`).to.equal(false);
      expect(await can('patch', 'deployments.apps', ''), 'patch in all namespaces').to.equal(false);
      expect(await can('get', 'secrets', BOUND)).to.equal(false);
    });

    it('brings drift back where it is bound; elsewhere the object stays as it is, and the report says why', async () => {
      // Not by kubectl scale, which leaves no owner before 1.22.
      const patch = ['patch', 'deployment', 'web', '--type=merge', '-p', '{"spec":{"replicas":5}}'];
      for (const namespace of [BOUND, UNBOUND]) await plane.kubectl([...patch, '-n', namespace]);
      const { exit, text } = await runDetector('run', { AUTO_FIX: 'true', REPORT_REPO: repository });
      const replicas = async (namespace: string): Promise<number | undefined> =>
        numberAt(await getJson(plane, ['deployment', 'web', '-n', namespace]), 'spec', 'replicas');
      expect(await replicas(BOUND), `exit ${exit}\n${text}`).to.equal(2);
      expect(await replicas(UNBOUND), `exit ${exit}\n${text}`).to.equal(5);
      const page = ['-C', repository, 'show', `HEAD:reports/default/${UNBOUND}/deployment.web.md`];
      expect(execFileSync('git', page, { encoding: 'utf8' })).to.match(/is forbidden: .* cannot patch resource "deployments"/u);
    });
  });
});

interface Ended {
  readonly exit: number;
  readonly text: string;
}

function list(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
}
