import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { sharedControlPlane } from '../control-plane/shared.ts';
import { deployProject, kubectl, reportFile, type Scenario } from '../demo/scenario.ts';
import { type CommandResult, startWorld, type World } from '../demo/world.ts';
import { sentences } from './logs.ts';

// A server that takes a dry run of the push and refuses the push itself, as a pre-receive hook does.

for (const auditRevisions of ['true', 'false'])
  describe(`a report that is refused, DRIFT_AUDIT_REVISIONS=${auditRevisions}`, function () {
    this.timeout(180_000);
    let world: World;
    let scenario: Scenario;

    const replicas = (): Promise<string> => kubectl(world, 'get', 'deployment/orders', '-o', 'jsonpath={.spec.replicas}');
    const scale = (count: number): Promise<string> => kubectl(world, 'scale', 'deployment/orders', `--replicas=${count}`);
    const run = (...options: readonly string[]): Promise<CommandResult> =>
      world.detector(['run', ...options], {
        ...scenario.environment,
        DRIFT_LOG_FORMAT: 'json',
        AUTO_FIX: 'true',
        DRIFT_AUDIT_REVISIONS: auditRevisions,
        DRIFT_WAIT_HEALTHY: '0',
      });

    before(async () => {
      world = await startWorld({ cluster: await sharedControlPlane() });
      scenario = await deployProject(world, 'refused-otter');
    });
    after(async () => {
      if (world) await kubectl(world, 'delete', 'namespace', 'drift-test', '--wait=true');
      await world?.[Symbol.asyncDispose]();
    });

    it('is followed by no further fix until a report is pushed', async () => {
      expect((await run()).code).to.equal(0);
      const hook = join(world.reportRepository, 'hooks/pre-receive');
      await mkdir(join(world.reportRepository, 'hooks'), { recursive: true });
      await writeFile(hook, '#!/bin/sh\necho signed commits only\nexit 1\n', { mode: 0o755 });
      await scale(7);
      const refused = await run();
      expect(refused.code, refused.stderr).to.equal(77);
      expect(await replicas()).to.equal('2');

      // There is still a fix to tell of, and its report is refused again.
      expect((await run()).code).to.equal(77);

      await scale(8);
      const held = await run();
      expect(held.code).to.equal(77);
      expect(sentences(held, 'guard-tripped').join()).to.contain('could not push the report of its fixes');
      expect(await replicas(), 'nobody would be told of the fix').to.equal('8');
      const planned = await run('--dry-run');
      expect(planned.stdout, planned.stderr).to.contain('could not push the report of its fixes');

      await rm(hook);
      const told = await run();
      expect(told.code, told.stderr).to.equal(21);
      expect(await replicas()).to.equal('8');
      expect(await reportFile(world, 'reports/dev/README.md')).to.contain('Guard unreported-fixes');

      const healed = await run();
      expect(healed.code, healed.stderr).to.equal(0);
      expect(await replicas()).to.equal('2');
      expect(await reportFile(world, 'reports/dev/corrections.jsonl')).to.contain('replicas 2 → 8');
    });
  });
