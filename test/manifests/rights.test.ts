import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { type JsonObject, stringAt, stringMapAt } from '../../src/domain/json.ts';
import { type AuditEvent, readAudit } from '../control-plane/audit.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { startMetricsApi } from '../control-plane/metrics-api.ts';
import { sharedControlPlane } from '../control-plane/shared.ts';
import { minorOf } from '../control-plane/version.ts';
import { Client, startTestHub, temporaryDirectory } from '../hub/harness.ts';
import { createSpace, createUnit } from '../hub/scene.ts';
import { runMain } from '../run-main.ts';
import { apply, deploy, eventually, getJson, NAMESPACE, objectAt, objectsAt, only, render, repositoryPath } from './overlay.ts';

const ACCOUNT = `system:serviceaccount:${NAMESPACE}:drift-detector`;
const WATCHED = `rights-${randomBytes(3).toString('hex')}`;

/** One drifted object of each kind that the overlays compare. */
const OBJECTS: readonly JsonObject[] = ['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob'].map((kind) => {
  const labels = { app: kind.toLowerCase() };
  const template = {
    metadata: { labels },
    spec: { restartPolicy: kind === 'CronJob' ? 'Never' : 'Always', containers: [{ name: 'app', image: 'app:1' }] },
  };
  const metadata = { name: kind.toLowerCase(), namespace: WATCHED };
  if (kind === 'CronJob')
    return { apiVersion: 'batch/v1', kind, metadata, spec: { schedule: '0 0 1 1 *', jobTemplate: { spec: { template } } } };
  const replicas = kind === 'DaemonSet' ? {} : { replicas: 1 };
  const service = kind === 'StatefulSet' ? { serviceName: 'none' } : {};
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata,
    spec: { selector: { matchLabels: labels }, ...replicas, ...service, template },
  };
});

describe('manifests: the rights of an overlay are those that a pass uses', function () {
  this.timeout(120_000);
  let plane: ControlPlane;
  let deployed: AsyncDisposable | undefined;
  let metrics: AsyncDisposable | undefined;
  before(async () => {
    plane = await sharedControlPlane();
    metrics = await startMetricsApi(plane, () => []);
    await plane.kubectl(['create', 'namespace', WATCHED]);
    await plane.kubectl(['label', 'namespace', WATCHED, `watched=${WATCHED}`]);
  });
  after(async () => {
    await plane.kubectl(['delete', 'namespace', WATCHED, '--wait=false', '--ignore-not-found']);
    await metrics?.[Symbol.asyncDispose]();
    await deployed?.[Symbol.asyncDispose]();
  });

  // The other overlays have the same roles as prod; cronjob.test.ts compares them.
  for (const overlay of ['cronjobs/prod', 'cronjobs/dev']) {
    it(`${overlay}: nothing is denied, and nothing is granted that it does not use`, async function () {
      if (minorOf(plane.version) < 27) this.skip();
      if (deployed === undefined) deployed = await deploy(plane, overlay);
      else await apply(plane, overlay);
      const documents = await render(plane, overlay);
      const isFixing = overlay === 'cronjobs/dev';
      if (isFixing) {
        const binding = repositoryPath('manifests/components/auto-fix/role-binding.yaml');
        await plane.kubectl(['apply', '-n', WATCHED, '-f', binding]);
      }
      const events = await passAs(overlay);
      const denied = events.filter(({ responseStatus }) => responseStatus?.code === 403);
      expect(denied.map(rightOf)).to.deep.equal([]);
      const used = [...new Set(events.map(rightOf))].filter((right) => !right.endsWith('.authorization.k8s.io'));
      expect(used.sort()).to.deep.equal(grantsOf(documents));
      if (!isFixing) return;
      for (const object of OBJECTS) {
        const name = `${stringAt(object, 'kind')}/${stringAt(object, 'metadata', 'name')}`;
        expect(imageOf(await getJson(plane, [name, '-n', WATCHED])), name).to.equal('app:1');
      }
    });
  }

  /** What a first pass with the overlay's configuration and account asked for, over one drifted object of each kind. */
  async function passAs(overlay: string): Promise<readonly AuditEvent[]> {
    await using hub = await startTestHub();
    using files = temporaryDirectory();
    const documents = await render(plane, overlay);
    const client = new Client(hub.url);
    const space = await createSpace(client, 'rights');
    for (const object of OBJECTS) {
      await createUnit(client, space, stringAt(object, 'metadata', 'name') ?? '', JSON.stringify(object));
      const drifted = JSON.stringify(object).replace('app:1', 'app:2');
      await plane.kubectl(['apply', '--server-side', '--field-manager=kubectl-edit', '--force-conflicts', '-f', '-'], drifted);
    }
    const repository = join(files.path, 'reports.git');
    execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', repository]);
    const token = (await plane.kubectl(['create', 'token', 'drift-detector', '-n', NAMESPACE])).stdout.trim();
    const kubeconfig = await plane.kubeconfigForToken(`rights-${WATCHED}`, token);
    const { end } = await readAudit(plane.auditLog);
    const [container] = objectsAt(only(documents, 'CronJob'), 'spec', 'jobTemplate', 'spec', 'template', 'spec', 'containers');
    const literals = objectsAt(container, 'env').map((entry) => [stringAt(entry, 'name'), stringAt(entry, 'value')]);
    const { code, out, err } = await runMain(['run'], {
      ...stringMapAt(only(documents, 'ConfigMap'), 'data'),
      ...Object.fromEntries(literals),
      CUB_TOKEN_FILE: '',
      CLAUDE_API_KEY_FILE: '',
      GIT_TOKEN_FILE: '',
      PATH: process.env['PATH'],
      HOME: files.path,
      KUBECONFIG: kubeconfig,
      DRIFT_NAMESPACE_SELECTOR: `watched=${WATCHED}`,
      CONFIGHUB_URL: hub.url,
      CONFIGHUB_SPACE: 'rights',
      CUB_TOKEN: 'tester',
      DRIFT_LEASE_NAMESPACE: NAMESPACE,
      REPORT_REPO: repository,
    });
    await rm(kubeconfig);
    expect(code, out + err).to.equal(0);
    // An answer is written to the log after it is given.
    return eventually('the audit of the pass', async () => {
      const events = (await readAudit(plane.auditLog, end)).events.filter(({ user }) => user.username === ACCOUNT);
      return events.some(({ objectRef, verb }) => objectRef?.resource === 'leases' && verb === 'update') ? events : undefined;
    });
  }
});

function rightOf({ verb, objectRef, requestURI }: AuditEvent): string {
  if (objectRef === undefined) return `${verb} ${groupOfPath(requestURI)}`;
  const { resource, apiGroup, subresource } = objectRef;
  return `${verb} ${resource}${subresource === '' ? '' : `/${subresource}`}${apiGroup === '' ? '' : `.${apiGroup}`}`;
}

/** The rule of manifests/base/rbac.yaml that a path falls under. */
function groupOfPath(uri: string): string {
  const { pathname } = new URL(uri, 'http://server');
  if (pathname.startsWith('/openapi/v3/')) return '/openapi/v3/*';
  return pathname.startsWith('/apis/') ? '/apis/*' : pathname;
}

function grantsOf(documents: readonly JsonObject[]): readonly string[] {
  const texts = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);
  const rules = documents
    .filter(({ kind }) => kind === 'Role' || kind === 'ClusterRole')
    .flatMap((role) => objectsAt(role, 'rules'));
  const rights = rules.flatMap((rule) =>
    texts(rule['verbs']).flatMap((verb) => [
      ...texts(rule['nonResourceURLs']).map((path) => `${verb} ${path}`),
      ...texts(rule['resources']).map((name) => {
        const [group = ''] = texts(rule['apiGroups']);
        return `${verb} ${name}${group === '' ? '' : `.${group}`}`;
      }),
    ]),
  );
  return [...new Set(rights)].sort();
}

function imageOf(object: JsonObject): string | undefined {
  const spec = objectAt(object, 'spec');
  const [container] = objectsAt(
    spec['jobTemplate'] === undefined ? spec : objectAt(spec, 'jobTemplate', 'spec'),
    ...['template', 'spec', 'containers'],
  );
  return stringAt(container, 'image');
}
