import { expect } from 'chai';
import { acquireLease } from '../../src/clients/kubernetes/lease.ts';
import { connectKubernetes, type KubernetesTransport } from '../../src/clients/kubernetes/transport.ts';
import { stringAt, stringMapAt } from '../../src/domain/json.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { sharedControlPlane } from '../control-plane/shared.ts';
import { getJson } from '../manifests/overlay.ts';

describe('notes on the Lease', function () {
  this.timeout(60_000);
  let plane: ControlPlane;
  let transport: KubernetesTransport;
  before(async () => {
    plane = await sharedControlPlane();
    transport = await connectKubernetes({ kubeconfig: plane.kubeconfig, userAgent: 'test' });
  });
  after(async () => {
    transport?.close();
    await plane?.kubectl(['delete', 'lease', 'noted', '-n', 'default', '--ignore-not-found']);
  });

  async function pass(holder: string, annotations: Readonly<Record<string, string>>): Promise<void> {
    const signal = AbortSignal.timeout(20_000);
    await using lease = await acquireLease(transport, { namespace: 'default', name: 'noted', holder, seconds: 30, signal });
    lease.note(annotations);
  }

  it('are there when it was given back, beside those of earlier passes and of other people', async () => {
    await pass('first', { 'drift-detector/last-run': '1', 'drift-detector/last-success': '1' });
    await plane.kubectl(['annotate', 'lease', 'noted', '-n', 'default', 'team=shop']);
    await pass('second', { 'drift-detector/last-run': '2' });
    const lease = await getJson(plane, ['lease', 'noted', '-n', 'default']);
    expect(stringMapAt(lease, 'metadata', 'annotations')).to.deep.equal({
      'drift-detector/last-run': '2',
      'drift-detector/last-success': '1',
      team: 'shop',
    });
    expect(stringAt(lease, 'spec', 'holderIdentity') ?? '').to.equal('');
  });
});
