import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { z } from 'zod';
import {
  commitCount,
  deployProject,
  kubectl,
  NAMESPACE,
  reportFile,
  revisionsOf,
  rolledOut,
  type Scenario,
} from '../demo/scenario.ts';
import { type CommandResult, fixture, startWorld, type World } from '../demo/world.ts';
import { sentences } from './logs.ts';

// Decisions as people make them, by commit, against a real API server, the embedded ConfigHub and a real Git repository.
// The steps build on each other, as a user's do.

interface Person {
  readonly name: string;
  readonly email: string;
}
const ANN: Person = { name: 'Ann Lee', email: 'ann@example.org' };
const BOB: Person = { name: 'Bob Ray', email: 'bob@example.org' };

const findingLine = z.object({
  fingerprint: z.string(),
  class: z.string(),
  summary: z.string(),
  action: z.string(),
  reason: z.string(),
  detail: z.string(),
  object: z.object({ name: z.string(), kind: z.string() }),
});
const decisionLines = z.object({
  decisions: z.array(
    z.object({ kind: z.string(), what: z.string(), by: z.string(), reason: z.string(), effect: z.string(), detail: z.string() }),
  ),
});
const unitList = z.array(
  z.object({ Unit: z.object({ UnitID: z.string(), Data: z.string(), LastChangeDescription: z.string() }) }),
);

describe('decisions by commit', function () {
  this.timeout(180_000);
  let world: World;
  let scenario: Scenario;

  const run = (environment: Readonly<Record<string, string>> = {}): Promise<CommandResult> =>
    world.detector(['run'], {
      ...scenario.environment,
      AUTO_FIX: 'false',
      LOG_FORMAT: 'json',
      CONTESTED_AFTER: '0',
      ...environment,
    });
  const passed = async (environment: Readonly<Record<string, string>> = {}): Promise<CommandResult> => {
    const result = await run(environment);
    expect(result.code, result.stderr).to.equal(0);
    return result;
  };
  const findings = async (): Promise<readonly z.output<typeof findingLine>[]> =>
    (await reportFile(world, 'reports/dev/findings.jsonl'))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => findingLine.parse(JSON.parse(line)));
  const findingOf = async (name: string, summary = ''): Promise<z.output<typeof findingLine>> => {
    const found = (await findings()).find((finding) => finding.object.name === name && finding.summary.includes(summary));
    if (!found) throw new Error(`no finding of ${name} ${summary}: ${JSON.stringify(await findings())}`);
    return found;
  };
  const decisions = async (): Promise<z.output<typeof decisionLines>['decisions']> =>
    decisionLines.parse(JSON.parse(await reportFile(world, 'reports/dev/report.json'))).decisions;
  const replicas = (workload: string): Promise<string> =>
    kubectl(world, 'get', 'deployment', workload, '-o', 'jsonpath={.spec.replicas}');
  const image = (workload: string): Promise<string> =>
    kubectl(world, 'get', 'deployment', workload, '-o', 'jsonpath={.spec.template.spec.containers[0].image}');

  /** What a person does with a clone and an editor. */
  let clones = 0;
  async function decide(person: Person, text: string): Promise<void> {
    const clone = join(world.folder, `clone-${clones++}`);
    await world.git('clone', '--quiet', world.reportRepository, clone);
    const file = join(clone, 'reports/dev/decisions.yaml');
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    await world.git('-C', clone, 'add', '--all');
    const who = ['-c', `user.name=${person.name}`, '-c', `user.email=${person.email}`];
    await world.git('-C', clone, ...who, 'commit', '--quiet', '-m', 'Decide');
    await world.git('-C', clone, 'push', '--quiet', 'origin', 'HEAD:main');
  }

  before(async () => {
    world = await startWorld();
    scenario = await deployProject(world, 'calm-otter');
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
  });

  describe('fix', () => {
    it('brings back what a person approved though AUTO_FIX is off, once, and lists it as spent', async () => {
      await kubectl(world, 'scale', 'deployment/backend-api', '--replicas=5');
      await kubectl(world, 'scale', 'deployment/frontend-web', '--replicas=4');
      await passed();
      expect(await replicas('backend-api')).to.equal('5');
      const { fingerprint } = await findingOf('backend-api');
      await decide(ANN, `fix:\n- fingerprint: ${fingerprint}\n  reason: nobody asked for five\n`);
      const result = await passed();
      expect(await replicas('backend-api')).to.equal('3');
      expect(await replicas('frontend-web')).to.equal('4');
      expect(sentences(result, 'fixed')).to.deep.equal(['Fixed: backend-api scaled to 3 replicas']);
      expect(await decisions()).to.deep.equal([
        {
          kind: 'fix',
          what: 'drift-test/deployment/backend-api: replicas 3 → 5',
          by: 'Ann Lee <ann@example.org>',
          reason: 'nobody asked for five',
          effect: 'spent',
          detail: 'fixed, revision 3',
        },
      ]);
      const page = await reportFile(world, 'reports/dev/README.md');
      expect(page).to.contain('## Decisions').and.to.contain('nobody asked for five');
      expect(page).to.match(/\| fix \| drift-test\/deployment\/backend-api: replicas 3 → 5 \| Ann Lee .*\| spent \|/u);
    });

    it('does not decide again when the very same drift comes back', async () => {
      const commits = await commitCount(world);
      await passed();
      expect(await commitCount(world)).to.equal(commits);
      await kubectl(world, 'scale', 'deployment/backend-api', '--replicas=5');
      await passed();
      expect(await replicas('backend-api')).to.equal('5');
      expect((await decisions())[0]).to.include({ effect: 'spent', detail: 'fixed, revision 3' });
      expect(await findingOf('backend-api')).to.include({ reason: 'auto-fix-off' });
    });
  });

  describe('accept', () => {
    it('makes the live value desired in one revision that names who decided, and touches nothing in the cluster', async () => {
      await kubectl(world, 'set', 'image', 'deployment/orders', 'app=registry.example/orders:9.9.9');
      await kubectl(world, 'scale', 'deployment/orders', '--replicas=6');
      await rolledOut(world, 'orders');
      await passed();
      const { fingerprint } = await findingOf('orders', '9.9.9');
      const generation = await kubectl(world, 'get', 'deployment', 'orders', '-o', 'jsonpath={.metadata.generation}');
      await decide(BOB, `accept:\n# tested on Friday\n- fingerprint: ${fingerprint}\n  reason: the new release\n`);
      await passed();
      const [head, first] = await revisionsOf(scenario, 'orders-config');
      expect(head?.number).to.equal(2);
      expect(head?.description).to.match(
        /^Accepted image of container app \S+ → 9\.9\.9 \(decided by Bob Ray <bob@example\.org>: the new release\) \[decision:[0-9a-f]{16} live:1 sha256:[0-9a-f]{12}\]$/u,
      );
      expect(head?.text).to.equal(first?.text.replace(/registry\.example\/orders:[\d.]+/u, 'registry.example/orders:9.9.9'));
      expect(await kubectl(world, 'get', 'deployment', 'orders', '-o', 'jsonpath={.metadata.generation}')).to.equal(generation);
      expect((await findings()).map(({ object, summary }) => `${object.name} ${summary}`)).to.include('orders replicas 2 → 6');
      expect((await findings()).some(({ summary }) => summary.includes('image'))).to.equal(false);
      expect(await decisions()).to.have.lengthOf(1);
      expect((await decisions())[0]).to.include({ kind: 'accept', effect: 'spent', by: 'Bob Ray <bob@example.org>' });
      const commits = await commitCount(world);
      await passed();
      expect(await commitCount(world)).to.equal(commits);
      expect(await revisionsOf(scenario, 'orders-config')).to.have.lengthOf(2);
    });

    it('takes the accepted value for the wanted one from then on: the next drift is brought back to it', async () => {
      await kubectl(world, 'set', 'image', 'deployment/orders', 'app=registry.example/orders:6.6.6');
      await passed({ AUTO_FIX: 'true' });
      expect(await image('orders')).to.equal('registry.example/orders:9.9.9');
      expect(await replicas('orders')).to.equal('2');
      await passed();
      expect((await findings()).filter(({ object }) => object.name === 'orders')).to.deep.equal([]);
    });
  });
});
