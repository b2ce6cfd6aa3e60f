import { expect } from 'chai';
import type { Decider, DecisionOutcome, ReportedDecision } from '../../src/domain/decision.ts';
import type { Finding, ObjectComparison } from '../../src/domain/finding.ts';
import type { FixOutcome, OutcomeResult } from '../../src/domain/outcome.ts';
import type { PlanItem } from '../../src/domain/plan.ts';
import {
  matchDecisions,
  planDecisions,
  readDecisions,
  reportDecisions,
  withDeciders,
} from '../../src/stages/decisions/decisions.ts';
import { createIgnores } from '../../src/stages/diff/ignore.ts';
import { outcome, ranked } from '../report/build.ts';
import { compared, finding, ref, unit } from '../types/builders.ts';

const ANN: Decider = { name: 'Ann Lee', email: 'ann@example.org', time: '2026-11-20T10:00:00Z', commit: 'a' };
const NOW = new Date('2026-11-24T10:00:00Z');
const web = finding({ ref: ref('web') });

interface Scene {
  readonly text: string;
  readonly findings?: readonly Finding[];
  readonly previous?: readonly ReportedDecision[];
  readonly outcomes?: readonly DecisionOutcome[];
  readonly items?: readonly PlanItem[];
  readonly fixes?: readonly FixOutcome[];
  /** Fixed by a pass that could not report it. */
  readonly recorded?: readonly Finding[];
  /** Findings of the last report whose objects were not read. */
  readonly unread?: readonly Finding[];
  /** Description of the newest revision of the unit. */
  readonly head?: string;
}

function told({
  text,
  findings = [],
  previous = [],
  outcomes = [],
  items = [],
  fixes = [],
  recorded = [],
  unread = [],
  head = '',
}: Scene): readonly ReportedDecision[] {
  const read = readDecisions(text);
  const file = withDeciders(read, new Map(read.decisions.map(({ id }) => [id, ANN])));
  const objects: readonly ObjectComparison[] = findings.map((entry) => compared([entry]));
  const units = [unit('web', { lastChangeDescription: head, headRevision: 7 })];
  const matched = matchDecisions({ file, previous, comparison: { objects }, units });
  const ignores = createIgnores(
    file.decisions.flatMap((decision) => (decision.kind === 'ignore' ? [decision.rule] : [])),
    NOW,
  );
  for (const entry of findings) ignores.ruleFor(entry.ref, entry.path, entry.blame);
  const all = new Map([...matched.outcomes, ...outcomes].map((entry) => [entry.id, entry]));
  return reportDecisions({
    file,
    previous,
    comparison: { ignores: ignores.uses(), objects },
    matched,
    outcomes: all,
    plan: { items },
    fixes,
    recorded: recorded.map((entry) => ({ ranked: ranked(entry), revision: 3 })),
    unread: new Set(unread.map(({ fingerprint }) => fingerprint)),
    isComplete: unread.length === 0,
  });
}

function entry(kind: 'fix' | 'accept', { fingerprint }: Finding = web, more = ''): string {
  return `${kind}:\n- {fingerprint: "${fingerprint}"${more}}\n`;
}

function effects(scene: Scene): readonly string[] {
  return told(scene).map(({ kind, effect }) => `${kind} ${effect}`.trim());
}

function item(reason: PlanItem['reason'], detail: string): PlanItem {
  return { ranked: ranked(web), restartsPods: false, action: 'blocked', reason, detail };
}

describe('what became of a decision', () => {
  it('is applied once its fix is made, even if it was reverted, and waits if it failed', () => {
    const after: Readonly<Record<OutcomeResult, string>> = {
      fixed: 'fix spent',
      overridden: 'fix spent',
      staged: 'fix staged',
      'no-effect': 'fix waiting',
      conflict: 'fix waiting',
      failed: 'fix waiting',
    };
    for (const [result, effect] of Object.entries(after)) {
      // The keys are those of OutcomeResult, as the type above says.
      const fixes = [outcome(web.id, { result: result as OutcomeResult })];
      expect(effects({ text: entry('fix'), findings: [web], fixes }), result).to.deep.equal([effect]);
    }
  });

  it('tells who decided, when, why, and about what', () => {
    const [line] = told({ text: entry('fix', web, ', reason: too many'), findings: [web], fixes: [outcome(web.id)] });
    expect(line).to.deep.include({
      kind: 'fix',
      what: 'shop/deployment/web: replicas 3 → 5',
      by: 'Ann Lee <ann@example.org>',
      decidedAt: '2026-11-20T10:00:00Z',
      reason: 'too many',
      effect: 'spent',
      detail: 'fixed, revision 17',
    });
  });

  it('stays spent though the very same drift comes back, and is about nothing then', () => {
    const text = entry('fix');
    const previous = told({ text, findings: [web], fixes: [outcome(web.id)] });
    expect(told({ text, findings: [web], previous })).to.deep.equal(previous);
    const file = readDecisions(text);
    const matched = matchDecisions({ file, previous, comparison: { objects: [compared([web])] }, units: [] });
    expect(planDecisions(file, matched, new Map()).approved.size).to.equal(0);
  });

  it('can be made again with a time, or once the spent entry was seen to be gone', () => {
    const previous = told({ text: entry('fix'), findings: [web], fixes: [outcome(web.id)] });
    const again = entry('fix', web, ', time: 2026-11-24');
    expect(effects({ text: again, findings: [web], previous, fixes: [outcome(web.id)] })).to.deep.equal(['fix spent']);
    const gone = told({ text: '', findings: [web], previous });
    expect(gone).to.deep.equal([]);
    expect(effects({ text: entry('fix'), findings: [web], previous: gone })).to.deep.equal(['fix waiting']);
  });

  it('is remembered as spent while the file cannot be read', () => {
    const previous = told({ text: entry('fix'), findings: [web], fixes: [outcome(web.id)] });
    const broken = told({ text: 'fix: [\n', findings: [web], previous });
    expect(broken.map(({ what, effect }) => `${what}: ${effect}`)).to.deep.equal([
      'decisions.yaml: no-effect',
      'shop/deployment/web: replicas 3 → 5: spent',
    ]);
    expect(told({ text: entry('fix'), findings: [web], previous: broken })).to.deep.equal(previous);
  });

  it('is remembered as spent while an entry has a mistake, its own or another', () => {
    const previous = told({ text: entry('fix'), findings: [web], fixes: [outcome(web.id)] });
    const typo = told({ text: entry('fix', web, ', reson: too many'), previous });
    expect(typo.map(({ effect }) => effect)).to.deep.equal(['no-effect', 'spent']);
    expect(told({ text: entry('fix'), findings: [web], previous: typo })).to.deep.equal(previous);
  });

  it('is refused where an ignore rule covers what it is about', () => {
    const ignored = finding({ ref: ref('web'), class: 'informational', note: 'ignored: a load test' });
    const text = `${entry('fix')}ignore:\n- {kind: Deployment, name: web, reason: a load test}\n`;
    const [fix] = told({ text, findings: [{ ...ignored, coveredFingerprint: web.fingerprint }] });
    expect(fix).to.include({
      effect: 'refused',
      detail: 'it contradicts the rule that covers this (ignored: a load test); remove one of them',
    });
  });

  it('to accept is left as it is by the plan, before anybody carried it out', () => {
    const file = readDecisions(entry('accept'));
    const matched = matchDecisions({ file, previous: [], comparison: { objects: [compared([web])] }, units: [] });
    const { approved, kept } = planDecisions(file, matched, new Map());
    expect([approved.size, kept.has(web.fingerprint)]).to.deep.equal([0, true]);
    const fix = readDecisions(entry('fix'));
    const toFix = matchDecisions({ file: fix, previous: [], comparison: { objects: [compared([web])] }, units: [] });
    expect([...planDecisions(fix, toFix, new Map()).approved.keys()]).to.deep.equal([web.fingerprint]);
  });

  it('is unused where the value is another one by now', () => {
    const other = finding({ ref: ref('web'), live: 6 });
    const lines = told({ text: entry('fix') + entry('accept', other), findings: [other] });
    expect(lines.map(({ kind, effect }) => `${kind} ${effect}`)).to.deep.equal(['fix unused', 'accept planned']);
    expect(lines[1]?.detail).to.equal('the next run accepts it');
  });

  it('to adopt says where the new unit is not among those that are compared', () => {
    const stray = finding({ ref: ref('stray'), class: 'unmanaged', path: [], desired: undefined, unit: '' });
    const text = `adopt:\n- {fingerprint: "${stray.fingerprint}", space: prod}\n`;
    const id = readDecisions(text).decisions[0]?.id ?? '';
    const outcomes: readonly DecisionOutcome[] = [{ id, effect: 'spent', detail: 'revision 1 of unit prod/stray' }];
    expect(told({ text, outcomes })[0]).to.include({ effect: 'spent', detail: 'revision 1 of unit prod/stray' });
    const [vain] = told({ text, findings: [stray], outcomes });
    expect(vain?.effect).to.equal('spent');
    expect(vain?.detail).to.match(/^revision 1 of unit prod\/stray, which is not compared,/u);
  });

  it('waits with the reason of the plan, such as a gate', () => {
    const [line] = told({
      text: entry('fix'),
      findings: [web],
      items: [item('apply-gate', 'apply gate approval must be passed')],
    });
    expect(line).to.include({ effect: 'waiting', detail: 'apply-gate: apply gate approval must be passed' });
    const other: PlanItem = { ...item('paused', 'until Friday'), ranked: ranked(finding({ ref: ref('api') })) };
    const beside = told({ text: entry('fix'), findings: [web], items: [other, item('apply-gate', 'a')] });
    expect(beside[0]?.detail, 'the plan’s word about this very finding').to.equal('apply-gate: a');
    expect(told({ text: entry('fix'), findings: [web], items: [other] })[0]?.detail).to.equal('it was not judged');
    for (const action of ['fix', 'stage'] as const)
      expect(told({ text: entry('fix'), findings: [web], items: [{ ...item('decided', ''), action }] })[0]).to.include({
        effect: 'planned',
        detail: 'the next run fixes it',
      });
  });

  it('is refused where two decisions about one finding contradict each other, and the live value stays', () => {
    const text = entry('fix') + entry('accept');
    expect(effects({ text, findings: [web] })).to.deep.equal(['fix refused', 'accept refused']);
    expect(told({ text, findings: [web] }).map(({ detail }) => detail)).to.deep.equal([
      'it contradicts the accept on line 4; remove one of them',
      'it contradicts the fix on line 2; remove one of them',
    ]);
    const file = readDecisions(text);
    const matched = matchDecisions({ file, previous: [], comparison: { objects: [compared([web])] }, units: [] });
    const plan = planDecisions(file, matched, new Map(matched.outcomes.map((found) => [found.id, found])));
    expect(plan.approved.size).to.equal(0);
    expect(plan.kept.get(web.fingerprint)).to.contain('contradicts');
  });

  it('is spent where a pass that could not report carried it out: the revision says so', () => {
    const text = entry('accept');
    const id = readDecisions(text).decisions[0]?.id ?? '';
    const [line] = told({ text, head: `Accepted replicas 3 → 5 (decided by Ann) [decision:${id} live:3 sha256:0123456789ab]` });
    expect(line).to.include({ effect: 'spent', detail: 'revision 7 of unit prod/web' });
    const forged = `Accepted x (decided by Ann: [decision:${id}]) [decision:ffffffffffffffff live:3 sha256:0123456789ab]`;
    expect(effects({ text, head: forged })).to.deep.equal(['accept unused']);
  });

  it('is neither spent nor unused while what it is about cannot be read', () => {
    const text = `${entry('fix')}ignore:\n- {kind: Deployment, name: web, reason: a}\n`;
    const staged = told({ text, findings: [web], fixes: [outcome(web.id, { result: 'staged' })] });
    expect(staged.map(({ effect }) => effect)).to.deep.equal(['staged', 'active']);
    expect(told({ text, previous: staged, unread: [web] })).to.deep.equal(staged);
    expect(told({ text: entry('fix'), unread: [web] })[0]).to.include({
      effect: 'waiting',
      detail: 'its finding could not be read',
    });
    expect(effects({ text, previous: staged })).to.deep.equal(['fix spent', 'ignore unused']);
  });

  it('to fix is spent where a pass that could not report made the fix, and fixes nothing again', () => {
    const text = entry('fix');
    const previous = told({ text, recorded: [web] });
    expect(previous).to.deep.include.members([
      { ...previous[0], effect: 'spent', what: 'shop/deployment/web: replicas 3 → 5', detail: 'fixed, revision 3' },
    ]);
    expect(told({ text, findings: [web], previous })).to.deep.equal(previous);
    expect(effects({ text, recorded: [finding({ ref: ref('web'), live: 6 })] })).to.deep.equal(['fix unused']);
  });

  it("that failed again as before keeps its detail, even if the server's words differ", () => {
    const failing = (message: string, previous: readonly ReportedDecision[] = []) =>
      told({
        text: entry('fix'),
        findings: [web],
        previous,
        fixes: [outcome(web.id, { result: 'failed', message, revision: 0 })],
      });
    const before = failing('timeout after 10.2s');
    expect(failing('connection reset', before)).to.deep.equal(before);
    const conflict = told({
      text: entry('fix'),
      findings: [web],
      previous: before,
      fixes: [outcome(web.id, { result: 'conflict', message: 'changed', revision: 0 })],
    });
    expect(conflict[0]?.detail).to.equal('conflict: changed');
    const staged = (revision: number, previous: readonly ReportedDecision[] = []): string | undefined =>
      told({ text: entry('fix'), findings: [web], previous, fixes: [outcome(web.id, { result: 'staged', revision })] })[0]
        ?.detail;
    const once = told({ text: entry('fix'), findings: [web], fixes: [outcome(web.id, { result: 'staged', revision: 3 })] });
    expect(staged(4, once), 'another revision is news').to.equal('staged, revision 4');
  });

  it('is spent where what was staged departs no more in this way, which an apply or a person may have done', () => {
    const text = entry('fix');
    const previous = told({ text, findings: [web], fixes: [outcome(web.id, { result: 'staged' })] });
    expect(effects({ text, findings: [web], previous, fixes: [outcome(web.id, { result: 'staged' })] })).to.deep.equal([
      'fix staged',
    ]);
    for (const findings of [[], [finding({ ref: ref('web'), live: 9 })]])
      expect(told({ text, previous, findings })[0]).to.include({
        effect: 'spent',
        what: 'shop/deployment/web: replicas 3 → 5',
        detail: 'staged, revision 17; the drift is resolved',
      });
  });

  it('of an ignore rule is active, expired or unused', () => {
    const text = [
      'ignore:',
      '- {kind: Deployment, name: web, reason: a}',
      '- {kind: Deployment, name: web, reason: b, until: 2026-11-01}',
      '- {kind: Deployment, name: api, reason: c, path: ""}',
      '',
    ].join('\n');
    expect(effects({ text, findings: [web] })).to.deep.equal(['ignore active', 'ignore expired', 'ignore unused']);
    expect(told({ text, findings: [web] })[0]?.detail).to.equal('permanent');
    expect(told({ text, findings: [web] })[2]?.what).to.equal('kind Deployment, name api, only as a whole');
  });

  it('of a bad entry is none, and says line and mistake', () => {
    const [line] = told({ text: 'fix:\n- {fingerprint: zz}\n' });
    expect(line).to.include({ effect: 'no-effect', what: 'fix entry 1, line 2' });
    expect(line?.detail).to.contain('32 hexadecimal digits');
  });
});
