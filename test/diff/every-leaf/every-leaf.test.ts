import { expect } from 'chai';
import type { Finding } from '../../../src/domain/finding.ts';
import { type Bench, createBench } from './bench.ts';
import { type Data, explain, readData } from './data.ts';
import { lineOf, type Outcome } from './judge.ts';
import { type Base, type Mutation, survey } from './mutations.ts';
import { sample } from './sample.ts';
import { leafPaths, schemaPathOf } from './shape.ts';
import { countTable, describeOutcome, isRight, judgedOf, refusalTable, untouched } from './table.ts';

// Everything after a change: each leaf of the specs of the workloads, as the server's own OpenAPI document has them, is
// changed, removed and added by another hand on a real API server, one at a time, and the comparison must say so: that
// path, that manager, and nothing else.

const KINDS = ['Deployment', 'StatefulSet', 'DaemonSet'] as const;
/** Of all mutations, in the short run. */
const SAMPLE = 300;
/** Stored as well as tried. */
const STORED = 20;
const PERCENT = 99.5;
const isLong = process.env['DRIFT_LONG'] !== undefined;

describe('every leaf of the workloads', function () {
  this.timeout(isLong ? 3_600_000 : 120_000);
  let bench: Bench;
  let data: Data;
  const bases: Base[] = [];
  const mutations: Mutation[] = [];
  const droppedFrom = new Map<Base, ReadonlySet<string>>();
  const held = new Map<string, Set<string>>();

  before(async () => {
    bench = await createBench();
    data = readData(bench.minor);
    for (const kind of KINDS) {
      const leaves = new Set<string>();
      held.set(kind, leaves);
      for (const manifest of data.manifests(kind, bench.shape(kind))) {
        const base = await bench.apply(manifest);
        const found = survey(base, bench.shape(kind), data);
        bases.push(base);
        droppedFrom.set(base, found.dropped);
        mutations.push(...found.mutations);
        for (const leaf of found.held) leaves.add(leaf);
      }
    }
  });
  after(() => bench.close());

  it('is held by a manifest, or cannot be held for a reason', () => {
    const unheld: string[] = [];
    for (const kind of KINDS) {
      const leaves = leafPaths(bench.shape(kind), '').filter((path) => /^(spec|metadata\.(labels|annotations))\b/u.test(path));
      const missing = leaves.filter((leaf) => held.get(kind)?.has(leaf) !== true);
      const unexplained = missing.filter((leaf) => !explain(data.exceptions, leaf, '', ''));
      unheld.push(...unexplained.map((leaf) => `${kind} ${leaf}`));
      const counts = `${leaves.length - missing.length} held, ${missing.length - unexplained.length} not, for a reason`;
      process.stdout.write(`${kind}: ${leaves.length} leaves, ${counts}\n`);
    }
    expect(unheld, unheld.join('\n')).to.deep.equal([]);
  });

  it('is in sync right after it was applied, or pending where the server dropped it', () => {
    const findings = bases.flatMap((base) => {
      const dropped = [...(droppedFrom.get(base) ?? [])];
      const isDropped = (found: Finding): boolean =>
        found.class === 'pending' && dropped.some((path) => path.startsWith(schemaPathOf(found.path)));
      const lines = bench
        .findings(base)
        .filter((found) => !isDropped(found))
        .map(lineOf);
      const fault = bench.fault(base);
      return [...lines, ...(fault === undefined ? [] : [`fault: ${fault}`])].map(
        (line) => `${base.ref.kind} ${base.ref.name}: ${line}`,
      );
    });
    expect(findings, findings.join('\n')).to.deep.equal([]);
  });

  it('is found when another hand changes, removes or adds it', async () => {
    const chosen = isLong ? mutations : sample(mutations, SAMPLE);
    const outcomes: Outcome[] = await inTurn(
      chosen.filter(({ act }) => act !== 'add'),
      (mutation) => bench.attempt(mutation),
    );
    outcomes.push(...(await bench.attemptAdditions(chosen.filter(({ act }) => act === 'add'))));
    const rows = KINDS.map((kind) => ({
      kind,
      leaves: held.get(kind) ?? new Set<string>(),
      outcomes: outcomes.filter((outcome) => outcome.mutation.base.ref.kind === kind),
    }));
    const judged = judgedOf(outcomes);
    const misses = judged.filter((one) => !isRight(one));
    process.stdout.write(`${countTable(rows)}\n`);
    if (isLong) {
      for (const row of rows) process.stdout.write(`${row.kind}, never changed: ${untouched(row).join(' ')}\n`);
      process.stdout.write(`${refusalTable(outcomes, (outcome) => reasonOf(outcome, data))}\n`);
    }
    process.stdout.write(misses.map((one) => `MISS ${describeOutcome(one)}\n`).join(''));
    const unexplained = outcomes.filter((outcome) => !isRightOutcome(outcome) && !reasonOf(outcome, data)).map(describeOutcome);
    expect(unexplained, unexplained.join('\n')).to.deep.equal([]);
    // Of a sample of some two hundred a single explained miss would be the half percent.
    if (isLong) expect((100 * (judged.length - misses.length)) / judged.length).to.be.at.least(PERCENT);
  });

  it('is found in a stored change as in one that was only tried', async () => {
    const candidates = sample(
      mutations.filter(({ act }) => act !== 'add'),
      5 * STORED,
    );
    let compared = 0;
    for (const mutation of candidates) {
      const outcome = compared < STORED ? await bench.attempt(mutation) : undefined;
      if (outcome?.status !== 'judged') continue;
      const { stored, tried } = await bench.storeAndTry(mutation, outcome.value);
      expect(stored, describeOutcome(outcome)).to.deep.equal(tried);
      compared++;
    }
    expect(compared).to.equal(STORED);
  });
});

function isRightOutcome(outcome: Outcome): boolean {
  return outcome.status === 'judged' && isRight(outcome);
}

/** Why the API did not let one change it, or why it is not found. */
function reasonOf(outcome: Outcome, data: Data): string | undefined {
  const { schemaPath, act } = outcome.mutation;
  const tables = { refused: data.refusals, 'no-op': data.noOps, judged: data.misses };
  const message = outcome.status === 'judged' ? '' : outcome.message;
  return explain(tables[outcome.status], schemaPath, act, message)?.reason;
}

/** A few at once: the server answers faster than one hand asks. */
async function inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = [...items.entries()];
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) results[next[0]] = await work(next[1]);
  };
  await Promise.all(Array.from({ length: 4 }, worker));
  return results;
}
