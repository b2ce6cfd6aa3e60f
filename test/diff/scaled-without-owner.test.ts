import { expect } from 'chai';
import { readBuiltInSchemas } from '../../src/clients/kubernetes/built-in-schemas.ts';
import { readManifest } from '../../src/clients/kubernetes/manifest.ts';
import type { DesiredUnit } from '../../src/domain/desired.ts';
import type { Autoscaler } from '../../src/domain/snapshot.ts';
import { createCompare } from '../../src/stages/diff/diff.ts';
import { projectObject } from '../../src/stages/snapshot/project.ts';
import { fixture } from '../demo/world.ts';
import { CLUSTER, ref, unit } from '../types/builders.ts';
import { lines } from './live-scene.ts';

// The live side is written by hand, as servers before 1.22 keep it (their answers: fixtures/old-servers; documentation:
// Kubernetes 1.22, managedFields tracks subresources).

async function found(of: Partial<DesiredUnit>, autoscalers: readonly Autoscaler[] = []): Promise<readonly string[]> {
  const [desired, live] = await Promise.all(
    ['desired', 'live'].map(
      async (side) => readManifest(await fixture(`diff/scaled-on-1.21/${side}.yaml`)).documents[0]?.document,
    ),
  );
  const object = live && projectObject(live, 'apps/v1', 'Deployment');
  if (!desired || !object) throw new Error('no fixture');
  const schemas = { 'apps/v1': await readBuiltInSchemas() };
  const compare = createCompare({ autoscalers, schemas, failedReads: [] }, { cluster: CLUSTER, desiredManagers: ['confighub'] });
  const applied = { liveRevision: 1, lastAppliedRevision: 1, ...of };
  return lines(compare({ ref: ref('web'), document: desired, documentIndex: 0, unit: unit('web', applied) }, object));
}

describe('a server that keeps no record of who scales', () => {
  it('shows drift without a changed-by if the unit is applied', async () => {
    expect(await found({})).to.deep.equal(['changed /spec/replicas: 3 -> 9 by nobody']);
  });

  it('may simply not have got the number yet where the unit is not applied', async () => {
    expect(await found({ liveRevision: 0, lastAppliedRevision: 0 })).to.deep.equal(['pending /spec/replicas: 3 -> 9 by nobody']);
  });

  it('leaves the number to an autoscaler within its range', async () => {
    const target = { group: 'apps', kind: 'Deployment', name: 'web' };
    const autoscaler = { name: 'web', namespace: 'shop', target, minReplicas: 2, maxReplicas: 10 };
    expect(await found({}, [autoscaler])).to.deep.equal(['informational /spec/replicas: 3 -> 9 by nobody']);
  });
});
