import { expect } from 'chai';
import { healthOf } from '../../src/clients/kubernetes/health.ts';
import { KINDS } from '../../src/domain/kinds/kinds.ts';
import { isImmutable } from '../../src/stages/diff/immutable.ts';
import { KNOWN_DEFAULTS } from '../../src/stages/diff/known-defaults.ts';
import { IMAGE, ref } from './builders.ts';

describe('the table of kinds', () => {
  it('has the defaults of each schema type in one place', () => {
    const rows = Object.values(KINDS).flatMap(({ defaults = {} }) => Object.entries(defaults));
    const types = rows.map(([type]) => type);
    expect(types).to.have.length.above(20);
    expect(types.filter((type, index) => types.indexOf(type) !== index)).to.deep.equal([]);
    // A type that several kinds share would be here with other rules.
    expect(rows.filter(([type, rules]) => KNOWN_DEFAULTS[type] !== rules).map(([type]) => type)).to.deep.equal([]);
  });

  it('tells how a kind of the same name is that another group has, and takes none of its fields for immutable', () => {
    const object = { apiVersion: 'apps.kruise.io/v1beta1', kind: 'StatefulSet', spec: { replicas: 2 } };
    expect(healthOf({ ...object, status: { observedGeneration: 1, readyReplicas: 1 } })).to.deep.equal({
      state: 'waiting',
      reason: '1 of 2 replicas ready',
    });
    const change = { path: [{ field: 'spec' }, { field: 'serviceName' }], desired: 'a', live: 'b' };
    const kruise = { ...ref('db', { kind: 'StatefulSet' }), apiVersion: object.apiVersion };
    expect(isImmutable({ ref: kruise, ...change }, object)).to.equal(false);
    expect(isImmutable({ ref: ref('db', { kind: 'StatefulSet' }), ...change }, object)).to.equal(true);
    expect(isImmutable({ ref: ref('db', { kind: 'StatefulSet' }), path: IMAGE, desired: 'a', live: 'b' }, object)).to.equal(
      false,
    );
  });

  it('says of which kinds a changed template replaces pods, and not where people delete them', () => {
    const replacing = Object.entries(KINDS).flatMap(([kind, row]) => (row.replacesPods?.({}) ? kind : []));
    expect(replacing).to.have.members(['apps/Deployment', 'apps/StatefulSet', 'apps/DaemonSet']);
    const onDelete = { spec: { updateStrategy: { type: 'OnDelete' } } };
    expect(KINDS['apps/DaemonSet']?.replacesPods?.(onDelete)).to.equal(false);
    expect(KINDS['apps/StatefulSet']?.replacesPods?.(onDelete)).to.equal(false);
  });

  it('knows nothing of a kind that has the name of what every object has', () => {
    expect(healthOf({ apiVersion: 'v1', kind: 'constructor' })).to.deep.equal({ state: 'healthy' });
  });
});
