import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { acquireLease, type Lease, type LeaseOptions } from '../../src/clients/kubernetes/lease.ts';
import { connectKubernetes, type KubernetesRequest, type KubernetesTransport } from '../../src/clients/kubernetes/transport.ts';
import { ClusterError } from '../../src/domain/errors.ts';
import { type JsonObject, numberAt, stringAt, stringMapAt } from '../../src/domain/json.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { sharedControlPlane } from '../control-plane/shared.ts';
import { eventually, getJson } from '../manifests/overlay.ts';

describe('the Lease', function () {
  this.timeout(60_000);
  let plane: ControlPlane;
  let transport: KubernetesTransport;
  const running = new AbortController();
  before(async () => {
    plane = await sharedControlPlane();
    transport = await connectKubernetes({ kubeconfig: plane.kubeconfig, userAgent: 'test' });
  });
  after(() => {
    running.abort();
    transport?.close();
  });

  const nameOne = (): string => `lease-${randomBytes(4).toString('hex')}`;
  const take = (
    name: string,
    holder: string,
    more: Partial<LeaseOptions> = {},
    through: KubernetesTransport = transport,
  ): Promise<Lease> =>
    acquireLease(through, { namespace: 'default', name, holder, seconds: 30, signal: running.signal, ...more });
  const read = (name: string): Promise<JsonObject> => getJson(plane, ['lease', name, '-n', 'default']);
  const write = async (name: string, patch: JsonObject): Promise<void> => {
    await plane.kubectl(['patch', 'lease', name, '-n', 'default', '--type=merge', '-p', JSON.stringify(patch)]);
  };
  const holderOf = async (name: string): Promise<string> => stringAt(await read(name), 'spec', 'holderIdentity') ?? '';

  /** The same transport, whose requests may be answered otherwise. */
  function wrapped(answer: (request: KubernetesRequest) => Promise<unknown>): KubernetesTransport {
    return {
      server: transport.server,
      close: () => undefined,
      async request(request) {
        await answer(request);
        return transport.request(request);
      },
    };
  }

  async function failure(doing: Promise<unknown>): Promise<ClusterError> {
    try {
      await doing;
    } catch (error) {
      if (error instanceof ClusterError) return error;
      throw error;
    }
    throw new Error('it did not fail');
  }

  it('names its holder while it is held, and is free at once when it is given back', async () => {
    const name = nameOne();
    {
      await using lease = await take(name, 'pod/one');
      await lease.confirm();
      expect(await holderOf(name)).to.equal('pod/one');
    }
    expect(await holderOf(name)).to.equal('');
    await using _next = await take(name, 'pod/two');
    expect(await holderOf(name)).to.equal('pod/two');
    expect(numberAt(await read(name), 'spec', 'leaseTransitions')).to.equal(1);
  });

  it('is refused while a living pass renews it, and says who that is', async () => {
    const name = nameOne();
    await using _held = await take(name, 'pod/one', { seconds: 1 });
    const error = await failure(take(name, 'pod/two', { seconds: 1 }));
    expect([error.code, error.message]).to.deep.equal(['lock-lost', 'another pass is running: pod/one holds the lease']);
    expect(await holderOf(name)).to.equal('pod/one');
  });

  it('is taken over from a pass that was killed, and not before its own duration is over', async () => {
    const name = nameOne();
    await using _first = await take(name, 'pod/one');
    // As a pass with DRIFT_LEASE_DURATION=3s leaves it; the one that comes is set to 1s.
    await write(name, { spec: { holderIdentity: 'pod/killed', leaseDurationSeconds: 3, renewTime: null } });
    await write(name, { spec: { renewTime: new Date(Date.now() + 3_600_000).toISOString().replace('Z', '000Z') } });
    const started = performance.now();
    await using _taken = await take(name, 'pod/two', { seconds: 1 });
    expect(performance.now() - started).to.be.greaterThan(3_000);
    expect(await holderOf(name)).to.equal('pod/two');
  });

  it('is lost when another pass took it: writes fail with it, and so does all that waits', async () => {
    const name = nameOne();
    await using lease = await take(name, 'pod/one', { seconds: 1 });
    await write(name, { spec: { holderIdentity: 'pod/two' } });
    await eventually('the loss', async () => lease.lost.aborted || undefined);
    const error = await failure(lease.confirm());
    expect([error.code, error.message]).to.deep.equal(['lock-lost', 'the lease was lost: pod/two took it over']);
    await lease[Symbol.asyncDispose]();
    expect(await holderOf(name), 'what is lost is not given back').to.equal('pod/two');
  });

  it('is lost when it is deleted', async () => {
    const name = nameOne();
    await using lease = await take(name, 'pod/one', { seconds: 1 });
    await plane.kubectl(['delete', 'lease', name, '-n', 'default']);
    await eventually('the loss', async () => lease.lost.aborted || undefined);
    expect((await failure(lease.confirm())).message).to.equal('the lease was lost: it was deleted');
  });

  it('survives an answer that was lost on the way, and annotations of others', async () => {
    const name = nameOne();
    let losses = 0;
    const losing: KubernetesTransport = {
      ...wrapped(async () => undefined),
      async request(request) {
        const answer = await transport.request(request);
        if (request.method !== 'PUT' || losses++ > 0) return answer;
        throw new ClusterError('no answer from the Kubernetes API server', {
          code: 'unavailable',
          subject: 'server',
          remedy: 'Try again.',
        });
      },
    };
    await using lease = await take(name, 'pod/one', { seconds: 1 }, losing);
    await eventually('a renewal whose answer was lost', async () => losses > 0 || undefined);
    await write(name, { metadata: { annotations: { note: 'kept' } } });
    const { resourceVersion } = stringMapAt(await read(name), 'metadata');
    await eventually('the next renewal', async () => {
      const now = await read(name);
      return stringMapAt(now, 'metadata')['resourceVersion'] === resourceVersion ? undefined : now;
    });
    await lease.confirm();
    expect(lease.lost.aborted).to.equal(false);
    expect(stringMapAt(await read(name), 'metadata', 'annotations')).to.deep.equal({ note: 'kept' });
  });

  it('has what is recorded at once and through renewals, beside annotations of others', async () => {
    const name = nameOne();
    const annotations = async (): Promise<unknown> => stringMapAt(await read(name), 'metadata', 'annotations');
    {
      await using lease = await take(name, 'pod/one');
      // Another version than that of the last renewal.
      await write(name, { metadata: { annotations: { other: 'kept' } } });
      await lease.record({ fixes: '[1]' });
      expect(await annotations()).to.deep.equal({ other: 'kept', fixes: '[1]' });
      const tooLong = await failure(lease.record({ fixes: 'x'.repeat(300_000) }));
      expect(tooLong.message).to.contain('renew the lease');
      await lease.record({ more: '2' });
      expect(await annotations(), 'what was refused is not tried again').to.deep.equal({
        other: 'kept',
        fixes: '[1]',
        more: '2',
      });
    }
    await using next = await take(name, 'pod/two');
    expect(next.annotations).to.deep.equal({ other: 'kept', fixes: '[1]', more: '2' });
  });

  it('is renewed before a write where it may have run out, and lost where that does not succeed', async () => {
    const name = nameOne();
    let isDown = false;
    const failing = wrapped(async () => {
      if (isDown) throw new ClusterError('the server is down', { code: 'unavailable', subject: 'server', remedy: 'Wait.' });
    });
    await using lease = await take(name, 'pod/one', { seconds: 1 }, failing);
    isDown = true;
    const error = await eventually('the end of what is sure', async () => lease.confirm().catch((thrown: unknown) => thrown));
    expect(error).to.be.instanceOf(ClusterError);
    expect(error).to.include({ code: 'lock-lost', message: 'the lease was lost: the server is down' });
    expect(lease.lost.aborted).to.equal(true);
  });

  it('is not asked for again and again where each write of it is a conflict, whoever says so', async () => {
    const name = nameOne();
    await using _held = await take(name, 'before');
    await write(name, { spec: { holderIdentity: '' } });
    let writes = 0;
    const refusing: KubernetesTransport = {
      ...wrapped(async () => undefined),
      request: (request) =>
        request.method === 'GET'
          ? transport.request(request)
          : Promise.resolve({ status: 409, headers: {}, body: { kind: 'Status', message: `conflict ${++writes}` } }),
    };
    expect((await failure(take(name, 'one', {}, refusing))).code).to.equal('conflict');
    expect(writes).to.be.within(2, 10);
  });

  it('is not taken twice by passes that start at the same moment', async () => {
    const name = nameOne();
    await using _free = await take(name, 'pod/before');
    await _free[Symbol.asyncDispose]();
    const passes = ['one', 'two', 'three', 'four'].map((holder) => take(name, `pod/${holder}`, { seconds: 2 }));
    const taken = (await Promise.allSettled(passes)).flatMap((settled) =>
      settled.status === 'fulfilled' ? [settled.value] : [],
    );
    expect(taken).to.have.lengthOf(1);
    await Promise.all(taken.map((lease) => lease[Symbol.asyncDispose]()));
  });
});
