import { readFileSync } from 'node:fs';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import * as z from 'zod';
import { startTestHub, temporaryDirectory } from '../hub/harness.ts';
import { whyNoKubelet } from '../kubelet/kubelet.ts';
import { openShell, type Shell } from './typed.ts';

const read = (name: string): string => readFileSync(new URL(`../../fixtures/walkthrough/${name}`, import.meta.url), 'utf8');
const SCRIPTS = ['install-base', 'install-envs', 'create-cluster', 'deploy-test', 'promote', 'proj', 'cleanup', 'publish-image'];

/** Rows of a table as words, with the project's name for the walk-through's. */
const words = (table: string, project: string): readonly string[] =>
  table
    .trimEnd()
    .replaceAll(project, 'chubby-paws')
    .split('\n')
    .map((line) => line.trim().replaceAll(/\s+/gu, ' '));

describe('the walk-through: setup', function () {
  this.timeout(180_000);

  describe('typed in its order, without a ConfigHub and without Docker', () => {
    let shell: Shell;
    let project: string;
    before(async function () {
      if (process.env['DRIFT_TEST_CLUSTER'] === 'kubeconfig') this.skip();
      shell = await openShell();
    });
    after(() => shell?.[Symbol.asyncDispose]());

    it('bin/install-base makes a project in a hub that it starts, once', async () => {
      const printed = await shell.ok('bin/install-base');
      project = (await shell.ok('bin/proj')).trim();
      expect(project).to.match(/^[a-z]+-[a-z]+$/u);
      expect(printed).to.contain(`cub space create ${project}-base`).and.to.contain(`cub filter create app Unit`);
      expect(await shell.ok('bin/install-base')).not.to.contain(' create ');
      expect((await shell.ok('bin/proj')).trim()).to.equal(project);
      const { mode } = await stat(join(shell.state, 'hub', 'admin.token'));
      expect([mode & 0o777, (await stat(shell.state)).mode & 0o777]).to.deep.equal([0o600, 0o700]);
    });

    it('bin/install-envs makes clones along dev, staging and prod, and the tree is that of the walk-through', async () => {
      const printed = await shell.ok('bin/install-envs');
      expect(printed).to.contain(`--space ${project}-prod --upstream-unit drift-detector --upstream-space ${project}-staging`);
      expect(await shell.ok('bin/install-envs')).not.to.contain(' create ');
      const tree = await shell.ok("cub unit tree --node=space --filter $(bin/proj)/app --space '*'");
      expect(words(tree, project)).to.deep.equal(words(read('tree.txt'), project));
    });

    it('bin/create-cluster gives every unit but those of base a target, and the same cluster when it is typed again', async () => {
      await shell.ok('bin/create-cluster --local');
      expect((await shell.ok('kubectl config current-context')).trim()).to.equal('drift-detector');
      const targets = await shell.ok("cub unit list --space '*' --columns Space.Slug,Target.Slug");
      expect(words(targets, project).slice(1)).to.have.members([
        'chubby-paws-base',
        ...['dev', 'staging', 'prod'].map((name) => `chubby-paws-${name} cluster`),
      ]);
      const uid = await shell.ok("kubectl get namespace default -o jsonpath='{.metadata.uid}'");
      expect(await shell.ok('bin/create-cluster --local')).not.to.contain(' create ');
      expect(await shell.ok("kubectl get namespace default -o jsonpath='{.metadata.uid}'")).to.equal(uid);
      const tree = await shell.ok("cub unit tree --node=space --filter $(bin/proj)/app --space '*'");
      expect(words(tree, project)).to.deep.equal(words(read('tree.txt'), project));
    });

    it('cub unit apply brings the detector of each environment to the cluster', async () => {
      for (const name of ['dev', 'staging', 'prod']) await shell.ok(`cub unit apply --space $(bin/proj)-${name}`);
      const cronJobs = await shell.ok(
        'kubectl get cronjobs -A --no-headers -o custom-columns=N:.metadata.namespace,S:.spec.schedule',
      );
      expect(words(cronJobs, project)).to.have.members([
        'devops-apps */10 * * * *',
        'devops-apps-staging 2,32 * * * *',
        'devops-apps-prod 11,41 * * * *',
      ]);
      const autoFix = await shell.ok('kubectl get cronjob drift-detector -n devops-apps -o yaml | grep -A1 AUTO_FIX');
      expect(autoFix).to.contain('value: "true"');
      await shell.ok('kubectl get secret drift-detector-secrets -n devops-apps');
    });

    it('bin/deploy-test --with-drift prints what the walk-through shows', async () => {
      expect(await shell.ok('bin/deploy-test --with-drift')).to.equal(read('deploy-test.txt'));
      const revisions = words(await shell.ok('cub revision list backend-api-config --space $(bin/proj)-dev'), project);
      expect(revisions[1]).to.match(/^1 \S+ admin Initial deployment$/u);
      const units = await shell.ok('cub unit list --space $(bin/proj)-staging --json');
      expect(JSON.stringify(units)).not.to.equal('[]');
      expect(await shell.ok("kubectl get ns drift-test -o yaml | grep 'monitored'")).to.contain('monitored: "true"');
    });

    it("a pass fixes the drift, commits a report, and leaves the detector's own CronJob suspended", async () => {
      await shell.ok('kubectl patch cronjob drift-detector -n devops-apps --type=merge -p \'{"spec":{"suspend":true}}\'');
      const reports = await pass();
      const git = `git -c safe.directory='*' --git-dir ${reports}`;
      expect(words(await shell.ok(`${git} log --format='%an %s' main`), project)).to.have.length(1);
      expect(await shell.ok(`${git} show main:reports/dev/findings.jsonl`)).to.contain('"own-object"');
      const state = (what: string): Promise<string> => shell.ok(`kubectl get ${what}`);
      expect(await state("cronjob drift-detector -n devops-apps -o jsonpath='{.spec.suspend}'")).to.equal('true');
      expect(await state("deployment backend-api -n drift-test -o jsonpath='{.spec.replicas}'")).to.equal('3');
      expect(await state("deployment frontend-web -n drift-test -o jsonpath='{.spec.replicas}'")).to.equal('2');
    });

    if (process.env['DRIFT_LONG'])
      it('a pass that the schedule starts, by the minute, ends as one by hand does', async function () {
        if (whyNoKubelet() !== undefined) this.skip();
        const spec = JSON.stringify({ spec: { schedule: '* * * * *', suspend: false } });
        await shell.ok(`kubectl patch cronjob drift-detector -n devops-apps --type=merge -p '${spec}'`);
        const cronJob = 'cronjob/drift-detector -n devops-apps';
        await shell.ok(`kubectl wait ${cronJob} --for=jsonpath='{.status.lastScheduleTime}' --timeout=90s`);
        const names = (await shell.ok('kubectl get jobs -n devops-apps -o name')).split('\n');
        const job = names.find((name) => /^job\.batch\/drift-detector-\d+$/u.test(name));
        await shell.ok(`kubectl wait ${job} -n devops-apps --for=condition=complete --timeout=60s`);
        expect(await shell.ok(`kubectl logs ${job} -n devops-apps`)).to.contain('Pass finished');
      });

    /** As a pod, with the account, the tokens and the volume of its CronJob; answers the report repository. */
    async function pass(): Promise<string> {
      if (whyNoKubelet() === undefined) {
        await shell.ok('kubectl create job --from=cronjob/drift-detector -n devops-apps drift-now');
        await shell.ok('kubectl wait job/drift-now -n devops-apps --for=condition=complete --timeout=60s');
        const { stdout, stderr } = await shell.type('kubectl logs -n devops-apps -l app=drift-detector');
        expect(stdout).to.contain('Fixed: backend-api scaled to 3 replicas');
        expect(stderr).to.equal('');
        return join(shell.state, 'reports', 'reports.git');
      }
      // Where no pod runs: the same configuration, by an administrator.
      const found = await shell.ok('kubectl get configmap drift-detector-config -n devops-apps -o json');
      const { data } = z.object({ data: z.record(z.string(), z.string()) }).parse(JSON.parse(found));
      const settings = Object.fromEntries(Object.entries(data).filter(([name]) => !name.endsWith('_FILE')));
      const repository = join(shell.folder, 'reports.git');
      await shell.ok(`git init --quiet --bare --initial-branch=main ${repository}`);
      await shell.ok('node bin/bootstrap.mjs bin/drift-detector.mjs run', {
        ...settings,
        AUTO_FIX: 'true',
        CUB_TOKEN_FILE: join(shell.state, 'hub', 'drift-detector.token'),
        REPORT_REPO: repository,
        DRIFT_LEASE_NAMESPACE: 'devops-apps',
      });
      return repository;
    }

    it('bin/cleanup says what it would delete, and with --yes deletes it: no process and no context is left', async () => {
      expect(await shell.ok('bin/cleanup'))
        .to.contain('Would delete the local control plane')
        .and.to.contain('Nothing was deleted');
      expect((await shell.ok('bin/proj')).trim()).to.equal(project);
      await shell.ok('bin/cleanup --yes');
      expect(await readdir(shell.state)).to.deep.equal([]);
      expect((await shell.ok('kubectl config get-contexts -o name')).trim()).to.equal('');
      expect((await shell.type('kubectl config current-context')).code).not.to.equal(0);
      expect(await shell.ok(`ps -A -o args | grep -F ${shell.state} | grep -v grep || true`)).to.equal('');
      expect((await shell.type('bin/proj')).code).to.equal(78);
    });
  });

  it('installs in a ConfigHub that is not embedded, with all regions as clones', async () => {
    const generations = process.env['DRIFT_LONG'] ? (['A', 'B', 'C'] as const) : (['C'] as const);
    const environments = ['base', 'dev', 'prod', 'prod-asia', 'prod-eu', 'prod-us', 'staging', 'staging-eu', 'staging-us'];
    await Promise.all(
      generations.map(async (apiGeneration) => {
        await using shell = await openShell();
        await using hub = await startTestHub({ apiGeneration });
        const own = { CONFIGHUB_URL: hub.url, CUB_TOKEN: 'tester', PROJECT: 'calm-otter' };
        await shell.ok('bin/install-base && bin/install-envs --regions', own);
        expect(await shell.ok('bin/install-envs', own)).not.to.contain(' create ');
        const tree = await shell.ok(
          "cub unit tree --node=space --filter calm-otter/app --space '*' --columns UpgradeNeeded",
          own,
        );
        const spaces = [...tree.matchAll(/calm-otter-(\S+)/gu)].map(([, name]) => name);
        expect(spaces.sort(), apiGeneration).to.deep.equal(environments);
        // No hub of its own was started.
        expect(await readdir(shell.state)).not.to.include('hub');
      }),
    );
  });

  it('creates a kind cluster where kind and Docker are, with the image in it (its calls; no kind runs here)', async () => {
    await using shell = await openShell();
    using programs = temporaryDirectory();
    const calls = join(programs.path, 'calls');
    for (const name of ['kind', 'docker']) {
      const program = `#!/bin/sh\necho ${name} "$@" >> ${calls}\ncase "$*" in "create cluster"*) cat >> ${calls} ;; esac\n`;
      await writeFile(join(programs.path, name), program, { mode: 0o755 });
    }
    const ended = await shell.type(`PATH=${programs.path}:$PATH bin/create-cluster`, { PROJECT: 'calm-otter' });
    // The kubeconfig has no such context, since nothing made one.
    expect(ended.stderr).to.contain('kind-drift-detector');
    const typed = readFileSync(calls, 'utf8');
    const version = '0.1.0';
    expect(typed).to.contain('kind get clusters\nkind create cluster --name drift-detector --config -\n');
    expect(typed).to.contain(`hostPath: ${shell.state}/reports`).and.to.contain('containerPath: /var/lib/drift-reports');
    expect(typed).to.match(
      new RegExp(
        `docker build --quiet --tag drift-detector:${version} .*\nkind load docker-image drift-detector:${version} --name drift-detector`,
        'u',
      ),
    );
  });

  it('explains each script, and refuses what it does not know', async () => {
    await using shell = await openShell();
    await Promise.all(
      SCRIPTS.map(async (name) => {
        expect(await shell.ok(`sh -n bin/${name} && bin/${name} --help`)).to.contain(`usage: bin/${name}`);
        expect((await shell.type(`bin/${name} --nonsense`)).code, name).to.equal(64);
      }),
    );
  });
});
