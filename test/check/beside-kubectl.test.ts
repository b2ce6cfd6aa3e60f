import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { escapeText } from '../../src/stages/report/report.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { sharedControlPlane } from '../control-plane/shared.ts';
import { DEFAULT_VERSION } from '../control-plane/version.ts';
import { temporaryDirectory } from '../hub/harness.ts';
import { runMain } from '../run-main.ts';

// What `kubectl diff` and `check -f` print for the same ten changes: docs/ten-changes.md, which UPDATE=1 writes.

interface Change {
  readonly name: string;
  readonly change: string;
  readonly command: string;
}

const PAGE = new URL('../../docs/ten-changes.md', import.meta.url);
const CHANGES = parse(
  readFileSync(new URL('../../fixtures/beside-kubectl/changes.yaml', import.meta.url), 'utf8'),
) as readonly Change[];

const deployment = (name: string): string => `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, labels: { app: ${name} } }
spec:
  replicas: 2
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec:
      containers:
        - name: app
          image: registry.example/shop:1.0
          env: [{ name: MODE, value: fast }]
          resources: { limits: { memory: 512Mi } }
`;

/** Changed lines of each object by its name. */
function kubectlDiff(plane: ControlPlane, namespace: string, file: string): Promise<ReadonlyMap<string, readonly string[]>> {
  return new Promise((resolve, reject) => {
    const env = { PATH: process.env['PATH'], HOME: tmpdir(), KUBECONFIG: plane.kubeconfig };
    execFile(plane.kubectlPath, ['-n', namespace, 'diff', '-f', file], { env, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      // 1 is "there are differences".
      if (error && error.code !== 1) return reject(new Error(stderr.slice(-2_000)));
      const lines = new Map<string, string[]>();
      let current: string[] = [];
      for (const line of stdout.split('\n')) {
        const [, name] = /^diff .*\.Deployment\.[^.]+\.(\S+)$/u.exec(line) ?? [];
        if (name !== undefined) {
          current = [];
          lines.set(name, current);
        } else if (/^[+-](?![+-])/u.test(line) && !/^.\s*(generation|uid|creationTimestamp):/u.test(line)) current.push(line);
      }
      resolve(lines);
    });
  });
}

describe('check -f beside kubectl diff', function () {
  this.timeout(120_000);

  it('finds each of ten changes, names the field and who made it, as docs/ten-changes.md shows', async () => {
    const plane = await sharedControlPlane();
    using folder = temporaryDirectory();
    const namespace = 'ten-changes';
    await plane.kubectl(['create', 'namespace', namespace]);
    const file = join(folder.path, 'all.yaml');
    writeFileSync(file, CHANGES.map(({ name }) => deployment(name)).join('---\n'));
    await plane.kubectl(['-n', namespace, 'apply', '-f', file]);
    for (const { name, command } of CHANGES) await plane.kubectl(['-n', namespace, ...command.replace('{}', name).split(' ')]);
    const theirs = await kubectlDiff(plane, namespace, file);
    const environment = { KUBECONFIG: plane.kubeconfig, DRIFT_CACHE_DIR: 'none', HOME: folder.path };
    const { out, err } = await runMain(['check', '-f', file, '-n', namespace, '-o', 'json'], environment);
    interface Open {
      readonly object: { readonly name: string };
      readonly summary: string;
      readonly blame: { readonly manager: string } | null;
    }
    const { open } = JSON.parse(out) as { readonly open: readonly Open[] };
    const rows = CHANGES.map(({ name, change, command }) => {
      const found = open.filter(({ object }) => object.name === name);
      const ours = found.map(({ summary, blame }) => `${summary}${blame ? ` (${blame.manager})` : ''}`);
      if (found.length === 0 && err.includes(`Ignored change: ${name} `)) ours.push('in sync: a restart is no drift');
      const [verb = ''] = command.split(' -');
      const shown = theirs.get(name) ?? [];
      const code = shown.slice(0, 6).map((line) => `\`${line.replace(/\s+/gu, ' ')}\``);
      if (shown.length > 6) code.push(`and ${shown.length - 6} more lines`);
      return `| ${change}: \`kubectl ${verb.replace('deployment/{}', name)}\` | ${code.length === 0 ? 'nothing' : code.join('<br>')} | ${ours.map(escapeText).join('<br>') || 'nothing'} |`;
    });
    await plane.kubectl(['delete', 'namespace', namespace, '--wait=false']);
    expect(
      rows.filter((row) => row.endsWith('| nothing |')),
      err,
    ).to.deep.equal([]);
    const head =
      'Ten Deployments are applied with `kubectl apply`, each is changed by hand once, and both commands compare them with the same file.\n`UPDATE=1 npm run mocha -- test/check/beside-kubectl.test.ts` makes this page; `npm test` compares it.\n\n' +
      '| change | `kubectl diff -f` (changed lines) | `drift-detector check -f` |\n|---|---|---|\n';
    const page = `# Ten changes, and what is printed\n\n${head}${rows.join('\n')}\n`;
    if (process.env['UPDATE'] !== undefined) writeFileSync(PAGE, page);
    // Other versions print their own defaults.
    else if (plane.version === DEFAULT_VERSION) expect(page).to.equal(readFileSync(PAGE, 'utf8'));
  });
});
