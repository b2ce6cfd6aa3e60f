import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ROOT } from './build.ts';
import { nodeBuild } from './node-builds.ts';
import { sharedProgram } from './shared.ts';

const { version, engines, optionalDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly version: string;
  readonly engines: { readonly node: string };
  readonly optionalDependencies: Readonly<Record<string, string>>;
};
/** The oldest that runs it, as `24.3.0`. */
const WANTED = engines.node.replace('>=', '');
/** That one, and the Node that is pinned for each platform; all other tests run on this process's own. */
const SUITABLE = [...new Set([WANTED, ...Object.values(optionalDependencies)])].filter((each) => `v${each}` !== process.version);
/** The first with `await` at the top of a module, what Debian brings, and the last that ended in silence with 0. */
const UNSUITABLE = ['14.21.3', '20.20.2', '24.0.0'];
const ENTRIES: ReadonlyMap<string, () => string> = new Map([
  ['bin/drift-detector.mjs', () => join(ROOT, 'bin/drift-detector.mjs')],
  ['its bundle', sharedProgram],
]);

describe('image: versions of Node', function () {
  // The first run fetches 30 to 60 MB for each version.
  this.timeout(300_000);
  const builds = new Map<string, string>();

  before(async function () {
    if (process.platform !== 'linux' || process.arch !== 'x64') return this.skip();
    try {
      await Promise.all(
        [...UNSUITABLE, ...SUITABLE].map(async (wanted) => {
          builds.set(wanted, await nodeBuild(wanted));
        }),
      );
    } catch (error) {
      const reason = `npm did not give the Node builds that the entry is tried on: ${error instanceof Error ? error.message : error}`;
      if (process.env['CI']) throw new Error(reason, { cause: error });
      process.stdout.write(`    skipped: ${reason}\n`);
      this.skip();
    }
  });

  for (const [name, entry] of ENTRIES) {
    for (const old of UNSUITABLE)
      it(`${name} refuses Node ${old} with 78 and names the version wanted`, () => {
        const { status, stdout, stderr } = spawnSync(builds.get(old) ?? '', [entry(), '--version'], { encoding: 'utf8' });
        expect({ status, stdout }, stderr).to.deep.equal({ status: 78, stdout: '' });
        const line: unknown = JSON.parse(stderr);
        expect(line).to.include({ level: 'error', event: 'failed-configuration' });
        expect(stderr).to.contain(`needs Node ${WANTED} or newer`).and.to.contain(`this is Node ${old} `);
      });

    for (const suitable of SUITABLE)
      it(`${name} runs on Node ${suitable}, without a warning`, () => {
        const result = spawnSync(builds.get(suitable) ?? '', [entry(), '--version'], { encoding: 'utf8' });
        expect(result).to.include({ status: 0, stdout: `${version}\n`, stderr: '' });
      });
  }

  for (const suitable of SUITABLE)
    it(`the embedded ConfigHub starts and stops on Node ${suitable}`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'drift-node-'));
      const args = [sharedProgram(), 'hub', `--data-dir=${folder}`, '--port=0'];
      const hub = spawn(builds.get(suitable) ?? '', args, { stdio: ['ignore', 'pipe', 'ignore'] });
      try {
        const [line] = await firstOutput(hub);
        expect(String(line)).to.contain('export CONFIGHUB_URL=http://127.0.0.1:');
        const ended = once(hub, 'exit');
        hub.kill('SIGTERM');
        expect(await ended).to.deep.equal([0, null]);
      } finally {
        hub.kill('SIGKILL');
        rmSync(folder, { recursive: true });
      }
    });
});

/** What a process prints first; fails where it ends before. */
async function firstOutput(child: ChildProcess): Promise<readonly unknown[]> {
  if (child.stdout === null) throw new Error('standard output is no pipe');
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`it ended with ${code} before it printed`);
  });
  return Promise.race([once(child.stdout, 'data'), ended]);
}
