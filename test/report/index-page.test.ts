import { expect } from 'chai';
import { parseRow, renderIndex } from '../../src/stages/report/index-page.ts';
import { CLUSTER, finding, ref } from '../types/builders.ts';
import { filesOf, ranked, reportOf } from './build.ts';

const summaryText = filesOf(
  reportOf([
    ranked(finding(), { severity: 'critical' }),
    ranked(finding({ ref: ref('cart') }), { severity: 'high' }),
    ranked(finding({ ref: ref('job') }), { severity: 'high', costUsdPerMonth: undefined }),
  ]),
)[`${CLUSTER}/report.json`];
const one = parseRow(CLUSTER, summaryText ?? '');
const rowsOf = (page: string): readonly string[] => page.split('\n').filter((line) => /^\| [^c-]/u.test(line));

describe('the index of clusters', () => {
  if (!one) throw new Error('the summary cannot be read');

  it('has what is open by severity and what it costs, for each and for all', () => {
    const clear = { ...one, cluster: 'calm', open: 0, severities: null, costUsdPerMonth: 0, unknownCosts: 0, newest: null };
    const newest = '3 at 23\u00a0Nov\u00a02026 12:00Z';
    expect(rowsOf(renderIndex([one, { ...one, cluster: 'other' }, clear]))).to.deep.equal([
      `| [prod-eu](prod-eu/README.md) | 3 open | 1 critical, 2 high | +$58.54 and 1 unknown | ${newest} |  |`,
      `| [other](prod-eu/README.md) | 3 open | 1 critical, 2 high | +$58.54 and 1 unknown | ${newest} |  |`,
      '| [calm](prod-eu/README.md) | all clear |  |  |  |  |',
      '| **all** | 6 open | 2 critical, 4 high | +$117.08 and 2 unknown |  |  |',
    ]);
  });

  it('counts what is no drift apart, and has no columns of zeros', () => {
    const stray = ranked(finding({ ref: ref('stray'), class: 'unmanaged', path: [], unit: '' }), { costUsdPerMonth: 500 });
    const text = filesOf(reportOf([ranked(finding()), stray]))[`${CLUSTER}/report.json`] ?? '';
    const row = parseRow(CLUSTER, text);
    expect(rowsOf(renderIndex(row ? [row] : []))[0]).to.match(/ \| 1 open, 1 not drift \| 1 medium \| \+\$29\.27 \| /u);
  });

  it('has no row for all where there is one', () => {
    expect(renderIndex([one])).to.not.contain('**all**');
  });
});
