import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { expect } from 'chai';
import { createKubernetesClient } from '../../src/clients/kubernetes/client.ts';
import { connectKubernetes } from '../../src/clients/kubernetes/transport.ts';
import { at, stringAt, stringMapAt } from '../../src/domain/json.ts';
import { type PendingEvent, writeEvents } from '../../src/outputs/notify/events.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { sharedControlPlane } from '../control-plane/shared.ts';
import { apply, deploy, eventually, NAMESPACE, only, render, repositoryPath } from './overlay.ts';

const BOUND = `events-bound-${randomBytes(3).toString('hex')}`;
const UNBOUND = `events-unbound-${randomBytes(3).toString('hex')}`;

describe('manifests: the events component', function () {
  this.timeout(120_000);
  let plane: ControlPlane;
  let folder: string;
  let overlay: string;
  let kubeconfig = '';
  let deployed: AsyncDisposable;

  before(async () => {
    plane = await sharedControlPlane();
    folder = await mkdtemp(join(tmpdir(), 'events-overlay-'));
    const up = relative(folder, repositoryPath('manifests'));
    await writeFile(
      join(folder, 'kustomization.yaml'),
      `apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [${up}/base]\ncomponents: [${up}/components/events]\n`,
    );
    overlay = relative(repositoryPath(''), folder);
    deployed = await deploy(plane, overlay);
    for (const namespace of [BOUND, UNBOUND]) await plane.kubectl(['create', 'namespace', namespace]);
    await plane.kubectl(['apply', '-n', BOUND, '-f', repositoryPath('manifests/components/events/role-binding.yaml')]);
    const { stdout } = await plane.kubectl(['create', 'token', 'drift-detector', '-n', NAMESPACE]);
    kubeconfig = await plane.kubeconfigForToken(`events-${BOUND}`, stdout.trim());
  });
  after(async () => {
    await plane.kubectl(['delete', 'namespace', BOUND, UNBOUND, '--wait=false', '--ignore-not-found']);
    await deployed?.[Symbol.asyncDispose]();
    if (kubeconfig !== '') await rm(kubeconfig);
    await rm(folder, { recursive: true, force: true });
  });

  const can = async (verb: string, resource: string, namespace: string): Promise<boolean> => {
    const user = `--as=system:serviceaccount:${NAMESPACE}:drift-detector`;
    const answer = await plane.kubectl(['auth', 'can-i', verb, resource, '-n', namespace, user]).then(
      ({ stdout }) => stdout,
      () => 'no',
    );
    return answer.trim() === 'yes';
  };

  it('switches events on and names the CronJob; base does neither', async () => {
    expect(stringMapAt(only(await render(plane, overlay), 'ConfigMap'), 'data')).to.include({
      DRIFT_EVENTS: 'true',
      DRIFT_CRONJOB: 'drift-detector',
    });
    const cronJob = only(await render(plane, overlay), 'CronJob');
    expect(stringAt(cronJob, 'metadata', 'name')).to.equal('drift-detector');
    expect(stringMapAt(only(await render(plane, 'manifests/base'), 'ConfigMap'), 'data')).to.not.have.any.keys(
      'DRIFT_EVENTS',
      'DRIFT_CRONJOB',
    );
  });

  it('lets events be created where they are bound, and nothing else', async () => {
    await eventually('the right', async () => ((await can('create', 'events.events.k8s.io', BOUND)) ? true : undefined));
    expect(await can('create', 'events.events.k8s.io', NAMESPACE)).to.equal(true);
    expect(await can('create', 'events.events.k8s.io', UNBOUND)).to.equal(false);
    for (const verb of ['get', 'list', 'watch', 'update', 'patch', 'delete'])
      expect(await can(verb, 'events.events.k8s.io', BOUND), verb).to.equal(false);
    // The group of old has the same objects under another right.
    expect(await can('create', 'events', BOUND)).to.equal(false);
    expect(await can('create', 'pods', BOUND)).to.equal(false);
  });

  it('lets the CronJob be read that they are about, and no other', async () => {
    await eventually('the right', async () =>
      (await can('get', 'cronjobs.batch/drift-detector', NAMESPACE)) ? true : undefined,
    );
    expect(await can('get', 'cronjobs.batch/other', NAMESPACE)).to.equal(false);
    for (const verb of ['watch', 'update', 'patch', 'delete'])
      expect(await can(verb, 'cronjobs.batch/drift-detector', NAMESPACE), verb).to.equal(false);
  });

  it('is enough to write them with the token of the account; elsewhere it is one warning that says what is missing', async () => {
    const client = createKubernetesClient(await connectKubernetes({ kubeconfig, userAgent: 'test' }));
    const warnings: string[] = [];
    const event = (namespace: string, kind = 'Deployment', apiVersion = 'apps/v1'): PendingEvent => ({
      regarding: { apiVersion, kind, namespace, name: 'web' },
      reason: 'DriftDetected',
      key: `${namespace} ${kind}`,
      note: 'replicas 3 → 5',
    });
    try {
      await writeEvents(client, [event(BOUND), event(UNBOUND), event(NAMESPACE, 'CronJob', 'batch/v1')], {
        instance: 'test',
        now: new Date(),
        warn: (message) => warnings.push(message),
        signal: AbortSignal.timeout(30_000),
      });
    } finally {
      client.close();
    }
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.contain(`cannot create resource "events" in API group "events.k8s.io" in the namespace "${UNBOUND}"`);
    for (const namespace of [BOUND, NAMESPACE]) {
      const { stdout } = await plane.kubectl(['get', 'events', '-n', namespace, '-o', 'json']);
      // kubectl prints one JSON object.
      const items = JSON.stringify(at(JSON.parse(stdout), 'items'));
      expect(items, namespace).to.contain('DriftDetected');
    }
  });

  it('is accepted again and again', async () => {
    await apply(plane, overlay);
  });
});
