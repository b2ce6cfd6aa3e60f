import { expect } from 'chai';
import type { Finding } from '../../src/domain/finding.ts';
import type { ObjectFix } from '../../src/domain/plan.ts';
import { Secret } from '../../src/domain/secret.ts';
import { withoutMaskedValues } from '../../src/stages/fix/masked.ts';
import { compared, envValue, finding } from '../types/builders.ts';

function objectFix(fix: readonly Finding[], leave: readonly Finding[] = []): ObjectFix {
  const { desired, live } = compared([...fix, ...leave]);
  if (!desired) throw new Error('the builder gives a desired side');
  return { desired, live, fix, leave };
}

describe('what a server says about a fix', () => {
  const password = finding({ path: envValue('DB_PASSWORD'), desired: new Secret('hunter2'), live: new Secret('hunter2-new') });

  it('is shown without hidden values of either side, also of fields that are not fixed', () => {
    const said = 'admission webhook refused: env "hunter2-new" is none of [hunter2]';
    const told = 'admission webhook refused: env "***" is none of [***]';
    expect(withoutMaskedValues(said, [objectFix([password])])).to.equal(told);
    expect(withoutMaskedValues(said, [objectFix([finding()], [password])])).to.equal(told);
  });

  it('is shown without a hidden value inside a whole element', () => {
    const element = finding({
      path: envValue('API_TOKEN').slice(0, -1),
      class: 'added',
      desired: undefined,
      live: new Secret({ name: 'API_TOKEN', value: 'abcd-1234' }),
    });
    expect(withoutMaskedValues('bad value abcd-1234', [objectFix([element])])).to.equal('bad value ***');
  });

  it('is shown without a hidden value that no finding is about: a strict validation echoes the whole object', () => {
    const object = objectFix([finding()]);
    const env = [{ name: 'API_TOKEN', value: 'bomurasin' }];
    const document = { ...object.desired.document, spec: { template: { spec: { containers: [{ name: 'app', env }] } } } };
    const said = 'Deployment in version v1 cannot be handled: {"name":"API_TOKEN","value":"bomurasin"}';
    const told = withoutMaskedValues(said, [{ ...object, desired: { ...object.desired, document } }]);
    expect(told).to.equal('Deployment in version v1 cannot be handled: {"name":"API_TOKEN","value":"***"}');
  });

  it('is shown unchanged if nothing is hidden', () => {
    expect(withoutMaskedValues('replicas 5 is too many', [objectFix([finding()])])).to.equal('replicas 5 is too many');
  });
});
