import { expect } from 'chai';
import fc from 'fast-check';
import { stringAt } from '../../src/domain/json.ts';
import type { Opinion } from '../../src/domain/ranking.ts';
import { CLUSTER, controller, finding, IMAGE, label, parse, ref } from '../types/builders.ts';
import { asPrevious, filesOf, NOW, outcome, ranked, reportOf } from './build.ts';

const LATER = new Date('2026-11-24T12:00:00Z');
const opinion: Opinion = {
  severity: 'high',
  rank: 1,
  isHeld: false,
  advice: { cause: 'Scaled by hand.', advice: 'Raise the desired replicas.', confidence: 'medium' },
  promptVersion: '1',
};

describe('report', () => {
  it('gives the same bytes for the same report', () => {
    const findings = [ranked(finding()), ranked(finding({ path: IMAGE, desired: 'a:1', live: 'a:2' }))];
    expect(filesOf(reportOf(findings))).to.deep.equal(filesOf(reportOf(findings)));
  });

  it('is the same on the next pass while the drift is the same', () => {
    const before = reportOf([ranked(finding(), { opinion })]);
    const after = reportOf([ranked(finding(), { opinion })], { previous: asPrevious(before), now: LATER });
    expect(filesOf(after)).to.deep.equal(filesOf(before));
    expect(after.newFindings).to.equal(0);
    expect(before.newFindings).to.equal(1);
  });

  it('is the same while a DaemonSet only runs on more nodes', () => {
    const agent = finding({ ref: ref('agent', { kind: 'DaemonSet' }), path: IMAGE, desired: 'a:1', live: 'a:2' });
    const before = reportOf([ranked(agent, { costUsdPerMonth: 10 })]);
    const after = reportOf([ranked(agent, { costUsdPerMonth: 20 })], { previous: asPrevious(before), now: LATER });
    expect(filesOf(after)).to.deep.equal(filesOf(before));
  });

  it('says since when a field drifts, also when its value changed again', () => {
    const before = reportOf([ranked(finding({ live: 5 }))]);
    const after = reportOf([ranked(finding({ live: 7 }))], { previous: asPrevious(before), now: LATER });
    expect(after.findings[0]?.firstSeen).to.equal(NOW.toISOString());
    expect(after.digest).to.not.equal(before.digest);
  });

  it('begins to count anew when a drift comes back after it was fixed', () => {
    const fixed = reportOf([ranked(finding())], { outcomes: [outcome(finding().id)] });
    const again = reportOf([ranked(finding())], { previous: asPrevious(fixed), now: LATER });
    expect(again.findings[0]?.firstSeen).to.equal(LATER.toISOString());
  });

  it('is the same on the clean pass after a fix', () => {
    const fixed = reportOf([ranked(finding())], { outcomes: [outcome(finding().id, { changeSet: 'prod/drift' })] });
    const clean = reportOf([], { previous: asPrevious(fixed), now: LATER });
    expect(filesOf(clean)).to.deep.equal(filesOf(fixed));
    expect(fixed.fixedNow).to.equal(1);
    expect(clean.fixedNow).to.equal(0);
    expect(filesOf(clean)[`${CLUSTER}/README.md`]).to.contain('All clear').and.contain('fixed, revision 17');
  });

  it('does not show what autoscalers and controllers note by themselves', () => {
    const noted = finding({ path: label('noted'), class: 'informational', blame: controller });
    expect(filesOf(reportOf([ranked(noted)]))).to.deep.equal(filesOf(reportOf([])));
  });

  it('has no page any more for a workload that is clean again', () => {
    expect(filesOf(reportOf([ranked(finding())]))).to.have.property(`${CLUSTER}/shop/deployment.web.md`);
    expect(filesOf(reportOf([]))).to.not.have.property(`${CLUSTER}/shop/deployment.web.md`);
  });

  it('remembers the last twenty corrections of each field', () => {
    let report = reportOf([]);
    for (let day = 0; day < 25; day++) {
      report = reportOf([ranked(finding())], {
        outcomes: [outcome(finding().id, { revision: day })],
        previous: asPrevious(report),
        now: new Date(NOW.getTime() + day * 86_400_000),
      });
    }
    expect(report.corrections.map((correction) => correction.revision)).to.deep.equal(
      Array.from({ length: 20 }, (_, index) => index + 5),
    );
  });

  it('lists what could not be compared in one order, whatever order it was met in', () => {
    const failedReads = ['b', 'a'].map((namespace) => ({ what: 'apps/v1/Deployment', namespace, error: 'forbidden' }));
    const one = reportOf([], { snapshot: { failedReads } });
    expect(filesOf(one)).to.deep.equal(filesOf(reportOf([], { snapshot: { failedReads: failedReads.toReversed() } })));
    expect(filesOf(one)[`${CLUSTER}/README.md`]).to.contain('## Not compared');
  });

  it('holds no clock, pass or version of its own', () => {
    fc.assert(
      fc.property(fc.date({ min: NOW, max: new Date('2100-01-01'), noInvalidDate: true }), (now) => {
        const before = reportOf([ranked(finding(), { opinion })]);
        expect(filesOf(reportOf([ranked(finding(), { opinion })], { previous: asPrevious(before), now }))).to.deep.equal(
          filesOf(before),
        );
      }),
    );
  });

  it('writes JSON lines that are sorted and parse one by one', () => {
    const findings = ['c', 'a', 'b'].map((name) => ranked(finding({ ref: ref(name) })));
    const text = filesOf(reportOf(findings))[`${CLUSTER}/findings.jsonl`] ?? '';
    expect(text.endsWith('\n')).to.equal(true);
    const names = text
      .trimEnd()
      .split('\n')
      .map((line) => stringAt(parse(line), 'object', 'name'));
    expect(names).to.deep.equal(['a', 'b', 'c']);
  });

  it('shows both kinds of one name from two API groups', () => {
    const [apps, other] = ['apps/v1', 'example.com/v1'].map((apiVersion) => finding({ ref: ref('web', { apiVersion }) }));
    const page = filesOf(reportOf([apps, other].flatMap((entry) => (entry ? [ranked(entry)] : []))))[
      `${CLUSTER}/shop/deployment.web.md`
    ];
    expect(page)
      .to.contain('and 1 more field')
      .and.match(/medium \|[^\n]*\n[^\n]*medium \|[^\n]*\n\nThe same for each: class: changed;/u);
  });

  it('writes pages for the 200 worst workloads where more than 250 drift, and says how many have none', () => {
    const drifting = (count: number): Readonly<Record<string, string>> =>
      filesOf(
        reportOf(
          Array.from({ length: count }, (_, index) => ranked(finding({ ref: ref(`w-${String(index).padStart(3, '0')}`) }))),
        ),
      );
    expect(Object.keys(drifting(250)).filter((path) => path.includes('/shop/'))).to.have.length(250);
    const files = drifting(260);
    const pages = Object.keys(files).filter((path) => path.includes('/shop/'));
    expect(pages).to.have.length(200);
    const readme = files[`${CLUSTER}/README.md`] ?? '';
    expect(readme.slice(0, 500)).to.contain('60 more workloads have no page of their own');
    const links = [...readme.matchAll(/\]\((shop\/[^)]*)\)/gu)].map((match) => `${CLUSTER}/${match[1]}`);
    expect(links.length).to.be.greaterThan(100);
    for (const link of links) expect(files).to.have.property(link);
  });

  it('keeps a page short enough for Git hosts, and the whole value in findings.jsonl', () => {
    const long = Array.from({ length: 5_000 }, (_, line) => `line ${line} ${'x'.repeat(60)}`).join('\n');
    const one = 'y'.repeat(100_000);
    const findings = Array.from({ length: 40 }, (_, index) =>
      ranked(
        finding({
          path: [{ field: 'data' }, { field: `file-${index}` }],
          desired: index % 2 ? long : one,
          live: index % 2 ? one : long,
        }),
      ),
    );
    const files = filesOf(reportOf(findings));
    const page = files[`${CLUSTER}/shop/deployment.web.md`] ?? '';
    expect(Buffer.byteLength(page)).to.be.at.most(20_000);
    expect(page.split('\n').length).to.be.at.most(400);
    expect(page).to.contain('more lines, see [findings.jsonl]');
    expect(files[`${CLUSTER}/findings.jsonl`]?.length).to.be.greaterThan(5_000_000);
  });
});
