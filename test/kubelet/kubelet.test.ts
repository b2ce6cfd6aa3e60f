import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { expect } from 'chai';
import { isAlive } from '../control-plane/build.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { sharedControlPlane } from '../control-plane/shared.ts';
import { fixture } from '../demo/world.ts';
import { buildImageFolder, type ImageFolder, ROOT } from '../image/build.ts';
import { detectorImage } from './detector-image.ts';
import { type Kubelet, startKubelet, whyNoKubelet } from './kubelet.ts';

const OBSERVER = join(import.meta.dirname, 'observer.mjs');
const WAIT = '--timeout=30s';

/** A program that runs beside the test, and what it has printed. */
interface Beside extends Disposable {
  /** Its output, once that holds the text. */
  says(text: string): Promise<string>;
  /** All of its output, once it has ended by itself. */
  readonly ended: Promise<string>;
}

function runBeside(program: string, args: readonly string[]): Beside {
  const child: ChildProcess = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      for (const look of waiting) look();
    });
  const ended = new Promise<string>((resolve) => child.on('close', () => resolve(output)));
  return {
    ended,
    says: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!output.includes(text)) return;
          waiting.delete(look);
          resolve(output);
        };
        waiting.add(look);
        look();
        void ended.then(() => reject(new Error(`ended without ${JSON.stringify(text)}: ${output}`)));
      }),
    [Symbol.dispose]: () => child.kill(),
  };
}

describe('a kubelet that runs pods as processes', function () {
  this.timeout(120_000);
  const namespace = `kubelet-${process.pid}`;
  let cluster: ControlPlane;
  let kubelet: Kubelet;
  let image: ImageFolder;

  const kubectl = async (...args: readonly string[]): Promise<string> =>
    (await cluster.kubectl(['-n', namespace, ...args])).stdout;
  const beside = (...args: readonly string[]): Beside =>
    runBeside(cluster.kubectlPath, ['--kubeconfig', cluster.kubeconfig, '-n', namespace, ...args]);
  const podOf = (job: string, path: string): Promise<string> =>
    kubectl('get', 'pods', '-l', `job-name=${job}`, '-o', `jsonpath={.items[0]${path}}`);
  const terminated = (job: string): Promise<string> => podOf(job, '.status.containerStatuses[0].state.terminated');

  /** A Job of the CronJob's template with some of its container, its pod and its own specification changed. */
  async function startJob(name: string, container: object, pod: object = {}, spec: object = {}): Promise<void> {
    // The shape of a Job.
    const job = JSON.parse(await kubectl('create', 'job', name, '--from=cronjob/observer', '--dry-run=client', '-o', 'json')) as {
      spec: { template: { metadata: { labels: object }; spec: { containers: object[] } } };
    };
    const { template } = Object.assign(job.spec, spec);
    template.metadata.labels = { app: name };
    Object.assign(template.spec, pod);
    Object.assign(template.spec.containers[0] ?? {}, container);
    await cluster.kubectl(['-n', namespace, 'create', '-f', '-'], JSON.stringify(job));
  }

  before(async function () {
    const why = whyNoKubelet();
    if (why !== undefined && process.env['CI']) throw new Error(`No pod runs as a process: ${why}.`);
    if (why !== undefined) {
      process.stderr.write(`SKIPPED, pods as processes: ${why}.\n`);
      this.skip();
    }
    cluster = await sharedControlPlane();
    image = buildImageFolder();
    const node = { '/usr/local/bin/node': process.execPath };
    const observer = {
      files: { ...node, '/app/observer.mjs': OBSERVER },
      entrypoint: ['node', '/app/observer.mjs'],
      workingDir: '/app',
    };
    kubelet = await startKubelet(cluster, {
      images: {
        'registry.example/observer': {
          ...observer,
          env: ['PATH=/usr/local/bin:/usr/bin:/bin', 'FIRST=one of the image', 'OF_IMAGE=yes'],
        },
        'drift-detector': detectorImage(image),
      },
      namespaces: [namespace],
    });
    await cluster.kubectl(['-n', namespace, 'apply', '-f', '-'], await fixture('kubelet/setup.yaml'));
  });

  after(async () => {
    await kubelet?.stop();
    image?.[Symbol.dispose]();
  });

  it('runs what a CronJob says, started by hand, with the environment, files, user and token of its pod', async () => {
    await kubectl('create', 'job', 'by-hand', '--from=cronjob/observer');
    await kubectl('wait', 'job/by-hand', '--for=condition=Failed', WAIT);
    const pod = await podOf('by-hand', '.metadata.name');
    const lines = (await kubectl('logs', 'job/by-hand')).trimEnd().split('\n');
    const seen = JSON.parse(lines.find((line) => line.startsWith('{')) ?? '');
    const { HOSTNAME, KUBERNETES_SERVICE_HOST, PATH, ...environment } = seen.environment;
    expect(
      Object.keys(environment)
        .filter((name) => !name.startsWith('KUBERNETES_'))
        .sort(),
    ).to.deep.equal(['FIRST', 'HOME', 'OF_IMAGE', 'POD', 'SECOND', 'not-a-name.'].sort());
    expect(environment).to.include({
      FIRST: 'one of the pod',
      SECOND: 'two: with words',
      HOME: '/tmp',
      POD: pod,
      OF_IMAGE: 'yes',
    });
    expect([HOSTNAME, KUBERNETES_SERVICE_HOST, PATH]).to.deep.equal([pod, '10.96.0.1', '/usr/local/bin:/usr/bin:/bin']);
    expect(seen.arguments).to.deep.equal(['two: with words']);
    expect(seen.identity).to.deep.equal({ uid: 65532, gid: 65532, groups: [65532], cwd: '/app' });
    expect([seen.capabilities, seen.noNewPrivileges]).to.deep.equal(['0000000000000000', '1']);
    expect(seen.secrets).to.deep.equal({ GIT_TOKEN: { text: 'made-up', mode: '440', owner: '0:65532' } });
    expect(seen.account.namespace).to.deep.equal({ text: namespace, mode: '440', owner: '0:65532' });
    expect(seen.account.token).to.include({ mode: '640', owner: '65532:65532' });
    expect(seen.user.username).to.equal(`system:serviceaccount:${namespace}:observer`);
    expect(seen.user.extra['authentication.kubernetes.io/pod-name']).to.deep.equal([pod]);
    expect(seen.writes).to.deep.equal({
      '/file': 'EROFS',
      '/tmp/file': 'done',
      '/usr/bin/file-of-the-test': 'EROFS',
      '/var/run/secrets/drift-detector/file': 'EROFS',
    });
    // Of this machine only its programs are there, and no other process: the container's first, and node.
    expect([seen.machine, seen.processes]).to.deep.equal(['ENOENT', 2]);
    expect(lines).to.have.length(3).and.to.include.members(['on standard error', 'the last line']);
    // Shape of a terminated container state.
    const state = JSON.parse(await terminated('by-hand')) as { exitCode: number; reason: string; message: string };
    expect(state).to.include({ exitCode: 3, reason: 'Error' });
    expect(state.message).to.contain('the last line').and.to.have.lengthOf.at.most(2048);
  });

  it('runs the image of drift-detector, which is the built program', async () => {
    await startJob('version', { image: 'drift-detector:0.0.1', args: ['--version'] });
    await kubectl('wait', 'job/version', '--for=condition=Complete', WAIT);
    // package.json.
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect(await kubectl('logs', 'job/version')).to.contain(version);
    expect(JSON.parse(await terminated('version'))).to.include({ exitCode: 0, reason: 'Completed' });
  });

  it('forwards a port to a server that is ready, and follows logs until it ends', async () => {
    const readinessProbe = { httpGet: { path: '/ready', port: 8080 }, periodSeconds: 1 };
    await startJob('served', { args: ['serve'], readinessProbe });
    await kubectl('wait', 'pod', '-l', 'app=served', '--for=condition=Ready', WAIT);
    using logs = beside('logs', '-l', 'app=served', '--follow');
    await logs.says('asked for /ready');
    using forward = beside('port-forward', `pod/${await podOf('served', '.metadata.name')}`, ':8080');
    const [, port] = /127\.0\.0\.1:(\d+) -> 8080\n/u.exec(await forward.says(' -> 8080\n')) ?? [];
    expect(await (await fetch(`http://127.0.0.1:${port}/hello`)).text()).to.equal('served /hello');
    await logs.says('asked for /hello');
    await fetch(`http://127.0.0.1:${port}/exit/7`);
    expect(await logs.ended).to.contain('asked for /exit/7');
    await kubectl('wait', 'job/served', '--for=condition=Failed', WAIT);
    expect(JSON.parse(await terminated('served'))).to.include({ exitCode: 7, reason: 'Error' });
  });

  it('stops a pod that is deleted: SIGTERM first, and the pod is gone once it has ended', async () => {
    await startJob('deleted', { args: ['serve'], readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 } });
    await kubectl('wait', 'pod', '-l', 'app=deleted', '--for=condition=Ready', WAIT);
    using logs = beside('logs', '-l', 'app=deleted', '--follow');
    await logs.says('asked for /');
    await kubectl('delete', 'job', 'deleted');
    expect(await logs.ended).to.contain('asked to stop');
    await kubectl('wait', 'pod', '-l', 'app=deleted', '--for=delete', WAIT);
  });

  it('ends a pod at its deadline, by SIGKILL where it does not listen', async () => {
    await startJob('late', { args: ['stay'] }, { activeDeadlineSeconds: 1, terminationGracePeriodSeconds: 1 });
    await kubectl('wait', 'job/late', '--for=condition=Failed', WAIT);
    expect(await podOf('late', '.status.reason')).to.equal('DeadlineExceeded');
    expect(JSON.parse(await terminated('late'))).to.include({ exitCode: 137, reason: 'Error' });
    expect(await kubectl('logs', 'job/late')).to.contain('stays');
  });

  it('starts a container again where the pod says so, and keeps the log of the one before', async () => {
    const command = ['sh', '-c', 'if [ -e /tmp/seen ]; then echo second; exit 0; fi; echo first; touch /tmp/seen; exit 1'];
    await startJob('again', { command, args: [] }, { restartPolicy: 'OnFailure' }, { backoffLimit: 3 });
    await kubectl('wait', 'job/again', '--for=condition=Complete', WAIT);
    expect(await podOf('again', '.status.containerStatuses[0].restartCount')).to.equal('1');
    expect([await kubectl('logs', 'job/again'), await kubectl('logs', 'job/again', '--previous')]).to.deep.equal([
      'second\n',
      'first\n',
    ]);
  });

  it('says why a pod does not start, and starts it once it can', async () => {
    const volumes = [
      { name: 'tmp', emptyDir: {} },
      { name: 'service-account', emptyDir: {} },
      { name: 'secrets', secret: { secretName: 'late-secret' } },
    ];
    await startJob('waits', { args: ['serve'] }, { volumes });
    await startJob('no-image', { image: 'registry.example/unknown:1' });
    await startJob('as-root', {}, { securityContext: { runAsNonRoot: true } });
    const reason = '.status.containerStatuses[0].state.waiting.reason';
    for (const [name, expected] of [
      ['no-image', 'ErrImagePull'],
      ['as-root', 'CreateContainerConfigError'],
    ] as const) {
      await kubectl('wait', 'pod', '-l', `app=${name}`, `--for=jsonpath={${reason}}=${expected}`, WAIT);
      expect(await podOf(name, '.status.phase')).to.equal('Pending');
    }
    expect(await podOf('no-image', '.status.containerStatuses[0].state.waiting.message')).to.contain(
      'registry.example/unknown:1',
    );
    const refused = await kubectl('logs', 'job/waits').catch((error: Error) => error.message);
    expect(refused).to.contain('waiting to start: ContainerCreating');
    await kubectl('create', 'secret', 'generic', 'late-secret', '--from-literal=a=b');
    await kubectl('wait', 'pod', '-l', 'app=waits', '--for=jsonpath={.status.phase}=Running', WAIT);
  });

  it('answers only the API server', async () => {
    const { stdout } = await cluster.kubectl([
      'get',
      'node',
      kubelet.node,
      '-o',
      'jsonpath={.status.daemonEndpoints.kubeletEndpoint.Port}',
    ]);
    const { certificate, key } = await cluster.issue('stranger', 'stranger', ['system:masters']);
    const read = (path: string): string => readFileSync(path, 'utf8');
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const ca = read(cluster.authority);
      const options = { host: '127.0.0.1', port: stdout, path: '/pods', ca, cert: read(certificate), key: read(key) };
      request(options, (response) => resolve(response.resume().statusCode))
        .on('error', reject)
        .end();
    });
    expect(status).to.equal(403);
  });

  it('leaves no process and no node when it stops', async () => {
    await startJob('left', { args: ['stay'] });
    await kubectl('wait', 'pod', '-l', 'app=left', '--for=jsonpath={.status.phase}=Running', WAIT);
    const id = await podOf('left', '.status.containerStatuses[0].containerID');
    const pid = Number(id.replace('process://', ''));
    expect(isAlive(pid)).to.equal(true);
    await kubelet.stop();
    expect(isAlive(pid)).to.equal(false);
    expect((await cluster.kubectl(['get', 'nodes', '-o', 'name'])).stdout).to.equal('node/node-1\n');
  });
});
