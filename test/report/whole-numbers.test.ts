import { expect } from 'chai';
import { FORMAT_NAMES } from '../../src/outputs/formats/formats.ts';
import { printReport } from '../../src/outputs/output.ts';
import { PLAIN } from '../../src/outputs/terminal/screen.ts';
import { parseFindings } from '../../src/stages/report/previous.ts';
import { NO_LINKS } from '../../src/stages/report/report.ts';
import { finding, ref } from '../types/builders.ts';
import { filesOf, ranked, reportOf } from './build.ts';

/** Formats that print no values. */
const WITHOUT_VALUES: Readonly<Record<string, RegExp>> = { name: /big/u, none: /^$/u };

describe('whole numbers of 64 bits in a report', () => {
  const departed = finding({
    ref: ref('big'),
    path: [{ field: 'spec' }, { field: 'routes' }, { key: { id: 9007199254740995n } }, { field: 'weight' }],
    desired: 9007199254740992n,
    live: { deep: [9007199254740993n] },
  });
  const report = reportOf([ranked(departed)]);

  it('stand on every page and in the data in all their digits, and are read back', () => {
    const files = filesOf(report);
    const pages = Object.entries(files).filter(([path]) => path.endsWith('.md'));
    expect(pages).to.have.lengthOf(2);
    for (const [path, text] of pages) expect(text, path).to.contain('9007199254740992').and.contain('9007199254740993');
    const [read] = parseFindings(files['prod-eu/findings.jsonl'] ?? '');
    expect(read).to.deep.include({ steps: departed.path, desired: departed.desired, live: departed.live });
    expect(read?.path).to.equal('/spec/routes[id=9007199254740995]/weight');
  });

  for (const form of FORMAT_NAMES) {
    it(`are printed by -o ${form}`, () => {
      const text = printReport(report, { form, screen: PLAIN, version: '1.2.3', root: 'reports', links: NO_LINKS, compared: 1 });
      expect(text).to.match(WITHOUT_VALUES[form] ?? /9007199254740993/u);
    });
  }
});
