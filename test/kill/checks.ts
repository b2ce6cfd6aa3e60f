import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import * as z from 'zod';
import { type JsonObject, numberAt } from '../../src/domain/json.ts';
import { DETECTOR_MANAGER, ownersIn } from '../../src/domain/snapshot.ts';
import { reportFile } from '../demo/scenario.ts';
import { contentOf } from '../fix/law/content.ts';
import { LEFT_ALONE, PAIRLESS, type Round, readLines, reportedCorrections, type Scene, type SceneUnit } from './scene.ts';

// What must be true of ConfigHub, the cluster and the report at each moment, and when all is done.

const text = z.string().transform((data) => Buffer.from(data, 'base64').toString('utf8'));
const unitSchema = z.object({
  Unit: z.object({
    Data: text,
    HeadRevisionNum: z.number(),
    LiveRevisionNum: z.number().default(0),
    ChangeSetID: z.string().nullish(),
  }),
});
const revisionSchema = z.object({
  Revision: z.object({ RevisionNum: z.number(), Description: z.string().default(''), Data: text }),
  User: z.object({ Username: z.string() }).nullish(),
});
const changeSetSchema = z.object({ ChangeSet: z.object({ ChangeSetID: z.string(), Slug: z.string(), State: z.string() }) });
const OBSERVED = /^Drift detected: .*\[drift:([0-9a-f]{16}) sha256:([0-9a-f]{12})\]$/u;
const FIXED = /^Fixed .*\[drift:([0-9a-f]{16})\]$/u;

interface RevisionOfUnit {
  readonly number: number;
  readonly description: string;
  readonly text: string;
  readonly author: string;
}

interface UnitNow {
  readonly unit: SceneUnit;
  readonly head: number;
  readonly live: number;
  readonly headText: string;
  readonly changeSet: string | null;
  /** From the live one, or the head of before, on; oldest first. */
  readonly revisions: readonly RevisionOfUnit[];
}

async function readUnits({ world, units }: Scene, round: Round): Promise<readonly UnitNow[]> {
  return Promise.all(
    units.map(async (unit) => {
      const { Unit: now } = await world.admin.get(unit.path, {}, unitSchema);
      const before = round.heads.get(unit.slug) ?? 0;
      const from = now.LiveRevisionNum > 0 ? Math.min(now.LiveRevisionNum, before) : before;
      const query = { where: `RevisionNum >= ${from}`, include: 'UserID' };
      const found = await world.admin.get(`${unit.path}/revision`, query, z.array(revisionSchema));
      const revisions = found
        .map(({ Revision, User }) => ({
          number: Revision.RevisionNum,
          description: Revision.Description,
          text: Revision.Data,
          author: User?.Username ?? '',
        }))
        .sort((a, b) => a.number - b.number);
      const { HeadRevisionNum, LiveRevisionNum, Data, ChangeSetID } = now;
      return { unit, head: HeadRevisionNum, live: LiveRevisionNum, headText: Data, changeSet: ChangeSetID ?? null, revisions };
    }),
  );
}

/** Desired data can be had back at any moment, the cluster holds nothing half, and nothing of a person's was touched. */
export async function checkUnharmed(scene: Scene, round: Round): Promise<void> {
  await checkUntouched(scene, round);
  for (const { unit, head, live, headText, changeSet, revisions } of await readUnits(scene, round)) {
    const where = `unit ${unit.slug}`;
    const byNumber = new Map(revisions.map((revision) => [revision.number, revision]));
    if (headText !== unit.text) {
      const half = byNumber.get(head);
      const digest = OBSERVED.exec(half?.description ?? '')?.[2];
      expect(digest, `${where}: what stands at the head`).to.equal(sha256(headText).slice(0, 12));
      expect(half?.author, where).to.equal('drift-detector');
      expect(byNumber.get(head - 1)?.text, `${where}: the predecessor of the observed state`).to.equal(unit.text);
    }
    if (live > 0) expect(byNumber.get(live)?.text, `${where}: its live revision`).to.equal(unit.text);
    if (['front', 'shop'].includes(unit.slug)) expect(changeSet, where).to.equal(scene.personsChangeSet);
  }
  const changeSets = await readChangeSets(scene, '');
  const stateOf = (id: string): string | undefined =>
    changeSets.find(({ ChangeSet }) => ChangeSet.ChangeSetID === id)?.ChangeSet.State;
  expect(stateOf(scene.personsChangeSet), "the person's changeset").to.equal('Open');
  expect(scene.othersChangeSets.map(stateOf), "others' changesets").to.deep.equal(['New', 'New']);
}

/** One pair for each fix but that of PAIRLESS, the cluster as desired, nothing open, and all of it in the report. */
export async function checkComplete(scene: Scene, round: Round): Promise<void> {
  await checkUnharmed(scene, round);
  const units = await readUnits(scene, round);
  const pairs = new Map<string, { readonly unit: SceneUnit; readonly restored: number }>();
  for (const now of units) {
    expect(now.headText, `head of unit ${now.unit.slug}`).to.equal(now.unit.text);
    // Else people would be invited to an apply, which overwrites what was left alone.
    if (now.unit.slug === PAIRLESS) expect(now.head, `unapplied changes of ${PAIRLESS}`).to.equal(now.live);
    for (const [id, restored] of checkPairs(now, round)) pairs.set(id, { unit: now.unit, restored });
  }
  await checkLive(scene, round);
  const own = await readChangeSets(scene, "Labels.drift-detector = 'dev'");
  const open = own.filter(({ ChangeSet }) => ChangeSet.State !== 'Closed').map(({ ChangeSet }) => ChangeSet);
  expect(open, 'own changesets that are not closed').to.deep.equal([]);
  await checkReport(scene, round, pairs);
}

/** Correction id to the number of the revision that restores. Since the round began there are whole pairs and nothing else. */
function checkPairs({ unit, revisions }: UnitNow, round: Round): ReadonlyMap<string, number> {
  const pairs = new Map<string, number>();
  const written = revisions.filter(({ number }) => number > (round.heads.get(unit.slug) ?? 0));
  const told = `unit ${unit.slug}: ${written.map(({ number, description }) => `\n  ${number} ${description}`).join('')}`;
  expect(written.length % 2, told).to.equal(0);
  for (let index = 0; index < written.length; index += 2) {
    const [observed, restored] = [written[index], written[index + 1]];
    const id = OBSERVED.exec(observed?.description ?? '')?.[1] ?? 'none';
    expect(FIXED.exec(restored?.description ?? '')?.[1], told).to.equal(id);
    expect(restored?.text, told).to.equal(unit.text);
    expect(pairs.has(id), told).to.equal(false);
    pairs.set(id, restored?.number ?? 0);
  }
  expect(pairs.size > 0, `a pair of unit ${unit.slug}`).to.equal(
    unit.slug !== PAIRLESS && unit.objects.some(({ ref: { name } }) => isCorrected(round, name) || name === round.staged),
  );
  return pairs;
}

/** Every object as before its change, in one step and with its former owners; what is not to be fixed stays changed. */
async function checkLive(scene: Scene, round: Round): Promise<void> {
  for (const [name, live] of await scene.readLive()) {
    const wanted = (isCorrected(round, name) ? round.before : round.drifted).get(name);
    expect(contentOf(live), `live ${name}`).to.deep.equal(contentOf(wanted ?? {}));
    const managers = ownersIn(live).map(({ manager }) => manager);
    expect(managers, `ownership of ${name} that is not given back`).to.not.include(DETECTOR_MANAGER);
  }
}

/** Every object is as changed or as before, with at most one step between the two. */
async function checkUntouched(scene: Scene, round: Round): Promise<void> {
  const live = await scene.readLive();
  expect([...live.keys()].sort()).to.deep.equal([...round.before.keys()].sort());
  for (const [name, object] of live) {
    const [before, drifted] = [round.before, round.drifted].map((objects) => objects.get(name) ?? {});
    const wanted = [drifted, ...(isCorrected(round, name) ? [before] : [])].map((one) => contentOf(one ?? {}));
    const content = contentOf(object);
    expect(
      wanted.some((one) => isDeepStrictEqual(one, content)),
      `live ${name} is neither as it was nor as it was left: ${JSON.stringify(content)}`,
    ).to.equal(true);
    const steps = generationOf(object) - generationOf(drifted);
    expect(steps, `steps of ${name}`).to.be.within(0, isCorrected(round, name) ? 1 : 0);
  }
}

function isCorrected({ corrected }: Round, name: string): boolean {
  return corrected.some((field) => field.startsWith(`${name} `));
}

function generationOf(object: JsonObject | undefined): number {
  return numberAt(object?.['metadata'], 'generation') ?? 0;
}

const findingLine = z.object({ object: z.object({ name: z.string() }), result: z.string().nullable() });

/** README, report.json and both lists agree, and name every fix of the round once. */
async function checkReport(
  { world, namespace }: Scene,
  round: Round,
  pairs: ReadonlyMap<string, { readonly unit: SceneUnit; readonly restored: number }>,
): Promise<void> {
  const all = await reportedCorrections(world);
  const corrections = all.filter(({ correctionId }) => !round.reported.has(correctionId));
  const told = `corrections in the report: ${corrections.map((entry) => `\n  ${entry.object.name} ${entry.path} ${entry.correctionId}`).join('')}\n`;
  expect(corrections.map(({ object, path }) => `${object.name} ${path}`).sort(), told).to.deep.equal(round.corrected.toSorted());
  const staged = all.filter(({ object }) => ['front', 'shop'].includes(object.name));
  expect(staged, 'staged, taken back by hand, and so corrected by nobody').to.deep.equal([]);
  const page = await reportFile(world, 'reports/dev/README.md');
  for (const { correctionId, revision, unit, result, changeSet, blame, object } of corrections) {
    const pair = pairs.get(correctionId);
    const [restored, slug] = object.name === PAIRLESS ? [0, PAIRLESS] : [pair?.restored, pair?.unit.slug];
    expect([revision, unit, result], told).to.deep.equal([restored, `kill-dev/${slug}`, 'fixed']);
    expect(changeSet, `changeset of ${object.name}`).to.match(
      object.name === PAIRLESS ? /^$/u : /^kill-dev\/drift-dev-[0-9a-f]{8}(-\d+)?$/u,
    );
    expect(blame?.manager, `who changed ${object.name}`).to.equal('kubectl-edit');
    // What was still to be done for it then stands between the two.
    if (object.name !== PAIRLESS) expect(page).to.match(new RegExp(`revision ${revision}(, [^|\\n]*)? of ${unit}`, 'u'));
  }
  const findings = readLines(await reportFile(world, 'reports/dev/findings.jsonl'), findingLine);
  const open = [...LEFT_ALONE.map((name) => [name, null] as const), [round.staged, 'staged'] as const].sort();
  expect(findings.map(({ object, result }) => [object.name, result]).sort()).to.deep.equal(open);
  expect(page).to.contain(`**${open.length} open`);
  const summary = z
    .object({ digest: z.string(), open: z.number(), staged: z.number(), corrections: z.number() })
    .parse(JSON.parse(await reportFile(world, 'reports/dev/report.json')));
  expect([summary.open, summary.staged, summary.corrections]).to.deep.equal([open.length, 1, all.length]);
  const digest = '--format=%(trailers:key=Drift-Digest,valueonly)';
  expect((await world.git('--git-dir', world.reportRepository, 'log', '-1', digest, 'main')).trim()).to.equal(summary.digest);
  const pages = await world.git('--git-dir', world.reportRepository, 'ls-tree', '-r', '--name-only', 'main', 'reports/dev/');
  const workloads = pages.split('\n').filter((path) => path.split('/').length > 3);
  // One for what is open, and one for what was fixed.
  const shown = new Set([...open.map(([name]) => name), ...all.map(({ object }) => object.name)]);
  expect(workloads).to.deep.equal([...shown].sort().map((name) => `reports/dev/${namespace}/deployment.${name}.md`));
}

function readChangeSets({ world }: Scene, where: string): Promise<z.output<typeof changeSetSchema>[]> {
  return world.admin.get('/change_set', where === '' ? {} : { where }, z.array(changeSetSchema));
}

function sha256(value: string): string {
  return createHash('sha256').update(value).digest('hex');
}
