import { expect } from 'chai';
import { openReportRepository } from '../../src/stages/report/report.ts';
import { type GitHttpServer, startGitHttp } from './git-http-server.ts';
import { publish, type Repositories, report, repositories } from './repositories.ts';

const isLong = (process.env['DRIFT_LONG'] ?? '') !== '';

describe('report repository of several clusters', () => {
  for (const { count, sample } of [
    { count: 2, sample: 4 },
    // Each round of eight is some thirty pushes.
    { count: 8, sample: 1 },
  ]) {
    const rounds = isLong ? 50 : sample;
    it(`loses no report of ${count} clusters that push at once, ${rounds} times over, in one line of history`, async function () {
      this.timeout(rounds * count * 10_000);
      using world = repositories();
      world.git('config', 'core.logAllRefUpdates', 'always');
      world.git('config', 'receive.autogc', 'false');
      await using server = await startGitHttp({ folder: world.path });
      const clusters = Array.from({ length: count }, (_, index) => `cluster-${index}`);
      const commits: string[] = [];
      for (let round = 0; round < rounds; round++) {
        const published = await pushAtOnce(world, server, clusters, `web-${round}`);
        commits.push(...published);
        for (const [index, cluster] of clusters.entries()) {
          const findings = world.git('show', `main:reports/${cluster}/findings.jsonl`);
          expect(findings, `${cluster} in round ${round}`).to.contain(`"web-${round}"`);
          // Each pass's commit is its own report only.
          const touched = world.git('diff-tree', '-r', '--root', '--no-commit-id', '--name-only', published[index] ?? '');
          expect(touched).to.match(new RegExp(`^(reports/(README\\.md|schema/.*|${cluster}/.*)\n)+$`, 'u'));
        }
      }
      const index = world.git('show', 'main:reports/README.md');
      for (const cluster of clusters) expect(index).to.contain(`[${cluster}](${cluster}/README.md) | 1 open`);
      const history = world.git('rev-list', 'main').trim().split('\n');
      expect([...history].sort()).to.deep.equal([...commits].sort());
      expect(world.git('rev-list', '--merges', 'main')).to.equal('');
      // What the server noted of its branch: every update put one commit on top of the last one.
      expect(world.git('reflog', 'show', '--format=%H', 'main').trim().split('\n')).to.deep.equal(history);
    });
  }
});

/** One pass of each cluster: all read the same head, then all push. */
async function pushAtOnce(
  world: Repositories,
  server: GitHttpServer,
  clusters: readonly string[],
  workload: string,
): Promise<readonly string[]> {
  const url = `${server.url}/bare.git`;
  await using open = new AsyncDisposableStack();
  const passes = await Promise.all(
    clusters.map(async (cluster) => ({ cluster, repository: await openReportRepository(world.options({ url, cluster })) })),
  );
  for (const { repository } of passes) open.use(repository);
  const published = await Promise.all(
    passes.map(({ cluster, repository }) => publish(repository, report([workload], cluster, repository))),
  );
  return published.map(({ commit }) => commit);
}
