import { expect } from 'chai';
import { acceptsLive } from '../../src/domain/accept-marker.ts';
import { valueAt } from '../../src/domain/field-path.ts';
import { canonicalJson, type Finding } from '../../src/domain/finding.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { Secret } from '../../src/domain/secret.ts';
import { type Acceptable, composeAcceptance, refusalOf } from '../../src/stages/fix/accept-text.ts';
import { CONTAINER, finding, IMAGE, REPLICAS, ref, unit, workload } from '../types/builders.ts';

const TEXT = `# who to call: the shop team
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 3 # agreed with finance
  template:
    spec:
      containers:
      - name: app
        image: registry.example/app:1.4.2
`;
const owner = unit('web', { text: TEXT, headText: TEXT });
const ANN = { name: 'Ann Lee', email: 'ann@example.org', time: '2026-11-20T10:00:00Z', commit: 'a' };
const live: JsonObject = workload(ref('web'), 5, { image: 'registry.example/app:9' });

function acceptable(found: Finding, more: Partial<Acceptable> = {}): Acceptable {
  const desired = { ref: found.ref, document: workload(found.ref, 3), documentIndex: 0, unit: owner };
  return { id: '0123456789abcdef', by: ANN, reason: '', finding: found, desired, ...more };
}

/** Departs where the two sides differ in one of these fields. */
function compare({ document }: Acceptable['desired'], now: JsonObject | undefined): readonly Finding[] {
  return [REPLICAS, IMAGE].flatMap((path) => {
    const [desired, found] = [valueAt(document, path), valueAt(now, path)];
    return canonicalJson(desired ?? null) === canonicalJson(found ?? null) ? [] : [finding({ path, desired, live: found })];
  });
}

describe('accepting what is live', () => {
  const replicas = finding();
  const image = finding({ path: IMAGE, desired: 'registry.example/app:1.4.2', live: 'registry.example/app:9' });

  it('edits only the accepted fields of the text, and says who decided, why, and on top of what', () => {
    const { text, description, refused } = composeAcceptance(
      owner,
      [acceptable(replicas, { reason: 'Black Friday' }), acceptable(image, { id: 'fedcba9876543210' })],
      () => live,
      compare,
    );
    expect(refused).to.deep.equal([]);
    expect(text).to.equal(TEXT.replace('replicas: 3', 'replicas: 5').replace('app:1.4.2', 'app:9'));
    expect(description).to.match(
      /^Accepted replicas 3 → 5; image of container app 1\.4\.2 → 9 \(decided by Ann Lee <ann@example\.org>: Black Friday, Ann Lee <ann@example\.org>\) \[decision:0123456789abcdef,fedcba9876543210 live:3 sha256:[0-9a-f]{12}\]$/u,
    );
    expect(acceptsLive(description, 3, text)).to.equal(true);
    expect(acceptsLive(description, 4, text), 'another revision was applied since').to.equal(false);
    expect(acceptsLive(description, 3, TEXT), 'other bytes').to.equal(false);
  });

  it('removes a field from the text that was removed, and adds one that was added', () => {
    const isSaid = ({ document }: Acceptable['desired'], now: JsonObject | undefined): boolean =>
      canonicalJson(valueAt(document, REPLICAS) ?? null) === canonicalJson(valueAt(now, REPLICAS) ?? null);
    // A document that is printed anew has spaces inside its braces.
    const without = TEXT.replace('  replicas: 3 # agreed with finance\n', '').replace(/\{(.*)\}/u, '{ $1 }');
    const take = (text: string, found: Finding, now: JsonObject): string => {
      const compareReplicas = (desired: Acceptable['desired'], live: JsonObject | undefined): readonly Finding[] =>
        isSaid(desired, live) ? [] : [found];
      const taken = composeAcceptance(unit('web', { text }), [acceptable(found)], () => now, compareReplicas);
      expect([taken.refused.length, taken.accepted.length]).to.deep.equal([0, 1]);
      return taken.text;
    };
    expect(take(TEXT, finding({ class: 'removed', live: undefined }), { spec: {} })).to.equal(without);
    const added = take(without, finding({ class: 'added', desired: undefined, live: 5 }), { spec: { replicas: 5 } });
    expect(added).to.contain('\n  replicas: 5\n').and.contain('# who to call');
  });

  it('takes a value whose name another field that drifts begins with', () => {
    const policy = [...CONTAINER, { field: 'imagePullPolicy' }];
    const { accepted, refused } = composeAcceptance(
      owner,
      [acceptable(image)],
      () => live,
      (desired, now) => [...compare(desired, now), finding({ path: policy, desired: 'IfNotPresent', live: 'Always' })],
    );
    expect(refused).to.deep.equal([]);
    expect(accepted).to.have.lengthOf(1);
  });

  it('leaves a value alone that the text cannot take, and takes the others', () => {
    const nowhere = finding({ path: [...CONTAINER, { field: 'image' }], ref: ref('other'), live: 'x' });
    const { accepted, refused } = composeAcceptance(
      owner,
      [acceptable(nowhere, { id: 'aaaaaaaaaaaaaaaa' }), acceptable(replicas)],
      () => live,
      compare,
    );
    expect(accepted.map(({ id }) => id)).to.deep.equal(['0123456789abcdef']);
    expect(refused.map(({ id, effect }) => [id, effect])).to.deep.equal([['aaaaaaaaaaaaaaaa', 'refused']]);
  });

  it('is refused for secrets, whole objects and what is no drift, with what to do instead', () => {
    const cases: readonly (readonly [Finding, string])[] = [
      [finding({ live: new Secret('hunter2') }), 'looks like a secret'],
      [finding({ desired: new Secret('hunter2') }), 'looks like a secret'],
      [finding({ ref: ref('db', { apiVersion: 'v1', kind: 'Secret' }) }), 'Secrets are not stored'],
      [finding({ class: 'missing', path: [] }), 'the whole object is missing; remove it'],
      [finding({ class: 'unmanaged', path: [] }), 'adopt it'],
      [finding({ class: 'conflicting', path: [] }), 'more than one unit'],
      [finding({ class: 'pending' }), 'ahead of the live ob'],
      [finding({ class: 'informational' }), 'not drift'],
    ];
    for (const [found, why] of cases) expect(refusalOf(found), found.class).to.contain(why);
    for (const found of ['changed', 'removed', 'added', 'to_remove'] as const)
      expect(refusalOf(finding({ class: found })), found).to.equal('');
  });
});
