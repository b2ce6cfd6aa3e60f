import { expect } from 'chai';
import fc from 'fast-check';
import type { FieldPath, PathStep } from '../../src/domain/field-path.ts';
import type { Finding } from '../../src/domain/finding.ts';
import { at, numberAt } from '../../src/domain/json.ts';
import { objectKey } from '../../src/domain/object-ref.ts';
import { Secret } from '../../src/domain/secret.ts';
import { rankAll } from '../fake-claude/fake-claude.ts';
import { CONTAINER, compared, envValue, finding, IMAGE, label, live, ref, unit, workload } from '../types/builders.ts';
import { rankWith, scaled } from './ask.ts';

describe('request to Claude', () => {
  it('names the model, a bearer key and the API version, and sends no sampling knobs', async () => {
    const { requests } = await rankWith([rankAll()], scaled(2));
    const [request] = requests;
    expect(request?.headers).to.include({ authorization: 'Bearer test-key', 'anthropic-version': '2026-10-21' });
    expect(Object.keys(request?.json ?? {}).sort()).to.deep.equal([
      'max_tokens',
      'messages',
      'model',
      'output_config',
      'system',
      'thinking',
    ]);
    expect(request?.json).to.include({ model: 'claude-haiku-5-5', max_tokens: 400 + 90 * 2 });
    expect(request?.json['thinking']).to.deep.equal({ type: 'disabled' });
    expect(at(request?.json, 'output_config', 'effort')).to.equal('low');
  });

  it('asks for rows that can name no patch, path, value or cost', async () => {
    const { requests } = await rankWith([rankAll()], scaled(1));
    const schema = at(requests[0]?.json, 'output_config', 'format', 'schema');
    expect(at(requests[0]?.json, 'output_config', 'format', 'type')).to.equal('json_schema');
    const text = JSON.stringify(schema);
    expect(text).to.contain('"additionalProperties":false');
    const names = [...text.matchAll(/"(id|severity|rank|action|cause|advice|confidence|items|summary)":\{/gu)].map(
      (match) => match[1],
    );
    expect([...new Set(names)].sort()).to.deep.equal(
      ['action', 'advice', 'cause', 'confidence', 'id', 'items', 'rank', 'severity', 'summary'].sort(),
    );
    expect(text).to.not.match(/"(patch|path|value|cost\w*|command)":\{/u);
  });

  it('repeats the same instructions, byte for byte, in every request of every pass', async () => {
    const many = await rankWith([rankAll()], scaled(90));
    const other = await rankWith(
      [rankAll()],
      [compared([finding({ ref: ref('other'), path: IMAGE, desired: 'a:1', live: 'a:2' })])],
    );
    const texts = new Set([...many.requests, ...other.requests].map((request) => request.system));
    expect(many.requests).to.have.length(3);
    expect(texts.size).to.equal(1);
    expect([...texts][0]?.length).to.be.greaterThan(3_000);
  });

  it('leaves room for thinking where a model cannot do without it', async () => {
    const { requests } = await rankWith([rankAll()], scaled(2), { model: 'claude-opus-5-5' });
    expect(requests[0]?.json).to.not.have.property('thinking');
    expect(numberAt(requests[0]?.json, 'max_tokens')).to.equal(400 + 90 * 2 + 4_000);
  });

  it('sends the same bytes for the same findings in any order', async () => {
    const objects = scaled(12);
    const [first, second] = [await rankWith([rankAll()], objects), await rankWith([rankAll()], objects.toReversed())];
    expect(first.requests[0]?.body).to.equal(second.requests[0]?.body);
  });

  it('tells what a workload uses beside what it requests, in numbers alone, and nothing where it was not measured', async () => {
    const measured = { pods: 5, cpuCores: 0.12, memoryBytes: 320 * 2 ** 20, name: 'canary-473' };
    const resources = { requests: { cpu: '500m', memory: '128Mi' } };
    const body = workload(ref('a'), 5, { resources });
    const { requests } = await rankWith(
      [rankAll()],
      [compared([finding({ ref: ref('a') })], { live: live(ref('a'), body) }), compared([finding({ ref: ref('b') })])],
      { usage: new Map([[objectKey(ref('a')), measured]]) },
    );
    const byWorkload = new Map((requests[0]?.facts ?? []).map((fact) => [fact['workload'], fact['usage']]));
    expect([...byWorkload.values()]).to.have.deep.members([
      {
        ...{ replicas: 5, desiredReplicas: 3, measuredPods: 5 },
        ...{ cpuMillicores: 120, requestedCpuMillicores: 2500, memoryMib: 320, requestedMemoryMib: 640 },
      },
      null,
    ]);
    expect(requests[0]?.body).not.to.contain('canary');
  });

  it('tells numbers, amounts and kinds of change, and whether only the tag of an image differs', async () => {
    const memory: FieldPath = [...CONTAINER, { field: 'resources' }, { field: 'limits' }, { field: 'memory' }];
    const { requests } = await rankWith(
      [rankAll()],
      [
        compared([finding({ ref: ref('a') })]),
        compared([finding({ ref: ref('b'), path: IMAGE, desired: 'r.example/app:1', live: 'r.example/app:2' })]),
        compared([finding({ ref: ref('c'), path: IMAGE, desired: 'r.example/app:1', live: 'evil.example/app:1' })]),
        compared([finding({ ref: ref('d'), path: memory, desired: '1Gi', live: '8Gi' })]),
      ],
    );
    const changes = Object.fromEntries(
      (requests[0]?.facts ?? []).map((fact) => [String(fact['field']) + fact['workload'], fact['change']]),
    );
    const values = Object.values(changes);
    expect(values).to.deep.include({ desired: 3, live: 5, sameImageName: null });
    expect(values).to.deep.include({ desired: '1Gi', live: '8Gi', sameImageName: null });
    expect(values.filter((change) => at(change, 'sameImageName') === true)).to.have.length(1);
    expect(values.filter((change) => at(change, 'sameImageName') === false)).to.have.length(1);
    expect(requests[0]?.body).to.not.contain('r.example');
  });

  for (const [what, path, value] of [
    ['a PIN in an env variable', envValue('PIN'), '4711083315'],
    ['an amount in an annotation', [{ field: 'metadata' }, { field: 'annotations' }, { field: 'limits' }], '31415926535'],
    ['digits in an argument', [...CONTAINER, { field: 'args' }, { member: '99887766' }], '99887766'],
  ] as const) {
    it(`withholds ${what}, although it reads like a number`, async () => {
      const { requests } = await rankWith([rankAll()], [compared([finding({ path, desired: 'x', live: value })])]);
      expect(requests).to.have.length(1);
      expect(requests[0]?.body).to.not.contain(value);
    });
  }

  it('shows no number of a kind that it does not know', async () => {
    const safe = finding({
      ref: ref('vault', { apiVersion: 'example.com/v1', kind: 'Safe' }),
      path: [{ field: 'spec' }, { field: 'value' }],
      desired: 1,
      live: 271828,
    });
    expect((await rankWith([rankAll()], [compared([safe])])).requests[0]?.body).to.not.contain('271828');
  });
});

/** Recognisable, and of every shape that a name, key or value may have. */
const canary = fc.stringMatching(/^[a-z]{2}[a-zA-Z0-9]{6,12}$/u).map((text) => `canary${text}`);
const odd = fc
  .tuple(canary, fc.constantFrom('', '/x', '.y', '-z', '=', '"', '\n', '5m', '`', '<b>'))
  .map(([text, tail]) => text + tail);
const step: fc.Arbitrary<PathStep> = fc.oneof(
  odd.map((field) => ({ field })),
  odd.map((name) => ({ key: { name } })),
  fc.record({ key: fc.dictionary(odd, odd, { minKeys: 1, maxKeys: 2 }) }),
  odd.map((member) => ({ member })),
  fc.constantFrom('spec', 'template', 'containers', 'env', 'annotations', 'labels', 'data', 'value').map((field) => ({ field })),
);
const value = fc.oneof(
  odd,
  odd.map((text) => new Secret(text)),
  fc.record({ a: odd, b: fc.array(odd) }),
  fc.dictionary(odd, odd),
  fc.constant(undefined),
);
const planted: fc.Arbitrary<Finding> = fc
  .record({
    object: fc.record({
      apiVersion: odd,
      kind: fc.oneof(odd, fc.constantFrom('Deployment', 'ConfigMap')),
      namespace: odd,
      name: odd,
    }),
    path: fc.array(step, { minLength: 1, maxLength: 7 }),
    class: fc.constantFrom('changed' as const, 'added' as const, 'removed' as const, 'to_remove' as const),
    desired: value,
    live: value,
    manager: odd,
    subresource: odd,
    unit: odd,
    note: odd,
    isCritical: fc.boolean(),
  })
  .map((parts) =>
    finding({
      ref: parts.object,
      path: parts.path,
      class: parts.class,
      desired: parts.desired,
      live: parts.live,
      blame: {
        manager: parts.manager,
        operation: 'Update',
        subresource: parts.subresource,
        time: '2026-11-23T11:59:00Z',
        actor: 'hands',
      },
      unit: parts.unit,
      note: parts.note,
      isCritical: parts.isCritical,
    }),
  );

describe('what leaves the cluster', () => {
  it('never holds a name, key, value, image, manager, unit or note of anybody', async function () {
    this.timeout(120_000);
    await fc.assert(
      fc.asyncProperty(fc.array(planted, { minLength: 1, maxLength: 8 }), canary, async (findings, planted) => {
        const objects = findings.map((entry) => {
          const container = { image: `${planted}:1`, args: [planted], env: [{ name: planted, value: planted }] };
          const body = { ...workload(entry.ref, 3, container), data: { [planted]: planted } };
          const owner = unit(planted, { text: planted, labels: { [planted]: planted }, lastChangeDescription: planted });
          return compared([entry], { unit: owner, document: body, live: live(entry.ref, body) });
        });
        const { requests } = await rankWith([rankAll()], objects);
        expect(requests.length).to.be.greaterThan(0);
        for (const { body, headers } of requests) {
          expect(body.toLowerCase()).to.not.contain('canary');
          expect(JSON.stringify(headers)).to.not.contain('canary');
        }
      }),
      { numRuns: process.env['DRIFT_LONG'] ? 1_000 : 60 },
    );
  });

  it('never holds the key of a label, and never an env variable’s name', async () => {
    const findings = [
      finding({ ref: ref('canary-a'), path: label('canaryLabel'), desired: undefined, live: 'canary', class: 'added' }),
      finding({ ref: ref('canary-b'), path: envValue('CANARY_NAME'), desired: 'canary', live: 'canary2' }),
    ];
    const { requests } = await rankWith(
      [rankAll()],
      findings.map((entry) => compared([entry])),
    );
    expect(requests[0]?.body.toLowerCase()).to.not.contain('canary');
    expect(requests[0]?.facts.map((fact) => fact['field'])).to.have.members([
      '/metadata/labels/(key)',
      '/spec/template/spec/containers[]/env[]/value',
    ]);
  });
});
