import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import * as z from 'zod';
import { displayRef } from '../../src/domain/object-ref.ts';
import { type CommandResult, fixture } from '../demo/world.ts';
import { startWebhook, type Webhook } from '../diff/webhook.ts';
import { repositoryPath } from '../manifests/overlay.ts';
import { sentences } from './logs.ts';
import { hubWrites, leaseWrites, outputOf, startWatchedWorld, type WatchedWorld, writtenObjects } from './watched-world.ts';

// Everything that must hold a pass back, as people meet it: fixtures/guards/scenarios.yaml. For each: what the plan
// does not print is written nowhere.

const step = z.union([z.string(), z.strictObject({ until: z.string(), says: z.string() })]);
const texts = z.array(z.string()).default([]);
const scenarios = z.array(
  z.strictObject({
    name: z.string(),
    before: z.array(step).default([]),
    environment: z.record(z.string(), z.string()).default({}),
    hubAnswers: z.strictObject({ method: z.string(), path: z.string(), status: z.number(), body: z.string() }).optional(),
    /** What an admission webhook says to every write of a workload. */
    webhookSays: z.string().optional(),
    exit: z.number(),
    guard: z.string().optional(),
    plan: z.record(z.string(), z.string()).default({}),
    fixed: texts,
    /** Texts of the report. */
    says: texts,
    logs: texts,
    /** What commands still answer afterwards. */
    stays: z.record(z.string(), z.string()).default({}),
    after: z.array(step).default([]),
  }),
);

const object = z.object({ apiVersion: z.string(), kind: z.string(), namespace: z.string(), name: z.string() });
const items = z.array(z.object({ object, class: z.string(), action: z.string(), reason: z.string() }));
const guard = z.object({ name: z.string() }).nullable();
const correction = z.object({ id: z.string(), unit: z.string(), objects: z.array(z.object({ object: z.string() })) });
const printedPlan = z.object({ dryRun: z.literal(true), guard, items, corrections: z.array(correction) });
const printedReport = z.object({ guard, open: items, corrected: z.array(z.object({ object, correctionId: z.string() })) });
const units = z.array(
  z.object({ Unit: z.object({ UnitID: z.string(), Slug: z.string() }), Space: z.object({ Slug: z.string() }) }),
);

/** What is done about an object's findings, as the scenarios write it; what no unit declares is not looked at. */
function decisions(found: z.output<typeof items>): Readonly<Record<string, string>> {
  const drift = found.filter((item) => item.class !== 'unmanaged');
  const byObject = Map.groupBy(drift, (item) => displayRef(item.object));
  const told = [...byObject].map(([name, of]) => [
    name,
    of
      .map(({ action, reason }) => `${action} ${reason}`)
      .sort()
      .join('; '),
  ]);
  return Object.fromEntries(told);
}

type Scenario = z.output<typeof scenarios>[number];

const SCENARIOS = scenarios.parse(parse(readFileSync(repositoryPath('fixtures/guards/scenarios.yaml'), 'utf8')));

describe('what holds a pass back', function () {
  this.timeout(120_000);
  let watched: WatchedWorld;
  let webhook: Webhook;
  let unitNames: ReadonlyMap<string, string>;

  const pass = (
    argv: readonly string[],
    repository: string,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<CommandResult> =>
    watched.host.run(argv, { ...watched.settings(repository), CONFIGHUB_SPACE: 'guards', DRIFT_OUTPUT: 'json', ...environment });

  before(async () => {
    watched = await startWatchedWorld(['guards-a', 'guards-b']);
    const { type, kubectl, world } = watched;
    webhook = await startWebhook(world.cluster, 'guards-a');
    const deploy = (path: string): Promise<string> => kubectl('apply', '--server-side', '--field-manager=confighub', '-f', path);
    for (const space of ['guards', 'ghosts', 'elsewhere']) await type(`cub space create ${space}`);
    const template = await fixture('guards/web.yaml');
    for (const name of Array.from({ length: 8 }, (_, index) => `web-${index + 1}`)) {
      const own = template.replaceAll('NAME', name);
      await writeFile(join(world.folder, `${name}.yaml`), own);
      await writeFile(join(world.folder, `${name}-next.yaml`), own.replace('web:1.0.0', 'web:2.0.0'));
      await type(`cub unit create ${name} $FOLDER/${name}.yaml --space guards`);
      if (name !== 'web-8') await deploy(join(world.folder, `${name}.yaml`));
    }
    for (const unit of ['batch', 'data']) {
      await type(`cub unit create ${unit} fixtures/guards/${unit}.yaml --space guards`);
      await deploy(repositoryPath(`fixtures/guards/${unit}.yaml`));
    }
    await watched.follow([
      'cub unit create ghosts fixtures/guards/ghosts.yaml --space ghosts',
      'cub unit create elsewhere fixtures/guards/elsewhere.yaml --space elsewhere',
      'cub worker create cluster --space guards',
      'cub target create cluster {} cluster --space guards',
      'cub unit set-target cluster --space guards --unit web-8',
      'cub unit apply web-8 --space guards',
    ]);
    const listed: unknown = JSON.parse(await type("cub unit list --space '*' --json"));
    unitNames = new Map(units.parse(listed).map(({ Unit, Space }) => [Unit.UnitID, `${Space.Slug}/${Unit.Slug}`]));
  });
  after(async () => {
    await webhook?.[Symbol.asyncDispose]();
    await watched?.[Symbol.asyncDispose]();
  });

  /** Every unit that a request names must be one of the plan's. */
  const unitsOf = (writes: readonly string[]): readonly string[] => {
    const ids = writes.flatMap((write) => /\/unit\/([0-9a-f-]{36})/u.exec(write)?.[1] ?? []);
    return [...new Set(ids.map((id) => unitNames.get(id) ?? id))];
  };

  async function damage(repository: string): Promise<void> {
    const { git } = watched.world;
    const clone = `${repository}.clone`;
    await git('clone', '--quiet', repository, clone);
    await writeFile(join(clone, 'reports/dev/report.json'), '<<<<<<< HEAD\n');
    const who = ['-c', 'user.name=Person', '-c', 'user.email=person@example.com'];
    await git('-C', clone, ...who, 'commit', '--quiet', '--all', '-m', 'merged');
    await git('-C', clone, 'push', '--quiet', 'origin', 'HEAD:main');
  }

  async function happens(scenario: Scenario): Promise<void> {
    const { hub, follow, audited } = watched;
    const repository = await watched.newRepository();
    await follow(scenario.before, { pass: () => pass(['run'], repository), 'damage the report': () => damage(repository) });
    if (scenario.webhookSays !== undefined) await webhook.deny(scenario.webhookSays);
    const { hubAnswers } = scenario;
    using _refusal =
      hubAnswers &&
      hub.refuse(
        ({ method, path }) =>
          new RegExp(`^(${hubAnswers.method})$`, 'u').test(method) && new RegExp(hubAnswers.path, 'u').test(path),
        hubAnswers.status,
        hubAnswers.body,
      );
    await audited();
    let passed = hub.passages.length;
    const branches = (): Promise<string> => watched.world.git('--git-dir', repository, 'for-each-ref');
    const before = await branches();

    const dry = await pass(['run', '--dry-run'], repository, scenario.environment);
    expect(dry.code, dry.stderr).to.equal(scenario.exit);
    const afterDry = await audited();
    expect(writtenObjects(afterDry), 'objects that a dry run wrote').to.deep.equal([]);
    expect(leaseWrites(afterDry), 'the Lease of a dry run').to.deep.equal([]);
    expect(hubWrites(hub, passed), 'what a dry run wrote to ConfigHub').to.deep.equal([]);
    expect(await branches(), 'what a dry run pushed').to.equal(before);
    const plan = dry.stdout === '' ? undefined : outputOf(dry, printedPlan);
    expect(plan?.guard?.name ?? undefined, 'the guard of the plan').to.equal(scenario.guard);
    expect(decisions(plan?.items ?? []), 'the plan').to.deep.equal(scenario.plan);

    passed = hub.passages.length;
    const result = await pass(['run'], repository, scenario.environment);
    expect(result.code, result.stderr).to.equal(scenario.exit);
    const written = writtenObjects(await audited());
    const planned = plan?.corrections ?? [];
    const plannedObjects = planned.flatMap(({ objects }) => objects.map((entry) => entry.object));
    expect(plannedObjects, 'the plan, of what was written').to.include.members([...written]);
    expect(written, 'what was written to the cluster').to.deep.equal([...scenario.fixed].sort());
    const asked = hubWrites(hub, passed);
    expect(
      planned.map(({ unit }) => unit),
      'the plan, of what was written to ConfigHub',
    ).to.include.members([...unitsOf(asked)]);
    if (planned.length === 0) expect(asked, 'what was written to ConfigHub').to.deep.equal([]);

    const report = result.stdout === '' ? undefined : outputOf(result, printedReport);
    expect(report?.guard?.name ?? undefined, 'the guard of the report').to.equal(scenario.guard);
    // A new report repository also lists pairs of earlier passes: only this plan's are checked.
    const ids = planned.map(({ id }) => id);
    const corrected = report?.corrected.filter(({ correctionId }) => ids.includes(correctionId)) ?? [];
    expect(corrected.map((entry) => displayRef(entry.object)).sort()).to.deep.equal([...scenario.fixed].sort());
    for (const text of scenario.says) expect(result.stdout).to.contain(text);
    if (scenario.guard !== undefined) {
      const page = await watched.world.git('--git-dir', repository, 'show', 'main:reports/dev/README.md');
      expect(page).to.contain(`**Guard ${scenario.guard}**`);
    }
    const told = [...sentences(result), result.stderr].join('\n');
    for (const text of scenario.logs) expect(told).to.contain(text);
    for (const [command, text] of Object.entries(scenario.stays)) expect(await watched.type(command)).to.contain(text);
  }

  it('prints the plan of a dry run as a table too, with everything that holds for the whole of it', async () => {
    const { kubectl, follow } = watched;
    await follow([
      'kubectl -n guards-a annotate deployment/web-1 drift-detector/pause-until=2099-01-01T00:00:00Z',
      'kubectl -n guards-a scale deployment/web-1 deployment/web-2 deployment/web-5 --replicas=2',
    ]);
    try {
      const dry = await pass(['run', '--dry-run'], await watched.newRepository(), {
        DRIFT_OUTPUT: 'table',
        DRIFT_MAX_FIXES: '1',
      });
      expect(dry.code, dry.stderr).to.equal(21);
      const [header, ...lines] = dry.stdout.trimEnd().split('\n');
      expect(header).to.match(/^ACTION +SEVERITY +WORKLOAD +REASON +WHAT +BY +THROUGH +EFFECT +DETAIL$/u);
      expect(lines.slice(0, 3).sort()[0]).to.match(
        /^blocked +medium +guards-a\/deployment\/web-2 +mass-change +replicas 1 → 2 +kubectl/u,
      );
      expect(lines.slice(0, 3).sort()[2]).to.match(
        /^report +medium +guards-a\/deployment\/web-1 +paused +replicas 1 → 2 +kubectl/u,
      );
      expect(lines.slice(3)).to.deep.equal([
        'Guard mass-change: 2 objects would change, more than DRIFT_MAX_FIXES=1; set DRIFT_MAX_FIXES=2 to allow it; only fixes that a person approved are made',
        'Paused: guards-a/deployment/web-1 until 2099-01-01T00:00:00Z',
      ]);
      const alone = await pass(['run', '--dry-run'], '', { DRIFT_OUTPUT: 'table', DRIFT_MAX_FIXES: '5' });
      expect(alone.stdout, alone.stderr).to.contain('REPORT_REPO is not set: run needs it, and ends before it fixes anything\n');
    } finally {
      await kubectl('-n', 'guards-a', 'annotate', 'deployment/web-1', 'drift-detector/pause-until-');
      await kubectl('-n', 'guards-a', 'scale', 'deployment/web-1', 'deployment/web-2', 'deployment/web-5', '--replicas=1');
    }
  });

  for (const scenario of SCENARIOS) {
    it(`${scenario.name}: exit ${scenario.exit}, ${Object.values(scenario.plan)[0] ?? 'nothing planned'}`, async () => {
      try {
        await happens(scenario);
      } finally {
        if (scenario.webhookSays !== undefined) await webhook.disable();
        await watched.follow(scenario.after);
      }
    });
  }
});
