import { expect } from 'chai';
import { type ConfigHubClient, openConfigHub, type UnitState, unitRef } from '../../src/clients/confighub/client.ts';
import { tokenSession } from '../../src/clients/confighub/session.ts';
import { connectConfigHub } from '../../src/clients/confighub/transport.ts';
import { and, quote } from '../../src/clients/confighub/where.ts';
import type { Json, JsonObject } from '../../src/domain/json.ts';
import { Secret } from '../../src/domain/secret.ts';
import type { HubGeneration } from '../../src/hub/generation.ts';
import { RIGHTS } from '../../src/hub/routes/rights.ts';
import { type Gate, startGate } from '../end-to-end/gate.ts';
import { Client, startTestHub } from './harness.ts';
import { deployment } from './scene.ts';

const signal = new AbortController().signal;
const NOBODY = '00000000-0000-4000-8000-000000000000';

const clusterFor = async () => ({
  apply: async (document: JsonObject) => document,
  get: async () => undefined,
  delete: async () => undefined,
});

/** `PATCH /space/:/unit/:` of what was requested. */
function pattern(method: string, path: string): string {
  const [bare = ''] = path.replace(/^\/api/u, '').split('?');
  return `${method} ${bare.replaceAll(/\/[0-9a-f]{8}-[0-9a-f-]{27}/gu, '/:')}`;
}

/** Everything that a pass, its decisions and an undo ask of ConfigHub, with the token of the pass. Answers what was requested. */
async function everythingOfAPass(apiGeneration: HubGeneration): Promise<ReadonlySet<string>> {
  await using hub = await startTestHub({ apiGeneration, clusterFor });
  await using gate = await startGate(hub.url);
  const connect = (url: string, token: string): Promise<ConfigHubClient> =>
    openConfigHub(connectConfigHub({ url, session: tokenSession(new Secret(token)), userAgent: 'test' }), signal);
  const admin = await connect(hub.url, 'admin');
  const { SpaceID: space } = await admin.createSpace('dev', {}, signal);
  const { BridgeWorkerID: workerId } = await admin.createWorker(space, 'w', signal);
  const { TargetID: targetId } = await admin.createTarget(space, { slug: 't', workerId, parameters: '{}' }, signal);
  await admin.createFilter(space, { slug: 'app', from: 'Unit', where: "Slug = 'web'" }, signal);
  await admin.createUnit(space, { slug: 'web', data: deployment('web', 2), targetId }, signal);
  const pass = await connect(gate.url, 'drift-detector');
  const where = and(`SpaceID = ${quote(space)}`, "Slug = 'web'");

  await pass.whoAmI(signal);
  await pass.listSpaces('', signal);
  const selection = await pass.selectByFilter('dev/app', where, signal);
  await pass.listUnitStates(selection, signal);
  await pass.listChangeSets('', signal);
  const unit = await changedWhileListed(pass, admin, gate, where);
  await pass.listRevisions(unit, signal);
  await pass.listRevisionsFrom([unit], 1, signal);
  const { locksUnits, appliesUnits, appliesRevisions } = pass.abilities;
  if (locksUnits) {
    const own = { slug: 'fixes', description: 'd', labels: { a: 'b' } };
    await pass.deleteChangeSet(await pass.createChangeSet(space, own, signal), signal);
    const { ChangeSetID } = await pass.createChangeSet(space, own, signal);
    await pass.writeUnit(unit, { data: 'a: 1\n', description: 'Drift', changeSetId: ChangeSetID }, ChangeSetID, signal);
    await pass.unitsOfChangeSet(ChangeSetID, signal);
    await pass.closeChangeSet(ChangeSetID, signal);
    await pass.patchUnits(selection, { upgrade: true, dryRun: true }, signal);
  } else await pass.writeUnit(unit, { data: 'a: 1\n', description: 'Drift' }, undefined, signal);
  await pass.readRevision(unit, 1, signal);
  await pass.createUnit(space, { slug: 'adopted', data: 'a: 2\n', description: 'Adopted' }, signal);
  if (appliesUnits) {
    const [queued] = await pass.applyUnits([unit.id], appliesRevisions ? '1' : '', signal);
    await pass.awaitOperation(unit, queued?.Action?.QueuedOperationID ?? '', signal);
  }
  if (apiGeneration === 'C') await pass.publishRelease(space, signal);
  expect(gate.passages.filter(({ status }) => status === 403)).to.deep.equal([]);
  return new Set(gate.passages.map(({ method, path }) => pattern(method, path)));
}

/** Where texts stand apart, a unit that is written between both lists is read again by itself. */
async function changedWhileListed(pass: ConfigHubClient, admin: ConfigHubClient, gate: Gate, where: string): Promise<UnitState> {
  if (pass.abilities.generation !== 'C') return webOf(pass, where);
  const isList = (start: string) => (request: { readonly path: string }) => request.path.startsWith(start);
  const held = gate.hold(isList('/api/unit_data?'));
  const from = gate.passages.length;
  const listing = webOf(pass, where);
  const texts = await held;
  while (!gate.passages.slice(from).some((passage) => isList('/api/unit?')(passage) && passage.status > 0))
    await new Promise((resolve) => setImmediate(resolve));
  await admin.writeUnit(await webOf(admin, where), { data: deployment('web', 3), description: 'x' }, undefined, signal);
  texts.release();
  return listing;
}

async function webOf(client: ConfigHubClient, where: string): Promise<UnitState> {
  const [found] = await client.listUnits({ where }, signal);
  if (!found) throw new Error('no unit web');
  return { ...unitRef(found.Unit, 'dev'), version: found.Unit.Version, dataHash: found.Unit.DataHash };
}

describe('hub: rights', () => {
  it('lets the pass do what it does, on every generation of the API, and gives it no other right', async () => {
    const requested = new Set<string>();
    for (const generation of ['A', 'B', 'C'] as const)
      for (const request of await everythingOfAPass(generation)) requested.add(request);
    requested.delete('GET /info');
    const rights = RIGHTS['drift-detector'];
    expect(rights).to.be.an('array');
    const given = rights === 'all' ? [] : rights.map(({ method, path }) => `${method} ${path}`);
    expect([...requested].sort()).to.deep.equal([...new Set(given)].sort());
  });

  describe('refuses the rest to the token of the pass', () => {
    const unit = `/space/${NOBODY}/unit/${NOBODY}`;
    const refused: readonly (readonly [string, string, Readonly<Record<string, string>>, Json | undefined, string])[] = [
      ['POST', '/space', {}, { Slug: 'x' }, 'POST /space'],
      ['DELETE', `/space/${NOBODY}`, {}, undefined, 'DELETE /space/'],
      ['POST', `/space/${NOBODY}/bridge_worker`, {}, { Slug: 'x' }, 'bridge_worker'],
      ['GET', '/bridge_worker', {}, undefined, 'bridge_worker'],
      ['GET', `/space/${NOBODY}/bridge_worker`, {}, undefined, 'bridge_worker'],
      ['POST', `/space/${NOBODY}/target`, {}, { Slug: 'x' }, 'target'],
      ['PATCH', `/space/${NOBODY}/target/${NOBODY}`, {}, { Parameters: '{}' }, 'target'],
      ['GET', '/target', {}, undefined, 'target'],
      ['GET', '/user', {}, undefined, 'user'],
      ['POST', `/space/${NOBODY}/filter`, {}, { Slug: 'x' }, 'filter'],
      ['DELETE', unit, {}, undefined, 'DELETE'],
      ['DELETE', '/unit', { where: "Slug = 'web'" }, undefined, 'DELETE /unit'],
      ['PUT', unit, {}, { Slug: 'x' }, 'PUT'],
      ['POST', `${unit}/destroy`, {}, undefined, 'destroy'],
      ['POST', '/unit/approve', { where: '' }, undefined, 'approve'],
      ['PATCH', unit, {}, { TargetID: NOBODY }, 'field TargetID'],
      ['PATCH', unit, {}, { ApplyGates: null }, 'field ApplyGates'],
      ['PATCH', unit, { restore: '1' }, {}, 'parameter restore'],
      ['PATCH', '/unit', { where: '' }, { Data: '' }, 'field Data'],
      ['PATCH', '/unit', { where: '', upgrade: 'true' }, null, 'parameter upgrade'],
      ['PATCH', '/unit', { where: '', upgrade: 'true', dry_run: 'false' }, null, 'parameter upgrade'],
      ['POST', `/space/${NOBODY}/unit`, { upstream_unit_id: NOBODY }, { Slug: 'x' }, 'parameter upstream_unit_id'],
      ['POST', `/space/${NOBODY}/unit`, {}, { Slug: 'x', TargetID: NOBODY }, 'field TargetID'],
      ['POST', '/unit', { where: '', where_space: '' }, {}, 'POST /unit'],
      ['DELETE', `/space/${NOBODY}/change_set/${NOBODY}/`, {}, undefined, 'DELETE'],
    ];
    for (const [method, path, query, body, named] of refused) {
      it(`${method} ${path.replaceAll(NOBODY, ':')} ${JSON.stringify(query)} ${JSON.stringify(body) ?? ''}`, async () => {
        await using hub = await startTestHub();
        const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
        const answer = await new Client(hub.url, 'drift-detector').send(method, path, query, body, type);
        expect(answer.status, JSON.stringify(answer.json)).to.equal(403);
        expect(answer.object['Code']).to.equal('403');
        expect(answer.object['Message'])
          .to.contain(named)
          .and.match(/^the token of drift-detector may not be used for .*: use the token of admin$/u);
        expect(answer.headers.get('x-request-id')).to.be.a('string');
        // What is wrong is who asks, not how.
        expect((await new Client(hub.url, 'admin').send(method, path, query, body, type)).status).to.not.equal(403);
      });
    }
  });
});
