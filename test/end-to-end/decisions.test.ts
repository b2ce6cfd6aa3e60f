import { execFileSync } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import * as z from 'zod';
import { commitCount, deployProject, kubectl, reportFile, revisionsOf, rolledOut, type Scenario } from '../demo/scenario.ts';
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
const unitList = z.array(z.object({ Unit: z.object({ Slug: z.string(), Data: z.string(), LastChangeDescription: z.string() }) }));

describe('decisions by commit', function () {
  this.timeout(180_000);
  let world: World;
  let scenario: Scenario;

  const run = (environment: Readonly<Record<string, string>> = {}): Promise<CommandResult> =>
    world.detector(['run'], {
      ...scenario.environment,
      AUTO_FIX: 'false',
      DRIFT_LOG_FORMAT: 'json',
      DRIFT_CONTESTED_AFTER: '0',
      ...environment,
    });
  const passed = async (environment: Readonly<Record<string, string>> = {}): Promise<CommandResult> => {
    const result = await run(environment);
    expect(result.code, result.stderr).to.equal(0);
    return result;
  };
  const findings = async (): Promise<readonly z.output<typeof findingLine>[]> =>
    (await reportFile(world, 'reports/dev/findings.jsonl').catch(() => ''))
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

  /** The commands of those who edit no YAML. */
  const decideAs = (...args: readonly string[]): Promise<CommandResult> =>
    world.detector(args, {
      CONFIGHUB_SPACE: 'calm-otter-dev',
      GIT_AUTHOR_NAME: 'Eve Kim',
      GIT_AUTHOR_EMAIL: 'eve@example.org',
    });
  const decided = async (...args: readonly string[]): Promise<CommandResult> => {
    const result = await decideAs(...args);
    expect(result.code, result.stderr).to.equal(0);
    return result;
  };

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
      expect(page).to.match(/\| fix \| drift-test\/deployment\/backend-api: replicas 3 → 5 \| Ann Lee .*\| applied \|/u);
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

  describe('accept of a value that is gone', () => {
    it('takes the field out of the unit, so that no pass puts it back', async () => {
      const labels = (): Promise<string> => kubectl(world, 'get', 'deployment', 'orders', '-o', 'jsonpath={.metadata.labels}');
      await kubectl(world, 'label', 'deployment/orders', 'tier-');
      await passed();
      const { fingerprint } = await findingOf('orders', 'tier');
      await decide(BOB, `accept:\n- {fingerprint: ${fingerprint}, reason: no tiers any more}\n`);
      const [before] = await revisionsOf(scenario, 'orders-config');
      await passed({ AUTO_FIX: 'true' });
      const [head] = await revisionsOf(scenario, 'orders-config');
      expect(head?.number).to.equal((before?.number ?? 0) + 1);
      expect(head?.text).to.equal(before?.text.replace('    tier: backend\n', ''));
      expect((await decisions())[0]).to.include({ kind: 'accept', effect: 'spent' });
      expect(await labels())
        .to.contain('orders')
        .and.not.contain('tier');
      expect((await findings()).filter(({ object }) => object.name === 'orders')).to.deep.equal([]);
    });
  });

  describe('adopt', () => {
    const units = async (): Promise<Readonly<Record<string, { readonly text: string; readonly description: string }>>> => {
      const where = `SpaceID = '${scenario.project.spaces['dev']}' AND Slug IN ('ledger', 'node-agent', 'shopfront', 'agent')`;
      const found = await world.admin.get('/unit', { where }, unitList);
      return Object.fromEntries(
        found.map(({ Unit }) => [
          Unit.Slug,
          { text: Buffer.from(Unit.Data, 'base64').toString('utf8'), description: Unit.LastChangeDescription },
        ]),
      );
    };

    it('makes clean units of workloads of every origin, which the same pass finds in sync, and the next one too', async () => {
      await kubectl(world, 'apply', '-f', await written('stateful'));
      await kubectl(world, 'create', '-f', await written('daemon'));
      await kubectl(world, 'apply', '--server-side', '-f', await written('deployment'));
      await passed();
      const [ledger, agent] = [await findingOf('ledger'), await findingOf('agent')];
      await decide(
        ANN,
        `adopt:\n- {fingerprint: "${ledger.fingerprint}", space: calm-otter-dev}\n- {fingerprint: "${agent.fingerprint}", space: calm-otter-dev, unit: node-agent}\n`,
      );
      const told = await decided('adopt', 'shopfront', '--reason', 'it is ours');
      expect(told.stdout).to.match(/^Decided: adopt drift-test\/deployment\/shopfront: .*\nCommitted as [0-9a-f]{10};/u);

      await passed();
      const names = (await findings()).map(({ object }) => object.name);
      for (const name of ['ledger', 'agent', 'shopfront']) expect(names).to.not.include(name);
      const made = await units();
      expect(Object.keys(made).sort()).to.deep.equal(['ledger', 'node-agent', 'shopfront']);
      expect(made['shopfront']?.description).to.match(
        /^Adopted drift-test\/deployment\/shopfront \(decided by Eve Kim <eve@example\.org>: it is ours\) \[decision:[0-9a-f]{16}\]$/u,
      );
      const clean = { ledger: 'stateful', 'node-agent': 'daemon', shopfront: 'deployment' };
      for (const [slug, name] of Object.entries(clean))
        expect(made[slug]?.text, slug).to.equal(await fixture(`decisions/adopt/${name}.clean.yaml`));
      expect((await decisions()).map(({ effect }) => effect)).to.deep.equal(['spent', 'spent', 'spent']);
      const commits = await commitCount(world);
      await passed();
      expect(await units()).to.deep.equal(made);
      expect(await commitCount(world)).to.equal(commits);
    });

    it('says so where the configuration leaves the new unit out, and the workload stays unmanaged', async () => {
      await kubectl(world, 'create', 'deployment', 'stray', '--image=registry.example/stray:1');
      await passed();
      const { fingerprint } = await findingOf('stray');
      await decide(ANN, `adopt:\n- {fingerprint: "${fingerprint}", space: calm-otter-dev}\n`);
      await passed({ CONFIGHUB_WHERE: "Slug != 'stray'" });
      expect((await decisions())[0]?.detail).to.contain('unit calm-otter-dev/stray, which is not compared');
      expect((await findingOf('stray')).class).to.equal('unmanaged');
      await passed();
      expect((await findings()).map(({ object }) => object.name)).to.not.include('stray');
    });

    async function written(name: string): Promise<string> {
      const file = join(world.folder, `${name}.yaml`);
      await writeFile(file, await fixture(`decisions/adopt/${name}.yaml`));
      return file;
    }
  });

  describe('the commands', () => {
    it('are those that the pages print, and work as they stand there', async () => {
      for (const name of ['backend-api', 'frontend-web']) await kubectl(world, 'scale', `deployment/${name}`, '--replicas=6');
      await passed();
      const names = await world.git('--git-dir', world.reportRepository, 'ls-tree', '-r', '--name-only', 'main', 'reports/dev');
      const pages = names.split('\n').filter((name) => /\/deployment\.(backend-api|frontend-web)\.md$/u.test(name));
      expect(pages).to.have.lengthOf(2);
      const ran: string[] = [];
      for (const page of pages) {
        const lines = (await reportFile(world, page)).split('\n');
        for (const line of lines.filter((text) => /^(drift-detector|kubectl) /u.test(text))) {
          const script = `for name in drift-detector kubectl; do eval "$name() { printf '%s\\n' $name "\\$@"; }"; done\n${line}\n`;
          const printed = execFileSync('bash', ['-c', script], { encoding: 'utf8' });
          const [program, ...words] = printed.trimEnd().split('\n');
          if (program === 'kubectl') await kubectl(world, ...words);
          else expect((await decided(...words)).stdout, line).to.match(/^Decided: /u);
          ran.push(program === 'kubectl' ? program : `${words[0]}`);
        }
      }
      expect(ran).to.deep.equal(['fix', 'accept', 'ignore', 'kubectl', 'fix', 'accept', 'ignore', 'kubectl']);
      const plan = await world.detector(['run', '--dry-run'], {
        ...scenario.environment,
        DRIFT_OUTPUT: 'table',
        AUTO_FIX: 'false',
      });
      expect(plan.stdout).to.match(/^Decided: ignore .*frontend-web.* by Eve Kim <eve@example\.org>: active: permanent$/mu);
      await decide(ANN, '');
      await kubectl(world, 'annotate', 'deployment', '--all', 'drift-detector/pause-until-');
      await kubectl(world, 'scale', 'deployment/backend-api', '--replicas=3');
    });

    it('write the entry, keep what others wrote, and do nothing twice', async () => {
      await kubectl(world, 'set', 'env', 'deployment/backend-api', 'DEBUG=true', 'DB_PASSWORD=hunter2');
      await kubectl(world, 'scale', 'deployment/frontend-web', '--replicas=5');
      await kubectl(world, 'create', 'deployment', 'keys', '--image=registry.example/keys:1');
      await kubectl(world, 'set', 'env', 'deployment/keys', 'API_TOKEN=sk-live-0123456789abcdef0123');
      await passed();
      const ours = `# ours\nignore: # live with these\n- {kind: Deployment, name: nobody, reason: "an old one", until: 2020-01-01}\n`;
      await decide(ANN, ours);
      const debug = await findingOf('backend-api', 'DEBUG');
      const first = await decided('accept', debug.fingerprint.slice(0, 8), '--reason', 'we are looking for it: #1');
      const again = await decided('accept', debug.fingerprint, '--reason', 'once more');
      expect(first.stdout).to.contain('Decided: accept drift-test/deployment/backend-api: env DEBUG');
      expect(again.stdout).to.contain('Already decided: accept');
      const [head, ...entry] = (await reportFile(world, 'reports/dev/decisions.yaml')).slice(ours.length).split('\n');
      expect(await reportFile(world, 'reports/dev/decisions.yaml')).to.match(new RegExp(`^${RegExp.escape(ours)}`, 'u'));
      expect(head).to.equal('accept:');
      expect(entry.join('\n').replaceAll('"', '')).to.equal(
        `- fingerprint: ${debug.fingerprint}\n  reason: we are looking for it: #1\n`,
      );
      const log = await world.git('--git-dir', world.reportRepository, 'log', '-1', '--format=%an <%ae>%n%cn%n%B', 'main');
      expect(log).to.match(/^Eve Kim <eve@example\.org>\nEve Kim\ndecide\(dev\): accept deployment\/backend-api\n/u);
      expect(log, 'closes no issue').to.not.contain('#1');
      await decided('ignore', 'frontend-web', '--reason', 'a load test', '--until', '2099-01-01');
    });

    it('say what is wrong with a name and what might be meant, and change nothing', async () => {
      const before = await commitCount(world);
      const typo = await decideAs('fix', 'backend-apo');
      expect(typo.code).to.equal(64);
      expect(typo.stderr).to.contain('has no open finding backend-apo; did you mean backend-api?');
      const wrong = await decideAs('accept', 'keys');
      expect(wrong.code).to.equal(64);
      expect(wrong.stderr).to.contain('not managed by any unit; adopt or ignore it');
      const secret = await decideAs('accept', (await findingOf('backend-api', 'DB_PASSWORD')).fingerprint);
      expect(secret.stderr).to.contain('looks like a secret');
      const date = await decideAs('ignore', 'frontend-web', '--reason', 'x', '--until', '2026-13-01');
      expect(date.stderr).to.contain('until: must be a date such as 2026-12-01');
      expect(await commitCount(world)).to.equal(before);
    });

    it('ignore that a workload is gone, and not what comes back in its place', async () => {
      await kubectl(world, 'delete', 'deployment', 'stray');
      await passed();
      expect((await findingOf('stray')).class).to.equal('missing');
      const before = await reportFile(world, 'reports/dev/decisions.yaml');
      await decided('ignore', 'stray', '--reason', 'it is being moved');
      await passed();
      expect((await findings()).map(({ object }) => object.name)).to.not.include('stray');
      await kubectl(world, 'create', 'deployment', 'stray', '--image=registry.example/stray:2');
      await passed();
      expect((await findingOf('stray', 'image')).class).to.equal('changed');
      await kubectl(world, 'delete', 'deployment', 'stray');
      await decide(ANN, before);
    });
  });

  describe('a pass that ends before it can report', () => {
    it('leaves one revision and no second one: the next pass knows what was carried out', async () => {
      const { fingerprint } = await findingOf('keys');
      const more = `adopt:\n- {fingerprint: "${fingerprint}", space: calm-otter-dev, reason: it is ours}\n`;
      await decide(BOB, `${await reportFile(world, 'reports/dev/decisions.yaml')}${more}`);
      const hook = join(world.reportRepository, 'hooks/pre-receive');
      await mkdir(dirname(hook), { recursive: true });
      await writeFile(hook, '#!/bin/sh\nexit 1\n', { mode: 0o755 });
      const cut = await run();
      expect(cut.code).to.not.equal(0);
      const [head] = await revisionsOf(scenario, 'backend-api-config');
      expect(head?.description).to.match(/^Accepted env DEBUG of container app added: true/u);
      await rm(hook);
      await passed();
      expect((await revisionsOf(scenario, 'backend-api-config'))[0]).to.deep.equal(head);
      const told = await decisions();
      expect(told.map(({ kind, effect }) => `${kind} ${effect}`)).to.deep.equal([
        'ignore expired',
        'ignore active',
        'accept spent',
        'adopt refused',
      ]);
      expect(told[3]?.detail).to.contain('env[name=API_TOKEN]').and.to.contain('looks like a secret');
      expect((await findings()).some(({ object }) => object.name === 'frontend-web')).to.equal(false);
    });

    it('leaves no decision to fix that would be carried out once more', async () => {
      const text = await reportFile(world, 'reports/dev/decisions.yaml');
      await kubectl(world, 'scale', 'deployment/orders', '--replicas=9');
      await passed();
      const { fingerprint } = await findingOf('orders', '2 → 9');
      await decide(BOB, `${text}fix:\n- fingerprint: ${fingerprint}\n`);
      const hook = join(world.reportRepository, 'hooks/pre-receive');
      await writeFile(hook, '#!/bin/sh\nexit 1\n', { mode: 0o755 });
      expect((await run()).code).to.not.equal(0);
      expect(await replicas('orders')).to.equal('2');
      await rm(hook);
      await passed();
      const told = async () => (await decisions()).find(({ kind }) => kind === 'fix');
      expect(await told()).to.include({ effect: 'spent', what: 'drift-test/deployment/orders: replicas 2 → 9' });
      await kubectl(world, 'scale', 'deployment/orders', '--replicas=9');
      await passed();
      expect(await replicas('orders')).to.equal('9');
      await decide(BOB, text);
      await passed();
    });

    it('stored no secret anywhere', async () => {
      expect(JSON.stringify(await revisionsOf(scenario, 'backend-api-config'))).to.not.match(/hunter2|sk-live/u);
      const found = await world
        .git('--git-dir', world.reportRepository, 'grep', '-l', '-e', 'hunter2', '-e', 'sk-live', 'main')
        .catch(() => '');
      expect(found).to.equal('');
    });
  });

  describe('check', () => {
    const judged = (command: string, REPORT_REPO = world.reportRepository): Promise<CommandResult> =>
      world.detector([command, '-o', 'name', '--detailed-exitcode'], {
        ...scenario.environment,
        AUTO_FIX: 'false',
        DRIFT_LOG_FORMAT: 'json',
        REPORT_REPO,
      });

    it('judges by decisions as a pass does', async () => {
      const pass = await judged('run');
      const check = await judged('check');
      expect(check.stdout, check.stderr).to.equal(pass.stdout).and.to.contain('deployment/').and.to.not.contain('frontend-web');
      expect(check.code).to.equal(pass.code);
    });

    it('says that it goes on without them where the report repository cannot be read', async () => {
      const check = await judged('check', join(world.folder, 'nothing.git'));
      expect(check.stdout, check.stderr).to.contain('deployment/frontend-web');
      expect(check.code).to.equal(2);
      expect(sentences(check, 'warning').join()).to.contain('compared without decisions.yaml and the last report: ');
      const plan = await world.detector(['run', '--dry-run'], {
        ...scenario.environment,
        REPORT_REPO: join(world.folder, 'no.git'),
      });
      expect(plan.code, 'a plan needs them').to.equal(78);
    });
  });

  describe('a file that cannot be read', () => {
    it('holds every fix, says where it is broken, and forgets nothing that was spent', async () => {
      await kubectl(world, 'scale', 'deployment/orders', '--replicas=7');
      const text = await reportFile(world, 'reports/dev/decisions.yaml');
      await decide(BOB, `${text}fix: [\n`);
      const result = await run({ AUTO_FIX: 'true' });
      expect(result.code, result.stderr).to.equal(21);
      expect(await replicas('orders')).to.equal('7');
      const page = await reportFile(world, 'reports/dev/README.md');
      expect(page)
        .to.contain('Guard decisions-unreadable')
        .and.to.match(/decisions\.yaml.*line \d+/u);
      expect((await decisions()).filter(({ effect }) => effect === 'spent')).to.have.lengthOf(1);
      await decide(BOB, text);
      await passed({ AUTO_FIX: 'true' });
      expect(await replicas('orders')).to.equal('2');
      expect((await decisions()).find(({ kind }) => kind === 'accept')?.effect).to.equal('spent');
    });
  });
});
