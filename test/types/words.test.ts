import { expect } from 'chai';
import { plural } from '../../src/domain/words.ts';

describe('a counted noun', () => {
  it('is singular for one alone', () => {
    expect([0, 1, 2].map((count) => plural(count, 'workload'))).to.deep.equal(['0 workloads', '1 workload', '2 workloads']);
    expect([0, 1, 2].map((count) => plural(count, 'fix'))).to.deep.equal(['0 fixes', '1 fix', '2 fixes']);
    expect(['other entity', 'day'].map((noun) => plural(2, noun))).to.deep.equal(['2 other entities', '2 days']);
  });
});
