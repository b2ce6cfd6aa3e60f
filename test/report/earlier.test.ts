import { expect } from 'chai';
import type { Report } from '../../src/domain/report.ts';
import { Secret } from '../../src/domain/secret.ts';
import { CLUSTER, finding, IMAGE, ref } from '../types/builders.ts';
import { asPrevious, filesOf, outcome, ranked, reportOf } from './build.ts';

const DAY = 24 * 3_600_000;
const day = (number: number): Date => new Date(Date.UTC(2026, 10, number, 3));
const scaled = (live: number) => ranked(finding({ live }));

/** Passes of consecutive days, each with what it finds. */
function nights(...found: readonly (readonly Parameters<typeof reportOf>[0][number][])[]): Report {
  const [first, ...rest] = found.map((findings, index) => ({ findings, now: day(10 + index) }));
  return rest.reduce(
    (before, { findings, now }) => reportOf(findings, { previous: asPrevious(before), now }),
    reportOf(first?.findings ?? [], { now: first?.now ?? day(10) }),
  );
}
const page = (report: Report): string => filesOf(report)[`${CLUSTER}/shop/deployment.web.md`] ?? '';
const earlier = (report: Report): readonly string[] =>
  page(report)
    .split('## Earlier drift')[1]
    ?.split('\n## ')[0]
    ?.split('\n')
    .filter((line) => /^\| \d/u.test(line)) ?? [];

describe('earlier drift of a field', () => {
  it('is on its page where nothing corrected it, with when it was and what had been done', () => {
    const report = nights([scaled(5)], [], [scaled(9)], [], [scaled(4)]);
    expect(earlier(report)).to.deep.equal([
      '| 12\u00a0Nov\u00a02026 03:00Z | replicas 3 → 9 | 13\u00a0Nov\u00a02026 03:00Z | resolved without a fix, report only (auto-fix-off) |',
      '| 10\u00a0Nov\u00a02026 03:00Z | replicas 3 → 5 | 11\u00a0Nov\u00a02026 03:00Z | resolved without a fix, report only (auto-fix-off) |',
    ]);
  });

  it('tells of a value that was there before, and of corrections among them in order', () => {
    const changed = nights([scaled(5)], [scaled(7)]);
    expect(earlier(changed)).to.have.length(1);
    expect(earlier(changed)[0]).to.contain('replicas 3 → 5').and.contain('changed to another drift');
    const outcomes = [outcome(finding().id, { changeSet: 'prod/fixes' })];
    const fixed = reportOf([scaled(8)], { previous: asPrevious(changed), now: day(13), outcomes });
    const back = reportOf([scaled(9)], { previous: asPrevious(fixed), now: day(14) });
    const rows = earlier(back);
    expect(rows.map((row) => /replicas 3 → \d/u.exec(row)?.[0])).to.have.members([
      'replicas 3 → 8',
      'replicas 3 → 7',
      'replicas 3 → 5',
    ]);
    expect(rows.find((row) => row.includes('→ 8')))
      .to.contain('fixed, revision 17')
      .and.contain('prod/fixes');
  });

  it('is of this object and of no other', () => {
    const image = ranked(finding({ path: IMAGE, desired: 'a:1', live: 'a:2' }));
    const other = ranked(finding({ ref: ref('cart') }));
    expect(earlier(nights([image, other, scaled(5)], [], [scaled(9)]))).to.have.length(2);
  });

  it('is not what could not be read, and not what is no drift', () => {
    const failedReads = [{ what: 'apps/v1/Deployment', namespace: 'shop', error: 'forbidden' }];
    const before = nights([scaled(5)]);
    expect(reportOf([], { previous: asPrevious(before), snapshot: { failedReads } }).gone).to.deep.equal([]);
    expect(nights([ranked(finding({ class: 'pending' }))], []).gone).to.deep.equal([]);
  });

  it('is listed once if a person applied what had been staged, and never for a hidden value', () => {
    const staged = reportOf([scaled(5)], { outcomes: [outcome(finding().id, { result: 'staged' })] });
    const recorded = [
      {
        ranked: scaled(5),
        correctionId: 'c-9',
        revision: 18,
        changeSet: '',
        firstSeen: day(1).toISOString(),
        time: day(2).toISOString(),
        wasStaged: true,
      },
    ];
    const applied = reportOf([], { previous: asPrevious(staged), recorded });
    expect(applied.corrections).to.have.length(1);
    expect(applied.gone).to.deep.equal([]);
    const secret = ranked(finding({ live: new Secret('a'), desired: new Secret('b') }));
    expect(nights([secret], []).gone).to.deep.equal([]);
  });

  it('is bounded: twenty of a field, a thousand in all', () => {
    let report = reportOf([scaled(1)]);
    for (let night = 0; night < 30; night++)
      report = reportOf([scaled(night + 10)], { previous: asPrevious(report), now: new Date(day(10).getTime() + night * DAY) });
    expect(report.gone.map(({ live }) => live)).to.deep.equal(Array.from({ length: 20 }, (_, index) => index + 19));
    const many = reportOf(Array.from({ length: 1_200 }, (_, index) => ranked(finding({ ref: ref(`w-${index}`) }))));
    expect(reportOf([], { previous: asPrevious(many) }).gone).to.have.length(1_000);
  });

  it('stays as it is while nothing changes', () => {
    const report = nights([scaled(5)], [], [scaled(9)]);
    const again = reportOf([scaled(9)], { previous: asPrevious(report), now: day(20) });
    expect(filesOf(again)).to.deep.equal(filesOf(report));
  });
});

describe('what is left out on purpose', () => {
  const RULE = { kind: 'Deployment', path: '/spec/replicas', reason: 'scaled | by hand in sales' };
  const use = (more: object = {}, isExpired = false) => ({ rule: { ...RULE, ...more }, matches: 3, isExpired });
  const readme = (report: Report): string => filesOf(report)[`${CLUSTER}/README.md`] ?? '';

  it('is listed rule by rule, with the reason and the end, and the page is not called clear without them', () => {
    const report = reportOf([], {
      comparison: { ignores: [use(), use({ until: '2026-12-01', reason: 'sale' }), use({ until: '2026-01-01' }, true)] },
    });
    const text = readme(report);
    expect(text).to.contain('All clear: live and desired agree, apart from what 2 ignore rules may cover.');
    expect(text).to.contain('| kind Deployment, path /spec/replicas | scaled \\| by hand in sales | permanent |');
    expect(text).to.contain('| sale | until 1\u00a0Dec\u00a02026 |').and.contain('| **expired** 1\u00a0Jan\u00a02026 |');
  });

  it('says nothing of how much a rule covers just now, which comes and goes', () => {
    const told = (matches: number) => filesOf(reportOf([], { comparison: { ignores: [{ ...use(), matches }] } }));
    expect(told(0)).to.deep.equal(told(7));
  });

  it('leaves decisions by commit to their own table', () => {
    const decided = use();
    const report = reportOf([], { comparison: { ignores: [decided] }, decidedRules: new Set([decided.rule]) });
    expect(report.ignored).to.deep.equal([]);
  });

  it('counts objects that are not monitored and units of other targets, in steps', () => {
    const report = (notMonitored: number, previous?: Report): Report =>
      reportOf([], {
        comparison: { notMonitored },
        desired: { otherTargets: 4 },
        ...(previous ? { previous: asPrevious(previous) } : {}),
      });
    const first = report(40);
    expect(readme(first)).to.contain(
      'Left out: some 40 declared objects in namespaces that are not monitored and some 4 units of other targets.',
    );
    expect(filesOf(report(45, first))).to.deep.equal(filesOf(first));
    expect(readme(report(60, first))).to.contain('some 60 declared objects');
    expect(readme(report(0, first))).to.not.contain('not monitored');
  });
});

describe('the cost of a drift that stays', () => {
  const cost = (previous: Report, costUsdPerMonth: number, kind = 'Deployment'): number | null | undefined =>
    reportOf([ranked(finding({ ref: ref('web', { kind }) }), { costUsdPerMonth })], { previous: asPrevious(previous) })
      .findings[0]?.costUsdPerMonth;

  it('follows what it is computed to be', () => {
    expect(cost(reportOf([ranked(finding(), { costUsdPerMonth: 10 })]), 99)).to.equal(99);
  });

  it('of an object that no unit declares follows no autoscaler', () => {
    const unmanaged = (costUsdPerMonth: number) =>
      ranked(finding({ class: 'unmanaged', path: [], desired: undefined, live: undefined, unit: '' }), { costUsdPerMonth });
    const before = reportOf([unmanaged(43)]);
    const after = reportOf([unmanaged(73)], { previous: asPrevious(before) });
    expect(filesOf(after)).to.deep.equal(filesOf(before));
  });

  it('of a DaemonSet follows no node that comes or goes, but the price table', () => {
    const before = reportOf([ranked(finding({ ref: ref('web', { kind: 'DaemonSet' }) }), { costUsdPerMonth: 10 })]);
    expect(cost(before, 99, 'DaemonSet')).to.equal(10);
    expect(cost({ ...before, prices: 'another table' }, 99, 'DaemonSet')).to.equal(99);
  });
});
