import { expect } from 'chai';
import fc from 'fast-check';
import type { FieldPath } from '../../src/domain/field-path.ts';
import type { ObjectComparison } from '../../src/domain/finding.ts';
import { type Opinion, SEVERITIES } from '../../src/domain/ranking.ts';
import { NO_REPORT } from '../../src/domain/report.ts';
import { planFixes } from '../../src/stages/plan/plan.ts';
import { type AskClaude, rankFindings } from '../../src/stages/rank/rank.ts';
import { POLICY } from '../plan/policy.ts';
import { compared, comparison, finding, IMAGE, label, REPLICAS, ref } from '../types/builders.ts';
import { NOW, rankByRules, rankOptions } from './ask.ts';

const account = (field: string): FieldPath => [{ field: 'spec' }, { field: 'template' }, { field: 'spec' }, { field }];
/** Changes of one object; the last two are valid only together. */
const CHANGES: readonly (readonly FieldPath[])[] = [
  [REPLICAS],
  [IMAGE],
  [label('team')],
  [IMAGE, REPLICAS],
  [account('serviceAccountName'), account('serviceAccount')],
];

interface Row {
  readonly action: 'apply' | 'hold' | 'review';
  readonly severity: (typeof SEVERITIES)[number];
}

/** A model that says these things of whatever it is asked about. */
function answering(rows: readonly Row[]): AskClaude {
  return async (facts) => ({
    ok: true,
    text: JSON.stringify({
      items: facts.map((_, index) => ({
        id: `f${index + 1}`,
        rank: index + 1,
        cause: '',
        advice: '',
        confidence: 'low',
        ...rows[index % rows.length],
      })),
      summary: '',
    }),
    requestId: 'r',
    inputTokens: 1,
    outputTokens: 1,
  });
}

const row = fc.record({
  action: fc.constantFrom('hold' as const, 'hold' as const, 'apply' as const),
  severity: fc.constantFrom(...SEVERITIES),
});
const object = fc.record({ change: fc.constantFrom(...CHANGES), isCritical: fc.constantFrom(true, false, false, false) });
const pass = fc.record({
  present: fc.array(fc.constantFrom(true, true, false), { minLength: 90, maxLength: 90 }),
  rows: fc.array(row, { minLength: 1, maxLength: 7 }),
  environment: fc.constantFrom('dev', 'prod'),
});

describe('what the model holds back', () => {
  it('is a tenth of the open findings or one, in all requests and passes together, and never anything critical', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(object, { minLength: 1, maxLength: 90, size: 'max' }),
        fc.array(pass, { minLength: 1, maxLength: 5 }),
        async (objects, passes) => {
          let known: ReadonlyMap<string, Opinion> = new Map();
          for (const { present, rows, environment } of passes) {
            const drifted = objects.flatMap(({ change, isCritical }, index): ObjectComparison[] => {
              const findings = change.map((path) =>
                finding({ ref: ref(`w-${index}`), path, desired: 'a', live: 'b', isCritical }),
              );
              return present[index] ? [compared(findings)] : [];
            });
            const options = rankOptions({ environment, known, ask: answering(rows) });
            const ranking = await rankFindings(comparison(drifted), options);
            const byRules = await rankByRules(drifted, { environment });
            const severityOf = new Map(byRules.findings.map((entry) => [entry.finding.id, entry.severity]));
            const { items } = planFixes(
              {
                snapshot: { failedReads: [], objects: [], pausedNamespaces: {}, terminating: [] },
                desired: { objects: [], invalid: [] },
                comparison: comparison(drifted),
                ranking,
                previous: NO_REPORT,
                now: NOW,
              },
              { ...POLICY, maxFixes: 1_000, maxFixPercent: 100 },
            );
            const held = items.filter(({ reason }) => reason === 'held-by-model').map(({ ranked }) => ranked);
            expect(held.length).to.be.at.most(Math.max(1, Math.floor(ranking.findings.length / 10)));
            expect(held.filter(({ finding: { isCritical } }) => isCritical)).to.deep.equal([]);
            expect(held.filter(({ severity }) => severity === 'critical')).to.deep.equal([]);
            expect(held.filter(({ finding: { id } }) => severityOf.get(id) === 'critical')).to.deep.equal([]);
            known = new Map(
              ranking.findings.flatMap(({ finding: { fingerprint }, opinion }) => (opinion ? [[fingerprint, opinion]] : [])),
            );
          }
        },
      ),
      { numRuns: process.env['DRIFT_LONG'] === '1' ? 2_000 : 60, seed: 16 },
    );
  });

  it('stays held from pass to pass, before anything new', async () => {
    const some = (names: readonly string[]): readonly ObjectComparison[] =>
      names.map((name) => compared([finding({ ref: ref(name), path: label('team'), desired: 'a', live: 'b' })]));
    const hold = answering([{ action: 'hold', severity: 'low' }]);
    const heldIn = (ranking: Awaited<ReturnType<typeof rankFindings>>): readonly string[] =>
      ranking.findings.flatMap(({ finding: { ref: held }, opinion }) => (opinion?.isHeld ? [held.name] : []));
    const first = await rankFindings(comparison(some(['m', 'n'])), rankOptions({ ask: hold }));
    const known = new Map(first.findings.flatMap((entry) => (entry.opinion ? [[entry.finding.fingerprint, entry.opinion]] : [])));
    const second = await rankFindings(comparison(some(['a', 'm', 'n', 'z'])), rankOptions({ ask: hold, known }));
    expect(heldIn(first)).to.have.length(1);
    expect(heldIn(second)).to.deep.equal(heldIn(first));
  });
});
