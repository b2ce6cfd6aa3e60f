import { expect } from 'chai';
import type { ReportedDecision } from '../../src/domain/decision.ts';
import { decisionsOf } from '../../src/pass/decisions.ts';
import { openReportRepository } from '../../src/stages/report/report.ts';
import { publish, type Repositories, report, repositories } from '../report/repositories.ts';

// Real Git: how much of a long history a pass reads to say who decided.

const PATH = 'reports/prod-eu/decisions.yaml';
const TEXT = 'ignore:\n- {kind: Deployment, name: web, reason: r}\n';

/** What a pass finds, and how many commits it read for that. */
async function look(world: Repositories): Promise<{ readonly by: string; readonly read: number }> {
  let read = 0;
  await using repository = await openReportRepository(world.options());
  const historyOf: typeof repository.historyOf = (path, isEnough) =>
    repository.historyOf(path, (history) => {
      read++;
      return isEnough(history);
    });
  const { decisions } = await decisionsOf({ ...repository, historyOf }, 'prod-eu');
  return { by: decisions[0]?.by?.name ?? '', read };
}

/** A report that says who decided. */
async function reportDecider(world: Repositories, by: string): Promise<void> {
  await using repository = await openReportRepository(world.options());
  const { decisions } = await decisionsOf(repository, 'prod-eu');
  const line: ReportedDecision = {
    id: decisions[0]?.id ?? '',
    kind: 'ignore',
    what: 'x',
    by,
    decidedAt: '2026-11-20T10:00:00.000Z',
    commit: '',
    reason: 'r',
    effect: 'active',
    detail: 'permanent',
  };
  await publish(repository, { ...report(['web']), decisions: [line] });
}

describe('who decided long ago', () => {
  it('is found however deep it lies', async () => {
    using world = repositories();
    world.commitByHand({ [PATH]: TEXT });
    world.commitMany(300);
    expect(await look(world)).to.deep.equal({ by: 'Person', read: 4 });
  });

  it('is taken from the last report, with no more history than that takes', async () => {
    using world = repositories();
    world.commitByHand({ [PATH]: TEXT });
    world.commitMany(300);
    await reportDecider(world, 'Ann <ann@example.org>');
    world.commitMany(20);
    expect(await look(world)).to.deep.equal({ by: 'Ann', read: 2 });
    world.commitMany(300);
    expect(await look(world)).to.deep.equal({ by: 'Ann', read: 3 });
  });

  it('is not who the last report names where the entry was taken out and written again since', async () => {
    using world = repositories();
    world.commitByHand({ [PATH]: TEXT });
    world.commitMany(300);
    await reportDecider(world, 'Ann <ann@example.org>');
    world.commitByHand({ [PATH]: '# none\n' });
    world.commitByHand({ [PATH]: TEXT });
    world.commitMany(100);
    expect(await look(world)).to.deep.equal({ by: 'Person', read: 3 });
  });
});
