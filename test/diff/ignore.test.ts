import { expect } from 'chai';
import { printPath } from '../../src/domain/field-path.ts';
import type { Finding } from '../../src/domain/finding.ts';
import type { IgnoreRule } from '../../src/domain/ignore-rule.ts';
import { assembleDesired } from '../../src/stages/desired/desired.ts';
import { diff } from '../../src/stages/diff/diff.ts';
import { CLUSTER, live, ref, unit, workload } from '../types/builders.ts';

/** Units declare web and gone; live are web with other replicas, and stray. */
function found(...ignoreRules: readonly IgnoreRule[]): readonly Finding[] {
  const desired = assembleDesired(
    ['web', 'gone'].map((name) => ({ ok: true, unit: unit(name, { text: JSON.stringify(workload(ref(name), 3)) }) })),
    '',
  );
  const snapshot = {
    objects: ['web', 'stray'].map((name) => live(ref(name), workload(ref(name), 5))),
    autoscalers: [],
    namespaces: ['shop'],
    kinds: ['apps/v1/Deployment'],
    clusterScoped: [],
    schemas: { 'apps/v1': null },
    pausedNamespaces: {},
    terminating: [],
    failedReads: [],
  };
  const options = { cluster: CLUSTER, desiredManagers: ['confighub'], ignoreRules, now: new Date('2026-11-24T10:00:00Z') };
  return diff(snapshot, desired, options).objects.flatMap(({ findings }) => findings);
}

const lines = (findings: readonly Finding[]): readonly string[] =>
  findings.map(({ class: of, ref: object, path }) => `${of} ${object.name}${printPath(path)}`).sort();

describe('an ignore rule', () => {
  it('without a path covers all of an object', () => {
    expect(lines(found({ kind: 'Deployment', reason: 'r' }))).to.deep.equal([
      'informational gone',
      'informational stray',
      'informational web/spec/replicas',
    ]);
  });

  it('with an empty path covers that an object is missing or unmanaged, and none of its fields', () => {
    expect(lines(found({ kind: 'Deployment', path: '', reason: 'r' }))).to.deep.equal([
      'changed web/spec/replicas',
      'informational gone',
      'informational stray',
    ]);
  });

  it('keeps the class that a covered finding has without it', () => {
    const open = found().map(({ fingerprint }) => fingerprint);
    const covered = found({ kind: 'Deployment', reason: 'r', until: '2026-12-01' });
    expect(covered.map(({ coveredFingerprint }) => coveredFingerprint)).to.deep.equal(open);
    for (const { note } of covered) expect(note).to.equal('ignored until 2026-12-01: r');
  });
});
