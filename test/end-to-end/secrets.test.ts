import { execFile } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { hasHiddenPart } from '../../src/domain/secret.ts';
import { FORMAT_NAMES } from '../../src/outputs/formats/formats.ts';
import { parseFindings } from '../../src/stages/report/previous.ts';
import { sharedControlPlane } from '../control-plane/shared.ts';
import type { Project } from '../demo/project.ts';
import { type CommandResult, fixture, startWorld, type World } from '../demo/world.ts';
import { type FakeClaude, rankAll, startFakeClaude } from '../fake-claude/fake-claude.ts';
import { eventually } from '../manifests/overlay.ts';
import { type Receiver, startReceiver } from '../notify/receiver.ts';
import { createMaker, readHarmless, readPlanted } from '../types/show/planted.ts';
import { type Plants, plant, plantHarmless } from './plant.ts';

const IS_LONG = process.env['DRIFT_LONG'] === '1';
const NAMESPACE = 'shown';
const KINDS = 'apps/v1/Deployment,v1/ConfigMap,networking.k8s.io/v1/Ingress,shown.example.com/v1/Shop';
const UNIT = 'shown-config';

/** Ends a process by an unexpected error, once it has reported drift. */
const CRASH = `const { stderr } = process;
const write = stderr.write.bind(stderr);
stderr.write = (text, ...more) => {
  if (String(text).includes('drift-detected')) setImmediate(() => { throw new Error('crashed on purpose'); });
  return write(text, ...more);
};
`;

describe('no value that may be a secret comes out of any sink', function () {
  this.timeout(240_000);
  let world: World;
  let project: Project;
  let plants: Plants;
  let receiver: Receiver;
  let claude: FakeClaude;
  let folder: string;
  /** Everything that came out, by where. */
  const sinks = new Map<string, string>();
  const kubectl = async (args: readonly string[], input?: string): Promise<string> =>
    (await world.cluster.kubectl(['-n', NAMESPACE, ...args], input)).stdout;
  const collect = (sink: string, text: string): void => {
    sinks.set(sink, `${sinks.get(sink) ?? ''}${text}\n`);
  };

  const detector = async (args: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<CommandResult> => {
    const result = await world.detector(args, {
      PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`,
      TMPDIR: join(folder, 'tmp'),
      CONFIGHUB_SPACE: 'shown-dev',
      DRIFT_ENVIRONMENT: 'dev',
      DRIFT_KINDS: KINDS,
      DRIFT_LOG_LEVEL: 'debug',
      DRIFT_LOG_FORMAT: 'json',
      DRIFT_EVENTS: 'true',
      DRIFT_WEBHOOK_URL: receiver.url,
      DRIFT_LEASE_NAMESPACE: NAMESPACE,
      CLAUDE_API_KEY: 'test-key',
      DRIFT_CLAUDE_BASE_URL: claude.url,
      DRIFT_MAX_FIX_PERCENT: '100',
      DRIFT_WAIT_HEALTHY: '0',
      ...more,
    });
    collect(args[0] ?? '', result.stdout + result.stderr);
    return result;
  };

  before(async () => {
    const cluster = await sharedControlPlane();
    world = await startWorld({ cluster });
    receiver = await startReceiver();
    claude = await startFakeClaude([rankAll((row) => row, 'By hand.')]);
    folder = world.folder;
    await watchGit(folder);
    await cluster.kubectl(['apply', '-f', '-'], await fixture('show/cluster.yaml'));
    await cluster.kubectl(['wait', 'crd/shops.shown.example.com', '--for=condition=Established', '--timeout=60s']);
    const text = await fixture('show/unit.yaml');
    project = await world.admin.createProject('shown', [{ slug: UNIT, text, labels: {} }]);
    await world.admin.applySpace(project.spaces['dev'] ?? '');
    plants = plant(await readPlanted(), createMaker(20_261_127));
    for (const [object, patch] of Object.entries(plants.patches)) await change(object, patch);
    await change('deployment/harmless', plantHarmless(await readHarmless()));
    await eventually('the policy that quotes', async () => {
      const refusal = await kubectl(['patch', 'deployment/refused', '--dry-run=server', '-p', '{"spec":{"replicas":1}}']).catch(
        String,
      );
      return refusal.includes('must stay so') ? true : undefined;
    });

    const first = await detector(['run'], { AUTO_FIX: 'false' });
    expect(first.code, first.stderr.slice(-2_000)).to.equal(0);
    if (IS_LONG) expect((await detector(['check', '--output', 'json'])).code).to.equal(0);
    collect('report as it was first', await history());
  });
  after(async () => {
    await claude?.[Symbol.asyncDispose]();
    await receiver?.[Symbol.asyncDispose]();
    if (world) {
      await world.cluster.kubectl(['delete', '--wait=true', '--ignore-not-found', '-f', '-'], await fixture('show/cluster.yaml'));
      await world[Symbol.asyncDispose]();
    }
  });

  async function change(object: string, patch: unknown): Promise<void> {
    const type = object.startsWith('deployment') ? 'strategic' : 'merge';
    const file = join(folder, 'patch.json');
    await writeFile(file, JSON.stringify(patch));
    await kubectl(['patch', object, `--type=${type}`, '--patch-file', file]);
  }

  /** All that Git has of the reports: every commit with its message and its differences. */
  async function history(): Promise<string> {
    const all = ['--git-dir', world.reportRepository, 'log', '--patch', '--all', '--format=fuller'];
    return (await promisify(execFile)('git', all, { maxBuffer: 2 ** 28 })).stdout;
  }

  /** The planted texts that a sink has, by what was written. */
  function comingOut(): readonly string[] {
    return [...sinks].flatMap(([sink, text]) => {
      // Markdown and JSON put backslashes before what has a meaning to them.
      const plain = text.replaceAll('\\', '');
      return plants.made
        .flatMap(({ needles }) => needles)
        .filter((needle) => plain.includes(needle.replaceAll('\\', '')))
        .map((needle) => `${sink}: ${needle}`);
    });
  }

  it('while the drift is found, ranked, reported and sent', async () => {
    expect(plants.made.length).to.be.at.least(250);
    expect(sinks.get('report as it was first')).to.contain('setting-');
    await collectSinks();
    expect(comingOut()).to.deep.equal([]);
  });

  it('while what everybody needs to see is shown, but for three values at most', async () => {
    const lines = parseFindings(await world.git('--git-dir', world.reportRepository, 'show', 'main:reports/dev/findings.jsonl'));
    const found = lines.filter(({ object }) => object.name === 'harmless');
    expect(found.length).to.be.at.least(120);
    const hidden = found.filter(({ live }) => hasHiddenPart(live)).map(({ path }) => path);
    expect(hidden.length, hidden.join('\n')).to.be.at.most(3);
  });

  it('in any form of the report', async () => {
    for (const form of IS_LONG ? FORMAT_NAMES : (['md'] as const)) {
      const result = await detector(['report', '--output', form]);
      expect(result.code, result.stderr).to.equal(0);
    }
    expect(comingOut()).to.deep.equal([]);
  });

  it('in a comparison of files, its explanations and the commands that it prints', async () => {
    const [desired, live] = [join(folder, 'desired.yaml'), join(folder, 'live.yaml')];
    // Turned around, so that the printed repairs would have to write what is planted.
    await writeFile(live, await fixture('show/unit.yaml'));
    await writeFile(desired, await kubectl(['get', 'deployment,configmap,ingress,shop', '-o', 'yaml']));
    const forms = [
      ['--output', 'json', '--explain', '/spec/template/spec/containers[name=app]/env'],
      ['--output', 'table'],
    ];
    for (const more of IS_LONG ? forms : forms.slice(0, 1)) {
      const result = await detector(['diff', '--desired', desired, '--live', live, ...more]);
      expect(result.stdout).to.contain('SETTING');
    }
    expect(comingOut()).to.deep.equal([]);
  });

  it('while it is fixed, and while a fix is refused with a quotation', async () => {
    const result = await detector(['run'], { AUTO_FIX: 'true', DRIFT_LOG_FORMAT: 'pretty' });
    expect(result.code, result.stderr.slice(-2_000)).to.equal(0);
    expect(await history()).to.contain('must stay so');
    const deployment = await kubectl(['get', 'deployment/planted', '-o', 'yaml']);
    expect(deployment).to.not.contain('setting-');
    await collectSinks();
    expect(comingOut()).to.deep.equal([]);
  });

  if (IS_LONG)
    it('when the process ends by an unexpected error', async () => {
      await change('deployment/planted', plants.patches['deployment/planted']);
      const crash = join(folder, 'crash.mjs');
      await writeFile(crash, CRASH);
      const result = await detector(['run'], { AUTO_FIX: 'false', NODE_OPTIONS: `--import=${crash}` });
      expect(result.stderr).to.contain('crashed on purpose');
      expect(comingOut()).to.deep.equal([]);
    });

  async function collectSinks(): Promise<void> {
    collect('report', await history());
    const hub = join(folder, 'hub');
    for (const file of await readdir(hub)) collect(`hub ${file}`, await readFile(join(hub, file), 'latin1'));
    collect('events', await kubectl(['get', 'events.events.k8s.io', '-o', 'json']));
    collect('lease', await kubectl(['get', 'lease', '-o', 'json']));
    collect('webhook', receiver.requests.map(({ body, path }) => `${path} ${body}`).join('\n'));
    collect('prompt', claude.requests.map(({ body }) => body).join('\n'));
    collect('arguments of processes', await readFile(join(folder, 'seen', 'arguments'), 'utf8'));
    for (const file of await readdir(join(folder, 'seen', 'files'), { recursive: true, withFileTypes: true }))
      if (file.isFile()) collect('temporary files', await readFile(join(file.parentPath, file.name), 'latin1'));
    for (const sink of ['events', 'lease', 'webhook', 'prompt', 'arguments of processes', 'temporary files'])
      expect(sinks.get(sink)?.trim(), sink).to.not.equal('');
  }
});

/** Has every Git that is started keep what all processes were started with and the temporary files of that moment. */
async function watchGit(folder: string): Promise<void> {
  const [bin, seen] = [join(folder, 'bin'), join(folder, 'seen')];
  for (const path of [bin, join(seen, 'files'), join(folder, 'tmp')]) await mkdir(path, { recursive: true });
  const { stdout } = await promisify(execFile)('sh', ['-c', 'command -v git']);
  const script = `#!/bin/sh
cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' >> '${seen}/arguments'
cp -r '${join(folder, 'tmp')}' '${seen}/files/'$$ 2>/dev/null
exec '${stdout.trim()}' "$@"
`;
  await writeFile(join(bin, 'git'), script);
  await chmod(join(bin, 'git'), 0o755);
}
