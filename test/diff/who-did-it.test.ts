import { setTimeout } from 'node:timers/promises';
import { expect } from 'chai';
import { printPath } from '../../src/domain/field-path.ts';
import type { Finding } from '../../src/domain/finding.ts';
import { Secret } from '../../src/domain/secret.ts';
import { fixture } from '../demo/world.ts';
import { type LiveScene, lines, liveScene } from './live-scene.ts';

async function findingsAfter(commands: readonly (readonly string[])[]): Promise<readonly Finding[]> {
  const scene = await applied();
  for (const command of commands) await scene.kubectl(command);
  return scene.findings(await fixture('diff/manifests/rich.yaml'));
}

async function applied(): Promise<LiveScene> {
  const scene = await liveScene();
  await scene.applyAsConfigHub(await fixture('diff/manifests/rich.yaml'));
  return scene;
}

const patch = (operations: unknown): readonly string[] => [
  'patch',
  'deployment/rich',
  '--type=json',
  '-p',
  JSON.stringify(operations),
];
const app = '/spec/template/spec/containers[name=app]';

/** A hand's commands, and what the detector must say of them. */
const CASES: readonly {
  readonly name: string;
  readonly commands: readonly (readonly string[])[];
  readonly expected: readonly string[];
}[] = [
  {
    name: 'replicas scaled by hand',
    commands: [['scale', 'deployment/rich', '--replicas=5']],
    expected: ['changed /spec/replicas: 2 -> 5 by kubectl/scale (hands)'],
  },
  {
    name: 'an image set by hand',
    commands: [['set', 'image', 'deployment/rich', 'app=registry.example/rich:2']],
    expected: [`changed ${app}/image: "registry.example/rich:1" -> "registry.example/rich:2" by kubectl-set (hands)`],
  },
  {
    name: 'an env variable added by hand',
    commands: [['set', 'env', 'deployment/rich', '-c=app', 'DEBUG=true']],
    expected: [`added ${app}/env[name=DEBUG]: - -> {"name":"DEBUG","value":"true"} by kubectl-set (hands)`],
  },
  {
    name: 'an env variable added where there were none',
    commands: [['set', 'env', 'deployment/rich', '-c=second', 'DEBUG=true']],
    expected: [
      'added /spec/template/spec/initContainers[name=second]/env[name=DEBUG]: - -> {"name":"DEBUG","value":"true"} by kubectl-set (hands)',
    ],
  },
  {
    name: 'limits raised by hand, in another notation',
    commands: [['set', 'resources', 'deployment/rich', '-c=app', '--limits=cpu=2,memory=1073741824']],
    expected: [`changed ${app}/resources/limits/cpu: "1000m" -> "2" by kubectl-set (hands)`],
  },
  {
    name: 'a probe removed',
    commands: [patch([{ op: 'remove', path: '/spec/template/spec/containers/0/readinessProbe' }])],
    expected: [`removed ${app}/readinessProbe: {"tcpSocket":{"port":8080}} -> - by nobody`],
  },
  {
    name: 'a false that means something removed',
    commands: [patch([{ op: 'remove', path: '/spec/template/spec/automountServiceAccountToken' }])],
    expected: ['removed /spec/template/spec/automountServiceAccountToken: false -> - by nobody'],
  },
  {
    name: 'a sidecar added by a patch, reported once',
    commands: [patch([{ op: 'add', path: '/spec/template/spec/containers/-', value: { name: 'shell', image: 'busybox' } }])],
    expected: ['added /spec/template/spec/containers[name=shell]'],
  },
  {
    name: 'one of two ports with the same number removed',
    commands: [patch([{ op: 'remove', path: '/spec/template/spec/containers/0/ports/1' }])],
    expected: [`removed ${app}/ports[containerPort=53,protocol=UDP]: {"containerPort":53,"protocol":"UDP"} -> - by nobody`],
  },
  {
    name: 'init containers in another order, which changes no ownership',
    commands: [
      patch([{ op: 'move', from: '/spec/template/spec/initContainers/0', path: '/spec/template/spec/initContainers/1' }]),
    ],
    expected: ['changed /spec/template/spec/initContainers: ["first","second"] -> ["second","first"] by nobody'],
  },
  {
    name: 'arguments changed, as one value',
    commands: [patch([{ op: 'replace', path: '/spec/template/spec/containers/0/args', value: ['--y'] }])],
    expected: [`changed ${app}/args: ["--x",""] -> ["--y"] by kubectl-patch (hands)`],
  },
  {
    name: 'a default overridden by hand',
    commands: [patch([{ op: 'replace', path: '/spec/template/spec/terminationGracePeriodSeconds', value: 1 }])],
    expected: ['added /spec/template/spec/terminationGracePeriodSeconds: - -> 1 by kubectl-patch (hands)'],
  },
  {
    name: 'a label and an annotation added by hand',
    commands: [
      ['label', 'deployment/rich', 'debug=yes'],
      ['annotate', 'deployment/rich', 'example.com/note=hi'],
    ],
    expected: [
      'added /metadata/annotations/example.com~1note: - -> "hi" by kubectl-annotate (hands)',
      'added /metadata/labels/debug: - -> "yes" by kubectl-label (hands)',
    ],
  },
  {
    name: 'a rollout restart, which is an action and no drift',
    commands: [['rollout', 'restart', 'deployment/rich']],
    expected: ['informational /spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt'],
  },
];

/** Findings of single fields, not of whole objects. */
const fields = (found: readonly Finding[]): readonly Finding[] => found.filter(({ path }) => path.length > 0);

describe('drift and who did it', function () {
  this.timeout(120_000);
  for (const { name, commands, expected } of CASES) {
    it(`reports ${name}`, async () => {
      const found = [...lines(await findingsAfter(commands))].sort();
      expect(found.length, found.join('\n')).to.equal(expected.length);
      for (const [index, line] of expected.entries())
        expect(found[index]).to.satisfy((text: string) => text.startsWith(line), `${found[index]} is not ${line}`);
    });
  }

  it('tells an autoscaler from a hand, and reports replicas outside its range', async () => {
    const scene = await applied();
    const manifest = await fixture('diff/manifests/rich.yaml');
    await scene.kubectl(['autoscale', 'deployment/rich', '--min=3', '--max=6', '--cpu-percent=50']);
    await scene.kubectl(['wait', 'deployment/rich', '--for=jsonpath={.spec.replicas}=3', '--timeout=60s']);
    const scaled = await scene.findings(manifest);
    expect(lines(fields(scaled))).to.deep.equal([
      'informational /spec/replicas: 2 -> 3 by kube-controller-manager/scale (autoscaler)',
    ]);
    // The number is the autoscaler's from now on: what a hand did is the autoscaler itself.
    const [autoscaler, ...others] = scaled.filter(({ path }) => path.length === 0);
    expect(others).to.deep.equal([]);
    expect(autoscaler).to.include({ class: 'unmanaged' }).and.to.have.nested.property('blame.actor', 'hands');
    await scene.kubectl(['delete', 'hpa', 'rich']);
    await scene.kubectl(['scale', 'deployment/rich', '--replicas=9']);
    expect(lines(await scene.findings(manifest))).to.deep.equal(['changed /spec/replicas: 2 -> 9 by kubectl/scale (hands)']);
  });

  it('reports what ConfigHub dropped from the unit and is still live', async () => {
    const scene = await applied();
    const manifest = (await fixture('diff/manifests/rich.yaml')).replace(', team: shop', '');
    expect(lines(await scene.findings(manifest))).to.deep.equal(['to_remove /metadata/labels/team: - -> "shop" by nobody']);
  });

  it('blames no controller for what the API server merged, and leaves an autoscaler its number in it', async () => {
    const scene = await applied();
    const manifest = await fixture('diff/manifests/rich.yaml');
    await scene.kubectl(['autoscale', 'deployment/rich', '--min=3', '--max=6', '--cpu-percent=50']);
    await scene.kubectl(['wait', 'deployment/rich', '--for=jsonpath={.spec.replicas}=3', '--timeout=60s']);
    await scene.kubectl(['set', 'image', 'deployment/rich', 'app=registry.example/rich:2']);
    for (let tool = 1; tool <= 11; tool++)
      await scene.kubectl(['annotate', 'deployment/rich', `example.com/tool-${tool}=x`, `--field-manager=tool-${tool}`]);
    const drift = (found: readonly Finding[]): readonly string[] =>
      lines(fields(found)).filter((line) => !line.includes('/metadata/annotations/'));
    const image = `changed ${app}/image: "registry.example/rich:1" -> "registry.example/rich:2" by ancient-changes (unknown)`;
    const found = await scene.findings(manifest);
    expect(drift(found)).to.deep.equal(['informational /spec/replicas: 2 -> 3 by ancient-changes (unknown)', image]);
    expect(found.find(({ path }) => printPath(path) === '/spec/replicas')).to.include({
      note: 'within 3 to 6 of HorizontalPodAutoscaler rich',
      autoscaler: 'rich',
    });
    await scene.kubectl(['delete', 'hpa', 'rich']);
    expect(drift(await scene.findings(manifest))).to.deep.equal([
      'changed /spec/replicas: 2 -> 3 by ancient-changes (unknown)',
      image,
    ]);
  });

  it('counts what the detector wrote as ours, and what the unit then drops of it as to be removed', async () => {
    const scene = await applied();
    const manifest = await fixture('diff/manifests/rich.yaml');
    const DB_PASSWORD = { name: 'DB_PASSWORD', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } };
    await scene.kubectl(['scale', 'deployment/rich', '--replicas=5']);
    await scene.kubectl(['set', 'env', 'deployment/rich', '-c=app', 'DB_PASSWORD-']);
    await scene.kubectl([
      ...patch([
        { op: 'replace', path: '/spec/replicas', value: 2 },
        { op: 'add', path: '/spec/template/spec/containers/0/env/3', value: DB_PASSWORD },
      ]),
      '--field-manager=drift-detector',
    ]);
    expect(lines(await scene.findings(manifest))).to.deep.equal([]);
    expect(lines(await scene.findings(manifest.replace('replicas: 2', 'replicas: 3')))).to.deep.equal([
      'pending /spec/replicas: 3 -> 2 by nobody',
    ]);
    const dropped = await scene.findings(manifest.replace(/ +- name: DB_PASSWORD\n.*\n/u, ''));
    expect(lines(dropped)).to.have.lengthOf(1);
    expect(lines(dropped)[0]).to.match(/^to_remove .*\[name=DB_PASSWORD\]: - -> .* by nobody$/u);
    // No apply of the unit takes away what an Update owns.
    expect(dropped[0]?.repair.method).to.equal('json-patch');
    await scene.kubectl(['scale', 'deployment/rich', '--replicas=7']);
    expect(lines(await scene.findings(manifest))).to.deep.equal(['changed /spec/replicas: 2 -> 7 by kubectl/scale (hands)']);
  });

  it('reports a deleted workload as missing, and an undeclared one as unmanaged', async () => {
    const scene = await applied();
    await scene.kubectl(['delete', 'deployment', 'rich']);
    await scene.kubectl(['create', 'deployment', 'stray', '--image=registry.example/stray']);
    const findings = await scene.findings(await fixture('diff/manifests/rich.yaml'));
    expect(findings.map((finding) => `${finding.class} ${finding.ref.name}`)).to.deep.equal(['missing rich', 'unmanaged stray']);
  });

  it('calls an object of a unit that was never applied pending, not missing', async () => {
    const scene = await liveScene();
    const findings = await scene.findings(await fixture('diff/manifests/rich.yaml'), { liveRevision: 0, lastAppliedRevision: 0 });
    expect(findings.map((finding) => finding.class)).to.deep.equal(['pending']);
  });

  it('never holds the value of an env variable that looks like a secret', async () => {
    const [finding] = await findingsAfter([['set', 'env', 'deployment/rich', '-c=app', 'API_TOKEN=hunter2-very-secret']]);
    expect(finding?.live).to.be.instanceOf(Secret);
    expect(JSON.stringify(finding)).to.not.contain('hunter2');
  });

  it('knows a hidden value again while others scale the object, and knows it from the next one', async () => {
    const scene = await applied();
    const desired = await fixture('diff/manifests/rich.yaml');
    const token = async (command: readonly string[]): Promise<Finding | undefined> => {
      await scene.kubectl(command);
      return (await scene.findings(desired)).find(({ live }) => live instanceof Secret);
    };
    const first = await token(['set', 'env', 'deployment/rich', '-c=app', 'API_TOKEN=hunter2-first']);
    const scaled = await token(['scale', 'deployment/rich', '--replicas=5']);
    expect(scaled?.fingerprint).to.be.a('string').that.equals(first?.fingerprint);
    // The server keeps whole seconds.
    const secondOf = (time: number): number => Math.floor(time / 1000);
    while (secondOf(Date.now()) === secondOf(Date.parse(first?.blame?.time ?? ''))) await setTimeout(20);
    const second = await token(['set', 'env', 'deployment/rich', '-c=app', 'API_TOKEN=hunter2-second']);
    expect(second?.id).to.equal(first?.id);
    expect(second?.fingerprint).to.not.equal(first?.fingerprint);
  });

  it('never holds a secret inside an added container', async () => {
    const container = { name: 'shell', image: 'busybox', env: [{ name: 'DB_PASSWORD', value: 'hunter2' }] };
    const [finding] = await findingsAfter([patch([{ op: 'add', path: '/spec/template/spec/containers/-', value: container }])]);
    expect(finding?.live).to.be.instanceOf(Secret);
  });
});
