import { expect } from 'chai';
import type { Report } from '../../src/domain/report.ts';
import { composeCommitMessage, keepErrorText } from '../../src/stages/report/report.ts';
import { CLUSTER, finding, hands, IMAGE, ref, unit } from '../types/builders.ts';
import { asPrevious, filesOf, outcome, ranked, reportOf } from './build.ts';

// What comes and goes by itself makes no commit, and what was not read is not gone.

const LATER = new Date('2026-11-24T12:00:00Z');
const web = finding();
const cart = finding({ ref: ref('cart'), live: 1 });
const message = (report: Report): string => composeCommitMessage(report, { pass: 'p', tool: 't' });

describe('what could not be read', () => {
  const before = reportOf([ranked(web), ranked(cart, { severity: 'high' })]);
  const failedReads = [{ what: 'apps/v1/Deployment', namespace: 'shop', error: 'forbidden' }];

  it('stays open as it was, and nothing is called clear', () => {
    const after = reportOf([], { previous: asPrevious(before), now: LATER, snapshot: { failedReads } });
    expect(after.findings.map(({ id, firstSeen }) => [id, firstSeen])).to.have.deep.members(
      before.findings.map(({ id, firstSeen }) => [id, firstSeen]),
    );
    expect(after.resolved).to.deep.equal([]);
    const readme = filesOf(after)[`${CLUSTER}/README.md`] ?? '';
    expect(readme).to.contain('2 open').and.contain('1 thing could not be compared').and.not.contain('All clear');
    expect(filesOf(after)[`${CLUSTER}/findings.jsonl`]).to.equal(filesOf(before)[`${CLUSTER}/findings.jsonl`]);
    expect(message(after)).to.contain('2 still open').and.contain('Incomplete: 1 thing could not be compared');
  });

  it('is marked as not read on its page, in the table and in the commit, and no more once it is read again', () => {
    const page = (report: Report): string => filesOf(report)[`${CLUSTER}/shop/deployment.web.md`] ?? '';
    const table = (report: Report): string => filesOf(report)[`${CLUSTER}/README.md`] ?? '';
    const after = reportOf([], { previous: asPrevious(before), now: LATER, snapshot: { failedReads } });
    const marked = 'not read now; as of the last report';
    expect(page(after)).to.contain(`State: ${marked}.`).and.to.contain(`| ${marked} |`).and.to.not.contain('report only');
    expect(page(after).replaceAll(marked, 'report only (auto-fix-off)')).to.equal(page(before));
    expect(table(after)).to.contain(`state: ${marked}.\n`);
    expect(message(after)).to.contain('  since 11-23, not read now  ');
    const again = reportOf([], { previous: asPrevious(after), now: LATER, snapshot: { failedReads } });
    expect(filesOf(again)).to.deep.equal(filesOf(after));
    const back = reportOf([ranked(web), ranked(cart, { severity: 'high' })], { previous: asPrevious(again), now: LATER });
    expect(page(back)).to.equal(page(before));
  });

  it('stays open where nothing at all was compared, and nothing is called clear', () => {
    const nothingCompared = 'no workload was found in namespaces labelled monitored=true: check the labels';
    const after = reportOf([], { previous: asPrevious(before), nothingCompared });
    expect(after.findings).to.have.length(2);
    expect(after.resolved).to.deep.equal([]);
    expect(message(after)).to.contain('2 still open').and.contain('Incomplete');
    expect(filesOf(after)[`${CLUSTER}/README.md`]).to.contain(nothingCompared);
    expect(message(reportOf([], { nothingCompared })))
      .to.contain('nothing open in what could be read')
      .and.not.contain('all clear');
  });

  it('is in its place among what was read, worst first', () => {
    const after = reportOf([ranked(finding({ ref: ref('db', { kind: 'StatefulSet' }) }), { severity: 'medium' })], {
      previous: asPrevious(before),
      snapshot: { failedReads },
    });
    expect(after.findings.map(({ object }) => object.name)).to.deep.equal(['cart', 'web', 'db']);
  });

  it('stays open where the schema of its kind could not be read', () => {
    for (const what of ['OpenAPI v3', 'OpenAPI of apps/v1']) {
      const unread = { failedReads: [{ what, namespace: '', error: 'timeout' }] };
      expect(reportOf([], { previous: asPrevious(before), snapshot: unread }).findings).to.have.length(2);
    }
  });

  it('stays open where the API would not take what is desired any more, so that nothing can be compared', () => {
    const desired = { ref: web.ref, document: {}, documentIndex: 0, unit: unit('web') };
    const invalid = [{ desired, path: [], located: [], message: 'replicas: not a number' }];
    const after = reportOf([], { previous: asPrevious(before), comparison: { invalid } });
    expect(after.findings.map(({ object }) => object.name)).to.deep.equal(['web']);
  });

  it('stays open where a unit cannot be read any more', () => {
    const invalid = [{ space: 'prod', slug: 'web', error: 'not YAML', text: '' }];
    const after = reportOf([], { previous: asPrevious(before), desired: { invalid } });
    expect(after.findings.map(({ object }) => object.name)).to.deep.equal(['web']);
    expect(after.resolved.map(({ object }) => object.name)).to.deep.equal(['cart']);
  });

  it('is resolved, and reported so, once it was read without a difference', () => {
    const elsewhere = [{ what: 'apps/v1/Deployment', namespace: 'other', error: 'forbidden' }];
    const after = reportOf([], { previous: asPrevious(before), snapshot: { failedReads: elsewhere } });
    expect(after.findings).to.deep.equal([]);
    expect(message(after)).to.match(/^drift\(prod-eu\): nothing open in what could be read\n/u);
    expect(message(after)).to.contain(
      'high      shop/deployment/cart  resolved  +$29.27/month\n  replicas 3 → 1 (kubectl via scale)\n',
    );
    expect(message(reportOf([], { previous: asPrevious(before) }))).to.match(/^drift\(prod-eu\): all clear\n/u);
  });
});

describe('a drift that is no news', () => {
  it('keeps the time of its write while the writer only wrote something else', () => {
    const at = (time: string) => ranked(finding({ blame: { ...hands, time } }));
    const before = reportOf([at('2026-11-23T03:00:00Z')]);
    const after = reportOf([at('2026-11-24T03:00:00Z')], { previous: asPrevious(before), now: LATER });
    expect(filesOf(after)).to.deep.equal(filesOf(before));
    const other = reportOf([ranked(finding({ blame: { ...hands, manager: 'helm', time: '2026-11-24T03:00:00Z' } }))], {
      previous: asPrevious(before),
    });
    expect(other.findings[0]?.blame).to.include({ manager: 'helm', time: '2026-11-24T03:00:00Z' });
  });

  it("keeps a server's words on the same failure, which may hold times and addresses", () => {
    const failing = (words: string, previous?: Report): Report =>
      reportOf([ranked(web)], {
        outcomes: [outcome(web.id, { result: 'failed', message: words, revision: 0 })],
        ...(previous ? { previous: asPrevious(previous), now: LATER } : {}),
      });
    const before = failing('timeout after 10.2s');
    expect(filesOf(failing('timeout after 10.7s', before))).to.deep.equal(filesOf(before));
    const other = reportOf([ranked(web)], {
      outcomes: [outcome(web.id, { result: 'conflict', message: 'changed', revision: 0 })],
      previous: asPrevious(before),
    });
    expect(other.findings[0]?.message).to.equal('changed');
  });

  it('keeps the words about a read that fails again in the same way, which may hold times, ports and ids', () => {
    const unread = (error: string, previous?: Report): Report => {
      const reads = [{ what: 'apps/v1/Deployment', namespace: 'shop', error }];
      const failedReads = keepErrorText(reads, previous?.incomplete ?? []);
      return reportOf([], { snapshot: { failedReads }, ...(previous ? { previous: asPrevious(previous), now: LATER } : {}) });
    };
    const before = unread('request 7f3a-19 to 10.0.0.1:6443 timed out after 10.2s');
    const again = unread('request 0c41-77 to 10.0.0.1:6443 timed out after 10.7s', before);
    expect(filesOf(again)).to.deep.equal(filesOf(before));
    expect(unread('deployments.apps is forbidden', before).incomplete[0]?.error).to.equal('deployments.apps is forbidden');
    expect(
      keepErrorText([{ what: 'apps/v1/Deployment', namespace: 'other', error: 'x1' }], before.incomplete)[0]?.error,
    ).to.equal('x1');
  });

  it('stays in its group while its writers only write something else', () => {
    const entries = (...times: readonly string[]) =>
      times.map((time, index) =>
        ranked(finding({ ref: ref(`w${index}`), path: IMAGE, desired: 'r/x:1', live: 'r/x:2', blame: { ...hands, time } })),
      );
    const before = reportOf(entries('2026-11-23T03:00:00Z', '2026-11-23T03:01:00Z'));
    expect(before.groups).to.have.lengthOf(1);
    const after = reportOf(entries('2026-11-23T03:00:00Z', '2026-11-23T09:00:00Z'), {
      previous: asPrevious(before),
      now: LATER,
    });
    expect(filesOf(after)).to.deep.equal(filesOf(before));
  });
});

describe('findings of one action', () => {
  it('are shown as one, with their number, worst severity and cost', () => {
    const names = ['a', 'b', 'c'];
    const set = { ...hands, manager: 'kubectl-set', subresource: '', time: '2026-11-23T03:04:00Z' };
    const entries = names.map((name) =>
      ranked(finding({ ref: ref(name), path: IMAGE, desired: 'r/x:1', live: 'r/x:2', blame: set })),
    );
    const report = reportOf([...entries, ranked(cart)]);
    expect(filesOf(report)[`${CLUSTER}/README.md`]).to.contain(
      '| kubectl set image, 03:04Z, 3 Deployments | [shop/deployment/a](shop/deployment.a.md)<br>[shop/deployment/b](shop/deployment.b.md)<br>[shop/deployment/c](shop/deployment.c.md) | 3 | ●\u00a0medium | +$87.81 a month |',
    );
    const fixed = reportOf(entries, { outcomes: entries.slice(1).map((entry) => outcome(entry.finding.id)) });
    expect(fixed.groups, 'what was fixed is open no more').to.deep.equal([]);
  });
});

describe('a commit without other drift', () => {
  const before = reportOf([ranked(web), ranked(cart, { severity: 'high' })]);
  const again = (more: Parameters<typeof reportOf>[1]): string =>
    message(reportOf([ranked(web), ranked(cart, { severity: 'high' })], { previous: asPrevious(before), ...more }));
  const promotions = [{ unit: 'dev/web', upstream: 'base/web', refusal: '' }];
  const guard = { name: 'decisions-unreadable' as const, detail: 'x' };
  const plan = { items: [], fixes: [], guard, pauses: [], ownershipPending: [], desiredObjects: 0, notes: [], warnings: [] };

  it('says in its subject what has changed instead', () => {
    expect(again({ promotions }).split('\n')[0]).to.equal('drift(prod-eu): promotions changed, 2 still open (worst: high)');
    const failedReads = [{ what: 'apps/v1/Deployment', namespace: 'shop', error: 'forbidden' }];
    const both = again({ promotions, snapshot: { failedReads } });
    expect(both.split('\n')[0]).to.equal('drift(prod-eu): 2 parts changed, 2 still open (worst: high)');
    expect(both).to.contain('\nAlso changed: unread parts\n').and.contain('\nPromotion needed: ');
    expect(both.split('\n')[2], 'what is new comes first').to.equal('Promotion needed: dev/web from base/web');
  });

  it('tells of a hold, a note and a decision, by name where there is room, and of each once', () => {
    const decisions = [
      {
        id: 'd-1',
        kind: 'ignore' as const,
        what: 'shop/deployment/web',
        by: 'Ann Lee <ann@example.org>',
        decidedAt: '2026-11-23T11:00:00Z',
        commit: '',
        reason: 'a test',
        effect: 'active' as const,
        detail: '',
      },
    ];
    const open = [ranked(web)];
    const known = asPrevious(reportOf(open));
    const pauses = [{ what: 'namespace/shop', until: '2026-11-24T06:00:00Z' }];
    const paused = reportOf(open, { previous: known, pauses });
    expect(message(paused).split('\n')[0]).to.equal('drift(prod-eu): pauses changed, 1 still open (worst: medium)');
    expect(message(paused)).to.contain('\nPaused until 2026-11-24 06:00Z: namespace/shop\n');
    const again = reportOf(open, { previous: asPrevious(paused), pauses });
    expect([again.alsoChanged, again.otherNews]).to.deep.equal([[], []]);
    expect(reportOf(open, { previous: known, notes: ['no locks'] }).alsoChanged).to.deep.equal(['notes']);
    const decided = reportOf(open, { previous: known, decisions });
    expect(message(decided)).to.contain('\nDecided: ignore shop/deployment/web by Ann Lee: active\n');
    expect(reportOf(open, { previous: asPrevious(decided), decisions }).otherNews).to.deep.equal([]);
    const many = Array.from({ length: 9 }, (_, index) => ({ unit: `dev/u${index}`, upstream: `base/u${index}`, refusal: '' }));
    expect(message(reportOf(open, { previous: known, promotions: many }))).to.contain(
      '\nPromotion needed: dev/u2 from base/u2\n... and 6 more decisions, pauses or promotions\n',
    );
  });

  it('says that details changed if a drift that stays is described otherwise', () => {
    const dearer = reportOf([ranked(web, { costUsdPerMonth: 99 }), ranked(cart, { severity: 'high' })], {
      previous: asPrevious(before),
    });
    expect(message(dearer).split('\n')[0]).to.equal('drift(prod-eu): details changed, 2 still open (worst: high)');
  });

  it('says so where nothing is open, and names a guard that trips or lets go', () => {
    const clear = reportOf([]);
    const tripped = reportOf([], { previous: asPrevious(clear), plan });
    expect(message(tripped).split('\n')[0]).to.equal('drift(prod-eu): guard changed, all clear');
    expect(message(tripped)).to.contain('Guard decisions-unreadable: only fixes that a person approved are made\n');
    expect(message(reportOf([], { previous: asPrevious(tripped) })).split('\n')[0]).to.equal(
      'drift(prod-eu): guard changed, all clear',
    );
  });

  it('says nothing of it where there is drift to tell of, but in its body', () => {
    const [subject, , ...body] = message(reportOf([ranked(web)], { previous: asPrevious(before), promotions })).split('\n');
    expect(subject).to.equal('drift(prod-eu): 1 resolved, 1 still open (worst: medium)');
    expect(body).to.include('Promotion needed: dev/web from base/web');
  });
});
