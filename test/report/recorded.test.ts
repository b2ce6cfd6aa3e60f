import { expect } from 'chai';
import type { RecordedFix, Report } from '../../src/domain/report.ts';
import { composeCommitMessage } from '../../src/stages/report/report.ts';
import { finding } from '../types/builders.ts';
import { asPrevious, filesOf, NOW, outcome, ranked, reportOf } from './build.ts';

const LATER = new Date('2026-11-24T12:00:00Z');
const recorded = (more: Partial<RecordedFix> = {}): RecordedFix => ({
  ranked: ranked(finding()),
  correctionId: '0123456789abcdef',
  revision: 17,
  changeSet: 'prod/drift-prod-eu-0a1b2c3d',
  firstSeen: '2026-11-22T03:00:00Z',
  time: '2026-11-22T03:00:05Z',
  wasStaged: false,
  ...more,
});
const subjectOf = (report: Report): string =>
  composeCommitMessage(report, { pass: 'pass-1', tool: 'drift-detector/1' }).split('\n')[0] ?? '';

describe('a correction that no report named', () => {
  it("is reported as this pass's if its own pass was killed, with the time at which it was made", () => {
    const report = reportOf([], { recorded: [recorded()] });
    expect(subjectOf(report)).to.equal('drift(prod-eu): 1 new, 1 fixed (worst: medium)');
    expect(report.corrections.map(({ correctionId, revision, time }) => [correctionId, revision, time])).to.deep.equal([
      ['0123456789abcdef', 17, '2026-11-22T03:00:05.000Z'],
    ]);
    expect(filesOf(report)['prod-eu/README.md']).to.contain('revision 17');
  });

  it('is fixed, with its changeset, where a person applied what the last report had as staged', () => {
    const staged = reportOf([ranked(finding())], { outcomes: [outcome(finding().id, { result: 'staged' })] });
    const applied = recorded({ wasStaged: true, changeSet: 'prod/nightly' });
    const report = reportOf([], { recorded: [applied], previous: asPrevious(staged), now: LATER });
    expect(subjectOf(report)).to.equal('drift(prod-eu): 1 fixed (worst: medium)');
    expect(report.resolved).to.deep.equal([]);
    expect(report.corrections.map(({ changeSet, result }) => [changeSet, result])).to.deep.equal([['prod/nightly', 'fixed']]);
  });

  it('is listed, and no news, where a person applied what no report of this repository had as staged', () => {
    const report = reportOf([], { recorded: [recorded({ wasStaged: true })] });
    expect(subjectOf(report)).to.equal('drift(prod-eu): all clear');
    expect(report.corrections).to.have.lengthOf(1);
  });

  it('has been drifting since the time in the last report', () => {
    const before = reportOf([ranked(finding())]);
    const report = reportOf([], { recorded: [recorded()], previous: asPrevious(before), now: LATER });
    expect(report.corrections[0]?.firstSeen).to.equal(NOW.toISOString());
    expect(report.resolved, 'it did not go away by itself').to.deep.equal([]);
  });
});
