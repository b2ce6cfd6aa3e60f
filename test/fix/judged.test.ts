import { expect } from 'chai';
import { requireNothingMore } from '../../src/fix/judged.ts';
import type { Finding } from '../../src/types/finding.ts';
import type { ObjectCorrection } from '../../src/types/plan.ts';
import { CONTAINER, compared, envValue, finding, IMAGE, label, REPLICAS } from '../types/builders.ts';

const image = finding({ path: IMAGE, desired: 'registry.example/app:1', live: 'registry.example/app:2' });

/** What a direct apply of the image says where the object departs so by now. */
function refusal(now: readonly Finding[], leave: readonly Finding[] = []): string {
  const { desired, live } = compared([image]);
  if (!desired) throw new Error('the builder gives a desired side');
  const object: ObjectCorrection = { desired, live, fix: [image], leave };
  try {
    requireNothingMore(object, live?.body, { compare: () => now, fieldManager: 'confighub' });
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

describe('an object that departs otherwise by the time it is applied', () => {
  it('is left to the next pass where somebody changed another declared field meanwhile', () => {
    const scaled = finding({ path: REPLICAS, desired: 3, live: 5 });
    expect(refusal([image, scaled])).to.equal(
      'Deployment web changed while it was being fixed: an apply would take back /spec/replicas as well',
    );
    const byAutoscaler = finding({ path: REPLICAS, class: 'informational', desired: 3, live: 4 });
    expect(refusal([image, byAutoscaler])).to.contain('/spec/replicas');
  });

  it('is fixed where only what was judged departs, and what is not sent may have any value by then', () => {
    const at = (replicas: number): Finding => finding({ path: REPLICAS, class: 'informational', desired: 3, live: replicas });
    expect(refusal([image])).to.equal('');
    expect(refusal([]), 'nothing left').to.equal('');
    expect(refusal([image, at(8)], [at(7)])).to.equal('');
    const variables = finding({ path: [...CONTAINER, { field: 'env' }], class: 'removed', desired: [], live: undefined });
    const variable = finding({ path: envValue('DEBUG'), desired: 'true', live: 'false' });
    expect(refusal([image, variable], [variables]), 'one of a list').to.equal('');
    const added = finding({ path: envValue('DEBUG'), class: 'added', desired: undefined, live: 'true' });
    expect(refusal([image, added]), 'an apply does not touch what others add').to.equal('');
  });

  it('is left where a field that is sent as it was found has another value by then', () => {
    const team = (value: string): Finding =>
      finding({ path: label('team'), class: 'to_remove', desired: undefined, live: value });
    expect(refusal([image, team('shop')], [team('shop')])).to.equal('');
    expect(refusal([image, team('search')], [team('shop')])).to.contain('/metadata/labels/team');
  });
});
