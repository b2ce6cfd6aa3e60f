import { expect } from 'chai';
import { chooseFindings, decidable } from '../../src/commands/decide/choose.ts';
import { ConfigError } from '../../src/domain/errors.ts';
import type { Finding } from '../../src/domain/finding.ts';
import type { FindingClass } from '../../src/domain/finding-classes.ts';
import { Secret } from '../../src/domain/secret.ts';
import { finding, IMAGE, ref } from '../types/builders.ts';
import { decided, failureOf } from './decided.ts';
import { reported } from './reported.ts';

// The answer to a name of no finding, of more than one, or of one that no decision is possible about.

function refused(findings: readonly Finding[], reference: string): ConfigError {
  try {
    chooseFindings(reported(...findings), reference);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error(`${reference} was taken`);
}

const called = (name: string, namespace = 'shop', kind = 'Deployment'): Finding =>
  finding({ ref: ref(name, { namespace, kind }) });

describe('a name that more than one workload has', () => {
  const both = [called('web'), called('web', 'bank')];

  it('decides nothing by any of the commands, and lists both with what distinguishes them', async () => {
    for (const kind of ['accept', 'fix', 'ignore'] as const)
      for (const name of ['web', 'deployment/web']) {
        const error = await failureOf(decided({ kind, finding: name }, { findings: both }));
        expect(error).to.include({ code: 'usage', subject: 'FINDING' });
        expect(error).to.have.property('message', `${name} is ambiguous: shop/deployment/web; bank/deployment/web`);
        expect(error).to.have.property('remedy', 'Give kind and namespace as well, as above.');
      }
    const kinds = [called('web'), called('web', 'shop', 'StatefulSet')];
    expect(refused(kinds, 'web').message).to.contain('shop/deployment/web; shop/statefulset/web');
  });

  it('decides about the one whose kind and namespace are given, in capitals or not, and about nothing of the other', async () => {
    for (const name of ['bank/deployment/web', 'BANK/Deployment/Web']) {
      const { text, out } = await decided({ kind: 'fix', finding: name }, { findings: both });
      expect(out, name).to.contain('bank/deployment/web').and.not.contain('shop/');
      expect(text).to.contain(both[1]?.fingerprint).and.not.contain(both[0]?.fingerprint);
    }
    const kinds = [called('web'), called('web', 'shop', 'StatefulSet')];
    for (const name of ['statefulset/web', 'StatefulSet/web'])
      expect(chooseFindings(reported(...kinds), name).map(({ object }) => object.kind)).to.deep.equal(['StatefulSet']);
  });

  it('is listed up to five of them, and the rest as a number', () => {
    const inNamespaces = (count: number): readonly Finding[] =>
      Array.from({ length: count }, (_, index) => called('web', `n${index}`));
    expect(refused(inNamespaces(5), 'web').message).to.match(/n3\/deployment\/web; n4\/deployment\/web$/u);
    expect(refused(inNamespaces(7), 'web').message).to.match(/n4\/deployment\/web and 2 more$/u);
  });
});

describe('the beginning of fingerprints', () => {
  // Two fingerprints of one beginning, by trying: as many as four hexadecimal digits allow would be too many to write down.
  const some = Array.from({ length: 2_000 }, (_, index) => called(`w${index}`));
  const groups = Map.groupBy(some, ({ fingerprint }) => fingerprint.slice(0, 4));
  const [prefix = '', alike = []] = [...groups].find(([, found]) => found.length === 2) ?? [];

  it('that two have lists both, and a longer one names one', () => {
    const error = refused(some, prefix);
    expect(error.message).to.equal(
      `${prefix} is ambiguous: ${alike.map(({ fingerprint, ref: object }) => `${fingerprint.slice(0, 12)} shop/deployment/${object.name}: replicas 3 → 5`).join('; ')}`,
    );
    expect(error.remedy).to.equal('Give more of the fingerprint.');
    const whole = alike[0]?.fingerprint ?? '';
    expect(chooseFindings(reported(...some), whole).map(({ fingerprint }) => fingerprint)).to.deep.equal([whole]);
  });

  it('of ids mean a finding as well, and their ends, and fewer than four digits, do not', () => {
    const web = called('web');
    expect(chooseFindings(reported(web), web.id.slice(0, 6))).to.have.length(1);
    for (const no of [web.id.slice(-6), web.fingerprint.slice(-6), web.fingerprint.slice(0, 3), `0${web.fingerprint}`])
      expect(refused([web], no).message).to.contain('no open finding');
  });

  it("that is a workload's name as well is refused with a way out", () => {
    const web = called('web');
    const named = called(web.fingerprint.slice(0, 4));
    expect(refused([web, named], named.ref.name).remedy).to.equal(
      'Give kind and namespace as well, as above, or more of the fingerprint.',
    );
  });

  it('is no second meaning of a workload that its own finding’s fingerprint begins with', () => {
    const reference = 'beef';
    const alias = { ...called(reference), fingerprint: `${reference}${'0'.repeat(28)}` };
    expect(chooseFindings(reported(alias), reference)).to.have.length(1);
  });
});

describe('a finding that there is none of', () => {
  it('is answered with the nearest name, and with a remedy', () => {
    const findings = [called('checkout'), called('web'), called('web', 'bank')];
    const error = refused(findings, 'chekcout');
    expect(error).to.include({ code: 'usage', subject: 'FINDING' });
    expect(error.message).to.equal('the latest report has no open finding chekcout; did you mean checkout?');
    expect(error.remedy).to.equal(
      'Pass a fingerprint or a workload of the report; a value that changed since has another fingerprint after the next pass.',
    );
    expect(refused(findings, 'bank/deployment/wep').message).to.contain('did you mean bank/deployment/web?');
    expect(refused(findings, 'CHECKOUTS').message).to.contain('did you mean checkout?');
    expect(refused([called('wob'), called('web')], 'weh').message, 'the nearest of all').to.contain('did you mean web?');
    expect(refused([called('abcdefghi')], 'abcdefxyz').message, 'a third of a long name').to.contain('did you mean abcdefghi?');
    expect(refused([called('abcdef')], 'abcxyz').message, 'half of a name').to.not.contain('did you mean');
  });

  it('is answered with what is open where no name is near, five workloads of it', () => {
    const count = (many: number): readonly Finding[] =>
      Array.from({ length: many }, (_, index) => called(`workload-${index}`)).flatMap((one) => [
        one,
        finding({ ref: one.ref, path: IMAGE }),
      ]);
    expect(refused(count(2), 'zzz').message).to.equal(
      'the latest report has no open finding zzz; open are shop/deployment/workload-0, shop/deployment/workload-1',
    );
    expect(refused(count(5), 'zzz').message).to.match(/workload-4$/u);
    expect(refused(count(8), 'zzz').message).to.match(/workload-4 and 3 more$/u);
    expect(refused([], 'zzz').message).to.equal('the latest report has no open finding zzz; it has no open findings');
  });
});

describe('what cannot be decided about a finding', () => {
  const why = (kind: 'accept' | 'ignore' | 'fix' | 'adopt', more: Parameters<typeof finding>[0]): string => {
    try {
      const { possible, others } = decidable(kind, reported(finding(more)));
      return possible.length === 1 && others.length === 0 ? '' : 'neither';
    } catch (error) {
      return error instanceof ConfigError ? error.message.replace(/^cannot .*? [0-9a-f]{12} .*?: .*?: /u, '') : String(error);
    }
  };

  it('is refused with what is possible', () => {
    expect(why('adopt', {})).to.equal('unit prod/web already declares it; accept or fix it');
    expect(why('accept', { class: 'missing', path: [] })).to.equal(
      'the whole object is missing; remove it from the unit by hand, or fix it',
    );
    for (const kind of ['accept', 'fix'] as const)
      expect(why(kind, { class: 'unmanaged', path: [] })).to.equal('not managed by any unit; adopt or ignore it');
    for (const kind of ['accept', 'fix', 'ignore'] as const)
      expect(why(kind, { class: 'pending' })).to.equal('it is pending and no drift, so there is nothing to decide');
    const secret = 'its value looks like a secret, and secrets are not stored in ConfigHub; ignore or fix it';
    expect(why('accept', { desired: new Secret('a'), live: 'b' })).to.equal(secret);
    expect(why('accept', { desired: 'a', live: new Secret('b') })).to.equal(secret);
  });

  it('is nothing for a value that was changed, added or removed, an object that is gone, one that no unit declares', () => {
    for (const found of ['changed', 'added', 'removed'] satisfies readonly FindingClass[])
      for (const kind of ['accept', 'ignore', 'fix'] as const) expect(why(kind, { class: found }), found).to.equal('');
    expect([why('fix', { class: 'missing', path: [] }), why('ignore', { class: 'missing', path: [] })]).to.deep.equal(['', '']);
    expect([why('adopt', { class: 'unmanaged', path: [] }), why('ignore', { class: 'unmanaged' })]).to.deep.equal(['', '']);
    expect([why('ignore', { live: new Secret('b') }), why('fix', { live: new Secret('b') })]).to.deep.equal(['', '']);
  });

  it('is a mistake of who decides, and names the finding', async () => {
    const error = await failureOf(decided({ kind: 'adopt', space: 'prod' }));
    expect(error).to.include({ code: 'usage', subject: 'FINDING', remedy: 'Choose another action or finding.' });
    expect(error)
      .to.have.property('message')
      .that.matches(/^cannot adopt [0-9a-f]{12} shop\/deployment\/web: replicas 3 → 5: unit prod\/web already declares it/u);
  });
});
