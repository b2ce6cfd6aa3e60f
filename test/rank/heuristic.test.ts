import { expect } from 'chai';
import fc from 'fast-check';
import type { EnvironmentKind } from '../../src/domain/environment.ts';
import type { Finding, ObjectComparison } from '../../src/domain/finding.ts';
import type { FindingClass } from '../../src/domain/finding-classes.ts';
import { severityOrder } from '../../src/domain/ranking.ts';
import { CONTAINER, compared, envValue, finding, IMAGE, label, live, REPLICAS, ref, workload } from '../types/builders.ts';
import { namesOf, rankByRules } from './ask.ts';

function single(parts: Parameters<typeof finding>[0]): ObjectComparison {
  return compared([finding(parts)]);
}

async function severityOf(
  parts: Parameters<typeof finding>[0],
  environment: EnvironmentKind = 'dev',
): Promise<string | undefined> {
  return (await rankByRules([single(parts)], { environment })).findings[0]?.severity;
}

const someFinding: fc.Arbitrary<Finding> = fc
  .record({
    name: fc.constantFrom('a', 'b', 'c', 'd'),
    namespace: fc.constantFrom('shop', 'pay'),
    path: fc.constantFrom(REPLICAS, IMAGE, label('team'), label('owner'), envValue('A'), envValue('B')),
    class: fc.constantFrom<FindingClass>('changed', 'added', 'removed', 'to_remove', 'informational', 'pending'),
    live: fc.constantFrom(0, 1, 5, 'x'),
    isCritical: fc.boolean(),
  })
  .map(({ name, namespace, path, live: value, isCritical, ...rest }) =>
    finding({ ref: ref(name, { namespace }), path, live: value, isCritical, class: rest.class }),
  );

describe('ranking by rules', () => {
  it('puts a critical workload before others with the same drift', async () => {
    const ranking = await rankByRules([single({ ref: ref('a') }), single({ ref: ref('checkout'), isCritical: true })]);
    expect(namesOf(ranking)).to.deep.equal(['checkout', 'a']);
  });

  it('puts an image before an env variable before a label', async () => {
    const ranking = await rankByRules([
      single({ ref: ref('label'), path: label('x'), desired: 'a', live: 'b' }),
      single({ ref: ref('env'), path: envValue('X'), desired: 'a', live: 'b' }),
      single({ ref: ref('image'), path: IMAGE, desired: 'a:1', live: 'a:2' }),
    ]);
    expect(namesOf(ranking)).to.deep.equal(['image', 'env', 'label']);
  });

  it('calls a critical workload scaled to zero critical', async () => {
    expect(await severityOf({ live: 0, isCritical: true })).to.equal('critical');
  });

  it('calls privileges that were gained worse than replicas', async () => {
    const privileged = [...CONTAINER, { field: 'securityContext' }, { field: 'privileged' }];
    expect(await severityOf({ path: privileged, class: 'added', desired: undefined, live: true })).to.equal('high');
    expect(await severityOf({})).to.equal('medium');
  });

  it('calls a label of a normal workload low, of a critical one high', async () => {
    expect(await severityOf({ path: label('x'), desired: 'a', live: 'b' })).to.equal('low');
    expect(await severityOf({ path: label('x'), desired: 'a', live: 'b', isCritical: true })).to.equal('high');
  });

  it('takes production more seriously than dev', async () => {
    const image = { path: IMAGE, desired: 'a:1', live: 'a:2' };
    const [dev, prod] = [await severityOf(image, 'dev'), await severityOf(image, 'prod')];
    expect([dev, prod]).to.deep.equal(['medium', 'high']);
  });

  it('gives what is no drift no severity, and the last places', async () => {
    const ranking = await rankByRules([
      single({ ref: ref('noted'), class: 'informational' }),
      single({ ref: ref('low'), path: label('x'), desired: 'a', live: 'b' }),
    ]);
    expect(ranking.findings.map((ranked) => ranked.severity)).to.deep.equal(['low', 'info']);
  });

  it('ranks a DaemonSet the same on 3 nodes and on 300', async () => {
    const agent = ref('agent', { kind: 'DaemonSet' });
    const document = workload(agent, 1);
    const limit = [...CONTAINER, { field: 'resources' }, { field: 'requests' }, { field: 'cpu' }];
    const on = (scheduledPods: number): readonly ObjectComparison[] => [
      compared([finding({ ref: agent, path: limit, desired: '500m', live: '900m' })], {
        document,
        live: live(agent, document, { scheduledPods }),
      }),
      ...['x', 'y'].map((name) => single({ ref: ref(name), live: 40 })),
    ];
    const [few, many] = [await rankByRules(on(3)), await rankByRules(on(300))];
    expect(namesOf(few)).to.deep.equal(namesOf(many));
    expect(few.findings.map((ranked) => ranked.severity)).to.deep.equal(many.findings.map((ranked) => ranked.severity));
  });

  it('gives the same order for the same findings in any order, worst first', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(someFinding, { selector: (entry) => entry.id, maxLength: 15 }),
        fc.infiniteStream(fc.nat()),
        async (findings, numbers) => {
          const objects = findings.map((entry) => compared([entry]));
          const shuffled = objects
            .map((object) => ({ object, at: numbers.next().value }))
            .sort((a, b) => a.at - b.at)
            .map(({ object }) => object);
          const [one, two] = [await rankByRules(objects), await rankByRules(shuffled)];
          expect(two.findings).to.deep.equal(one.findings);
          expect(one.findings).to.have.length(findings.length);
          const orders = one.findings.map((ranked) => severityOrder(ranked.severity));
          expect(orders).to.deep.equal(orders.toSorted((a, b) => a - b));
        },
      ),
    );
  });
});
