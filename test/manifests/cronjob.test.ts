import { expect } from 'chai';
import { loadConfig } from '../../src/cli/config.ts';
import { OPTION_NAMES, OPTIONS } from '../../src/cli/options/options.ts';
import { variablesOf } from '../../src/cli/options/variables.ts';
import { parseDuration } from '../../src/domain/duration.ts';
import { at, type JsonObject, numberAt, stringAt, stringMapAt } from '../../src/domain/json.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { sharedControlPlane } from '../control-plane/shared.ts';
import { minorOf } from '../control-plane/version.ts';
import {
  apply,
  deploy,
  eventually,
  getJson,
  NAMESPACE,
  nameOf,
  objectAt,
  objectsAt,
  only,
  render,
  repositoryPath,
  VERSION,
} from './overlay.ts';

/** What each overlay says of its cluster: cronjobs/NAME, environment, schedule. */
const CLUSTERS = [
  ['dev', 'dev', '*/10 * * * *'],
  ['staging', 'staging', '2,32 * * * *'],
  ['staging-us', 'staging', '5,35 * * * *'],
  ['staging-eu', 'staging', '8,38 * * * *'],
  ['prod', 'prod', '11,41 * * * *'],
  ['prod-us', 'prod', '14,44 * * * *'],
  ['prod-eu', 'prod', '17,47 * * * *'],
  ['prod-asia', 'prod', '20,50 * * * *'],
] as const;
const OVERLAYS = ['manifests/base', ...CLUSTERS.map(([name]) => `cronjobs/${name}`)];

/** Minutes of an hour at which a schedule such as `*\/10 * * * *` or `5,35 * * * *` starts. */
function minutesOf(schedule: string | undefined): readonly number[] {
  const [, step, list] = /^(?:\*\/(\d+)|(\d+(?:,\d+)*)) \* \* \* \*$/u.exec(schedule ?? '') ?? [];
  if (list !== undefined) return list.split(',').map(Number);
  if (step === undefined || 60 % Number(step) !== 0) throw new Error(`${schedule} is no even part of an hour`);
  return Array.from({ length: 60 / Number(step) }, (_, index) => index * Number(step));
}

/** Seconds between two starts, which must always be as many. */
function intervalSeconds(schedule: string | undefined): number {
  const minutes = minutesOf(schedule);
  const gaps = new Set(minutes.map((minute, index) => (minutes[index + 1] ?? (minutes[0] ?? 0) + 60) - minute));
  const [gap] = gaps;
  if (gaps.size !== 1 || gap === undefined) throw new Error(`${schedule} has intervals of different lengths`);
  return gap * 60;
}

/** Of a secret only the variable that names its file: CUB_TOKEN_FILE. */
const KNOWN_VARIABLES = new Set(
  OPTION_NAMES.flatMap((name) => {
    const option = OPTIONS[name];
    return variablesOf(name).map((variable) => ('isSecret' in option ? `${variable}_FILE` : variable));
  }),
);

/** What `kubectl logs --follow` takes at once (--max-log-requests). */
const PODS_FOLLOWED = 5;
/** It has the label app=drift-detector as well. */
const DASHBOARD_PODS = 1;

/** At most, with one pass on schedule and one by hand running beside those that are kept. */
function podsOfJobs(cronJob: JsonObject): number {
  const spec = objectAt(cronJob, 'spec');
  const job = objectAt(spec, 'jobTemplate', 'spec');
  const known = (value: number | undefined): number => value ?? Number.NaN;
  // A pod that failed stays until its Job goes.
  const each = (known(numberAt(job, 'backoffLimit')) + 1) * (numberAt(job, 'completions') ?? 1);
  const kept = known(numberAt(spec, 'successfulJobsHistoryLimit')) + known(numberAt(spec, 'failedJobsHistoryLimit'));
  const running = (spec['concurrencyPolicy'] === 'Forbid' ? 1 : Number.NaN) + 1;
  return (kept + running) * each;
}

/** As its container has it. */
function autoFixOf(cronJob: JsonObject): string | undefined {
  const [container] = objectsAt(cronJob, 'spec', 'jobTemplate', 'spec', 'template', 'spec', 'containers');
  return stringAt(
    objectsAt(container, 'env').find(({ name }) => name === 'AUTO_FIX'),
    'value',
  );
}

/** The admission that restricts pods by a label of their namespace. */
function hasPodSecurity({ version }: ControlPlane): boolean {
  return minorOf(version) >= 23;
}

describe('manifests: the CronJob', function () {
  this.timeout(120_000);
  let plane: ControlPlane;
  before(async () => {
    plane = await sharedControlPlane();
  });

  for (const overlay of OVERLAYS) {
    describe(overlay, () => {
      let documents: readonly JsonObject[];
      let cronJob: JsonObject;
      let settings: Readonly<Record<string, string>>;
      before(async () => {
        documents = await render(plane, overlay);
        cronJob = only(documents, 'CronJob');
        settings = stringMapAt(only(documents, 'ConfigMap'), 'data');
      });

      it('runs in devops-apps, and is found by app=drift-detector whatever it is', () => {
        expect(nameOf(cronJob)).to.equal('CronJob/drift-detector');
        const template = objectAt(cronJob, 'spec', 'jobTemplate', 'spec', 'template');
        for (const object of [...documents, objectAt(cronJob, 'spec', 'jobTemplate'), template]) {
          expect(stringMapAt(object, 'metadata', 'labels')).to.include({
            app: 'drift-detector',
            'app.kubernetes.io/name': 'drift-detector',
            'app.kubernetes.io/part-of': 'drift-detector',
            'app.kubernetes.io/version': VERSION,
            'app.kubernetes.io/component': 'detector',
            'app.kubernetes.io/managed-by': 'kustomize',
          });
        }
        const namespaced = documents.filter((document) => at(document, 'metadata', 'namespace') !== undefined);
        expect(namespaced.map((document) => at(document, 'metadata', 'namespace'))).to.deep.equal(
          Array(namespaced.length).fill(NAMESPACE),
        );
        expect(namespaced.map(({ kind }) => kind)).to.have.members([
          ...['ConfigMap', 'CronJob', 'Role', 'RoleBinding', 'ServiceAccount'],
          ...(overlay === 'manifests/base' ? [] : ['NetworkPolicy']),
        ]);
      });

      it('never lets a pass outlive its interval, and lets it end by itself before it is killed', () => {
        const spec = objectAt(cronJob, 'spec');
        const interval = intervalSeconds(stringAt(spec, 'schedule'));
        const deadline = numberAt(spec, 'jobTemplate', 'spec', 'activeDeadlineSeconds') ?? Number.NaN;
        expect(deadline).to.be.below(interval);
        expect((parseDuration(settings['DRIFT_TIMEOUT'] ?? '') ?? Number.NaN) / 1e9).to.be.below(deadline);
        expect(spec['startingDeadlineSeconds']).to.equal(interval / 2);
        expect(spec['concurrencyPolicy']).to.equal('Forbid');
      });

      it('keeps few enough pods for kubectl logs -l app=drift-detector --follow', () => {
        expect(podsOfJobs(cronJob) + DASHBOARD_PODS).to.be.at.most(PODS_FOLLOWED);
        expect(objectAt(cronJob, 'spec', 'jobTemplate', 'spec')).to.include({ ttlSecondsAfterFinished: 86_400 });
      });

      it('shows AUTO_FIX in the CronJob itself, where people grep for it', () => {
        expect(settings).not.to.have.property('AUTO_FIX');
        expect(autoFixOf(cronJob)).to.equal(overlay === 'cronjobs/dev' ? 'true' : 'false');
      });

      it('may hold the Lease of its own cluster', () => {
        const [held, made] = objectsAt(only(documents, 'Role', 'drift-detector-lease'), 'rules');
        expect(held?.['resourceNames']).to.deep.equal([`drift-detector-${settings['DRIFT_CLUSTER']}`]);
        expect(made).to.deep.include({ resources: ['leases'], verbs: ['create'] });
      });

      it('sets only variables that the program knows, to values that it accepts', async () => {
        expect(Object.keys(settings).filter((variable) => !KNOWN_VARIABLES.has(variable))).to.deep.equal([]);
        const inText = Object.entries(settings).filter(([variable]) => !variable.endsWith('_FILE'));
        await loadConfig({}, Object.fromEntries(inText), undefined, new AbortController().signal);
      });

      it('names the files of secrets where the Secret is mounted', async () => {
        const [container] = objectsAt(cronJob, 'spec', 'jobTemplate', 'spec', 'template', 'spec', 'containers');
        const mount = objectsAt(container, 'volumeMounts').find((entry) => entry['name'] === 'secrets');
        const keys = ['cub-token', 'claude-api-key', 'git-token'];
        expect([settings['CUB_TOKEN_FILE'], settings['CLAUDE_API_KEY_FILE'], settings['GIT_TOKEN_FILE']]).to.deep.equal(
          keys.map((key) => `${mount?.['mountPath']}/${key}`),
        );
      });
    });
  }

  it('starts by UTC, and does not count an eviction as a failure', async () => {
    const spec = objectAt(only(await render(plane, 'cronjobs/dev'), 'CronJob'), 'spec');
    expect(spec['timeZone']).to.equal('Etc/UTC');
    expect(objectAt(spec, 'jobTemplate', 'spec')['podFailurePolicy']).to.deep.equal({
      rules: [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }],
    });
  });

  for (const [name, environment, schedule] of CLUSTERS) {
    it(`watches cluster ${name} by units of its own space, at its own minutes`, async () => {
      const documents = await render(plane, `cronjobs/${name}`);
      expect(stringMapAt(only(documents, 'ConfigMap'), 'data')).to.include({
        DRIFT_CLUSTER: name,
        DRIFT_ENVIRONMENT: environment,
        CONFIGHUB_SPACE: `drift-detector-${name}`,
        DRIFT_FIX_GRACE: name === 'dev' ? '0s' : '30m',
      });
      const cronJob = only(documents, 'CronJob');
      expect(at(cronJob, 'spec', 'schedule')).to.equal(schedule);
      const template = objectAt(cronJob, 'spec', 'jobTemplate', 'spec', 'template');
      for (const object of [...documents, objectAt(cronJob, 'spec', 'jobTemplate'), template])
        expect(stringAt(object, 'metadata', 'labels', 'app.kubernetes.io/instance')).to.equal(`drift-detector-${name}`);
    });
  }

  it('starts no two clusters of staging and prod in the same minute', () => {
    const minutes = CLUSTERS.slice(1).flatMap(([, , schedule]) => minutesOf(schedule));
    expect(new Set(minutes).size).to.equal(minutes.length);
  });

  it('gives rights to write to dev alone; all others read what base reads', async () => {
    const rolesOf = async (overlay: string): Promise<readonly unknown[]> =>
      (await render(plane, overlay))
        .filter((document) => /Role/u.test(String(document['kind'])))
        .map(({ rules, subjects, roleRef, ...document }) => [
          nameOf(document),
          JSON.stringify([rules, subjects, roleRef]).replaceAll(/drift-detector-(default|dev|staging|prod)(-\w+)?/gu, 'LEASE'),
        ]);
    const base = await rolesOf('manifests/base');
    expect(base).to.have.length(4);
    for (const [name] of CLUSTERS.slice(1)) expect(await rolesOf(`cronjobs/${name}`)).to.deep.equal(base);
    const more = (await rolesOf('cronjobs/dev')).filter((role) => !JSON.stringify(base).includes(JSON.stringify(role)));
    expect(JSON.stringify(more))
      .to.match(/^\[\["ClusterRole\/drift-detector-writer",.*\]\]$/u)
      .and.not.to.match(/delete|\*/u);
  });

  describe('on a real API server', () => {
    let deployed: AsyncDisposable;
    let overlay: string;
    before(async () => {
      // components/modern, which the overlay has, sets what older servers do not know.
      overlay = minorOf(plane.version) >= 27 ? 'cronjobs/dev' : 'manifests/base';
      deployed = await deploy(plane, overlay);
    });
    after(() => deployed?.[Symbol.asyncDispose]());

    it('is accepted with strict validation, and applying it again changes nothing', async () => {
      const documents = await render(plane, overlay);
      const read = async (): Promise<readonly unknown[]> =>
        Promise.all(
          documents.map(async (document) => {
            const namespace = stringAt(document, 'metadata', 'namespace') ?? '';
            const live = await getJson(plane, [nameOf(document), ...(namespace === '' ? [] : ['-n', namespace])]);
            // The controller writes a CronJob's status whenever the clock strikes; that is no change of ours.
            const { status: _status, metadata: _metadata, ...content } = live;
            const ours = objectsAt(live, 'metadata', 'managedFields').filter((entry) => entry['manager'] === 'kubectl');
            return {
              ...content,
              labels: stringMapAt(live, 'metadata', 'labels'),
              generation: at(live, 'metadata', 'generation'),
              ours,
            };
          }),
        );
      const before = await read();
      await apply(plane, overlay);
      expect(await read()).to.deep.equal(before);
    });

    for (const path of OVERLAYS) {
      it(`accepts ${path} in a dry run, its pods as restricted ones`, async function () {
        // components/modern, which every overlay has.
        if (path !== 'manifests/base' && minorOf(plane.version) < 27) this.skip();
        const args = ['apply', '--server-side', '--force-conflicts', '--validate=strict', '--dry-run=server'];
        const { stdout, stderr } = await plane.kubectl([...args, '-k', repositoryPath(path)]);
        expect(stdout).to.contain('cronjob.batch/drift-detector serverside-applied (server dry run)');
        // Where a template is not restricted, the server's warning would be here.
        expect(stderr).to.equal('');
      });
    }

    it('warns of a CronJob whose pods are not restricted', async function () {
      if (!hasPodSecurity(plane)) this.skip();
      const cronJob = structuredClone(only(await render(plane, overlay), 'CronJob'));
      const spec = objectAt(cronJob, 'spec', 'jobTemplate', 'spec', 'template', 'spec');
      const root = JSON.stringify(cronJob).replace(JSON.stringify(spec['securityContext']), '{"runAsUser":0}');
      const args = ['apply', '--server-side', '--force-conflicts', '--dry-run=server', '-f', '-'];
      expect((await plane.kubectl(args, root)).stderr).to.contain('would violate PodSecurity "restricted');
    });

    it('refuses a pod that is not restricted, so that what runs there is', async function () {
      if (!hasPodSecurity(plane)) this.skip();
      const refusal = await plane
        .kubectl(['run', 'root', '--image=busybox', '-n', NAMESPACE])
        .then(({ stdout }) => stdout, String);
      expect(refusal).to.contain('violates PodSecurity "restricted');
    });

    it('runs on demand: kubectl create job --from makes a pod with command, environment and token, which succeeds', async () => {
      await plane.kubectl(['create', 'job', '--from=cronjob/drift-detector', '-n', NAMESPACE, 'by-hand']);
      await eventually('the end of Job by-hand', async () => {
        const job = await getJson(plane, ['job', 'by-hand', '-n', NAMESPACE]);
        return numberAt(job, 'status', 'succeeded') === 1 ? job : undefined;
      });
      const pods = await getJson(plane, ['pods', '-n', NAMESPACE, '-l', 'app=drift-detector,job-name=by-hand']);
      const [pod] = objectsAt(pods, 'items');
      expect(at(pod, 'status', 'phase')).to.equal('Succeeded');
      const spec = objectAt(pod, 'spec');
      expect(spec).to.deep.include({
        serviceAccountName: 'drift-detector',
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        restartPolicy: 'Never',
        securityContext: {
          runAsNonRoot: true,
          runAsUser: 65532,
          runAsGroup: 65532,
          fsGroup: 65532,
          seccompProfile: { type: 'RuntimeDefault' },
        },
      });
      const containers = objectsAt(spec, 'containers');
      const config = only(await render(plane, overlay), 'ConfigMap');
      expect(containers).to.have.length(1);
      expect(containers[0]).to.deep.include({
        // The program is the image's entry point; test/image checks that.
        args: ['run', '--output=none'],
        image: `drift-detector:${VERSION}`,
        envFrom: [{ configMapRef: { name: at(config, 'metadata', 'name') } }],
        env: [
          { name: 'AUTO_FIX', value: overlay === 'manifests/base' ? 'false' : 'true' },
          { name: 'HOME', value: '/tmp' },
        ],
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
        terminationMessagePolicy: 'FallbackToLogsOnError',
      });
      expect(containers[0]).not.to.have.property('command');
      expect(objectsAt(containers[0], 'volumeMounts')).to.deep.equal([
        { name: 'tmp', mountPath: '/tmp' },
        { name: 'secrets', mountPath: '/var/run/secrets/drift-detector', readOnly: true },
        { name: 'service-account', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount', readOnly: true },
      ]);
      const volumes = objectsAt(spec, 'volumes');
      expect(volumes.map((volume) => volume['name'])).to.have.members(['tmp', 'secrets', 'service-account']);
      expect(volumes).to.deep.include({ name: 'tmp', emptyDir: { sizeLimit: '256Mi' } });
      expect(volumes).to.deep.include({ name: 'secrets', secret: { secretName: 'drift-detector-secrets', defaultMode: 0o440 } });
      // The three files that a client in a cluster looks for.
      expect(volumes).to.deep.include({
        name: 'service-account',
        projected: {
          defaultMode: 0o440,
          sources: [
            { serviceAccountToken: { path: 'token', expirationSeconds: 3600 } },
            { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
            {
              downwardAPI: {
                items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
              },
            },
          ],
        },
      });
      // What the pod reads by name is there; the Secret is the user's.
      await plane.kubectl(['get', 'configmap', `${at(config, 'metadata', 'name')}`, 'kube-root-ca.crt', '-n', NAMESPACE]);
    });
  });
});
