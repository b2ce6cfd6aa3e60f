import { expect } from 'chai';
import { printPath } from '../../src/domain/field-path.ts';
import type { Comparison } from '../../src/domain/finding.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { assembleDesired } from '../../src/stages/desired/desired.ts';
import { diff } from '../../src/stages/diff/diff.ts';
import { CLUSTER, live, ref, unit, workload } from '../types/builders.ts';

const KIND = 'apps/v1/Deployment';

function snapshotOf(...names: readonly string[]): Snapshot {
  return {
    objects: names.map((name) => live(ref(name), workload(ref(name), 5))),
    autoscalers: [],
    namespaces: ['shop'],
    kinds: [KIND],
    clusterScoped: [],
    schemas: { 'apps/v1': null },
    pausedNamespaces: {},
    terminating: [],
    failedReads: [],
  };
}

function compare(texts: Readonly<Record<string, string>>, ...liveNames: readonly string[]): Comparison {
  const desired = assembleDesired(
    Object.entries(texts).map(([slug, text]) => ({ ok: true, unit: unit(slug, { text }) })),
    '',
  );
  return diff(snapshotOf(...liveNames), desired, { cluster: CLUSTER, desiredManagers: ['confighub'] });
}

const lines = ({ objects }: Comparison): readonly string[] =>
  objects.flatMap(({ findings }) =>
    findings.map((entry) => `${entry.class} ${entry.ref.name}${printPath(entry.path)} ${entry.note}`.trim()),
  );
const text = (name: string, replicas = 3): string => JSON.stringify(workload(ref(name), replicas));

describe('what no unit, or more than one, declares', () => {
  it('is one finding where two units declare an object, whatever they say, and neither is compared', () => {
    const found = compare({ one: text('web'), two: text('web', 7) }, 'web');
    expect(lines(found)).to.deep.equal([
      'conflicting web declared by units prod/one and prod/two: it is not compared until all declarations but one are removed',
    ]);
    expect(found.compared).to.equal(0);
    expect(found.partlyCompared, 'ConfigHub may apply neither of them whole').to.deep.equal(['unit-one', 'unit-two']);
  });

  it('is one finding where a unit declares an object twice, and the other objects of the unit are compared', () => {
    const found = compare({ one: `${text('web')}\n---\n${text('web')}\n---\n${text('api')}` }, 'web', 'api');
    expect(lines(found)).to.deep.equal([
      'changed api/spec/replicas',
      'conflicting web declared twice in unit prod/one: it is not compared until all declarations but one are removed',
    ]);
  });

  it('is unmanaged where no unit declares it', () => {
    expect(lines(compare({ one: text('web', 5) }, 'web', 'stray'))).to.deep.equal(['unmanaged stray not managed by any unit']);
  });

  it('is not called unmanaged while a unit that names it cannot be read', () => {
    const found = compare({ one: text('web', 5), broken: 'metadata: {name: api\nspec: [' }, 'web', 'api', 'stray');
    expect(lines(found)).to.deep.equal(['unmanaged stray not managed by any unit']);
  });
});
