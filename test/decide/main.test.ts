import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { openReportRepository } from '../../src/stages/report/report.ts';
import { ranked, reportOf } from '../report/build.ts';
import { publish, publishOnce, type Repositories, repositories } from '../report/repositories.ts';
import { runMain } from '../run-main.ts';
import { finding } from '../types/builders.ts';

/** Runs a command as Ann, against this repository. */
async function run(
  world: Repositories,
  argv: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const ann = { GIT_AUTHOR_NAME: 'Ann', GIT_AUTHOR_EMAIL: 'ann@example.org' };
  return runMain(argv, { PATH: process.env['PATH'] ?? '', HOME: world.path, ...ann, ...environment });
}

describe('the commands that decide', () => {
  it('say of a cluster without a report what the report command says, and decide nothing', async () => {
    using world = repositories();
    await publishOnce(world.options(), ['web']);
    const before = world.git('rev-parse', 'main');
    const where = { REPORT_REPO: world.bare, DRIFT_CLUSTER: 'staging' };
    const { code, err } = await run(world, ['fix', 'web'], where);
    expect(code).to.equal(78);
    expect(err).to.contain('the report repository has no report of cluster staging').and.contain('--cluster: prod-eu');
    expect(err).to.not.contain('--all-clusters');
    expect(world.git('rev-parse', 'main')).to.equal(before);
  });

  it('are set up by the same file as a pass', async () => {
    using world = repositories();
    await publishOnce(world.options(), ['web']);
    const file = join(world.path, 'drift.yaml');
    writeFileSync(file, `reportRepo: ${world.bare}\ncluster: prod-eu\n`);
    const { code, out, err } = await run(world, ['fix', 'web', '--config', file]);
    expect(code, err).to.equal(0);
    expect(out).to.contain('Decided: fix shop/deployment/web');
    expect(world.git('log', '-1', '--format=%an %B', 'main').trim()).to.match(
      /^Ann decide\(prod-eu\): fix deployment\/web\n\nshop\/deployment\/web: [^\n]*$/u,
    );
    const ignored = await run(world, ['ignore', 'web', '--reason', 'a test', '--config', file]);
    expect(ignored.code, ignored.err).to.equal(0);
    const { ignore, ...others } = parse(world.git('show', 'main:reports/prod-eu/decisions.yaml'));
    expect(Object.keys(ignore[0])).to.have.members(['namespace', 'kind', 'name', 'path', 'reason']);
    expect(others, 'the fix is taken back').to.not.have.nested.property('fix[0]');
  });

  it('adopt into the space that is named, else into the only one that passes compare; of several none is guessed', async () => {
    using world = repositories();
    const unmanaged = finding({ class: 'unmanaged', path: [], desired: undefined, live: { kind: 'Deployment' } });
    {
      await using repository = await openReportRepository(world.options());
      await publish(repository, reportOf([ranked(unmanaged)], { previous: repository.previous }));
    }
    const where = { REPORT_REPO: world.bare, DRIFT_CLUSTER: 'prod-eu' };
    const written = (): unknown => parse(world.git('show', 'main:reports/prod-eu/decisions.yaml'));
    for (const spaces of [undefined, 'shop,bank']) {
      const { code, err } = await run(world, ['adopt', 'web'], { ...where, ...(spaces ? { CONFIGHUB_SPACE: spaces } : {}) });
      expect(code, err).to.equal(64);
      expect(err)
        .to.contain('the space of the new unit is not given (--space)')
        .and.contain('Pass --space with a space of CONFIGHUB_SPACE');
    }
    for (const [flags, spaces, space] of [
      [[], 'shop', 'shop'],
      [['--space', 'bank'], 'shop,bank', 'bank'],
    ] as const) {
      const { code, err } = await run(world, ['adopt', 'web', ...flags], { ...where, CONFIGHUB_SPACE: spaces });
      expect(code, err).to.equal(0);
      expect(written()).to.deep.equal({ adopt: [{ fingerprint: unmanaged.fingerprint, space }] });
    }
  });

  it('offer what a decision can say, and not what it cannot', async () => {
    using world = repositories();
    for (const [command, flags, without] of [
      ['accept', ['--reason'], ['--until', '--space', '--unit']],
      ['ignore', ['--reason', '--until'], ['--space', '--unit']],
      ['fix', ['--reason'], ['--until', '--space', '--unit']],
      ['adopt', ['--reason', '--space', '--unit'], ['--until']],
    ] as const) {
      const out = (await run(world, [command, '--help'])).out.replaceAll(/\s+/gu, ' ');
      for (const flag of ['--report-repo', '--git-ssh-known-hosts-file', '--cluster', '--timeout', ...flags])
        expect(out).to.contain(`${flag} <`);
      expect(out).to.contain('a workload such as web, deployment/web');
      for (const flag of ['--git-author', '--kubeconfig', ...without]) expect(out).to.not.contain(`${flag}`);
    }
    expect((await run(world, ['ignore', 'web'])).err).to.contain('--reason');
  });
});
