import { execFile } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { stringAt } from '../../src/domain/json.ts';
import { sharedControlPlane } from '../control-plane/shared.ts';
import { commitCount, deployProject, kubectl, type Scenario } from '../demo/scenario.ts';
import { startWorld, type World } from '../demo/world.ts';
import { startReceiver } from '../notify/receiver.ts';
import { PROGRAM_ENVIRONMENT } from '../program-environment.ts';
import { runUnread } from '../terminal/unread.ts';
import { parse } from '../types/builders.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

describe('where a pass writes to', function () {
  this.timeout(120_000);
  let world: World;
  let scenario: Scenario;
  let environment: Readonly<Record<string, string>>;
  before(async () => {
    world = await startWorld({ cluster: await sharedControlPlane() });
    scenario = await deployProject(world, 'quiet-otter');
    environment = {
      ...PROGRAM_ENVIRONMENT,
      HOME: world.folder,
      KUBECONFIG: world.cluster.kubeconfig,
      CONFIGHUB_URL: world.hubUrl,
      CUB_TOKEN: world.tokens.detector,
      REPORT_REPO: world.reportRepository,
      DRIFT_CLUSTER: 'dev',
      ...scenario.environment,
    };
    await kubectl(world, 'scale', 'deployment/backend-api', '--replicas=5');
  });
  after(async () => {
    if (world) await kubectl(world, 'delete', 'namespace', 'drift-test', '--wait=true');
    await world?.[Symbol.asyncDispose]();
  });

  it('a reader that goes away early takes nothing from it: report, webhook, exit code, and no folder is left', async () => {
    await using receiver = await startReceiver();
    const TMPDIR = join(world.folder, 'tmp');
    await mkdir(TMPDIR);
    const more = { DRIFT_MAX_FIXES: '0', DRIFT_WEBHOOK_URL: receiver.url, DRIFT_LOG_FORMAT: 'json', TMPDIR };
    const { code, err } = await runUnread('stdout', ['run'], { ...environment, ...more });
    expect(code, err).to.equal(21);
    expect(await commitCount(world)).to.equal(1);
    expect(receiver.requests).to.have.length(1);
    expect(err).to.contain('"event":"pass-finished"').and.to.not.contain('EPIPE');
    expect(await readdir(TMPDIR)).to.deep.equal([]);
    const silent = await runUnread('both', ['run'], { ...environment, ...more });
    expect(silent.code).to.equal(21);
  });

  it('counts costs with the prices of a file, says so on the page, and does not start with a file that lacks one', async () => {
    const file = join(world.folder, 'prices.yaml');
    await writeFile(file, 'name: ours\ncpuCoreHour: 0\nmemoryGibHour: 0\ngpuHour: 0\nstorageGibHour: 0\n');
    const page = await world.detector(['check', '-o', 'md', '--prices', file], scenario.environment);
    // Columns in which every cell is $0 are left out of the page.
    expect(page.stdout)
      .to.match(/of 730 hours: ours \\?\(US dollars an hour: a CPU core 0, /u)
      .and.not.to.match(/\| \+?\$[1-9]/u);
    await writeFile(file, 'name: ours\n');
    const refused = await world.detector(['check', '--quiet'], { ...scenario.environment, DRIFT_PRICES: file });
    expect(refused.code).to.equal(78);
    expect(refused.stderr).to.contain('cpuCoreHour: must be US dollars an hour for a CPU core');
  });

  describe('--quiet', () => {
    it('has the result and nothing else, in a pipe and on a terminal', async () => {
      const loud = await world.detector(['check'], scenario.environment);
      expect(loud.stderr).to.contain('"event":"compared"').and.to.contain('"event":"drift-detected"');
      const quiet = await world.detector(['check', '--quiet'], scenario.environment);
      expect(quiet).to.deep.equal({ code: 0, stdout: loud.stdout, stderr: '' });
      expect(quiet.stdout).to.match(/^SEVERITY .*\nmedium +drift-test\/deployment\/backend-api +replicas 3 → 5 /u);
      expect(await onTerminal('check')).to.match(/^ +snapshot +\d+\.\d\d s$/mu);
      expect(await onTerminal('check --quiet')).to.equal(quiet.stdout);
    });

    it('has errors beside it, the one that ends the pass and those that do not', async () => {
      const guarded = await world.detector(['check', '--quiet', '--max-fixes', '0'], scenario.environment);
      expect(guarded.stdout).to.contain('Guard mass-change: ');
      expect(
        guarded.stderr
          .trimEnd()
          .split('\n')
          .map((line) => stringAt(parse(line), 'event')),
      ).to.deep.equal(['guard-tripped']);
      const failed = await world.detector(['check', '--quiet', '--confighub-url', 'http://127.0.0.1:1'], scenario.environment);
      expect(failed.code).to.equal(75);
      expect(failed.stdout).to.equal('');
      expect(stringAt(parse(failed.stderr), 'event')).to.equal('failed-unavailable');
    });

    /** What a person sees of the command, on a terminal of unknown width. */
    function onTerminal(command: string): Promise<string> {
      const env = { ...environment, TERM: 'dumb', SHELL: '/bin/sh' };
      const line = `stty cols 0; exec "${process.execPath}" "${MAIN}" ${command}`;
      return new Promise((resolve, reject) => {
        execFile('script', ['--quiet', '--return', '--command', line, '/dev/null'], { env }, (error, stdout) => {
          if (error) reject(error);
          else resolve(stdout.replaceAll('\r', ''));
        });
      });
    }
  });
});
