import { expect } from 'chai';
import type { Report } from '../../src/domain/report.ts';
import { openReportRepository } from '../../src/stages/report/report.ts';
import { finding, IMAGE, ref } from '../types/builders.ts';
import { asPrevious, filesOf, NOW, outcome, ranked, reportOf } from './build.ts';
import { publish, type Repositories, repositories } from './repositories.ts';

const PAGE = 'reports/prod-eu/shop/deployment.web.md';
const web = finding();
const image = finding({ path: IMAGE, desired: 'app:1', live: 'app:2' });

async function push(world: Repositories, report: Report): Promise<void> {
  await using repository = await openReportRepository(world.options());
  await publish(repository, report);
}

describe('what was found and fixed in one pass', () => {
  it('has its page, and its line in the history of that page', async () => {
    using world = repositories();
    const fixed = reportOf([ranked(web)], { outcomes: [outcome(web.id)] });
    await push(world, fixed);
    const other = reportOf([ranked(finding({ ref: ref('cart') }))], { previous: asPrevious(fixed) });
    await push(world, other);
    const again = reportOf([ranked(image), ...other.findings.map(() => ranked(finding({ ref: ref('cart') })))], {
      previous: asPrevious(other),
      outcomes: [outcome(image.id, { revision: 19 })],
      now: new Date('2026-11-24T12:00:00Z'),
    });
    await push(world, again);
    expect(world.git('log', '--format=%s', '--', PAGE).trim().split('\n')).to.deep.equal([
      'drift(prod-eu): 1 new, 1 fixed, 1 still open (worst: medium)',
      'drift(prod-eu): 1 new, 1 fixed (worst: medium)',
    ]);
    const patches = world.git('log', '-p', '--', PAGE);
    expect(patches).to.contain('+**No open drift.** Last fixed at 23\u00a0Nov\u00a02026 12:00Z: replicas 3 → 5.');
    expect(patches).to.contain('+**No open drift.** Last fixed at 24\u00a0Nov\u00a02026 12:00Z: image of container app 1 → 2.');
    expect(world.git('show', `main:${PAGE}`))
      .to.contain('fixed, revision 17')
      .and.contain('fixed, revision 19');
  });

  it('is on the page of a workload that drifts in another field', () => {
    const page = filesOf(reportOf([ranked(image), ranked(web)], { outcomes: [outcome(web.id)] }))[
      'prod-eu/shop/deployment.web.md'
    ];
    expect(page)
      .to.contain('image of container app 1 → 2')
      .and.match(/\| replicas 3 → 5 \|.*\| fixed, revision 17 \|/u);
  });

  it('leaves its page as it is while nothing happens to the workload, and is linked', () => {
    const fixed = reportOf([ranked(web)], { outcomes: [outcome(web.id)] });
    const later = reportOf([ranked(finding({ ref: ref('cart') }))], {
      previous: asPrevious(fixed),
      now: new Date(NOW.getTime() + 1),
    });
    const name = 'prod-eu/shop/deployment.web.md';
    expect(filesOf(later)[name]).to.equal(filesOf(fixed)[name]);
    expect(filesOf(later)['prod-eu/README.md']).to.contain('[shop/deployment/web](shop/deployment.web.md)');
  });

  it('takes no more pages than hosts show in one commit, the last fixed first', () => {
    const many = Array.from({ length: 300 }, (_, index) => finding({ ref: ref(`web-${String(index).padStart(3, '0')}`) }));
    const report = reportOf(
      many.map((entry) => ranked(entry)),
      { outcomes: many.slice(10).map(({ id }) => outcome(id)) },
    );
    const pages = Object.keys(filesOf(report)).filter((path) => path.includes('/shop/'));
    expect(pages).to.have.lengthOf(250);
    expect(pages).to.include('prod-eu/shop/deployment.web-299.md').and.include('prod-eu/shop/deployment.web-009.md');
    expect(pages).to.not.include('prod-eu/shop/deployment.web-011.md');
  });
});
