import { expect } from 'chai';
import { abilitiesOf } from '../../src/clients/confighub/generation.ts';
import type { DesiredObject, DesiredUnit } from '../../src/domain/desired.ts';
import type { Finding, ObjectComparison } from '../../src/domain/finding.ts';
import { objectKey } from '../../src/domain/object-ref.ts';
import type { Prediction } from '../../src/domain/plan.ts';
import { DETECTOR_MANAGER, type LiveObject } from '../../src/domain/snapshot.ts';
import { compared, finding, IMAGE, live, ref, unit, workload } from '../types/builders.ts';
import { only, plan, theirs } from './world.ts';

// By which way a fix goes, and what it takes with it.

const targeted = unit('web', { target: 'prod-cluster' });
const alone = (...names: readonly string[]): ReadonlyMap<string, Prediction> =>
  new Map(
    names.map((name) => [
      objectKey(ref(name)),
      { restartsPods: false, refused: new Map(), isAppliedAlone: true, alsoChanged: [] },
    ]),
  );
const desired = (name: string, owner = targeted): DesiredObject => ({
  ref: ref(name),
  document: workload(ref(name), 3),
  documentIndex: 0,
  unit: owner,
});

describe('the way of a fix', () => {
  const drift = compared([finding()], { unit: targeted });

  it('is a write of the pass where this ConfigHub applies no single unit, and the notes say so', () => {
    const result = plan([drift], { options: { server: abilitiesOf('C') }, predictions: alone('web') });
    expect(only(result).route).to.equal('direct');
    expect(result.notes).to.deep.equal([
      'This ConfigHub releases whole spaces, not single units: fixes are written directly to the cluster, and a release is published only with DRIFT_PUBLISH_RELEASE=true',
    ]);
    expect(plan([drift]).notes).to.deep.equal([]);
  });

  it('has no changeset where this ConfigHub knows no locks, and the notes say so', () => {
    expect(plan([], { options: { server: abilitiesOf('A') } }).notes).to.deep.equal([
      'This ConfigHub cannot lock units by changeset: fixes are pairs of revisions without a changeset',
    ]);
  });

  it('is a write of the pass where only the head could be applied and the head is another change', () => {
    const waiting = compared([finding()], { unit: { ...targeted, hasUnappliedChanges: true } });
    const server = abilitiesOf('B');
    const route = (appliesRevisions: boolean, object: ObjectComparison): string =>
      only(plan([object], { options: { server: { ...server, appliesRevisions } }, predictions: alone('web') })).route;
    expect([route(false, waiting), route(true, waiting), route(false, drift)]).to.deep.equal([
      'direct',
      'confighub',
      'confighub',
    ]);
  });

  it('is a write of the pass without a pair where an apply would overwrite what is left: unapplied changes invite one', () => {
    const replicas = finding({ class: 'informational', note: 'autoscaled' });
    const image = finding({ path: IMAGE, desired: 'app:1', live: 'app:2' });
    const beside = (owner: DesiredUnit, ...leave: readonly Finding[]): readonly [string, boolean] => {
      const { route, writesPair } = only(plan([compared([image, ...leave], { unit: owner })], { predictions: alone('web') }));
      return [route, writesPair];
    };
    expect(beside(targeted, replicas)).to.deep.equal(['direct', false]);
    expect(beside(targeted)).to.deep.equal(['confighub', true]);
    // ConfigHub cannot apply it.
    expect(beside(unit('web'), replicas)).to.deep.equal(['direct', true]);
    // A person applies it, from its pair.
    expect(beside({ ...targeted, changeSet: theirs }, replicas)).to.deep.equal(['direct', true]);
  });

  it('is a write of the pass where a part of the unit could not be compared', () => {
    const route = (...partlyCompared: readonly string[]): string =>
      only(plan([drift], { partlyCompared, predictions: alone('web') })).route;
    expect([route(targeted.id), route('another-unit')]).to.deep.equal(['direct', 'confighub']);
  });

  it('does not depend on what other units leave alone', () => {
    const other = compared([finding({ ref: ref('scaled'), class: 'informational' })], { unit: unit('scaled') });
    const stranger = compared([finding({ ref: ref('own'), class: 'unmanaged', path: [] })], { unit: undefined });
    expect(only(plan([drift, other, stranger], { predictions: alone('web') })).route).to.equal('confighub');
  });

  it('is ConfigHub alone only where that brings back every object of the unit', () => {
    const both = ['a', 'b'].map((name) => compared([finding({ ref: ref(name) })], { unit: targeted }));
    expect(only(plan(both, { predictions: alone('a', 'b') })).route).to.equal('confighub');
    expect(only(plan(both, { predictions: alone('a') })).route).to.equal('both');
  });
});

describe('a fix', () => {
  it('knows the other objects of its unit, and of no other', () => {
    const objects = [desired('web'), desired('beside'), desired('stranger', unit('stranger'))];
    const unitFix = only(plan([compared([finding()], { unit: targeted })], { desired: objects }));
    expect(unitFix.others.map((object) => object.ref.name)).to.deep.equal(['beside']);
  });

  it('has an id of 16 hexadecimal digits, which descriptions of revisions carry', () => {
    expect(only(plan([compared([finding()])])).id).to.match(/^[0-9a-f]{16}$/u);
  });

  it('has another id where other fields of the object are to be fixed, in whatever order', () => {
    const image = finding({ path: IMAGE, desired: 'a:1', live: 'a:2' });
    const idOf = (...found: readonly ReturnType<typeof finding>[]): string => only(plan([compared(found)])).id;
    expect(idOf(finding(), image)).to.equal(idOf(image, finding()));
    expect(idOf(finding())).to.not.equal(idOf(finding(), image));
  });
});

describe('fields that a killed pass did not give back', () => {
  const owned = (name: string, ...managers: readonly string[]): LiveObject =>
    live(ref(name), workload(ref(name), 3), {
      owners: managers.map((manager) => ({
        manager,
        operation: 'Apply' as const,
        subresource: '',
        fields: {},
      })),
    });

  it('are given back for each declared object that bears them, in sync or not', () => {
    const bearing = compared([], { live: owned('web', 'kubectl', DETECTOR_MANAGER) });
    const others = compared([], { live: owned('beside', 'kubectl') });
    const objects = [desired('web'), desired('beside')];
    const pending = plan([bearing, others], { desired: objects }).ownershipPending;
    expect(pending.map((object) => object.ref.name)).to.deep.equal(['web']);
    expect(plan([others], { desired: objects }).ownershipPending).to.deep.equal([]);
  });
});
