import { expect } from 'chai';
import { hasKnownToken } from '../../../src/domain/show/detector.ts';
import { createMaker } from './planted.ts';

describe('the rules of secretlint', () => {
  const token = createMaker(7)('dapi<hex 32>').text;
  it('find the token of a service, and no word', () => {
    expect(hasKnownToken(`see ${token} there`)).to.equal(true);
    expect(hasKnownToken('see the documentation there')).to.equal(false);
  });
  it('are not switched off by the text', () => {
    expect(hasKnownToken(`secretlint-disable\n${token}`)).to.equal(true);
  });
});
