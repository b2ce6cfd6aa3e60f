import { expect } from 'chai';
import type { FieldPath } from '../../src/domain/field-path.ts';
import type { RankedFinding, Severity } from '../../src/domain/ranking.ts';
import type { Report } from '../../src/domain/report.ts';
import { composeCommitMessage, inert } from '../../src/stages/report/report.ts';
import { CONTAINER, finding, hands, ref } from '../types/builders.ts';
import { asPrevious, outcome, ranked, reportOf } from './build.ts';

// What `git log` says of a night: what is news first, worst first, and a subject that has the cluster's name.

const LATER = new Date('2026-11-24T12:00:00Z');
const message = (report: Report): string => composeCommitMessage(report, { pass: 'p', tool: 't' });
const subjectOf = (report: Report): string => message(report).split('\n')[0] ?? '';
const many = (count: number, severity: Severity, name: string): readonly RankedFinding[] =>
  Array.from({ length: count }, (_, index) => ranked(finding({ ref: ref(`${name}-${index}`) }), { severity }));

/** A night that brought so many of each, over what was known. */
function night(counts: { readonly new: number; readonly fixed: number; readonly gone: number; readonly open: number }): Report {
  const open = many(counts.open - counts.new, 'high', 'open');
  const fixed = many(counts.fixed, 'medium', 'fixed');
  const previous = asPrevious(reportOf([...open, ...fixed, ...many(counts.gone, 'low', 'gone')]));
  const outcomes = fixed.map((entry) => outcome(entry.finding.id));
  return reportOf([...open, ...many(counts.new, 'high', 'new'), ...fixed], { previous, outcomes, now: LATER });
}

describe("a commit's body", () => {
  it('tells what the pass brought before what was known, however bad that is, and marks each', () => {
    const known = many(30, 'high', 'known');
    const fixed = ranked(finding({ ref: ref('fixed') }), { severity: 'low' });
    const gone = ranked(finding({ ref: ref('gone') }), { severity: 'medium' });
    const previous = asPrevious(reportOf([...known, fixed, gone]));
    const found = [
      ranked(finding({ ref: ref('fresh') })),
      ranked(finding({ ref: ref('known-0'), live: 9 }), { severity: 'high' }),
    ];
    const report = reportOf([...found, ...known.slice(1), fixed], {
      previous,
      outcomes: [outcome(fixed.finding.id)],
      now: LATER,
    });
    const lines = message(report).split('\n');
    expect(lines[0]).to.equal('drift(prod-eu): 1 new, 1 changed, 1 fixed, 1 resolved, 31 open (high)');
    expect(lines.filter((line) => /^(critical|high|medium|low) /u.test(line)).slice(0, 5)).to.deep.equal([
      'high      shop/deployment/known-0  changed, report only  +$29.27/month',
      'medium    shop/deployment/fresh  new, report only  +$29.27/month',
      'medium    shop/deployment/gone  resolved  +$29.27/month',
      'low       shop/deployment/fixed  fixed, revision 17  +$29.27/month',
      'high      shop/deployment/known-1  since 11-23, report only',
    ]);
    expect(lines).to.include('... and 25 more known before (worst: high)');
    expect(lines).to.include.members(['Drift-New: 1', 'Drift-Changed: 1', 'Drift-Fixed: 1', 'Drift-Open: 31']);
    expect(lines.indexOf('Drift-Pass: p')).to.be.at.most(24);
  });

  it('tells that something else became of a drift that was known', () => {
    const web = ranked(finding());
    const previous = asPrevious(reportOf([...many(30, 'high', 'known'), web]));
    const report = reportOf([...many(30, 'high', 'known'), web], {
      previous,
      outcomes: [outcome(web.finding.id, { result: 'staged', changeSet: 'prod/c', revision: 12 })],
    });
    expect(message(report).split('\n')[2]).to.equal('medium    shop/deployment/web  now staged, revision 12  +$29.27/month');
    expect(report.news.size).to.equal(1);
  });

  it('says that nothing else is fixed where a guard has tripped and a person had approved one', () => {
    const web = ranked(finding());
    const report: Report = {
      ...reportOf([web, ...many(30, 'medium', 'held')], { outcomes: [outcome(web.finding.id)] }),
      guard: { name: 'mass-change', detail: 'x' },
    };
    expect(subjectOf(report)).to.contain('1 fixed');
    expect(message(report)).to.contain('\nGuard mass-change: only fixes that a person approved are made\n');
  });
});

describe("a commit's subject", () => {
  for (const [counts, cluster, subject] of [
    [{ new: 17, fixed: 5, gone: 14, open: 120 }, 'prod-eu', '17 new, 5 fixed, 14 resolved, 120 open (worst: high)'],
    [{ new: 17, fixed: 5, gone: 14, open: 120 }, 'production-eu-west-1', '17 new, 5 fixed, 120 open (high)'],
    [{ new: 120, fixed: 25, gone: 40, open: 220 }, 'prod-eu', '120 new, 25 fixed, 40 resolved, 220 open (worst: high)'],
    [{ new: 1_000, fixed: 1_000, gone: 1_000, open: 2_000 }, 'prod-eu', '1000 new, 1000 fixed, 1000 resolved, 2000 open (high)'],
    [{ new: 1_000, fixed: 1_000, gone: 1_000, open: 2_000 }, 'production-eu-west-1', '1000 new, 1000 fixed, 2000 open (high)'],
    [{ new: 1_000, fixed: 1_000, gone: 1_000, open: 2_000 }, 'c'.repeat(40), '2000 open (high)'],
  ] as const)
    it(`has the whole name ${cluster} beside ${Object.values(counts).join(', ')}`, () => {
      const said = subjectOf({ ...night(counts), cluster });
      expect(said).to.equal(`drift(${cluster}): ${subject}`);
      expect(said.length).to.be.at.most(72);
    });

  it('cuts a name that is longer than any should be', () => {
    const long = { ...night({ new: 2_000, fixed: 30, gone: 0, open: 100_000 - 98_000 }), cluster: 'c'.repeat(253) };
    expect(subjectOf(long)).to.match(/^drift\(c{37}\.\.\.\): 2000 open \(high\)$/u);
    expect(subjectOf({ ...reportOf([]), cluster: 'c'.repeat(45) })).to.equal(`drift(${'c'.repeat(45)}): all clear`);
  });

  it('names the worst of what is open or was brought back, never of what is gone', () => {
    const previous = asPrevious(reportOf([...many(1, 'critical', 'gone'), ...many(1, 'low', 'open')]));
    expect(subjectOf(reportOf(many(1, 'low', 'open'), { previous }))).to.equal(
      'drift(prod-eu): 1 resolved, 1 still open (worst: low)',
    );
    const [fixed, ...open] = [...many(1, 'critical', 'fixed'), ...many(1, 'low', 'open')];
    const report = reportOf([...(fixed ? [fixed] : []), ...open], { outcomes: [outcome(fixed?.finding.id ?? '')] });
    expect(subjectOf(report)).to.contain('(worst: critical)');
  });
});

describe("a cluster's words in a commit", () => {
  for (const [text, shown] of [
    ['Closes PROJ-12', 'Closes PROJ- 12'],
    ['fixes: PROJ-12, PROJ-13 and OPS_2-7', 'fixes: PROJ- 12, PROJ- 13 and OPS_2- 7'],
    ['Resolving issue eng-5', 'Resolving issue eng- 5'],
    ['[skip appveyor]', '[ skip appveyor]'],
    ['[skip buildkite]', '[ skip buildkite]'],
    ['[Buildkite Skip]', '[ Buildkite Skip]'],
    ['[no ci]', '[ no ci]'],
    ['[ci skip]', '[ ci skip]'],
  ] as const)
    it(`do nothing: ${text}`, () => {
      expect(inert(text)).to.equal(shown);
    });

  for (const name of [
    'PROD-1',
    'containers[name=app]',
    'high  shop/deployment/web-1  fixed, revision 17',
    'fix deployment/web-1',
  ])
    it(`are left as they are where they mean nothing to anybody: ${name}`, () => {
      expect(inert(name)).to.equal(name);
    });
});

describe('the values of a change in a commit', () => {
  const bodyOf = (found: RankedFinding, more = {}): readonly string[] =>
    message(reportOf([found], more))
      .split('\n')
      .slice(2)
      .join('\n')
      .split('\n\n')[0]
      ?.split('\n') ?? [];
  const long = `${'n'.repeat(60)}-container`;
  const inContainer = (...fields: readonly string[]): FieldPath => [
    ...CONTAINER.slice(0, -1),
    { key: { name: long } },
    ...fields.map((field) => ({ field })),
  ];
  const blame = { ...hands, manager: 'a-controller-with-a-long-name-of-its-own', time: '2026-11-23T03:04:00Z' };
  const name = ref(`${'checkout-'.repeat(7)}eu`);

  for (const [what, given, shown] of [
    [
      'a request of a container with a long name',
      { path: inContainer('resources', 'requests', 'cpu'), desired: '100m', live: '500m' },
      '100m → 500m',
    ],
    [
      'a field that was added',
      { class: 'added', path: inContainer('securityContext'), desired: undefined, live: { privileged: true } },
      'added: true',
    ],
    [
      'an object, as its leaves',
      { path: inContainer('resources', 'requests'), desired: { cpu: '1', memory: '1Gi' }, live: { cpu: '2', memory: '1Gi' } },
      '1 → 2',
    ],
    [
      'two digests',
      { path: inContainer('image'), desired: `app@sha256:${'a'.repeat(64)}`, live: `app@sha256:${'b'.repeat(64)}` },
      `sha256:${'b'.repeat(64)}`,
    ],
  ] as const)
    it(`are whole where names are cut: ${what}`, () => {
      const lines = bodyOf(ranked(finding({ ref: name, blame, ...given })));
      expect(lines.join('').replaceAll('  ', '')).to.contain(shown);
      expect(lines.join('')).to.contain('new, report only').and.not.contain('{');
      for (const line of lines) expect(line.length, line).to.be.at.most(72);
    });

  it('are whole where a value is longer than a line', () => {
    const [desired, live] = ['https://a.example/', 'https://b.example/'].map((host) => host + 'p/'.repeat(45));
    const lines = bodyOf(ranked(finding({ path: inContainer('workingDir'), desired, live })));
    const joined = lines.join('').replaceAll(' ', '');
    expect(joined).to.contain(`${desired}→${live}`);
  });
});
