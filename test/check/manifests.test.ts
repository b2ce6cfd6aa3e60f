import { randomBytes } from 'node:crypto';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { runProgram } from '../../src/clients/processes/run-program.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { sharedControlPlane } from '../control-plane/shared.ts';
import { startGate } from '../end-to-end/gate.ts';
import { authorityOf, gatedKubeconfig } from '../end-to-end/watched-world.ts';
import { temporaryDirectory } from '../hub/harness.ts';
import { eventually, repositoryPath } from '../manifests/overlay.ts';
import { type Run, runMain } from '../run-main.ts';

const ID = randomBytes(3).toString('hex');
const [SHOP, HIDDEN] = [`shop-${ID}`, `hidden-${ID}`];
const GROUP = `check-${ID}.example.com`;

const deployment = (name: string, namespace = ''): string => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}${namespace === '' ? '' : `\n  namespace: ${namespace}`}
  labels: { app: ${name} }
spec:
  replicas: 2
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec:
      containers:
        - name: web
          image: web:1
          env: [{ name: MODE, value: fast }]
          resources: { requests: { cpu: 100m, memory: 64Mi } }
`;
const configMap = (name: string): string => `apiVersion: v1
kind: ConfigMap
metadata: { name: ${name} }
data: { level: info }
`;
const CRD = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: widgets.${GROUP} }
spec:
  group: ${GROUP}
  scope: Namespaced
  names: { plural: widgets, singular: widget, kind: Widget, listKind: WidgetList }
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec: { type: object, properties: { size: { type: integer }, color: { type: string } } }
`;
const WIDGET = `apiVersion: ${GROUP}/v1
kind: Widget
metadata: { name: gear }
spec: { size: 3, color: red }
`;
const SERVICE = JSON.stringify({
  apiVersion: 'v1',
  kind: 'List',
  items: [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web' },
      spec: { selector: { app: 'web' }, ports: [{ port: 80, name: 'http' }] },
    },
  ],
});

interface Open {
  readonly class: string;
  readonly path: string;
  readonly object: { readonly kind: string; readonly name: string; readonly namespace: string };
  readonly blame: { readonly manager: string } | null;
}

describe('check -f and -k', function () {
  this.timeout(120_000);
  let started: AsyncDisposableStack;
  let plane: ControlPlane;
  let folder: string;
  let environment: Readonly<Record<string, string>>;

  before(async () => {
    started = new AsyncDisposableStack();
    plane = await sharedControlPlane();
    folder = started.use(temporaryDirectory()).path;
    for (const namespace of [SHOP, HIDDEN]) await plane.kubectl(['create', 'namespace', namespace]);
    started.defer(async () => {
      await plane.kubectl(['delete', 'namespace', SHOP, HIDDEN, '--wait=false']);
      await plane.kubectl(['delete', 'crd', `widgets.${GROUP}`, '--wait=false', '--ignore-not-found']);
    });
    // What a user has on the path, and the kubectl that runs here.
    mkdirSync(join(folder, 'bin'));
    symlinkSync(plane.kubectlPath, join(folder, 'bin', 'kubectl'));
    environment = {
      PATH: `${join(folder, 'bin')}:/usr/bin:/bin`,
      HOME: folder,
      KUBECONFIG: plane.kubeconfig,
      DRIFT_CACHE_DIR: 'none',
    };
    write('app/crd.yaml', CRD);
    write('app/web.yaml', `# two documents\n${deployment('web')}---\n${configMap('settings')}`);
    write('app/net/service.json', SERVICE);
    write('app/net/deep/widget.yml', WIDGET);
    write('app/README.md', 'no manifest');
    write('app/.hidden.yaml', 'no: manifest');
    await plane.kubectl(['apply', '-f', join(folder, 'app/crd.yaml')]);
    await plane.kubectl(['wait', '--for=condition=Established', `crd/widgets.${GROUP}`, '--timeout=60s']);
    for (const file of ['web.yaml', 'net/service.json']) await kubectl('apply', '-f', join(folder, 'app', file));
    await eventually('the custom resource', async () => {
      try {
        return await kubectl('apply', '-f', join(folder, 'app/net/deep/widget.yml'));
      } catch {
        return undefined;
      }
    });
  });
  after(() => started.disposeAsync());

  const kubectl = (...args: readonly string[]): ReturnType<ControlPlane['kubectl']> => plane.kubectl(['-n', SHOP, ...args]);
  const write = (name: string, text: string): string => {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  };

  async function check(
    args: readonly string[],
    settings: Readonly<Record<string, string>> = {},
  ): Promise<Run & { open: string[] }> {
    const argv = ['check', '--detailed-exitcode', '-o', 'json', ...args];
    const run = await runMain(argv, { ...environment, ...settings });
    // The shape of its JSON, which these tests are about.
    const { open } = (run.out === '' ? { open: [] } : JSON.parse(run.out)) as { readonly open: readonly Open[] };
    return {
      ...run,
      open: open.map(
        ({ class: found, object, path, blame }) =>
          `${found} ${object.kind}/${object.name} ${path}${blame ? ` by ${blame.manager}` : ''}`,
      ),
    };
  }

  const app = (): string => join(folder, 'app');

  it('finds a folder in sync that was applied, with every kind in it, and says whose field manager it took', async () => {
    const { code, out, err, open } = await check(['-f', app(), '-n', SHOP]);
    expect(open, err).to.deep.equal([]);
    expect(code, out + err).to.equal(0);
    expect(err).to.contain('Field manager kubectl-client-side-apply delivers 5 objects: it owns ');
    expect(err).to.contain('Compared 5 ');
  });

  it('finds exactly what was changed by hand since, a custom resource and an absent object among it', async () => {
    await kubectl('scale', 'deployment/web', '--replicas=4');
    await kubectl('set', 'env', 'deployment/web', 'MODE=slow');
    await kubectl('patch', `widgets.${GROUP}/gear`, '--type=merge', '-p', '{"spec":{"color":"blue"}}');
    await kubectl('delete', 'configmap/settings');
    const { code, open, err } = await check(['-f', app(), '-n', SHOP]);
    expect(open.toSorted(), err).to.deep.equal([
      'changed Deployment/web /spec/replicas by kubectl',
      'changed Deployment/web /spec/template/spec/containers[name=web]/env[name=MODE]/value by kubectl-set',
      'changed Widget/gear /spec/color by kubectl-patch',
      'missing ConfigMap/settings ',
    ]);
    expect(code).to.equal(2);
  });

  it('reads what another program prints, and refuses to take nothing for all in order', async () => {
    const piped = (input: string): ReturnType<typeof runProgram> =>
      runProgram(
        process.execPath,
        [repositoryPath('bin/drift-detector.mjs'), 'check', '-n', SHOP, '-f', '-', '-o', 'name', '--detailed-exitcode'],
        { environment, input, signal: AbortSignal.timeout(60_000) },
      );
    const found = await piped(`${deployment('web')}---\n${SERVICE}`);
    expect([found.code, found.stdout], found.stderr).to.deep.equal([2, `${SHOP}/deployment/web\n`]);
    const empty = await piped('# helm template failed\n');
    expect([empty.code, empty.stdout]).to.deep.equal([78, '']);
    expect(empty.stderr).to.contain('standard input declares nothing');
  });

  it('prints each drift once on a terminal of 80 columns, its values whole, and counts what it compared', async () => {
    const program = [process.execPath, repositoryPath('bin/drift-detector.mjs'), 'check', '-n', SHOP, '-f', app()];
    const shown = await runProgram(
      'script',
      ['--quiet', '--return', '--command', `stty cols 80; exec ${program.join(' ')}`, '/dev/null'],
      { environment: { ...environment, SHELL: '/bin/sh', TERM: 'dumb' }, input: '', signal: AbortSignal.timeout(60_000) },
    );
    const lines = shown.stdout.replaceAll('\r', '').trimEnd().split('\n');
    const rows = lines.slice(lines.findIndex((line) => line.startsWith('SEVERITY')));
    for (const line of rows) expect(line.length, line).to.be.at.most(80);
    const text = lines.join(' ').replaceAll(/\s+/gu, ' ');
    for (const change of ['replicas 2 → 4', 'fast → slow', 'red → blue']) expect(text.split(change), text).to.have.length(2);
    expect(lines.at(-1)).to.equal('2 drifted, 1 missing, 2 in sync');
  });

  it('renders a kustomization with the kubectl or kustomize of the path', async () => {
    write('kustom/deployment.yaml', deployment('rendered'));
    const file = write('kustom/kustomization.yaml', `resources: [deployment.yaml]\nnamespace: ${SHOP}\nnamePrefix: k-\n`);
    await plane.kubectl(['apply', '-k', dirname(file)]);
    const sync = await check(['-k', dirname(file)]);
    expect([sync.code, sync.open], sync.err).to.deep.equal([0, []]);
    await kubectl('scale', 'deployment/k-rendered', '--replicas=5');
    expect((await check(['-k', dirname(file)])).open).to.deep.equal(['changed Deployment/k-rendered /spec/replicas by kubectl']);
    // The same code under its own name.
    const other = dirname(
      write('kustomize-only/kustomize', `#!/bin/sh\n[ "$1" = build ] && shift && exec "${plane.kubectlPath}" kustomize "$@"\n`),
    );
    await runProgram('chmod', ['+x', join(other, 'kustomize')], { environment, signal: AbortSignal.timeout(5_000) });
    const alone = await check(['-k', dirname(file)], { PATH: `${other}:/bin` });
    expect(alone.open, alone.err).to.have.lengthOf(1);
    const none = await check(['-k', dirname(file)], { PATH: join(folder, 'app') });
    expect([none.code, none.err.includes('neither kubectl nor kustomize was found on the path')]).to.deep.equal([78, true]);
    const broken = await check(['-k', app()]);
    expect(broken.code).to.equal(78);
    expect(broken.err).to.contain('kubectl kustomize').and.contain('failed: ');
  });

  it('takes whoever delivers each object: Helm, Flux, a pipeline of its own name; not the hands that changed it', async () => {
    const files = ['helm', 'kustomize-controller', 'acme-ci'].map((manager) => ({
      manager,
      file: write(`managers/${manager}.yaml`, deployment(`by-${manager}`, SHOP)),
    }));
    for (const { manager, file } of files)
      await plane.kubectl(['apply', '--server-side', `--field-manager=${manager}`, '-f', file]);
    for (const { manager, file } of files) {
      const sync = await check(['-f', file]);
      expect([sync.code, sync.open], sync.err).to.deep.equal([0, []]);
      expect(sync.err).to.contain(`Field manager ${manager} delivers 1 object: it owns `);
      await kubectl('set', 'image', `deployment/by-${manager}`, 'web=web:2');
    }
    const { open, err } = await check(['-f', join(folder, 'managers')]);
    const image = '/spec/template/spec/containers[name=web]/image by kubectl-set';
    expect(open.toSorted(), err).to.deep.equal(
      files.map(({ manager }) => `changed Deployment/by-${manager} ${image}`).toSorted(),
    );
    const given = await check(['-f', join(folder, 'managers/acme-ci.yaml'), '--field-manager', 'acme-ci']);
    expect(given.err).to.contain('Field manager acme-ci delivers the manifests, as --field-manager says');
    expect(given.open).to.have.lengthOf(1);
  });

  it('takes no hand for the delivery, also where it wrote all that the manifest declares', async () => {
    const file = write('only.yaml', configMap('only'));
    await kubectl('apply', '-f', file);
    await kubectl('patch', 'configmap/only', '--type=merge', '-p', '{"data":{"level":"debug"}}');
    const { open, err } = await check(['-f', file, '-n', SHOP]);
    expect(open).to.deep.equal(['changed ConfigMap/only /data/level by kubectl-patch']);
    expect(err).to.contain('Field manager kubectl-client-side-apply delivers 1 object: it owns 0 of the 1 declared field');
    await kubectl('create', 'configmap', 'stray', '--from-literal=level=info', '--field-manager=kubectl-run');
    const stray = await check(['-f', write('stray.yaml', configMap('stray')), '-n', SHOP]);
    expect(stray.err)
      .to.contain(`No field manager is known that delivers ${SHOP}/configmap/stray`)
      .and.contain('set --field-manager');
  });

  it('asks for the kinds of the manifests in their namespaces alone, and writes nothing', async () => {
    await using gate = await startGate(plane.server, await authorityOf(plane.kubeconfig));
    await plane.kubectl(['create', 'serviceaccount', 'all', '-n', SHOP]);
    await plane.kubectl([
      'create',
      'clusterrolebinding',
      `all-${ID}`,
      '--clusterrole=cluster-admin',
      `--serviceaccount=${SHOP}:all`,
    ]);
    started.defer(async () => void (await plane.kubectl(['delete', 'clusterrolebinding', `all-${ID}`])));
    const token = (await kubectl('create', 'token', 'all')).stdout.trim();
    const KUBECONFIG = await gatedKubeconfig(plane, gate, token);
    expect((await check(['-f', join(folder, 'app/web.yaml'), '-n', SHOP], { KUBECONFIG })).code).to.equal(2);
    const asked = gate.passages.map(({ method, path }) => `${method} ${path}`);
    const lists = asked.filter((line) => /\?limit=/u.test(line)).map((line) => line.replace(/\?.*/u, ''));
    expect(lists.toSorted()).to.deep.equal(
      [
        'api/v1/namespaces/X/configmaps',
        'apis/apps/v1/namespaces/X/deployments',
        'apis/autoscaling/v2/namespaces/X/horizontalpodautoscalers',
      ]
        .map((path) => `GET /${path.replace('X', SHOP)}`)
        .toSorted(),
    );
    const writes = asked.filter((line) => !/^GET |selfsubjectaccessreviews|dryRun=All/u.test(line));
    expect(writes).to.deep.equal([]);
  });

  it('tells a rollback by hand from kubectl apply --server-side, which has the same name', async () => {
    const file = write('server-side.yaml', deployment('ssa', SHOP));
    await plane.kubectl(['apply', '--server-side', '-f', file]);
    await kubectl('patch', 'deployment/ssa', '--field-manager=kubectl', '--type=merge', '-p', '{"spec":{"replicas":7}}');
    expect((await check(['-f', file])).open).to.deep.equal(['changed Deployment/ssa /spec/replicas by kubectl']);
  });

  it('names file and line of what it cannot compare, and compares the rest', async () => {
    write('bad/broken.yaml', `${deployment('web')}---\nkind: [\n---\n# here\nkind: Service\nmetadata: { name: x }\n`);
    write('bad/kustomization.yaml', 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n');
    write('bad/typo.yaml', `\n${deployment('k-rendered').replace('image: web:1', 'imagee: web:1')}`);
    write('bad/utf16.yaml', '\u00ff');
    writeFileSync(join(folder, 'bad/utf16.yaml'), Buffer.from([0xff, 0xfe, 0x61, 0x00]));
    const { code, open, err } = await check(['-f', join(folder, 'bad'), '-n', SHOP]);
    expect(code).to.equal(20);
    expect(open).to.have.lengthOf(2);
    expect(err).to.match(/broken\.yaml: not YAML: .*\(line 19/u);
    expect(err).to.match(/broken\.yaml: line 21: document 3 lacks apiVersion/u);
    expect(err).to.match(/bad\/kustomization\.yaml: line 1: a kustomization is no object/u);
    expect(err).to.match(/utf16\.yaml: line 1: .*UTF-16/u);
    expect(err).to.match(/imagee.*\(line 15 of .*bad\/typo\.yaml\)/u);
  });

  it('compares no namespace that the account may not read, and calls nothing there missing', async () => {
    await plane.kubectl(['create', 'serviceaccount', 'reader', '-n', SHOP]);
    await kubectl('create', 'rolebinding', 'reader', '--clusterrole=view', `--serviceaccount=${SHOP}:reader`);
    const token = (await kubectl('create', 'token', 'reader')).stdout.trim();
    const KUBECONFIG = await plane.kubeconfigForToken(`reader-${ID}`, token);
    const mine = write('rights/mine.yaml', deployment('web', SHOP));
    write('rights/theirs.yaml', deployment('web', HIDDEN));
    const narrow = await check(['-f', mine], { KUBECONFIG });
    expect([narrow.code, narrow.open.length], narrow.err).to.deep.equal([2, 2]);
    const wide = await check(['-f', join(folder, 'rights')], { KUBECONFIG });
    expect(wide.code).to.equal(20);
    expect(wide.open).to.deep.equal(narrow.open);
    expect(wide.err).to.contain(`Could not read apps/v1/Deployment in ${HIDDEN}`);
  });

  it('compares an object that two files declare with neither', async () => {
    write('twice/a.yaml', deployment('web', SHOP));
    write('twice/b.yaml', deployment('web', SHOP));
    const { open, out } = await check(['-f', join(folder, 'twice')]);
    expect(open).to.deep.equal(['conflicting Deployment/web ']);
    expect(out).to.contain('twice/a.yaml and ');
  });

  it('leaves Secrets unread unless the configuration names the kind', async () => {
    const file = write(
      'secret.yaml',
      `apiVersion: v1\nkind: Secret\nmetadata: { name: key, namespace: ${SHOP} }\nstringData: { a: b }\n`,
    );
    await plane.kubectl(['apply', '-f', file]);
    await kubectl('patch', 'secret/key', '--type=merge', '-p', '{"stringData":{"a":"c"}}');
    const { open, err } = await check(['-f', file]);
    expect(open).to.deep.equal([]);
    expect(err).to.contain('1 v1/Secret not in DRIFT_KINDS');
    const asked = await check(['-f', file, '--kinds', 'v1/Secret']);
    expect(asked.open, asked.err).to.have.lengthOf(1);
    expect(asked.out).to.not.contain('"b"').and.not.contain('"c"');
  });

  for (const [argv, name] of [
    [['run', '-f', 'deploy/'], 'run'],
    [['fix', '-k', 'deploy/'], 'fix'],
  ] as const)
    it(`${name} fixes nothing from manifests, and says what to do`, async () => {
      const { code, err } = await runMain(argv, environment);
      expect(code).to.equal(64);
      expect(err).to.contain(`${name} takes no manifests: fixes are made from units of ConfigHub`);
      expect(err).to.contain(`drift-detector check ${argv[1]} deploy/`);
    });

  for (const [option, value, remedy] of [
    ['-n', 'shop', '--namespace-selector kubernetes.io/metadata.name=shop'],
    ['--field-manager', 'helm', '--desired-managers helm'],
  ] as const)
    it(`check ${option} without manifests is refused, with the option for units`, async () => {
      const { code, err } = await runMain(['check', option, value], environment);
      expect(code).to.equal(64);
      expect(err).to.contain('is for manifests, and no -f or -k is given');
      expect(err).to.contain(remedy);
    });

  it('ends with the code of an unreachable cluster', async () => {
    const KUBECONFIG = write(
      'gone.yaml',
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:9' } }],
        contexts: [{ name: 'c', context: { cluster: 'c', user: '' } }],
        'current-context': 'c',
      }),
    );
    expect((await check(['-f', app()], { KUBECONFIG })).code).to.equal(75);
  });
});
