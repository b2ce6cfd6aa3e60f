import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { expect } from 'chai';
import { at, type JsonObject, stringAt, stringMapAt } from '../../src/domain/json.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { sharedControlPlane } from '../control-plane/shared.ts';
import { minorOf } from '../control-plane/version.ts';
import { NAMESPACE, nameOf, objectAt, objectsAt, only, render, repositoryPath, VERSION } from './overlay.ts';

/** Kinds of operators that a plain API server does not have. */
const FOREIGN = ['PrometheusRule', 'ExternalSecret'];

describe('manifests: the components', function () {
  this.timeout(60_000);
  let plane: ControlPlane;
  let folder: string;
  before(async () => {
    plane = await sharedControlPlane();
    folder = await mkdtemp(join(tmpdir(), 'component-overlay-'));
  });
  after(async () => {
    await rm(folder, { recursive: true, force: true });
    await plane.kubectl(['delete', 'namespace', 'confighub', '--wait=false', '--ignore-not-found']);
  });

  /** Base with these components, as an overlay of a user has them. */
  async function overlayOf(...names: readonly string[]): Promise<string> {
    const up = relative(folder, repositoryPath('manifests'));
    const lines = ['apiVersion: kustomize.config.k8s.io/v1beta1', 'kind: Kustomization', `resources: [${up}/base]`];
    const components = `components: [${names.map((name) => `${up}/components/${name}`).join(', ')}]`;
    await writeFile(join(folder, 'kustomization.yaml'), [...lines, components, ''].join('\n'));
    return relative(repositoryPath(''), folder);
  }

  /** Restricted, as the manifests have it: the dry run of what is in it needs it there. */
  async function namespaceIn(name: string): Promise<void> {
    const text = await readFile(repositoryPath('manifests/base/namespace.yaml'), 'utf8');
    await plane.kubectl(['apply', '--server-side', '-f', '-'], text.replace('name: devops-apps', `name: ${name}`));
  }

  const dryRun = (documents: readonly JsonObject[]): Promise<{ readonly stdout: string; readonly stderr: string }> => {
    const known = documents.filter(({ kind }) => !FOREIGN.includes(String(kind)));
    const text = known.map((document) => JSON.stringify(document)).join('\n---\n');
    return plane.kubectl(
      ['apply', '--server-side', '--force-conflicts', '--validate=strict', '--dry-run=server', '-f', '-'],
      text,
    );
  };

  it('are all in docs/deployment.md, and can be had together', async () => {
    const names = (await readdir(repositoryPath('manifests/components'))).sort();
    const page = await readFile(repositoryPath('docs/deployment.md'), 'utf8');
    for (const name of names) expect(page).to.contain(`| \`manifests/components/${name}\` |`);
    // `local` has `reports` in it.
    const documents = await render(plane, await overlayOf(...names.filter((name) => name !== 'reports')));
    const own = documents.filter((document) => at(document, 'metadata', 'namespace') === NAMESPACE);
    expect(own.map(({ kind }) => kind)).to.include.members(['NetworkPolicy', ...FOREIGN]);
    for (const document of own)
      expect(stringMapAt(document, 'metadata', 'labels'), nameOf(document)).to.have.property('app.kubernetes.io/version');
  });

  it('sharded: pod number N reads the configuration file of cluster N, which no variable overrules', async function () {
    if (minorOf(plane.version) < 29) this.skip();
    await namespaceIn(NAMESPACE);
    const documents = await render(plane, await overlayOf('sharded', 'modern'));
    const { stdout, stderr } = await dryRun(documents);
    expect(stdout).to.contain('cronjob.batch/drift-detector serverside-applied (server dry run)');
    expect(stderr).to.equal('');
    const spec = objectAt(only(documents, 'CronJob'), 'spec', 'jobTemplate', 'spec');
    expect(spec).to.include({ completionMode: 'Indexed', backoffLimitPerIndex: 0 });
    // It would end the other clusters' pods with the first that fails.
    expect(spec).not.to.have.property('backoffLimit');
    const [container] = objectsAt(spec, 'template', 'spec', 'containers');
    const names = objectsAt(container, 'env').map((entry) => stringAt(entry, 'name'));
    // A variable is known to those that come after it.
    expect(names.indexOf('SHARD')).to.be.within(0, names.indexOf('DRIFT_CONFIG') - 1);
    const mounts = objectsAt(container, 'volumeMounts').map((mount) => stringAt(mount, 'mountPath'));
    expect(mounts).to.include('/var/run/secrets/clusters');
    const settings = stringMapAt(only(documents, 'ConfigMap'), 'data');
    for (const name of ['DRIFT_CLUSTER', 'DRIFT_ENVIRONMENT', 'CONFIGHUB_SPACE', 'DRIFT_FIX_GRACE'])
      expect(settings).to.have.property(name, '');
  });

  it('local: a hub and a report repository in the cluster, restricted as everything else, and reached by a pass', async function () {
    if (minorOf(plane.version) < 27) this.skip();
    for (const name of [NAMESPACE, 'confighub']) await namespaceIn(name);
    const documents = await render(plane, await overlayOf('local', 'network-policy', 'modern'));
    const { stdout, stderr } = await dryRun(documents);
    expect(stdout)
      .to.contain('deployment.apps/confighub serverside-applied')
      .and.to.contain('persistentvolumeclaim/drift-reports');
    expect(stderr).to.equal('');
    const settings = stringMapAt(only(documents, 'ConfigMap'), 'data');
    const url = new URL(settings['CONFIGHUB_URL'] ?? '');
    const service = only(documents, 'Service');
    expect(url.hostname).to.equal(`${stringAt(service, 'metadata', 'name')}.${stringAt(service, 'metadata', 'namespace')}.svc`);
    expect(objectsAt(service, 'spec', 'ports').map(({ port }) => String(port))).to.deep.equal([url.port]);
    const [hub] = objectsAt(only(documents, 'Deployment'), 'spec', 'template', 'spec', 'containers');
    expect(hub?.['args']).to.include(`--allow-host=${url.host}`);
    const [init] = objectsAt(only(documents, 'CronJob'), 'spec', 'jobTemplate', 'spec', 'template', 'spec', 'initContainers');
    expect(init?.['command']).to.include(settings['REPORT_REPO']);
    for (const container of [hub, init]) expect(container?.['image']).to.equal(`drift-detector:${VERSION}`);
  });

  it('dashboard: restricted, found by its Service alone, with one right and the switch of the passes', async function () {
    if (minorOf(plane.version) < 27) this.skip();
    await namespaceIn(NAMESPACE);
    const documents = await render(plane, await overlayOf('auto-fix', 'dashboard', 'modern', 'network-policy'));
    const { stdout, stderr } = await dryRun(documents);
    expect(stdout)
      .to.contain('deployment.apps/drift-detector serverside-applied')
      .and.to.contain('service/drift-detector serverside');
    expect(stderr).to.equal('');
    const template = objectAt(only(documents, 'Deployment'), 'spec', 'template');
    const ofPass = objectAt(only(documents, 'CronJob'), 'spec', 'jobTemplate', 'spec', 'template');
    const service = only(documents, 'Service');
    const isSelected = (pod: JsonObject): boolean =>
      Object.entries(stringMapAt(service, 'spec', 'selector')).every(
        ([name, value]) => stringAt(pod, 'metadata', 'labels', name) === value,
      );
    expect([isSelected(template), isSelected(ofPass), stringAt(template, 'metadata', 'labels', 'app')]).to.deep.equal([
      true,
      false,
      'drift-detector',
    ]);
    const [container] = objectsAt(template, 'spec', 'containers');
    const names = objectsAt(container, 'ports').map((port) => stringAt(port, 'name'));
    expect(objectsAt(service, 'spec', 'ports').map((port) => stringAt(port, 'targetPort'))).to.deep.equal(names);
    expect(objectsAt(container, 'ports').map(({ containerPort }) => containerPort)).to.deep.equal([8080, 8081]);
    const env = new Map(objectsAt(container, 'env').map((entry) => [stringAt(entry, 'name'), stringAt(entry, 'value')]));
    expect(env.get('AUTO_FIX')).to.equal('true');
    const settings = only(documents, 'ConfigMap');
    expect(stringAt(objectsAt(container, 'envFrom')[0], 'configMapRef', 'name')).to.equal(stringAt(settings, 'metadata', 'name'));
    // A file that is named and not mounted is an error of the configuration.
    const [secret] = Object.entries({ ...stringMapAt(settings, 'data'), ...Object.fromEntries(env) }).filter(
      ([name, value]) => name.endsWith('_FILE') && value !== '',
    );
    expect(secret?.[0]).to.equal('GIT_TOKEN_FILE');
    expect(only(documents, 'Role', 'drift-detector-lease-reader')['rules']).to.deep.equal([
      { apiGroups: ['coordination.k8s.io'], resources: ['leases'], resourceNames: ['drift-detector-default'], verbs: ['get'] },
    ]);
    const bound = documents.filter(
      ({ kind, subjects }) => /Binding$/u.test(String(kind)) && JSON.stringify(subjects).includes('drift-detector-dashboard'),
    );
    expect(bound.map(nameOf)).to.deep.equal(['RoleBinding/drift-detector-lease-reader']);
    expect(stringAt(template, 'spec', 'serviceAccountName')).to.equal('drift-detector-dashboard');
  });

  it('dashboard: reads the Lease of the cluster that an overlay names', async () => {
    const up = relative(folder, repositoryPath(''));
    await writeFile(
      join(folder, 'kustomization.yaml'),
      (await readFile(repositoryPath('cronjobs/prod-eu/kustomization.yaml'), 'utf8'))
        .replaceAll('../../', `${up}/`)
        .replace('components:', `components:\n  - ${up}/manifests/components/dashboard`),
    );
    const documents = await render(plane, relative(repositoryPath(''), folder));
    const [rule] = objectsAt(only(documents, 'Role', 'drift-detector-lease-reader'), 'rules');
    expect(rule?.['resourceNames']).to.deep.equal(['drift-detector-prod-eu']);
  });

  it('network-policy: lets nothing in, and out to names and four kinds of servers', async () => {
    const policy = only(await render(plane, await overlayOf('network-policy')), 'NetworkPolicy');
    expect(at(policy, 'spec', 'policyTypes')).to.deep.equal(['Ingress', 'Egress']);
    expect(at(policy, 'spec')).not.to.have.property('ingress');
    const ports = objectsAt(policy, 'spec', 'egress').flatMap((rule) => objectsAt(rule, 'ports'));
    expect(ports.map(({ port }) => port)).to.deep.equal([53, 53, 443, 6443, 22]);
    expect(at(policy, 'spec', 'podSelector', 'matchLabels')).to.deep.equal({ app: 'drift-detector' });
  });
});
