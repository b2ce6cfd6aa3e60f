import { expect } from 'chai';
import { chooseFindings, decidable } from '../../src/commands/decide/choose.ts';
import type { Finding } from '../../src/domain/finding.ts';
import { envValue, finding, IMAGE, ref } from '../types/builders.ts';
import { reported } from './reported.ts';

/** A finding whose fingerprint begins so. */
function beginning(prefix: string): Finding {
  for (let index = 0; ; index++) {
    const found = finding({ ref: ref(`w${index}`) });
    if (found.fingerprint.startsWith(prefix)) return found;
  }
}

const chosen = (findings: readonly Finding[], reference: string): readonly string[] =>
  chooseFindings(reported(...findings), reference).map(({ object, summary }) => `${object.name} ${summary}`);

describe('the finding that a decision names', () => {
  const other = beginning('cafe');
  const image = finding({ path: IMAGE, desired: 'a:1', live: 'a:2' });

  it('is the one whose fingerprint begins so, or all of a workload', () => {
    expect(chosen([other, image, finding()], 'cafe')).to.deep.equal([`${other.ref.name} replicas 3 → 5`]);
    expect(chosen([other, image, finding()], 'deployment/web')).to.have.lengthOf(2);
    expect(chosen([other, image, finding()], image.fingerprint)).to.have.lengthOf(1);
  });

  it('is ambiguous if a workload has the name that another fingerprint begins with: both are named', () => {
    expect(() => chosen([other, finding({ ref: ref('cafe') })], 'cafe'))
      .to.throw(`cafe is ambiguous: shop/deployment/cafe; ${other.fingerprint.slice(0, 12)} shop/deployment/${other.ref.name}`)
      .with.property('code', 'usage');
    expect(chosen([other, finding({ ref: ref('cafe') })], 'deployment/cafe')).to.deep.equal(['cafe replicas 3 → 5']);
  });

  it('is split into what can be decided and what cannot, with the reason', () => {
    const secret = finding({ path: envValue('DB_PASSWORD'), desired: '***', live: '***' });
    const { possible, others } = decidable('accept', reported(image, secret));
    expect(possible.map(({ path }) => path)).to.deep.equal(reported(image).map(({ path }) => path));
    expect(others.map(({ why }) => why)).to.have.lengthOf(1);
    expect(others[0]?.why).to.contain('looks like a secret');
    expect(() => decidable('accept', reported(secret))).to.throw('looks like a secret');
  });
});
