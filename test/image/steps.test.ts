import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { expect } from 'chai';
import { EXIT } from '../../src/domain/exit-codes.ts';
import { sharedControlPlane } from '../control-plane/shared.ts';
import { ROOT } from './build.ts';
import { finalStage, type Instruction, parseDockerfile } from './dockerfile.ts';

const isLong = (process.env['DRIFT_LONG'] ?? '') !== '';
const instructions = parseDockerfile(readFileSync(join(ROOT, 'Dockerfile'), 'utf8'));
const final = finalStage(instructions);
const build = instructions.slice(0, instructions.length - final.length);

interface Folder extends Disposable {
  readonly path: string;
}

function temporary(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'drift-steps-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

function run(folder: string, command: readonly string[], more: Readonly<Record<string, string>> = {}): string {
  const [program = '', ...args] = command;
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, ...more },
  });
  if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}: ${stdout}${stderr}`);
  return stdout;
}

/** COPY: a folder's content below its name, as the Dockerfile has each. `from` is the tree, or the stage before. */
function copy({ rest }: Instruction, from: string, to: string): void {
  const words = rest.split(/\s+/u).filter((word) => !word.startsWith('--'));
  const target = words.at(-1) ?? '';
  for (const source of words.slice(0, -1).map((path) => path.replace(/^\/app\//u, '')))
    cpSync(join(from, source), join(to, target.endsWith('/') ? join(target, basename(source)) : target), { recursive: true });
}

describe('image: its steps on a copy of the tree', function () {
  this.timeout(isLong ? 600_000 : 60_000);

  it('build the bundle from what is copied alone, and leave a folder in which it runs as another user', () => {
    using stage = temporary();
    using image = temporary();
    for (const instruction of build) {
      if (instruction.word === 'COPY') copy(instruction, ROOT, stage.path);
      if (instruction.word !== 'RUN') continue;
      // Packages are fetched in the long run; here they are those of this checkout, which the same lock gave.
      if (instruction.rest.startsWith('npm ci') && !isLong)
        symlinkSync(join(ROOT, 'node_modules'), join(stage.path, 'node_modules'));
      else run(stage.path, ['sh', '-c', instruction.rest]);
    }
    for (const instruction of final)
      if (instruction.word === 'COPY')
        copy(instruction, instruction.rest.startsWith('--from=build') ? stage.path : ROOT, image.path);
    expect(readdirSync(image.path).sort()).to.deep.equal(['LICENSE', 'dist', 'package.json']);
    expect(readdirSync(join(image.path, 'dist'))).to.include('THIRD-PARTY-LICENSES.txt');
    expect(run(image.path, ['node', 'dist/drift-detector.mjs', '--version'])).to.match(/^\d+\.\d+\.\d+\n$/u);
    if (process.getuid?.() !== 0) return;
    chmodSync(image.path, 0o755);
    const before = run(image.path, ['find', '.', '-newer', 'package.json']);
    const user = final.findLast(({ word }) => word === 'USER')?.rest.split(':') ?? [];
    const as = ['setpriv', `--reuid=${user[0]}`, `--regid=${user[1]}`, '--clear-groups'];
    expect(run(image.path, [...as, process.execPath, 'dist/drift-detector.mjs', 'run', '--help'])).to.contain('AUTO_FIX');
    expect(run(image.path, ['find', '.', '-newer', 'package.json']), 'its folder may be read-only').to.equal(before);
  });
});

describe('image: bin/publish-image', function () {
  this.timeout(60_000);
  const digest = `sha256:${'ab'.repeat(32)}`;
  const repository = 'registry.example/platform/drift-detector';

  /** A checkout with a Docker that says what it was asked for. */
  function checkout(answer: string): Folder & { publish(...args: readonly string[]): ReturnType<typeof spawnSync> } {
    const folder = temporary();
    const tree = join(folder.path, 'tree');
    for (const name of [
      'bin',
      'src',
      'test',
      'manifests',
      'cronjobs',
      'package.json',
      'LICENSE',
      'Dockerfile',
      'package-lock.json',
    ])
      cpSync(join(ROOT, name), join(tree, name), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(tree, 'node_modules'));
    run(tree, ['git', 'init', '--quiet']);
    run(tree, ['git', 'add', 'bin', 'src', 'manifests', 'package.json', 'LICENSE', 'Dockerfile', 'package-lock.json']);
    run(tree, ['git', '-c', 'user.name=t', '-c', 'user.email=t@example.org', 'commit', '--quiet', '-m', 'tree']);
    const docker = `#!/bin/sh
echo "$@" >> ${folder.path}/calls
while [ $# -gt 0 ]; do [ "$1" = --metadata-file ] && echo '${answer}' > "$2"; shift; done
`;
    writeFileSync(join(folder.path, 'docker'), docker, { mode: 0o755 });
    const PATH = [folder.path, process.env['PATH']].join(delimiter);
    return {
      path: tree,
      publish: (...args) =>
        spawnSync(process.execPath, [join(tree, 'bin/setup/publish-image.ts'), ...args], {
          encoding: 'utf8',
          env: { ...process.env, PATH, DRIFT_STATE_DIR: join(folder.path, 'state') },
        }),
      [Symbol.dispose]: () => folder[Symbol.dispose](),
    };
  }

  it('pushes for both platforms, and writes the digest into all manifests: twice the same as once', async () => {
    using tree = checkout(JSON.stringify({ 'containerimage.digest': digest }));
    const first = tree.publish(`--repository=${repository}`);
    expect(first.status, String(first.stderr)).to.equal(0);
    const calls = readFileSync(join(tree.path, '../calls'), 'utf8');
    const head = run(tree.path, ['git', 'rev-parse', 'HEAD']).trim();
    expect(calls).to.contain('--platform linux/amd64,linux/arm64').and.to.contain('--push').and.to.contain(`REVISION=${head} `);
    const changed = run(tree.path, ['git', 'diff', '--stat', '--numstat']);
    expect(changed.match(/manifests\S+/gu)?.length, changed).to.equal(6);
    const diff = run(tree.path, ['git', 'diff']);
    const lines = diff
      .split('\n')
      .filter((line) => /^[-+] /u.test(line))
      .map((line) => line.replace(/\s+/gu, ' '));
    expect(new Set(lines), 'nothing else').to.deep.equal(
      new Set(['- newTag: 0.1.0', `+ newName: ${repository}`, `+ digest: ${digest}`]),
    );
    const plane = await sharedControlPlane();
    const { stdout } = await plane.kubectl(['kustomize', join(tree.path, 'cronjobs/prod')]);
    expect(stdout).to.contain(`image: ${repository}@${digest}`);
    expect(tree.publish(`--repository=${repository}`).status).to.equal(0);
    expect(run(tree.path, ['git', 'diff'])).to.equal(diff);
  });

  it('changes no manifest where nothing was pushed, or the name is none', () => {
    using tree = checkout('{}');
    expect(tree.publish(`--repository=${repository}`).status).to.equal(EXIT.configuration);
    for (const name of ['', '--repository=', '--repository=Upper/x', `--repository=${repository}:1`, '--repository=--push'])
      expect(tree.publish(...(name === '' ? [] : [name])).status, name).to.equal(EXIT.usage);
    expect(run(tree.path, ['git', 'diff'])).to.equal('');
  });
});
