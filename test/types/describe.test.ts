import { expect } from 'chai';
import fc from 'fast-check';
import {
  cutText,
  displayValue,
  driftSentence,
  fixedSentence,
  sanitize,
  summarize,
  summarizeFix,
} from '../../src/domain/describe.ts';
import type { FieldPath } from '../../src/domain/field-path.ts';
import { equalQuantities, parseQuantity } from '../../src/domain/quantity.ts';
import { Secret } from '../../src/domain/secret.ts';
import { joinRelated } from '../../src/stages/diff/together.ts';
import { CONTAINER, envValue, finding, IMAGE, ref } from './builders.ts';

const backend = ref('backend-api');

describe('sentences about drift', () => {
  it('name workload, field and both sides', () => {
    expect(driftSentence(finding({ ref: backend }))).to.equal('backend-api has 5 replicas, expected 3');
    expect(driftSentence(finding({ ref: backend, live: 1, isCritical: true }))).to.equal(
      'backend-api (tier=critical) has 1 replica, expected 3',
    );
    expect(driftSentence(finding({ ref: backend, class: 'missing', path: [], live: undefined }))).to.equal(
      'backend-api is missing',
    );
    expect(fixedSentence(finding({ ref: backend }))).to.equal('backend-api scaled to 3 replicas');
  });

  it('name a resource of a container as its request or limit', () => {
    const cpu: FieldPath = [...CONTAINER, { field: 'resources' }, { field: 'requests' }, { field: 'cpu' }];
    const memory: FieldPath = [...CONTAINER, { field: 'resources' }, { field: 'limits' }, { field: 'memory' }];
    expect(summarize(finding({ path: cpu, desired: '100m', live: '1' }))).to.equal('CPU request of container app 100m → 1');
    expect(summarize(finding({ path: memory, desired: '1Gi', live: '2Gi' }))).to.equal('memory limit of container app 1Gi → 2Gi');
  });

  it('shorten two images to the tags where only these differ, and never where the names differ', () => {
    const image = (desired: string, live: string): string => summarize(finding({ path: IMAGE, desired, live }));
    expect(image('r.example:5000/app:1.4.2', 'r.example:5000/app:1.4.9')).to.equal('image of container app 1.4.2 → 1.4.9');
    expect(image('r.example/app:1', 'evil.example/app:1')).to.equal(
      'image of container app r.example/app:1 → evil.example/app:1',
    );
    expect(image('app', 'app:1')).to.equal('image of container app app → app:1');
  });

  it('show an added env variable by its value, and a masked one as ***', () => {
    const path = [...CONTAINER, { field: 'env' }, { key: { name: 'DEBUG' } }];
    const added = { path, class: 'added' as const, desired: undefined };
    expect(summarize(finding({ ...added, live: { name: 'DEBUG', value: 'true' } }))).to.equal(
      'env DEBUG of container app added: true',
    );
    expect(summarize(finding({ ...added, live: new Secret({ name: 'DEBUG', value: 'canary' }) }))).to.equal(
      'env DEBUG of container app added: ***',
    );
    expect(summarize(finding({ path: envValue('A'), class: 'removed', live: undefined, desired: 'x' }))).to.equal(
      'env A value of container app removed (was x)',
    );
  });

  it('show the leaves of an object, never the object', () => {
    const requests: FieldPath = [...CONTAINER, { field: 'resources' }, { field: 'requests' }];
    const cpu = finding({ path: requests, desired: { cpu: '500m', memory: '1Gi' }, live: { cpu: '2', memory: '1Gi' } });
    expect(summarize(cpu)).to.equal('CPU request of container app 500m → 2');
    expect(summarizeFix(cpu)).to.equal('CPU request of container app 2 → 500m');
    expect(driftSentence(cpu)).to.equal('web: CPU request of container app 500m → 2');
    expect(summarize(finding({ ...cpu, live: { cpu: '2' } }))).to.equal(
      'resources requests of container app: cpu 500m → 2, memory 1Gi → (none)',
    );
    const context: FieldPath = [...CONTAINER, { field: 'securityContext' }];
    const added = { path: context, class: 'added' as const, desired: undefined };
    expect(summarize(finding({ ...added, live: { privileged: true } }))).to.equal(
      'securityContext privileged of container app added: true',
    );
    expect(summarize(finding({ ...added, live: { a: 1, b: { c: 2 }, d: 3, e: {}, privileged: true } }))).to.equal(
      'securityContext of container app added: privileged true, a 1, b c 2, and 2 more',
    );
    const sidecar = { name: 'app', image: 'x:1', ports: [{ name: 'http', containerPort: 80 }] };
    expect(summarize(finding({ path: CONTAINER, class: 'added', desired: undefined, live: sidecar }))).to.equal(
      'container app added: image x:1, ports http containerPort 80',
    );
    expect(summarize(finding({ path: CONTAINER, class: 'removed', desired: { name: 'app' }, live: undefined }))).to.equal(
      'container app removed',
    );
  });

  it('hide each leaf that must not be shown', () => {
    const [desired, live] = ['canary-1', 'canary-2'].map(
      (token) => new Secret({ token, level: token }, { token: '***', level: token.slice(-1) }),
    );
    const text = summarize(finding({ path: [{ field: 'data' }], desired, live }));
    expect(text).to.equal('data level 1 → 2');
    const hidden = new Secret({ token: 'canary' }, { token: '***' });
    const same = finding({ path: [{ field: 'data' }], desired: hidden, live: hidden });
    expect([summarize(same), driftSentence(same), fixedSentence(same)].join()).to.not.contain('canary');
    expect(summarize(same)).to.equal('data *** → ***');
  });

  it('show what differs of long texts', () => {
    const change = (desired: string, live: string): string => summarize(finding({ path: [{ field: 'data' }], desired, live }));
    expect(change('a\n  b: 1\nc\n', 'a\n  b: 2\nc\nd\n')).to.equal('data b: 1 → b: 2, and 1 more line');
    expect(change('a\nb\n', 'a\n')).to.equal('data b → (none)');
    expect(change(`${'x'.repeat(300)}1`, `${'x'.repeat(300)}2`)).to.equal(`data …${'x'.repeat(12)}1 → …${'x'.repeat(12)}2`);
    const lines = 'line\n'.repeat(500);
    expect(change(lines, `${lines}x`)).to.equal('data (500 lines) → (501 lines)');
  });

  it('are one line without controls or half characters, whatever the world holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (name, value) => {
        const live = name.length % 2 === 0 ? value : { [name]: value, a: [value] };
        const entry = finding({ ref: ref(name), path: [{ field: name }], live, desired: value });
        for (const text of [summarize(entry), driftSentence(entry), fixedSentence(entry), sanitize(value), displayValue(value)]) {
          expect(text).to.not.match(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
          expect(text.isWellFormed()).to.equal(true);
        }
      }),
    );
  });

  it('are cut between characters, never inside one', () => {
    expect(cutText('ab\ud83d\ude00', 3)).to.equal('ab');
    expect(cutText('ab\ud83d\ude00', 4)).to.equal('ab\ud83d\ude00');
    expect(displayValue('\ud83d\ude00'.repeat(100)).isWellFormed()).to.equal(true);
  });
});

describe('fields of which one replaces another', () => {
  const inProbe = (field: string): FieldPath => [...CONTAINER, { field: 'livenessProbe' }, { field }];
  const exec = finding({ path: inProbe('exec'), class: 'removed', desired: { command: ['true'] }, live: undefined });
  const httpGet = finding({ path: inProbe('httpGet'), class: 'added', desired: undefined, live: { port: 80 } });

  it('are one line, both ways, and each keeps its own path', () => {
    const [first, second, replicas] = joinRelated([exec, httpGet, finding()]);
    if (!first) throw new Error('nothing is told');
    expect(summarize(first)).to.equal('livenessProbe exec → httpGet of container app');
    expect(summarizeFix(first)).to.equal('livenessProbe httpGet → exec of container app');
    expect(driftSentence(first)).to.equal('web: livenessProbe exec → httpGet of container app');
    expect([second?.shownWith, second?.path]).to.deep.equal([first.id, httpGet.path]);
    expect(replicas).to.deep.equal(finding());
  });

  it('stay two where only one of them is drift', () => {
    const ignored = { ...httpGet, class: 'informational' as const };
    expect(joinRelated([exec, ignored])).to.deep.equal([exec, ignored]);
  });
});

describe('quantities', () => {
  it('mean the same amount in every way of writing it', () => {
    for (const [one, other] of [
      ['500m', '0.5'],
      ['1Gi', '1073741824'],
      ['1Gi', '1024Mi'],
      ['2', 2],
      ['1e3', '1k'],
      ['.5', '500m'],
      ['-1', '-1000m'],
    ] as const)
      expect(parseQuantity(one), `${one} and ${other}`).to.equal(parseQuantity(other));
    expect(parseQuantity('1G')).to.not.equal(parseQuantity('1Gi'));
  });

  it('are none where the text is none', () => {
    for (const text of ['', '.', 'm', '1 Gi', '1KB', '0x10', 'NaN', '1e999', '--1'])
      expect(parseQuantity(text), text).to.equal(undefined);
  });

  it('are rounded up to thousandths only where the API server does so', () => {
    expect(equalQuantities('100u', '1m', true)).to.equal(true);
    expect(equalQuantities('100u', '1m', false)).to.equal(false);
    expect(equalQuantities('1m', '100u', true)).to.equal(false);
    expect(equalQuantities('words', 'words', true)).to.equal(true);
  });
});
