import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { parse } from 'yaml';
import * as z from 'zod';
import { explanations } from '../../diff/every-leaf/data.ts';
import { sample } from '../../diff/every-leaf/sample.ts';
import { type Bench, createBench } from './bench.ts';
import type { Case } from './case.ts';
import { combinations } from './combinations.ts';
import { judgeCases } from './court.ts';
import { kindCases, serveCustomResources } from './kinds.ts';
import { leafCases } from './leaves.ts';
import { countLine, type Entry, entryOf, faultSummary, lawTable } from './table.ts';
import { tellStory } from './tell.ts';

// The law of fixing: whatever a stranger does to objects that are delivered, one pass gives back exactly what was there before,
// in one step of the generation, owned by whom it was owned, or says why not, and touches nothing else.
// DRIFT_LONG=1 tries all of it and writes docs/fixing-law.md; DRIFT_LAW=TEXT tries the cases with that text in their name.

const only = process.env['DRIFT_LAW'] ?? '';
const isLong = (process.env['DRIFT_LONG'] ?? '') !== '';
const isWhole = isLong || only !== '';
const COMBINATIONS = isWhole ? 3_000 : 40;
/** Of the others in the short form. */
const SAMPLE = 30;
/** Objects of one pass. */
const BATCH = 200;
/** Wrong cases that a failure tells. */
const STORIES = 20;
const ONCE_WRONG = new Set(namesIn('once-wrong.yaml'));
const TABLE = fileURLToPath(new URL('../../../docs/fixing-law.md', import.meta.url));

describe('the law of fixing', function () {
  this.timeout(isWhole ? 4 * 3_600_000 : 300_000);
  let bench: Bench;

  before(async () => {
    bench = await createBench();
    await serveCustomResources(bench);
  });
  after(() => bench.close());

  it('holds for whatever a stranger does', async () => {
    const cases = chosen([...kindCases(), ...combinations(COMBINATIONS), ...(await leafCases(bench))]);
    const reasons = explanations('../../fixing/law/kept.yaml', bench.minor);
    const entries: Entry[] = [];
    for (const batch of batches(cases)) {
      const judged = await judgeCases(bench, batch);
      const entered = judged.map((one) => entryOf(one, reasons));
      entries.push(...entered);
      if (only !== '') process.stdout.write(`${judged.map(tellStory).join('\n')}\n`);
      // A long run tells what is wrong when it is, and not an hour later.
      else if (isLong) process.stdout.write(entered.map(({ story }) => story).join(''));
      if (isWhole) process.stdout.write(`      ${countLine(`${entries.length} of ${cases.length}`, entries)}\n`);
    }
    process.stdout.write(isWhole ? `${lawTable(entries)}\n${faultSummary(entries)}\n` : `      ${countLine('all', entries)}\n`);
    if (isLong) writeFileSync(TABLE, page(bench.cluster.version, lawTable(entries)));
    const wrong = entries.flatMap(({ story }) => (story === '' ? [] : [story]));
    expect(wrong, wrong.slice(0, STORIES).join('\n')).to.deep.equal([]);
  });
});

/** All that are asked for; in the short form a sample, and what went wrong before. */
function chosen(all: readonly Case[]): readonly Case[] {
  if (only !== '') return all.filter(({ name }) => only.split('|').some((text) => name.includes(text)));
  if (isLong) return all;
  const [mixed, single] = [true, false].map((is) => all.filter(({ name }) => name.startsWith('combination') === is));
  const some = new Set([...(mixed ?? []), ...sample(single ?? [], SAMPLE)]);
  return all.filter((one) => some.has(one) || ONCE_WRONG.has(one.name));
}

function batches(cases: readonly Case[]): readonly (readonly Case[])[] {
  return Array.from({ length: Math.ceil(cases.length / BATCH) }, (_, index) => cases.slice(index * BATCH, (index + 1) * BATCH));
}

function namesIn(file: string): readonly string[] {
  const text = readFileSync(fileURLToPath(new URL(`../../../fixtures/fixing/law/${file}`, import.meta.url)), 'utf8');
  return z
    .object({ cases: z.array(z.object({ name: z.string() })) })
    .parse(parse(text))
    .cases.map(({ name }) => name);
}

function page(version: string, table: string): string {
  return [
    '# The law of fixing',
    '',
    'A field manager delivers objects to a real API server, another one changes them, and one pass fixes them, 200 at a time. The law:',
    '',
    '- Each object is exactly as before the change, after at most one step of the generation.',
    '- Its fields have the same owners in managedFields, apart from times, counters and controllers. A co-owner that the change displaced',
    '  stays displaced. Nothing of the pass is left there.',
    '- A finding that stays has a reason. Its field keeps the changed value, and the rest of the object is as before.',
    '- A fixed field is removed if its deliverer later leaves it out of a plain apply.',
    '',
    `\`DRIFT_LONG=1 npm run mocha -- test/fix/law/law.test.ts\` on Kubernetes ${version}:`,
    '',
    table,
    'A case is *exact* if the whole object is as before. *Not made*: the API server refused the change, or stored the object unchanged.',
    'Combinations are delivered by `confighub`, `confighub-bridge-worker`, `argocd-controller`, `kustomize-controller` and',
    '`kubectl apply`, some together with `helm`, and changed by update, JSON patch and `kubectl scale`.',
    '',
    'Before a fix was one write (commit 3bf3d27), 255 of 766 sampled cases were exact. 178 were blocked for ever, and 333 were restored',
    'in two steps, with other owners, in part, or not at all.',
    '',
    'One case of each kind that an earlier run found wrong is in `fixtures/fixing/law/once-wrong.yaml`, which every `npm test` tries.',
    '',
  ].join('\n');
}
