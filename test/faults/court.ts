import { readdir, readlink } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import * as z from 'zod';
import { EXIT } from '../../src/domain/exit-codes.ts';
import { commitCount, reportFile } from '../demo/scenario.ts';
import { contentOf } from '../fix/law/content.ts';
import { checkComplete, checkUnharmed } from '../kill/checks.ts';
import type { Round } from '../kill/scene.ts';
import { eventually } from '../manifests/overlay.ts';
import { actOf, isStall } from './acts.ts';
import { type FaultKind, isOf, type RequestKind } from './kinds.ts';
import { type FaultyWorld, type WatchedPass, writesOf } from './world.ts';

/** What became of a pass that a fault happened to. */
export interface Verdict {
  /** The first request of its kind that the fault happened to, from 1 on. */
  readonly from: number;
  /** Of the pass that the fault happened to. */
  readonly exit: number;
  /** Passes after it until everything was whole; 0 where it was so already. */
  readonly healing: number;
}

/** What a pass may end with whatever its servers do: it is neither a bug nor a mistake of whoever configured it. */
const EXITS: readonly number[] = [EXIT.ok, EXIT.incomplete, EXIT.guardTripped, EXIT.lockLost, EXIT.unavailable, EXIT.permission];
/** A fault happens to one of the first few requests of a kind. */
const LATEST = 3;
/** Passes that may go by until everything is whole. */
const PASSES = 3;
/** Seconds that a pass has which a server lets wait, beyond twice the time of those before it. */
const PATIENCE = 2;

/** How many requests of a kind there are in a pass that fixes. */
export type Counts = (request: RequestKind) => number;

/** One pass with nothing wrong. */
export async function countRequests(world: FaultyWorld): Promise<Counts> {
  const round = await world.scene.drift();
  const { code, stderr, passages } = await world.pass();
  expect(code, stderr).to.equal(EXIT.ok);
  await checkComplete(world.scene, round);
  return (request) => passages[request.server].filter(isOf(request)).length;
}

/** Changes the cluster, runs one pass with the fault and then healthy ones; throws if something is wrong. */
export async function tryFault(world: FaultyWorld, kind: FaultKind, counts: Counts): Promise<Verdict> {
  const { scene } = world;
  const from = 1 + (kind.choice % Math.min(LATEST, counts(kind.request)));
  const round = await scene.drift();
  const before = { commits: await commitCount(scene.world), corrections: await correctionsOf(world) };
  const { struck, pass } = await passUnder(world, kind, from);
  expect(struck, 'requests that the fault happened to').to.be.greaterThan(0);
  const exit = pass.code ?? EXIT.unexpected;
  expect(EXITS, pass.stderr).to.include(exit);
  await checkNothingLeft(world);
  await checkUnharmed(scene, round);
  checkWrites(pass, round);
  expect(await commitCount(scene.world), 'commits of reports').to.be.within(before.commits, before.commits + 1);
  await checkTold(world, round, before.corrections);
  const isPushed = (await commitCount(scene.world)) > before.commits;
  if (exit === EXIT.ok && isPushed) await checkAllTold(world, round, before.corrections);
  return { from, exit, healing: await heal(world, round) };
}

async function passUnder(
  world: FaultyWorld,
  { request, fault, isLasting }: FaultKind,
  from: number,
): Promise<{ readonly struck: number; readonly pass: WatchedPass }> {
  const isMeant = isOf(request);
  let [seen, struck] = [0, 0];
  using _disturbance = world.gates[request.server].disturb((asked) => {
    if (!isMeant(asked)) return false;
    seen++;
    const isStruck = isLasting ? seen >= from : seen === from;
    if (isStruck) struck++;
    return isStruck;
  }, actOf(fault));
  const seconds = PATIENCE + Math.ceil((2 * world.slowestMs()) / 1000);
  const pass = await world.pass(isStall(fault) ? { DRIFT_TIMEOUT: `${seconds}s` } : {});
  return { struck, pass };
}

/** Passes until one writes nothing. Returns how many there were before it. */
async function heal(world: FaultyWorld, round: Round): Promise<number> {
  for (let healing = 0; ; healing++) {
    const pass = await world.pass();
    const { code, stderr } = pass;
    // A guard may hold one pass, until the report tells of everything.
    expect([EXIT.ok, EXIT.guardTripped], stderr).to.include(code);
    const written = writesOf(pass);
    if (code === EXIT.ok) await checkComplete(world.scene, round);
    if (code === EXIT.ok && written.length === 0) return healing;
    expect(healing, `passes go on writing: ${written.map(({ path }) => path).join(', ')}`).to.be.lessThan(PASSES);
  }
}

/** No file of the pass's own, and no process that works on one. */
async function checkNothingLeft({ temporary }: FaultyWorld): Promise<void> {
  expect(await readdir(temporary), 'temporary files that are left').to.deep.equal([]);
  await eventually('the end of every process of the pass', async () => {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/u.test(name));
    // Processes of others, and those that end meanwhile, cannot be read.
    const folders = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => '')));
    return folders.some((folder) => folder.startsWith(temporary)) ? undefined : true;
  });
}

/** Of the cluster, only what is corrected is written; of ConfigHub and Git the states are looked at instead. */
function checkWrites(pass: WatchedPass, { corrected }: Round): void {
  const names = new Set(corrected.map((field) => field.split(' ')[0]));
  const others = writesOf(pass, 'cluster')
    .map(({ method, path }) => `${method} ${path}`)
    .filter((write) => !names.has(/^PATCH \/apis\/apps\/v1\/namespaces\/fault-test\/deployments\/([a-z-]+)\?/u.exec(write)?.[1]));
  expect(others, 'writes to what is not corrected').to.deep.equal([]);
}

const correctionSchema = z.object({ correctionId: z.string(), object: z.object({ name: z.string() }), result: z.string() });
const findingSchema = z.object({ object: z.object({ name: z.string() }) });
type Correction = z.output<typeof correctionSchema>;

async function linesOf<S extends z.ZodType>({ scene }: FaultyWorld, path: string, schema: S): Promise<z.output<S>[]> {
  const text = await reportFile(scene.world, path);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => schema.parse(JSON.parse(line)));
}

async function correctionsOf(world: FaultyWorld): Promise<readonly Correction[]> {
  return linesOf(world, 'reports/dev/corrections.jsonl', correctionSchema);
}

async function newCorrections(world: FaultyWorld, before: readonly Correction[]): Promise<readonly Correction[]> {
  const known = new Set(before.map(({ correctionId }) => correctionId));
  return (await correctionsOf(world)).filter(({ correctionId }) => !known.has(correctionId));
}

/** What the report calls fixed is as it was before. */
async function checkTold(world: FaultyWorld, round: Round, before: readonly Correction[]): Promise<void> {
  const live = await world.scene.readLive();
  for (const { object, result } of await newCorrections(world, before)) {
    if (result !== 'fixed') continue;
    const contents = [round.before, live].map((objects) => contentOf(objects.get(object.name) ?? {}));
    expect(isDeepStrictEqual(contents[0], contents[1]), `${object.name} is called fixed`).to.equal(true);
  }
}

/** A complete pass reports every change: fixed or open. */
async function checkAllTold(world: FaultyWorld, { corrected }: Round, before: readonly Correction[]): Promise<void> {
  const told = [...(await newCorrections(world, before)), ...(await linesOf(world, 'reports/dev/findings.jsonl', findingSchema))];
  expect(told.map(({ object }) => object.name)).to.include.members(corrected.map((field) => field.split(' ')[0]));
}
