import { expect } from 'chai';
import type { Report } from '../../src/domain/report.ts';
import { readDecisions } from '../../src/stages/decisions/decisions.ts';
import { CLUSTER, finding, hands, IMAGE, ref } from '../types/builders.ts';
import { asPrevious, filesOf, outcome, ranked, reportOf } from './build.ts';

const readme = (report: Report): string => filesOf(report)[`${CLUSTER}/README.md`] ?? '';
const top = (report: Report): string => readme(report).split('\n## ')[0] ?? '';
const opinion = {
  severity: 'critical',
  rank: 1,
  isHeld: false,
  advice: { cause: 'A hotfix by hand', advice: 'Commit it to the unit.', confidence: 'high' },
  promptVersion: '1',
} as const;
const image = finding({
  path: IMAGE,
  desired: 'app:1',
  live: 'app:2',
  isCritical: true,
  blame: { ...hands, manager: 'kubectl-set', subresource: '', time: '2026-11-23T03:04:00Z' },
});
const stray = ranked(finding({ ref: ref('stray'), class: 'unmanaged', path: [], unit: '' }), { costUsdPerMonth: 500 });

describe("the first screen of a cluster's page", () => {
  it('says what is worst, who changed it, what the model thinks of it, and what was not compared', () => {
    const failedReads = [{ what: 'apps/v1/StatefulSet', namespace: 'db', error: 'forbidden' }];
    const text = top(
      reportOf([ranked(image, { severity: 'critical', opinion }), ranked(finding(), { severity: 'high' }), stray], {
        snapshot: { failedReads },
      }),
    );
    expect(text).to.contain(
      '> [!CAUTION]\n> **Worst: critical**, [shop/deployment/web](shop/deployment.web.md) (tier=critical): image of container app 1 → 2. Last changed by kubectl-set (by hand) at 23\u00a0Nov\u00a02026 03:04Z. +$29.27 a month. State: report only (auto-fix-off).\n>\n> Advice from the model (high confidence): A hotfix by hand. Commit it to the unit.\n',
    );
    expect(text).to.contain('**2 open in 1 workload**: 1 critical, 1 high; +$58.54 a month.');
    expect(text).to.contain('Not drift: 1 unmanaged, +$500.00 a month.');
    expect(text).to.contain('**1 thing could not be compared**: apps/v1/StatefulSet in namespace db; see');
  });

  it('has a box for a guard, and none where nothing is critical', () => {
    const calm = reportOf([ranked(finding())]);
    expect(top(calm)).to.contain('**Worst: medium**').and.not.contain('CAUTION');
    const guard = { name: 'mass-change', detail: '40 objects would change' } as const;
    expect(top({ ...calm, guard })).to.contain('> [!CAUTION]\n> **Guard mass-change**: 40 objects would change; only fixes');
  });

  it('calls a cluster clear that has only what no unit declares', () => {
    expect(top(reportOf([stray])))
      .to.contain('All clear')
      .and.contain('Not drift: 1 unmanaged');
  });
});

describe("the table of a cluster's page", () => {
  it('has one row for a workload, with a mark and a word, and says once what is the same for each', () => {
    const report = reportOf([
      ranked(image, { severity: 'high', costUsdPerMonth: 0 }),
      ranked(finding({ ref: ref('cart') }), { costUsdPerMonth: 0 }),
      ranked(finding(), { costUsdPerMonth: 0 }),
    ]);
    expect(readme(report)).to.contain(
      [
        '| severity | workload | what | changed by |',
        '| --- | --- | --- | --- |',
        '| ▲\u00a0high | [shop/deployment/web](shop/deployment.web.md) | image of container app 1 → 2<br>●\u00a0medium: replicas 3 → 5 | kubectl-set, 23\u00a0Nov\u00a003:04Z<br>kubectl via scale, time unknown |',
        '| ●\u00a0medium | [shop/deployment/cart](shop/deployment.cart.md) | replicas 3 → 5 | kubectl via scale, time unknown |',
        '',
        'The same for each: state: report only (auto-fix-off).',
      ].join('\n'),
    );
  });

  it('says of a drift that it is back, and how often', () => {
    const web = ranked(finding());
    let report = reportOf([web], { outcomes: [outcome(web.finding.id)] });
    report = reportOf([web], { previous: asPrevious(report), outcomes: [outcome(web.finding.id)] });
    report = reportOf([web], { previous: asPrevious(report) });
    expect(readme(report)).to.contain('| replicas 3 → 5 (back for the 2nd time) |').and.contain('Back for the 2nd time.');
    expect(filesOf(report)[`${CLUSTER}/shop/deployment.web.md`]).to.contain('Back for the 2nd time.');
  });

  it('is open, and what carries no warning is folded', () => {
    const promotion = { unit: 'prod/cart', upstream: 'staging/cart', refusal: '' };
    const web = finding({ ref: ref('fixed') });
    const build = (refusal: string): string =>
      readme(
        reportOf([ranked(finding()), ranked(web), stray], {
          outcomes: [outcome(web.id, { unhealthy: refusal })],
          promotions: [{ ...promotion, refusal }],
        }),
      );
    const folds = (page: string): readonly string[] => [...page.matchAll(/<summary>([^<]*)</gu)].map(([, text = '']) => text);
    expect(folds(build(''))).to.deep.equal(['Show', '1 unit', '1 fix']);
    expect(folds(build('blocked'))).to.deep.equal(['Show']);
  });
});

describe('groups of one action', () => {
  it('name their workloads, and never join those of whom nothing is known', () => {
    const names = ['a', 'b'];
    const known = names.map((name) =>
      ranked(finding({ ref: ref(name), path: IMAGE, desired: 'x:1', live: 'x:2', blame: image.blame })),
    );
    const unknown = names.map((name) => ranked(finding({ ref: ref(`u-${name}`), blame: undefined })));
    const report = reportOf([...known, ...unknown]);
    expect(report.groups.map(({ findings }) => findings.length)).to.deep.equal([2]);
    expect(readme(report)).to.contain('[shop/deployment/a](shop/deployment.a.md)<br>[shop/deployment/b](shop/deployment.b.md)');
  });
});

describe("a workload's entries for decisions.yaml", () => {
  it('are ready to paste: the file takes each of them', () => {
    const page = filesOf(reportOf([ranked(image), ranked(finding())]))[`${CLUSTER}/shop/deployment.web.md`] ?? '';
    const blocks = [...page.matchAll(/^```yaml\n([\s\S]*?)\n```$/gmu)].map(([, block = '']) => block);
    const kinds = blocks.map((block) => {
      const { decisions, mistakes, unreadable } = readDecisions(block);
      expect([mistakes, unreadable]).to.deep.equal([[], '']);
      return decisions.map(({ kind }) => kind);
    });
    expect(kinds).to.deep.equal([
      ['fix', 'fix'],
      ['accept', 'accept'],
      ['ignore', 'ignore'],
    ]);
    expect(page).to.contain('\ndrift-detector accept shop/deployment/web --cluster prod-eu\n');
  });
});
