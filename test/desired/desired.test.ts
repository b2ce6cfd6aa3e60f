import { expect } from 'chai';
import type { DesiredState } from '../../src/domain/desired.ts';
import { assembleDesired } from '../../src/stages/desired/desired.ts';
import { unit } from '../types/builders.ts';

const document = (name: string): string => `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${name}, namespace: shop}\n`;

function assemble(texts: Readonly<Record<string, string>>, target = ''): DesiredState {
  return assembleDesired(
    Object.entries(texts).map(([slug, text]) => ({ ok: true, unit: unit(slug, { text }) })),
    target,
  );
}

describe('desired state', () => {
  it('takes every document of a unit', () => {
    const { objects, invalid } = assemble({ one: `${document('a')}---\n${document('b')}` });
    expect(objects.map((object) => object.ref.name)).to.deep.equal(['a', 'b']);
    expect(invalid).to.deep.equal([]);
  });

  it('names a unit that does not parse, and its neighbours go on', () => {
    const { objects, invalid } = assemble({ bad: 'a: [', good: document('a') });
    expect(objects.map((object) => object.unit.slug)).to.deep.equal(['good']);
    expect(invalid.map((entry) => entry.slug)).to.deep.equal(['bad']);
    expect(invalid[0]?.error).to.match(/^not YAML: /u);
  });

  it('compares neither of two units that declare the same object, and names both', () => {
    const { objects, conflicts } = assemble({ one: document('a'), two: document('a'), three: document('b') });
    expect(objects.map((object) => object.ref.name)).to.deep.equal(['b']);
    expect(conflicts.map((declarations) => declarations.map(({ unit }) => unit.slug))).to.deep.equal([['one', 'two']]);
  });

  it('names a document without a name', () => {
    const { invalid } = assemble({ one: 'apiVersion: v1\nkind: Service\n' });
    expect(invalid[0]?.error).to.equal('document 1 lacks apiVersion, kind or metadata.name');
  });

  it('leaves the units of other targets out and counts them', () => {
    const fetched = ['here', 'there'].map((target) => ({
      ok: true as const,
      unit: unit(target, { text: document(target), target }),
    }));
    const { objects, otherTargets } = assembleDesired(fetched, 'here');
    expect(objects.map((object) => object.ref.name)).to.deep.equal(['here']);
    expect(otherTargets).to.equal(1);
  });

  it('takes units that have no target for this cluster too, and units of every target where none is named', () => {
    const fetched = [
      { ok: true as const, unit: unit('here', { text: document('here'), target: 'here' }) },
      { ok: true as const, unit: unit('anywhere', { text: document('anywhere') }) },
      { ok: true as const, unit: unit('there', { text: document('there'), target: 'there' }) },
    ];
    const names = (target: string): readonly string[] => assembleDesired(fetched, target).objects.map(({ ref }) => ref.name);
    expect(names('here')).to.deep.equal(['here', 'anywhere']);
    expect(names('')).to.deep.equal(['here', 'anywhere', 'there']);
    expect(assembleDesired(fetched, '').otherTargets).to.equal(0);
  });
});
