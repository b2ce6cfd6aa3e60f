import { expect } from 'chai';
import fc from 'fast-check';
import type { Report } from '../../src/domain/report.ts';
import { composeCommitMessage } from '../../src/stages/report/report.ts';
import { finding, ref } from '../types/builders.ts';
import { asPrevious, outcome, ranked, reportOf } from './build.ts';

// The counts of a commit, as a reader adds them up.

const message = (report: Report): string => composeCommitMessage(report, { pass: 'p', tool: 't' });
const trailer = (report: Report, name: string): number =>
  Number(new RegExp(`^Drift-${name}: (\\d+)$`, 'mu').exec(message(report))?.[1]);
const hour = (number: number): Date => new Date(Date.UTC(2026, 10, 1, number));

/** What a pass finds of one workload, and what it does. */
const state = fc.record({
  live: fc.constantFrom(undefined, 4, 5),
  becomes: fc.constantFrom('left', 'fixed', 'staged', 'overridden'),
  /** A killed pass had fixed it before this one; or a person applied what was staged. */
  recorded: fc.constantFrom(undefined, undefined, undefined, false, true),
});
const names = ['web', 'cart', 'checkout'];
const passOf = fc.record({
  workloads: fc.tuple(state, state, state),
  isUnmanagedThere: fc.boolean(),
  isUnread: fc.boolean(),
});

describe('the counts of a commit', () => {
  it('add up, whatever a pass found, fixed, could not read or found back', () => {
    fc.assert(
      fc.property(fc.array(passOf, { minLength: 1, maxLength: 8 }), (passes) => {
        let previous = reportOf([]);
        for (const [index, { workloads, isUnmanagedThere, isUnread }] of passes.entries()) {
          const entries = workloads.map(({ live, ...rest }, place) => ({
            ...rest,
            isThere: live !== undefined && !isUnread,
            entry: ranked(finding({ ref: ref(names[place] ?? ''), live: live ?? 4 })),
          }));
          const stray = ranked(finding({ ref: ref('stray'), class: 'unmanaged', path: [], unit: '' }));
          const report = reportOf(
            [...entries.filter(({ isThere }) => isThere).map(({ entry }) => entry), ...(isUnmanagedThere ? [stray] : [])],
            {
              previous: asPrevious(previous),
              now: hour(index),
              outcomes: entries
                .filter(({ isThere, becomes }) => isThere && becomes !== 'left')
                .map(({ entry, becomes }) =>
                  outcome(entry.finding.id, { result: becomes === 'left' ? 'fixed' : becomes, correctionId: `c-${index}` }),
                ),
              recorded: entries.flatMap(({ entry, recorded }) =>
                recorded === undefined
                  ? []
                  : [
                      {
                        ranked: entry,
                        correctionId: `r-${index}`,
                        revision: 3,
                        changeSet: '',
                        firstSeen: hour(0).toISOString(),
                        time: hour(index).toISOString(),
                        wasStaged: recorded,
                      },
                    ],
              ),
              snapshot: { failedReads: isUnread ? [{ what: 'apps/v1/Deployment', namespace: '', error: 'forbidden' }] : [] },
            },
          );
          const [before, open] = [trailer(previous, 'Open'), trailer(report, 'Open')];
          const sum = before + trailer(report, 'New') + trailer(report, 'Returned');
          expect(sum - trailer(report, 'Fixed') - trailer(report, 'Resolved')).to.equal(open);
          expect(trailer(report, 'New')).to.be.at.least(0);
          expect(open + trailer(report, 'Other')).to.equal(report.findings.length);
          previous = report;
        }
      }),
      { numRuns: 60 },
    );
  });

  it('are of drift: what no unit declares is named apart', () => {
    const stray = ranked(finding({ ref: ref('stray'), class: 'unmanaged', path: [], unit: '' }), { costUsdPerMonth: 500 });
    const alone = reportOf([stray]);
    expect(message(alone).split('\n')[0]).to.equal('drift(prod-eu): 1 unmanaged, all clear');
    expect(message(alone)).to.contain('\nNo drift: 1 unmanaged\n').and.not.contain('Open drift');
    const both = reportOf([ranked(finding()), stray], { previous: asPrevious(alone) });
    expect(message(both).split('\n')[0]).to.equal('drift(prod-eu): 1 new, 1 still open (worst: medium)');
    expect(message(both)).to.contain('\nOpen drift: +$29.27 a month\n');
    expect(message(reportOf([], { previous: asPrevious(alone) })).split('\n')[0]).to.equal(
      'drift(prod-eu): 1 unmanaged resolved, all clear',
    );
  });

  it('tell how often a drift has come back', () => {
    const web = ranked(finding());
    let report = reportOf([]);
    const subjects: string[] = [];
    for (let night = 0; night < 4; night++) {
      report = reportOf([web], { previous: asPrevious(report), now: hour(2 * night) });
      subjects.push(message(report).split('\n')[2]?.split('  ').at(3)?.trim() ?? '');
      const again = reportOf([web], { previous: asPrevious(report), now: hour(2 * night) });
      expect(again.findings, 'the same while it stays').to.deep.equal(report.findings);
      report = reportOf(night % 2 === 0 ? [] : [web], {
        previous: asPrevious(again),
        now: hour(2 * night + 1),
        outcomes: night % 2 === 0 ? [] : [outcome(web.finding.id)],
      });
    }
    expect(subjects).to.deep.equal([
      'new, report only',
      'back, report only',
      'back for the 2nd time, report only',
      'back for the 3rd time, report only',
    ]);
  });
});
