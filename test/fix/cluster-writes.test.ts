import { expect } from 'chai';
import jsonPatch from 'fast-json-patch';
import { applyBody, removalPatch } from '../../src/fix/cluster-writes.ts';
import type { FieldPath } from '../../src/types/field-path.ts';
import { type JsonObject, stringAt } from '../../src/types/json.ts';
import type { ObjectCorrection } from '../../src/types/plan.ts';
import { CONTAINER, compared, envValue, finding, IMAGE, label, live, REPLICAS, ref, workload } from '../types/builders.ts';

function correction(parts: Partial<ObjectCorrection>): ObjectCorrection {
  const object = compared([finding({})]);
  if (!object.desired) throw new Error('the builder gives a desired side');
  return { desired: object.desired, live: object.live, fix: [], leave: [], ...parts };
}

describe('what the pass writes to the cluster itself', () => {
  it('leaves out what an autoscaler owns, so that its number stays', () => {
    const left = finding({ path: REPLICAS, class: 'informational', desired: 3, live: 7 });
    const body = applyBody(correction({ fix: [finding({ path: IMAGE })], leave: [left] }), '42', 'confighub');
    expect(body).to.have.nested.property('spec.template');
    expect(body).to.not.have.nested.property('spec.replicas');
    expect(stringAt(body, 'metadata', 'resourceVersion')).to.equal('42');
  });

  it('sends what is ours and no longer declared with its live value, since leaving it out would take it away', () => {
    const left = finding({ path: label('team'), class: 'to_remove', desired: undefined, live: 'shop' });
    expect(applyBody(correction({ leave: [left] }), '42', 'confighub')).to.have.nested.property('metadata.labels.team', 'shop');
  });

  it('sends what waits to be applied as it is live where it is ours, and leaves it out where another delivers it', () => {
    const waiting = finding({ path: IMAGE, class: 'pending', desired: 'registry.example/app:2', live: 'registry.example/app:1' });
    const fields = {
      'f:spec': { 'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"app"}': { 'f:image': {} } } } } },
    };
    const ownedBy = (manager: string): ObjectCorrection =>
      correction({
        fix: [finding()],
        leave: [waiting],
        live: live(ref('web'), workload(ref('web'), 5), {
          owners: [{ manager, operation: 'Apply', subresource: '', fields }],
        }),
      });
    const sent = (manager: string): string => JSON.stringify(applyBody(ownedBy(manager), '42', 'confighub'));
    expect(sent('confighub')).to.contain('"image":"registry.example/app:1"');
    expect(sent('argocd-controller')).to.contain('"name":"app"').and.not.contain('"image"');
  });

  it('sends no status and no resourceVersion for an object that is to be created', () => {
    const document: JsonObject = { ...workload(ref('web'), 3), status: { replicas: 3 } };
    const base = correction({});
    const body = applyBody({ ...base, desired: { ...base.desired, document }, live: undefined }, undefined, 'confighub');
    expect(body).to.not.have.property('status');
    expect(body).to.not.have.nested.property('metadata.resourceVersion');
  });

  it('removes several additions, from a list too, and each only while it holds the judged value', () => {
    const env = ['A', 'B', 'C', 'D'].map((name) => ({ name, value: name.toLowerCase() }));
    const live = workload(ref('web'), 3, { env });
    const element = (name: string): FieldPath => [...CONTAINER, { field: 'env' }, { key: { name } }];
    const removed = ['B', 'D'].map((name) =>
      finding({ path: element(name), class: 'added', desired: undefined, live: { name, value: name.toLowerCase() } }),
    );
    const operations = removalPatch({ ...live, metadata: { name: 'web', resourceVersion: '7' } }, '7', removed);
    const target = structuredClone({ ...live, metadata: { name: 'web', resourceVersion: '7' } });
    // The library's types want mutable operations; these are plain data.
    jsonPatch.applyPatch(target, structuredClone(operations) as Parameters<typeof jsonPatch.applyPatch>[1], true);
    expect(JSON.stringify(target)).to.contain('[{"name":"A","value":"a"},{"name":"C","value":"c"}]');

    const moved = structuredClone({ ...live, metadata: { name: 'web', resourceVersion: '8' } });
    expect(() =>
      jsonPatch.applyPatch(moved, structuredClone(operations) as Parameters<typeof jsonPatch.applyPatch>[1], true),
    ).to.throw();
  });

  it('reads a value inside a list element by its key', () => {
    const live = workload(ref('web'), 3, { env: [{ name: 'A', value: 'x' }] });
    const left = finding({ path: envValue('A'), class: 'changed', desired: 'y', live: 'x' });
    const base = correction({ leave: [left] });
    const body = applyBody({ ...base, desired: { ...base.desired, document: live } }, '1', 'confighub');
    expect(JSON.stringify(body)).to.contain('"env":[{"name":"A"}]');
  });
});
