import { expect } from 'chai';
import { type Report, summarySchema } from '../../src/domain/report.ts';
import { parseAs } from '../../src/stages/report/previous.ts';
import { composeCommitMessage } from '../../src/stages/report/report.ts';
import { CLUSTER, controller, finding, IMAGE, label, ref } from '../types/builders.ts';
import { asPrevious, filesOf, outcome, ranked, reportOf } from './build.ts';

// What Git hosts show of a report, however much there is to say.

/** 10,000 findings of so many workloads, with names and texts as long as they get, most of them corrected before. */
function largeReport(workloads: number): Report {
  const long = 'n'.repeat(200);
  const unit = `${'s'.repeat(100)}/${'u'.repeat(100)}`;
  const manager = 'm'.repeat(128);
  const entries = Array.from({ length: 10_000 }, (_, index) => {
    const object = ref(`${long}-${String(index % workloads).padStart(5, '0')}`);
    const path = index % 3 === 0 ? IMAGE : label(`${'l'.repeat(200)}/${index}`);
    const value = `${'|'.repeat(50)}<${'v'.repeat(200)}${index}`;
    return ranked(
      finding({ ref: object, path, desired: value, live: `${value}\n${value}`, unit, blame: { ...controller, manager } }),
      {
        severity: index < 100 ? 'critical' : 'medium',
      },
    );
  });
  const words = '&'.repeat(600);
  const fixed = entries.slice(0, 3_000).map((entry) => outcome(entry.finding.id, { changeSet: unit }));
  const before = reportOf(entries, { outcomes: fixed });
  const report = reportOf(entries, {
    detail: words,
    previous: asPrevious(before),
    outcomes: entries
      .slice(0, 50)
      .map((entry) => outcome(entry.finding.id, { result: 'failed', message: words, changeSet: unit })),
    promotions: Array.from({ length: 500 }, () => ({ unit, upstream: unit, refusal: words })),
    snapshot: {
      failedReads: Array.from({ length: 500 }, (_, index) => ({ what: `v1/K${index}`, namespace: long, error: words })),
    },
  });
  return {
    ...report,
    pauses: Array.from({ length: 500 }, () => ({ what: words, until: words })),
    guard: { name: 'mass-change', detail: words },
  };
}

for (const workloads of [1, 240, 5_000])
  describe(`a report of 10,000 findings of ${workloads} ${workloads === 1 ? 'workload' : 'workloads'}`, function () {
    this.timeout(120_000);
    let files: Readonly<Record<string, string>>;
    let report: Report;
    before(() => {
      report = largeReport(workloads);
      files = filesOf(report);
    });

    it('has pages that hosts show whole', () => {
      for (const [path, text] of Object.entries(files)) {
        if (!path.endsWith('.md') || path.endsWith('README.md')) continue;
        expect(Buffer.byteLength(text), path).to.be.at.most(20_000);
        expect(text.split('\n').length, path).to.be.at.most(400);
        expect(text, path).to.contain('\n## What you can do\n');
        expect(text, path).to.match(/^# .*\n\n(> \[!CAUTION\]\n> )?\*\*(critical|medium)\*\*: /u);
      }
    });

    it('has an overview that hosts show whole, with its totals and the guard on top', () => {
      const readme = files[`${CLUSTER}/README.md`] ?? '';
      expect(Buffer.byteLength(readme)).to.be.at.most(100_000);
      const top = readme.slice(0, readme.indexOf('## Open'));
      expect(top)
        .to.contain('**10000 open in ')
        .and.contain('Worst: critical')
        .and.contain('Guard mass-change')
        .and.contain('things could not be compared');
      expect(readme).to.contain('Costs are live minus desired');
      if (workloads > 1) expect(readme).to.contain('more are in [findings.jsonl](findings.jsonl)');
      const links = [...readme.matchAll(/\]\(([^)]*)\)/gu)].map((match) => `${CLUSTER}/${match[1]}`);
      for (const link of links) expect(files).to.have.property(link);
    });

    it('has no more pages than hosts show, and says so at the top', () => {
      const pages = Object.keys(files).filter((path) => path.includes('/shop/'));
      expect(pages).to.have.length(workloads > 250 ? 200 : workloads);
      const top = (files[`${CLUSTER}/README.md`] ?? '').split('\n## ')[0];
      if (workloads > 250) expect(top).to.contain(`${workloads - 200} more workloads have no page of their own`);
      else expect(top).to.not.contain('no page of their own');
    });

    it('has all of it in the data, one line each', () => {
      expect((files[`${CLUSTER}/findings.jsonl`] ?? '').trimEnd().split('\n')).to.have.length(10_000);
      expect(Buffer.byteLength(files[`${CLUSTER}/report.json`] ?? '')).to.be.at.most(2_000_000);
      const { groups } = parseAs(files[`${CLUSTER}/report.json`] ?? '', summarySchema) ?? {};
      const sizes = groups?.map(({ count, findings }) => [count, findings.length]) ?? [];
      expect(sizes).to.deep.equal(report.groups.map(({ findings: { length } }) => [length, Math.min(length, 50)]));
    });

    it('has a commit message of one screen', () => {
      const message = composeCommitMessage(report, { pass: 'p', tool: 't' });
      expect(message.split('\n').length).to.be.at.most(35);
      expect(message).to.match(/\n\.\.\. and \d{4} more \(worst: (critical|medium)\)\n/u);
      if (workloads < 1_000) expect(message).to.match(/\n\.\.\. and \d{4} more known before \(worst: \w+\)\n/u);
    });
  });
