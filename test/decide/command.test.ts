import { expect } from 'chai';
import { readDecisions } from '../../src/stages/decisions/decisions.ts';
import { envValue, finding, ref } from '../types/builders.ts';
import { decided, failureOf } from './decided.ts';

const kinds = (text: string): readonly string[] => readDecisions(text).decisions.map(({ kind }) => kind);

describe('a decision made by a command', () => {
  it('takes the place of any other about the same finding, whatever its kind', async () => {
    let { text } = await decided({ kind: 'fix' });
    for (const kind of ['ignore', 'accept', 'ignore', 'fix'] as const) {
      ({ text } = await decided({ kind }, { text }));
      expect(kinds(text)).to.deep.equal([kind]);
    }
    const both = ['fix', 'accept'].map((kind) => `${kind}:\n- fingerprint: ${finding().fingerprint}\n`).join('');
    expect(kinds((await decided({ kind: 'fix' }, { text: both })).text)).to.deep.equal(['fix']);
  });

  it('made twice is one', async () => {
    for (const kind of ['fix', 'ignore'] as const) {
      const { text } = await decided({ kind });
      const again = await decided({ kind }, { text });
      expect(again.text).to.equal(text);
      expect(again.out).to.equal(`Already decided: ${kind} shop/deployment/web: replicas 3 → 5\n`);
    }
  });

  it('differs from one that is spent, though its entry is gone from the file', async () => {
    const { text } = await decided({ kind: 'fix' });
    const [decision] = readDecisions(text).decisions;
    const spent = { effect: 'spent', kind: 'fix', what: '', by: '', decidedAt: '', commit: '', reason: '', detail: '' } as const;
    const decisions = [{ ...spent, id: decision?.id ?? '' }];
    for (const before of ['', text]) {
      const again = readDecisions((await decided({ kind: 'fix' }, { text: before, decisions })).text).decisions;
      expect(again).to.have.lengthOf(1);
      expect(again[0]?.id).to.not.equal(decision?.id);
    }
  });

  it('to ignore a missing or unmanaged object covers none of its fields', async () => {
    const gone = finding({ class: 'missing', path: [], desired: {}, live: undefined });
    const { text } = await decided({ kind: 'ignore' }, { findings: [gone] });
    expect(text).to.contain('path: ""');
    const [ignore] = readDecisions(text).decisions;
    expect(ignore?.kind === 'ignore' && ignore.rule.path).to.equal('');
  });

  it('that ends before it begins is a mistake', async () => {
    const error = await failureOf(decided({ kind: 'ignore', until: '2020-01-01' }));
    expect(error).to.include({ code: 'usage' }).and.have.property('message', '--until 2020-01-01 is in the past');
  });

  it('says what of the workload it leaves out, and why', async () => {
    const secret = finding({ path: envValue('DB_PASSWORD'), desired: '***', live: '***' });
    const { out, err } = await decided({ kind: 'accept' }, { findings: [finding(), secret] });
    expect(out).to.match(/^Decided: accept shop\/deployment\/web: replicas 3 → 5\nCommitted as /u);
    expect(err).to.match(
      /^Not decided: accept shop\/deployment\/web: env DB_PASSWORD .*, because its value looks like a secret/u,
    );
    expect(err.trimEnd().split('\n')).to.have.lengthOf(1);
  });

  it('has a commit whose subject fits a line, and names an object without a namespace as it is', async () => {
    const long = finding({ ref: ref(`r${'0'.repeat(80)}`, { kind: 'ClusterRole', namespace: '' }) });
    const { message } = await decided({ kind: 'fix', finding: long.fingerprint }, { findings: [long] });
    const [subject = '', , body] = message.split('\n');
    expect(subject)
      .to.have.lengthOf(72)
      .and.match(/^decide\(prod-eu\): fix clusterrole\/r0+…$/u);
    expect(body).to.equal(`clusterrole/${long.ref.name}: replicas 3 → 5`);
  });
});
