import { randomInt } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import type { Json, JsonObject } from '../../src/domain/json.ts';
import { base64, Client, fromBase64, startTestHub } from './harness.ts';
import { createNamed, createSpace, createUnit, deployment, part, unitPath } from './scene.ts';

// What holds whatever is done to units, in whatever order: after each request the whole state is read and compared with
// the one before it.

const IS_LONG = (process.env['DRIFT_LONG'] ?? '') !== '';
const SEED = Number(process.env['DRIFT_SEED'] ?? randomInt(2 ** 31));
const HISTORIES = IS_LONG ? 600 : 40;

type Under = 'none' | 'own' | 'other';
type Step =
  | {
      readonly do: 'write';
      readonly unit: number;
      readonly replicas: number;
      readonly under: Under;
      readonly how: 'patch' | 'put-data' | 'bulk';
    }
  | { readonly do: 'label'; readonly unit: number; readonly value: string }
  | { readonly do: 'restore'; readonly unit: number; readonly reference: string; readonly under: Under }
  | { readonly do: 'upgrade'; readonly unit: number; readonly under: Under; readonly bulk: boolean }
  | { readonly do: 'open'; readonly unit: number; readonly changeSet: number }
  | { readonly do: 'close'; readonly unit: number }
  | { readonly do: 'stale'; readonly unit: number };

const unit = fc.nat({ max: 1 });
const under = fc.constantFrom<Under>('none', 'own', 'own', 'other');
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('write' as const),
    unit,
    replicas: fc.nat({ max: 4 }),
    under,
    how: fc.constantFrom('patch' as const, 'put-data' as const, 'bulk' as const),
  }),
  fc.record({ do: fc.constant('label' as const), unit, value: fc.constantFrom('a', 'b') }),
  fc.record({
    do: fc.constant('restore' as const),
    unit,
    reference: fc.constantFrom(
      '1',
      '2',
      '-1',
      '99',
      'HeadRevisionNum',
      'LiveRevisionNum',
      'ChangeSet:0',
      'Before:ChangeSet:0',
      'Before:1',
    ),
    under,
  }),
  fc.record({ do: fc.constant('upgrade' as const), unit, under, bulk: fc.boolean() }),
  fc.record({ do: fc.constant('open' as const), unit, changeSet: fc.nat({ max: 1 }) }),
  fc.record({ do: fc.constant('close' as const), unit }),
  fc.record({ do: fc.constant('stale' as const), unit }),
);

interface Revision {
  readonly number: number;
  readonly data: string;
  readonly changeSet: Json;
}

interface UnitState {
  readonly raw: JsonObject;
  readonly revisions: readonly Revision[];
}

interface World {
  readonly client: Client;
  readonly space: string;
  /** The first is the upstream of the second. */
  readonly units: readonly JsonObject[];
  readonly changeSets: readonly string[];
}

async function world(client: Client, name: string): Promise<World> {
  const space = await createSpace(client, name);
  const base = await createUnit(client, space, 'base', deployment('web', 1));
  const clone = await client.post(
    `/space/${space}/unit`,
    { Slug: 'clone', ToolchainType: 'Kubernetes/YAML' },
    { upstream_space_id: space, upstream_unit_id: String(base['UnitID']) },
  );
  const changeSets: string[] = [];
  for (const slug of ['first', 'second'])
    changeSets.push(String((await createNamed(client, space, 'change_set', { Slug: slug }))['ChangeSetID']));
  return { client, space, units: [base, clone.object], changeSets };
}

async function stateOf({ client, units }: World): Promise<readonly UnitState[]> {
  return Promise.all(
    units.map(async (one) => {
      const [raw, revisions] = await Promise.all([client.get(unitPath(one)), client.get(`${unitPath(one)}/revision`)]);
      return {
        raw: part(raw.object, 'Unit'),
        revisions: revisions.list.map((entry) => {
          const revision = part(entry, 'Revision');
          return {
            number: Number(revision['RevisionNum']),
            data: String(revision['Data'] ?? ''),
            changeSet: revision['ChangeSetID'] ?? null,
          };
        }),
      };
    }),
  );
}

interface Done {
  readonly isRefused: boolean;
  /** The changeset that the request named. */
  readonly named: string | undefined;
}

async function take(it: World, { raw }: UnitState, action: Step): Promise<Done> {
  const { client, changeSets } = it;
  const path = unitPath(raw);
  const lock = typeof raw['ChangeSetID'] === 'string' ? raw['ChangeSetID'] : undefined;
  const namedBy = (which: Under): string | undefined =>
    which === 'none' ? undefined : which === 'own' ? lock : changeSets.find((id) => id !== lock);
  const where = { where: `UnitID = '${String(raw['UnitID'])}'` };
  const query = (named: string | undefined): Record<string, string> => (named === undefined ? {} : { change_set_id: named });
  switch (action.do) {
    case 'write': {
      const named = namedBy(action.under);
      const text = deployment('web', action.replicas);
      if (action.how === 'put-data') {
        const url = `${client.url}/api${path}/data?${new URLSearchParams(query(named))}`;
        const headers = { authorization: 'Bearer tester', 'if-match': `"${String(raw['DataHash'])}"` };
        const response = await fetch(url, { method: 'PUT', headers, body: text });
        await response.text();
        return { isRefused: response.status >= 400, named };
      }
      const body = { Data: base64(text), LastChangeDescription: `to ${action.replicas}` };
      if (action.how === 'patch') return { isRefused: (await client.patch(path, body, query(named))).status >= 400, named };
      return { isRefused: isRefusedInBulk((await client.patch('/unit', body, { ...where, ...query(named) })).list), named };
    }
    case 'label':
      return { isRefused: (await client.patch(path, { Labels: { key: action.value } })).status >= 400, named: undefined };
    case 'restore': {
      const named = namedBy(action.under);
      const reference = action.reference.replace(/ChangeSet:0$/u, `ChangeSet:${changeSets[0]}`);
      return { isRefused: (await client.patch(path, null, { restore: reference, ...query(named) })).status >= 400, named };
    }
    case 'upgrade': {
      const named = namedBy(action.under);
      const parameters = { upgrade: 'true', ...query(named) };
      if (!action.bulk) return { isRefused: (await client.patch(path, null, parameters)).status >= 400, named };
      return { isRefused: isRefusedInBulk((await client.patch('/unit', null, { ...where, ...parameters })).list), named };
    }
    case 'open': {
      const named = changeSets[action.changeSet] ?? '';
      return { isRefused: (await client.patch(path, { ChangeSetID: named }, { change_set_id: named })).status >= 400, named };
    }
    case 'close':
      return { isRefused: (await client.patch(path, { ChangeSetID: null })).status >= 400, named: undefined };
    case 'stale': {
      const body = { Data: base64('kind: Stale\n'), Version: Number(raw['Version']) + 1 };
      return { isRefused: (await client.patch(path, body, query(lock))).status >= 400, named: lock };
    }
  }
}

function isRefusedInBulk(results: readonly JsonObject[]): boolean {
  return results.some((result) => 'Error' in result);
}

function check(before: UnitState, after: UnitState, isTarget: boolean, { isRefused, named }: Done): void {
  if (isRefused || !isTarget) {
    expect(after, isRefused ? 'a refused request changes nothing' : 'only the unit that is meant changes').to.deep.equal(before);
    return;
  }
  expect(
    after.revisions.map(({ number }) => number),
    'numbers have no gaps',
  ).to.deep.equal(after.revisions.map((_, index) => index + 1));
  expect(after.raw['HeadRevisionNum'], 'the head is the last revision').to.equal(after.revisions.length);
  expect(after.revisions.at(-1)?.data, 'the unit has the data of its head').to.equal(after.raw['Data']);
  expect(after.revisions.slice(0, before.revisions.length), 'history is never cut or rewritten').to.deep.equal(before.revisions);
  const [lockBefore, lockAfter] = [before.raw['ChangeSetID'] ?? null, after.raw['ChangeSetID'] ?? null];
  if (after.raw['Data'] !== before.raw['Data'] && lockBefore !== null)
    expect(named, 'locked data changes under its own changeset only').to.equal(lockBefore);
  for (const { changeSet } of after.revisions.slice(before.revisions.length))
    expect(changeSet, 'a revision belongs to the lock that it was made under').to.equal(lockBefore ?? lockAfter);
  const { Version: was, UpdatedAt: _, ...fieldsBefore } = before.raw;
  const { Version: is, UpdatedAt: __, ...fieldsAfter } = after.raw;
  const hasChanged = JSON.stringify(fieldsBefore) !== JSON.stringify(fieldsAfter);
  expect(Number(is) - Number(was), 'the version rises by one with each change, and only then').to.equal(hasChanged ? 1 : 0);
  if (after.raw['Data'] !== before.raw['Data'] || lockBefore !== lockAfter) return;
  // An upgrade that takes nothing says in a revision what it did not take.
  const conflicts = after.raw['UpstreamRevisionNum'] === before.raw['UpstreamRevisionNum'] ? [] : after.raw['Conflicts'];
  const isNoted = Array.isArray(conflicts) && conflicts.length > 0;
  expect(after.revisions.length - before.revisions.length, 'equal bytes make no revision').to.equal(isNoted ? 1 : 0);
}

/** The record of mutations says of the one path that these histories change what the configuration says. */
function checkMutations({ raw, revisions }: UnitState): void {
  const [source] = Array.isArray(raw['MutationSources']) ? raw['MutationSources'] : [];
  const paths = part((source ?? {}) as JsonObject, 'PathMutationMap');
  const replicas = /replicas: (\d+)/u.exec(fromBase64(raw['Data']))?.[1];
  const first = /replicas: (\d+)/u.exec(fromBase64(revisions[0]?.data ?? ''))?.[1];
  const mutation = paths['spec.replicas'];
  if (mutation === undefined) {
    expect(replicas, 'a path without a mutation is as it was at first').to.equal(first);
    return;
  }
  const { Value, Index } = mutation as JsonObject;
  expect(Value, 'the last mutation gave the value').to.equal(replicas);
  expect(Number(Index), 'no mutation is newer than the last').to.be.at.most(Number(raw['HeadMutationNum']));
}

describe('hub: whatever is done to units', function () {
  this.timeout(IS_LONG ? 600_000 : 60_000);
  it(`keeps history, numbers, locks and versions whole, in ${HISTORIES} histories (DRIFT_SEED=${SEED})`, async () => {
    await using hub = await startTestHub();
    const client = new Client(hub.url, 'tester');
    let histories = 0;
    const outcomes = { done: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
        const it = await world(client, `history-${++histories}`);
        let before = await stateOf(it);
        for (const action of steps) {
          const target = before[action.unit];
          if (!target) continue;
          const done = await take(it, target, action);
          outcomes[done.isRefused ? 'refused' : 'done']++;
          const after = await stateOf(it);
          for (const [index, state] of after.entries()) {
            const was = before[index];
            if (was) check(was, state, index === action.unit, done);
          }
          const changed = after[action.unit];
          if (changed) checkMutations(changed);
          before = after;
        }
      }),
      { numRuns: HISTORIES, seed: SEED },
    );
    // A proof in which everything was refused, or nothing was, would prove little.
    expect(outcomes.done).to.be.greaterThan(HISTORIES);
    expect(outcomes.refused).to.be.greaterThan(HISTORIES / 4);
  });
});
