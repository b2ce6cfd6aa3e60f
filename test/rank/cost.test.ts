import { expect } from 'chai';
import type { FieldPath } from '../../src/domain/field-path.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import type { ObjectRef } from '../../src/domain/object-ref.ts';
import { CONTAINER, compared, envValue, finding, live, REPLICAS, ref } from '../types/builders.ts';
import { rankByRules } from './ask.ts';

const web = ref('web');

function template(object: ObjectRef, podSpec: JsonObject, spec: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'apps/v1',
    kind: object.kind,
    metadata: { name: object.name },
    spec: { ...spec, template: { spec: podSpec } },
  };
}

function containers(...requests: readonly JsonObject[]): readonly JsonObject[] {
  return requests.map((entry, index) => ({ name: index === 0 ? 'app' : `c${index}`, resources: { requests: entry } }));
}

/** What replicas 0 → 1 of such a pod cost: the price of one pod. */
async function podCost(podSpec: JsonObject, spec: JsonObject = {}, object = web): Promise<number | undefined> {
  const document = template(object, podSpec, { replicas: 0, ...spec });
  const scaled = finding({ ref: object, path: REPLICAS, desired: 0, live: 1 });
  return (await rankByRules([compared([scaled], { document })])).findings[0]?.costUsdPerMonth;
}

describe('cost of drift', () => {
  it('is $23.08 for a core-month and $3.09 for a GiB-month', async () => {
    expect(await podCost({ containers: containers({ cpu: '1', memory: '0' }) })).to.equal(23.08);
    expect(await podCost({ containers: containers({ cpu: '0', memory: '1Gi' }) })).to.equal(3.09);
  });

  it('is +$29.27 a month for 3 → 5 replicas of 500m and 1Gi', async () => {
    const document = template(web, { containers: containers({ cpu: '500m', memory: '1Gi' }) }, { replicas: 3 });
    const { findings } = await rankByRules([compared([finding()], { document })]);
    expect(findings[0]?.costUsdPerMonth).to.equal(29.27);
  });

  it('is negative where drift saves money', async () => {
    const document = template(web, { containers: containers({ cpu: '1', memory: '0' }) }, { replicas: 3 });
    const down = finding({ desired: 3, live: 1 });
    expect((await rankByRules([compared([down], { document })])).findings[0]?.costUsdPerMonth).to.be.closeTo(-46.15, 0.011);
  });

  it('adds up all containers of a pod', async () => {
    expect(await podCost({ containers: containers({ cpu: '600m', memory: '0' }, { cpu: '400m', memory: '0' }) })).to.equal(23.08);
  });

  it('counts an init container only where it needs more than what runs after it', async () => {
    const init = (cpu: string): JsonObject => ({
      containers: containers({ cpu: '1', memory: '0' }),
      initContainers: containers({ cpu, memory: '0' }),
    });
    expect(await podCost(init('500m'))).to.equal(23.08);
    expect(await podCost(init('2'))).to.equal(46.15);
  });

  it('counts a sidecar for the whole life of the pod, and beside the init containers after it', async () => {
    const [sidecar] = containers({ cpu: '1', memory: '0' });
    const [init] = containers({ cpu: '2', memory: '0' });
    const always = { ...sidecar, restartPolicy: 'Always' };
    const app = containers({ cpu: '1', memory: '0' });
    expect(await podCost({ containers: app, initContainers: [always] })).to.equal(46.15);
    expect(await podCost({ containers: app, initContainers: [always, { ...init }] })).to.equal(69.23);
    // Before the sidecar starts, the init container is alone.
    expect(await podCost({ containers: app, initContainers: [{ ...init }, always] })).to.equal(46.15);
  });

  it('adds the overhead of a runtime class, also one of CPU alone', async () => {
    expect(await podCost({ containers: containers({ cpu: '500m', memory: '0' }), overhead: { cpu: '500m' } })).to.equal(23.08);
  });

  it('takes a limit for the request where no request is declared', async () => {
    const app = { name: 'app', resources: { limits: { cpu: '1', memory: '0' } } };
    expect(await podCost({ containers: [app] })).to.equal(23.08);
  });

  it('is unknown, not free, where a container declares no request', async () => {
    expect(await podCost({ containers: [{ name: 'app' }] })).to.equal(undefined);
    expect(await podCost({ containers: [...containers({ cpu: '1', memory: '1Gi' }), { name: 'plain' }] })).to.equal(undefined);
    expect(await podCost({ containers: containers({ cpu: '1' }) })).to.equal(undefined);
    expect(await podCost({ containers: containers({ cpu: 'lots', memory: '1Gi' }) })).to.equal(undefined);
  });

  it('is $693.50 a month for a GPU', async () => {
    const app = { name: 'app', resources: { requests: { cpu: '0', memory: '0' }, limits: { 'nvidia.com/gpu': 1 } } };
    expect(await podCost({ containers: [app] })).to.equal(693.5);
  });

  it('adds the volumes of a StatefulSet for each pod', async () => {
    const spec = { volumeClaimTemplates: [{ spec: { resources: { requests: { storage: '100Gi' } } } }] };
    const object = ref('db', { kind: 'StatefulSet' });
    expect(await podCost({ containers: containers({ cpu: '0', memory: '0' }) }, spec, object)).to.equal(4);
  });

  it('counts a DaemonSet once for each node that runs it', async () => {
    const agent = ref('agent', { kind: 'DaemonSet' });
    const path: FieldPath = [...CONTAINER, { field: 'resources' }, { field: 'requests' }, { field: 'cpu' }];
    const document = template(agent, { containers: containers({ cpu: '1', memory: '0' }) });
    const raised = finding({ ref: agent, path, desired: '1', live: '2' });
    const on = (scheduledPods: number) => compared([raised], { document, live: live(agent, document, { scheduledPods }) });
    expect((await rankByRules([on(10)])).findings[0]?.costUsdPerMonth).to.be.closeTo(230.76, 0.011);
    expect((await rankByRules([on(0)])).findings[0]?.costUsdPerMonth).to.equal(0);
  });

  it('is zero for a field that no bill depends on', async () => {
    const { findings } = await rankByRules([compared([finding({ path: envValue('DEBUG'), desired: 'a', live: 'b' })])]);
    expect(findings[0]?.costUsdPerMonth).to.equal(0);
  });

  it('is what the workload would cost, with a minus, where it is missing, and with a plus where no unit declares it', async () => {
    const document = template(web, { containers: containers({ cpu: '1', memory: '0' }) }, { replicas: 2 });
    const missing = finding({ path: [], class: 'missing', desired: document, live: undefined, blame: undefined });
    const gone = await rankByRules([compared([missing], { document, live: undefined })]);
    expect(gone.findings[0]?.costUsdPerMonth).to.equal(-46.15);
    const unmanaged = finding({ path: [], class: 'unmanaged', desired: undefined, live: document, blame: undefined, unit: '' });
    const extra = await rankByRules([compared([unmanaged], { unit: undefined, live: live(web, document) })]);
    expect(extra.findings[0]?.costUsdPerMonth).to.equal(46.15);
  });

  it('counts an added container', async () => {
    const document = template(web, { containers: containers({ cpu: '1', memory: '0' }) }, { replicas: 2 });
    const [, second] = containers({ cpu: '1', memory: '0' }, { cpu: '1', memory: '0' });
    const path: FieldPath = [...CONTAINER.slice(0, -1), { key: { name: 'c1' } }];
    const added = finding({ path, class: 'added', desired: undefined, live: { ...second } });
    expect((await rankByRules([compared([added], { document })])).findings[0]?.costUsdPerMonth).to.be.closeTo(46.15, 0.011);
  });
});
