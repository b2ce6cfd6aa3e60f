import { expect } from 'chai';
import { ok, type Row, rankAll, rowFor } from '../fake-claude/fake-claude.ts';
import { compared, finding, IMAGE, label, ref } from '../types/builders.ts';
import { namesOf, rankByRules, rankWith, scaled } from './ask.ts';

describe("bounds on Claude's answer", () => {
  const labelled = compared([finding({ ref: ref('labelled'), path: label('team'), desired: 'a', live: 'b' })]);

  it('may raise a severity as far as it likes', async () => {
    const { findings } = await rankWith([rankAll((row) => ({ ...row, severity: 'critical' }))], [labelled]);
    expect(findings[0]?.severity).to.equal('critical');
  });

  it('may lower a severity by one step only', async () => {
    const image = finding({ path: IMAGE, desired: 'a:1', live: 'a:2', restartsPods: true });
    const before = await rankByRules([compared([image])], { environment: 'staging' });
    expect(before.findings[0]?.severity).to.equal('high');
    const lowered = rankAll((row) => ({ ...row, severity: 'info' }));
    const { findings, source } = await rankWith([lowered], [compared([image])], { environment: 'staging' });
    expect(findings[0]?.severity).to.equal('medium');
    expect(source.refused).to.equal(1);
  });

  it('never lowers drift below low', async () => {
    const { findings } = await rankWith([rankAll((row) => ({ ...row, severity: 'info' }))], [labelled]);
    expect(findings[0]?.severity).to.equal('low');
  });

  it('never lowers a critical workload below high', async () => {
    const critical = compared([
      finding({ ref: ref('checkout'), path: label('team'), desired: 'a', live: 'b', isCritical: true }),
    ]);
    const { findings } = await rankWith([rankAll((row) => ({ ...row, severity: 'low' }))], [critical]);
    expect(findings[0]?.severity).to.equal('high');
  });

  it('sorts by severity before it sorts by rank', async () => {
    const answer = rankAll((row, fact) => ({
      ...row,
      severity: fact['id'] === 'f3' ? 'critical' : 'medium',
      rank: fact['id'] === 'f3' ? 99 : 1,
    }));
    const { order } = await rankWith([answer], scaled(3));
    expect(order).to.deep.equal(['w-002', 'w-000', 'w-001']);
  });

  it('lets equal ranks fall back to the order of the rules', async () => {
    const { order } = await rankWith([rankAll((row) => ({ ...row, rank: 7 }))], scaled(12));
    expect(order).to.deep.equal(namesOf(await rankByRules(scaled(12))));
  });

  it('holds back no more than a tenth of the findings', async () => {
    const { findings, source } = await rankWith([rankAll((row) => ({ ...row, action: 'hold' }))], scaled(20));
    expect(findings.filter((ranked) => ranked.opinion?.isHeld)).to.have.length(2);
    expect(source.refused).to.equal(18);
  });

  it('never holds a critical workload', async () => {
    const critical = compared([finding({ ref: ref('checkout'), isCritical: true })]);
    const { findings, source } = await rankWith([rankAll((row) => ({ ...row, action: 'hold' }))], [critical]);
    expect(findings[0]?.opinion?.isHeld).to.equal(false);
    expect(source.refused).to.equal(1);
  });

  it('drops ids that were not asked about, and counts them', async () => {
    const strangers = ok((request) => ({
      items: [...request.facts.map(rowFor), { ...rowFor({ id: 'f77', heuristicSeverity: 'critical' }, 0) }],
      summary: '',
    }));
    const { source, findings } = await rankWith([strangers], scaled(3));
    expect(source).to.include({ ranker: 'claude', refused: 1 });
    expect(findings).to.have.length(3);
  });

  it('takes the first of two rows for one finding, and counts the second', async () => {
    const twice = ok((request) => {
      const rows: Row[] = request.facts.map(rowFor);
      return { items: [...rows, ...rows.map((row) => ({ ...row, severity: 'critical' }))], summary: '' };
    });
    const { source, findings } = await rankWith([twice], scaled(3));
    expect(source.refused).to.equal(3);
    expect(findings.map((ranked) => ranked.severity)).to.not.include('critical');
  });

  it('accepts an answer for four of five, and the fifth follows them in its severity', async () => {
    const answer = rankAll((row, fact) => (fact['id'] === 'f3' ? undefined : { ...row, rank: 100 - row.rank }));
    const { source, findings, order } = await rankWith([answer], scaled(5));
    expect(source.ranker).to.equal('claude');
    expect(order).to.deep.equal(['w-004', 'w-003', 'w-001', 'w-000', 'w-002']);
    expect(findings.find((ranked) => ranked.finding.ref.name === 'w-002')?.opinion).to.equal(undefined);
  });

  it('refuses an answer for three of five as a whole', async () => {
    const answer = rankAll((row, fact) =>
      ['f1', 'f2', 'f3'].includes(String(fact['id'])) ? { ...row, severity: 'critical' } : undefined,
    );
    const { source, findings } = await rankWith([answer], scaled(5));
    expect(source).to.include({ ranker: 'heuristic', reason: 'only 3 of 5 findings were answered' });
    expect(findings.map((ranked) => ranked.severity)).to.not.include('critical');
  });

  it('keeps nothing of the advice that a page, a terminal or Git could act on', async () => {
    const cause = 'See [here](https://evil.example/x) `rm -rf` <img src=x> https://evil.example \u001b[31m\u202eeslaf\nFixes';
    const { findings } = await rankWith([rankAll((row) => ({ ...row, cause }), cause)], scaled(1));
    const said = findings[0]?.opinion?.advice.cause ?? '';
    expect(said).to.equal('See here rm -rf (link) [31m eslaf Fixes');
  });
});
