import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import type { Plan } from '../../src/domain/plan.ts';
import type { PreviousReport, Report } from '../../src/domain/report.ts';
import { planFixes } from '../../src/stages/plan/plan.ts';
import { faultsOf } from '../../src/stages/report/last-report.ts';
import { openReportRepository } from '../../src/stages/report/report.ts';
import { POLICY } from '../plan/policy.ts';
import { compared, comparison, finding, ref, SOURCE } from '../types/builders.ts';
import { NOW, outcome, ranked, reportOf } from './build.ts';
import { publish, type Repositories, repositories } from './repositories.ts';

// What a pass makes of a last report that is not as a pass left it, in real repositories.

interface Edit {
  readonly file: string;
  readonly text?: string | null;
  readonly keep?: number;
  readonly replace?: readonly [string, string];
  readonly says?: string;
  readonly holdsFixes?: boolean;
}

const EDITS = parse(
  readFileSync(new URL('../../fixtures/report/broken-reports.yaml', import.meta.url), 'utf8'),
) as readonly Edit[];
const FOLDER = 'reports/prod-eu';
const DATA = ['report.json', 'findings.jsonl', 'corrections.jsonl', 'gone.jsonl'];

/** Two open findings, and one that was fixed; seen first by a pass long ago. */
function reportAt(now: Date, notes: readonly string[] = [], previous?: PreviousReport): Report {
  const fixed = finding({ ref: ref('fixed') });
  const open = ['cart', 'web'].map((name) => ranked(finding({ ref: ref(name) })));
  return reportOf(previous === undefined ? [...open, ranked(fixed)] : open, {
    outcomes: previous === undefined ? [outcome(fixed.id)] : [],
    ...(previous === undefined ? {} : { previous }),
    notes,
    now,
  });
}

const LONG_AGO = new Date('2026-11-20T00:00:00Z');

async function publishReport(world: Repositories, report: (previous: PreviousReport) => Report): Promise<void> {
  await using repository = await openReportRepository(world.options());
  await publish(repository, report(repository.previous));
}

async function previousOf(world: Repositories): Promise<PreviousReport> {
  await using repository = await openReportRepository(world.options());
  return repository.previous;
}

function edited(before: string, { text, keep, replace }: Edit): string | null {
  if (text !== undefined) return text;
  if (keep !== undefined) return keep < 0 ? before.slice(-keep) : before.slice(0, keep);
  return replace === undefined ? before : before.replace(new RegExp(replace[0], 'u'), replace[1]);
}

/** Commits the file as it is edited, or without it. */
function commit(world: Repositories, file: string, text: string | null): void {
  world.commitByHand({}, (clone) => {
    const path = join(clone, FOLDER, file);
    if (text === null) rmSync(path);
    else writeFileSync(path, text);
  });
}

/** What the plan of a pass makes of one finding that it would fix. */
function planOn(previous: PreviousReport): Plan {
  const drift = compared([finding({ ref: ref('web') })]);
  return planFixes(
    {
      snapshot: { failedReads: [], objects: [], pausedNamespaces: {}, terminating: [] },
      desired: { objects: [], invalid: [] },
      comparison: comparison([drift]),
      ranking: { findings: drift.findings.map((entry) => ranked(entry)), source: SOURCE },
      previous,
      now: NOW,
    },
    { ...POLICY, maxShrinkPercent: 100 },
  );
}

function nameOf({ file, text, keep, replace }: Edit): string {
  if (text === null) return `${file} without the file`;
  if (text !== undefined) return `${file} with the text ${JSON.stringify(text)}`;
  return keep === undefined ? `${file} with ${JSON.stringify(replace?.[1])} for ${replace?.[0]}` : `${file} cut to ${keep}`;
}

describe('a last report that is broken', () => {
  let good: Repositories;
  let whole: PreviousReport;
  let head: string;
  let files: ReadonlyMap<string, string>;
  before(async () => {
    good = repositories();
    await publishReport(good, () => reportAt(LONG_AGO));
    await publishReport(good, (previous) => reportAt(NOW, ['another pass'], previous));
    whole = await previousOf(good);
    files = new Map(DATA.map((name) => [name, good.git('show', `main:${FOLDER}/${name}`)]));
    head = good.git('rev-parse', 'main').trim();
    expect(whole.findings.map(({ firstSeen }) => firstSeen)).to.deep.equal([LONG_AGO.toISOString(), LONG_AGO.toISOString()]);
    expect(whole.corrections).to.have.length(1);
    expect(whole.faults).to.deep.equal([]);
  });
  after(() => good[Symbol.dispose]());
  afterEach(() => good.git('update-ref', 'refs/heads/main', head));

  for (const edit of EDITS) {
    it(`is known by its files alone: ${nameOf(edit)}`, () => {
      const texts = new Map<string, string | undefined>(files);
      if (files.has(edit.file)) texts.set(edit.file, edited(files.get(edit.file) ?? '', edit) ?? undefined);
      const { file, says: fault, holdsFixes = false } = edit;
      expect(faultsOf(texts, 'prod-eu')).to.deep.equal(fault === undefined ? [] : [{ file, fault, holdsFixes }]);
    });
  }

  // One of each file; all of them in the long run.
  const isFirst = (edit: Edit): boolean => edit === EDITS.find(({ file }) => file === edit.file);
  for (const edit of EDITS.filter((one) => process.env['DRIFT_LONG'] === '1' || isFirst(one))) {
    const { says, holdsFixes = false, file } = edit;
    it(`${says === undefined ? 'is none' : holdsFixes ? 'holds fixes until the next one' : 'is said'}: ${nameOf(edit)}`, async () => {
      const text = edited(good.git('show', `main:${FOLDER}/${file}`), edit);
      commit(good, file, text);
      const previous = await previousOf(good);
      expect(previous.faults).to.deep.equal(says === undefined ? [] : [{ file, fault: says, holdsFixes }]);
      // What it held is taken from the report before, so that nothing begins anew.
      expect({ ...previous, faults: [] }).to.deep.equal(whole);
      const plan = planOn(previous);
      expect([plan.items[0]?.action, plan.guard?.name]).to.deep.equal(
        holdsFixes ? ['blocked', 'report-unreadable'] : ['fix', undefined],
      );
      expect(plan.notes.join()).to.contain(says === undefined ? '' : `${file}: ${says}`);
      await publishReport(good, (last) => reportAt(NOW, ['another pass'], last));
      for (const name of [...DATA, 'README.md'])
        expect(good.git('show', `main:${FOLDER}/${name}`), name).to.equal(good.git('show', `${head}:${FOLDER}/${name}`));
      const healed = await previousOf(good);
      expect(healed.faults).to.deep.equal([]);
      expect(planOn(healed).items[0]?.action).to.equal('fix');
    });
  }

  it('is read as far as it can be where no report before it is whole', async () => {
    using world = repositories();
    await publishReport(world, () => reportAt(LONG_AGO));
    const lines = world.git('show', `main:${FOLDER}/findings.jsonl`).split('\n');
    const root = world.git('commit-tree', '-m', 'anew', 'main^{tree}').trim();
    world.git('update-ref', 'refs/heads/main', root);
    world.commitByHand({ [`${FOLDER}/findings.jsonl`]: `garbage\n${lines[0]}\n` });
    world.git('update-ref', 'refs/heads/main', world.git('commit-tree', '-m', 'broken from the start', 'main^{tree}').trim());
    const previous = await previousOf(world);
    expect(previous.findings.map(({ object }) => object.name)).to.deep.equal(['cart']);
    expect(previous.faults.map(({ file }) => file)).to.deep.equal(['findings.jsonl']);
    expect(planOn(previous).guard?.name).to.equal('report-unreadable');
  });

  it('is not taken from one that is broken itself', async () => {
    commit(good, 'findings.jsonl', '');
    commit(good, 'corrections.jsonl', 'garbage');
    const previous = await previousOf(good);
    expect({ ...previous, faults: [] }).to.deep.equal(whole);
    expect(previous.faults.map(({ file }) => file)).to.deep.equal(['findings.jsonl', 'corrections.jsonl']);
  });

  it('is none where a cluster has none yet, though people decided something already', async () => {
    using world = repositories();
    world.commitByHand({ [`${FOLDER}/decisions.yaml`]: 'ignore: []\n' });
    expect((await previousOf(world)).faults).to.deep.equal([]);
  });

  it('is none of a version before there were a list of what is gone', async () => {
    commit(good, 'gone.jsonl', null);
    expect((await previousOf(good)).faults).to.deep.equal([]);
  });
});
