import { expect } from 'chai';
import { openReportRepository } from '../../src/stages/report/report.ts';
import { startGitHttp } from './git-http-server.ts';
import { publish, publishOnce, report, repositories } from './repositories.ts';

describe('report repository that hashes by SHA-256', () => {
  for (const [what, isOverHttp] of [
    ['a path', false],
    ['http', true],
  ] as const) {
    it(`takes reports by ${what}, the first and those after it`, async () => {
      using world = repositories('sha256');
      await using server = await startGitHttp({ folder: world.path });
      const options = world.options(isOverHttp ? { url: `${server.url}/bare.git` } : {});
      const first = await publishOnce(options, ['web']);
      expect(first).to.have.length(64);
      const second = await publishOnce(options, []);
      expect(world.git('rev-list', 'main').trim().split('\n')).to.deep.equal([second, first]);
      expect(world.git('ls-tree', '-r', '--name-only', 'main')).to.not.contain('deployment.web.md');
      expect(await publishOnce(options, [])).to.equal('');
    });
  }

  it('is found out about before anything is corrected, also where it is empty', async () => {
    using world = repositories('sha256');
    await using repository = await openReportRepository(world.options());
    await repository.confirmWritable();
    expect((await publish(repository, report(['web']))).commit).to.equal(world.git('rev-parse', 'main').trim());
  });

  it('tells who decided, and takes an edit alone', async () => {
    using world = repositories('sha256');
    const path = 'prod-eu/decisions.yaml';
    await publishOnce(world.options(), ['web']);
    world.commitByHand({ [`reports/${path}`]: 'accept: a\n' });
    await using repository = await openReportRepository(world.options());
    const { versions } = await repository.historyOf(path, () => false);
    expect(versions.map(({ commit }) => commit)).to.deep.equal([world.git('rev-parse', 'main').trim()]);
    await repository.publish(new Map(), 'Decide\n', new Map([[path, () => '']]));
    expect(world.git('ls-tree', '-r', '--name-only', 'main')).to.not.contain('decisions.yaml');
  });
});
