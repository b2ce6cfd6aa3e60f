import { chmodSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { Secret } from '../../src/domain/secret.ts';
import { openReportRepository } from '../../src/stages/report/report.ts';
import { finding } from '../types/builders.ts';
import { outcome, ranked, reportOf } from './build.ts';
import { failureOf, ownTemporaryFolder, publish, publishOnce, type Repositories, report, repositories } from './repositories.ts';

describe('report repository', () => {
  it('takes the first report into an empty repository', async () => {
    using world = repositories();
    const commit = await publishOnce(world.options(), ['web']);
    expect(commit).to.equal(world.git('rev-parse', 'main').trim());
    expect(world.git('ls-tree', '-r', '--name-only', 'main').trim().split('\n')).to.deep.equal([
      'reports/README.md',
      'reports/prod-eu/README.md',
      'reports/prod-eu/corrections.jsonl',
      'reports/prod-eu/findings.jsonl',
      'reports/prod-eu/gone.jsonl',
      'reports/prod-eu/report.json',
      'reports/prod-eu/shop/deployment.web.md',
      'reports/schema/report-v1.schema.json',
    ]);
    expect(world.git('log', '-1', '--format=%an <%ae> %cn')).to.equal(
      'drift-detector <drift-detector@noreply.invalid> drift-detector\n',
    );
    expect(world.git('log', '-1', '--format=%(trailers:key=Drift-Open,valueonly)').trim()).to.equal('1');
  });

  it('reads back what the last pass reported', async () => {
    using world = repositories();
    await publishOnce(world.options(), ['web']);
    await using repository = await openReportRepository(world.options());
    expect(repository.previous.findings).to.deep.equal(report(['web']).findings);
  });

  it('reads back the corrections', async () => {
    using world = repositories();
    const fixed = reportOf([ranked(finding())], { outcomes: [outcome(finding().id)] });
    {
      await using repository = await openReportRepository(world.options());
      await publish(repository, fixed);
    }
    await using repository = await openReportRepository(world.options());
    expect(repository.previous.corrections).to.deep.equal(fixed.corrections);
  });

  it('takes away what a version before wrote and this one does not read', async () => {
    using world = repositories();
    world.commitByHand({ 'reports/prod-eu/units.jsonl': '{}\n', 'reports/prod-us/units.jsonl': '{}\n' });
    await publishOnce(world.options(), ['web']);
    const paths = world.git('ls-tree', '-r', '--name-only', 'main').split('\n');
    expect(paths).to.include('reports/prod-us/units.jsonl').and.to.not.include('reports/prod-eu/units.jsonl');
  });

  it('commits nothing where nothing has changed', async () => {
    using world = repositories();
    const first = await publishOnce(world.options(), ['web']);
    expect(await publishOnce(world.options(), ['web'])).to.equal('');
    expect(world.git('rev-parse', 'main').trim()).to.equal(first);
  });

  it('removes the page of a workload that is clean again', async () => {
    using world = repositories();
    await publishOnce(world.options(), ['web', 'cart']);
    await publishOnce(world.options(), ['cart']);
    const files = world.git('ls-tree', '-r', '--name-only', 'main');
    expect(files).to.contain('deployment.cart.md').and.not.contain('deployment.web.md');
  });

  it('holds the reports of several clusters, each row of the index from its own', async () => {
    using world = repositories();
    await publishOnce(world.options(), ['web', 'cart']);
    await publishOnce(world.options({ cluster: 'prod-us' }), []);
    const index = world.git('show', 'main:reports/README.md');
    expect(index)
      .to.contain('| [prod-eu](prod-eu/README.md) | 2 open |')
      .and.contain('| [prod-us](prod-us/README.md) | all clear |');
    expect(world.git('rev-list', '--count', 'main').trim()).to.equal('2');
  });

  it('ends with both reports when another cluster pushes in between', async () => {
    using world = repositories();
    await publishOnce(world.options(), []);
    await using repository = await openReportRepository(world.options());
    const other = await publishOnce(world.options({ cluster: 'prod-us' }), ['db']);
    const { commit } = await publish(repository, report(['web']));
    expect(world.git('rev-parse', 'main').trim()).to.equal(commit);
    expect(world.git('rev-parse', 'main~1').trim()).to.equal(other);
    const index = world.git('show', 'main:reports/README.md');
    expect(index).to.contain('[prod-eu](prod-eu/README.md) | 1 open').and.contain('[prod-us](prod-us/README.md) | 1 open');
  });

  it('ends with both reports when two clusters meet in an empty repository', async () => {
    using world = repositories();
    await using one = await openReportRepository(world.options());
    await using two = await openReportRepository(world.options({ cluster: 'prod-us' }));
    await publish(one, report(['web']));
    await publish(two, report(['db'], 'prod-us'));
    expect(world.git('rev-list', '--count', 'main').trim()).to.equal('2');
    expect(world.git('show', 'main:reports/README.md')).to.contain('prod-eu').and.contain('prod-us');
  });

  it('ends with both reports when five clusters push at once', async function () {
    this.timeout(60_000);
    using world = repositories();
    const clusters = ['a', 'b', 'c', 'd', 'e'].map((letter) => `cluster-${letter}`);
    await Promise.all(clusters.map((cluster) => publishOnce(world.options({ cluster }), ['web'])));
    for (const cluster of clusters) expect(world.git('show', 'main:reports/README.md')).to.contain(cluster);
    expect(world.git('rev-list', '--count', 'main').trim()).to.equal('5');
  });

  it('keeps what people put beside the report', async () => {
    using world = repositories();
    const decisions = 'ignore:\n  - reason: agreed\n';
    world.commitByHand({
      'reports/prod-eu/decisions.yaml': decisions,
      'docs/notes.md': 'notes\n',
      'reports/prod-us/x/y.md': 'theirs\n',
    });
    await publishOnce(world.options(), ['web']);
    await publishOnce(world.options(), []);
    expect(world.git('show', 'main:reports/prod-eu/decisions.yaml')).to.equal(decisions);
    expect(world.git('show', 'main:docs/notes.md')).to.equal('notes\n');
    expect(world.git('show', 'main:reports/prod-us/x/y.md')).to.equal('theirs\n');
  });

  it('keeps what people write among the pages', async () => {
    using world = repositories();
    const theirs = ['shop/NOTES.md', 'runbooks/checkout.md', 'runbooks/incident.2026-11.md', 'shop/deployment.cart.old.md'];
    world.commitByHand(Object.fromEntries(theirs.map((path) => [`reports/prod-eu/${path}`, `# About ${path}\n`])));
    await publishOnce(world.options(), ['web']);
    await publishOnce(world.options(), []);
    const files = world.git('ls-tree', '-r', '--name-only', 'main');
    for (const path of theirs) expect(files).to.contain(path);
    expect(files).to.not.contain('deployment.web.md');
  });

  it('removes a page even if a person wrote above its heading, or damaged the report that knew it', async () => {
    using world = repositories();
    const page = 'reports/prod-eu/shop/deployment.web.md';
    const hashed = 'reports/prod-eu/shop/deployment.x-0123456789abcdef.md';
    await publishOnce(world.options(), ['web']);
    world.commitByHand({ [page]: `Look at this!\n\n${world.git('show', `main:${page}`)}` });
    await publishOnce(world.options(), []);
    expect(world.git('ls-tree', '-r', '--name-only', 'main')).to.not.contain(page);
    await publishOnce(world.options(), ['web']);
    world.commitByHand({ 'reports/prod-eu/findings.jsonl': '<<<<<<< HEAD\n', [hashed]: '# shop/deployment/Web\n' });
    await publishOnce(world.options(), []);
    expect(world.git('ls-tree', '-r', '--name-only', 'main'))
      .to.not.contain(page)
      .and.not.contain(hashed);
  });

  describe('index of the clusters', () => {
    const path = 'reports/README.md';
    /** As a version with another heading writes it. */
    const otherwise = (world: Repositories): string =>
      world.git('show', `main:${path}`).replace('| cluster | state |', '| Cluster | State |').replace('# Drift', '# All drift');

    it('is left as another version wrote it while nothing in it changes, so that two versions do not take turns', async () => {
      using world = repositories();
      await publishOnce(world.options(), ['web']);
      await publishOnce(world.options({ cluster: 'prod-us' }), ['db']);
      const theirs = otherwise(world);
      world.commitByHand({ [path]: theirs });
      expect(await publishOnce(world.options(), ['web'])).to.equal('');
      expect(world.git('show', `main:${path}`)).to.equal(theirs);
      await publishOnce(world.options(), ['web', 'cart']);
      expect(world.git('show', `main:${path}`))
        .to.contain('(prod-eu/README.md) | 2 open')
        .and.contain('# Drift reports');
    });

    it('gets a row back that is missing, and loses the row of a cluster whose report was removed', async () => {
      using world = repositories();
      await publishOnce(world.options(), ['web']);
      await publishOnce(world.options({ cluster: 'prod-us' }), ['db']);
      const whole = world.git('show', `main:${path}`);
      world.commitByHand({ [path]: whole.replace(/^.*prod-eu.*\n/mu, '') });
      await publishOnce(world.options(), ['web']);
      expect(world.git('show', `main:${path}`)).to.equal(whole);
      world.commitByHand({}, (clone) => rmSync(join(clone, 'reports/prod-us'), { recursive: true }));
      await publishOnce(world.options(), ['web']);
      expect(world.git('show', `main:${path}`)).to.equal(whole.replaceAll(/^.*(prod-us|\*\*all\*\*).*\n/gmu, ''));
    });
  });

  describe('files that people keep', () => {
    const path = 'prod-eu/decisions.yaml';
    const strike = (text: string): string => text.replaceAll(/^accept: .*$/gmu, (line) => `# spent: ${line}`);

    it('are read as they stand in the last commit, also where there is none', async () => {
      using world = repositories();
      {
        await using empty = await openReportRepository(world.options());
        expect(await empty.readFile(path)).to.equal(undefined);
        expect((await empty.historyOf(path, () => false)).versions).to.deep.equal([]);
      }
      world.commitByHand({ [`reports/${path}`]: 'accept: a\r\n' });
      await using repository = await openReportRepository(world.options());
      expect(await repository.readFile(path)).to.equal('accept: a\r\n');
      expect(await repository.readFile('prod-eu/absent.yaml')).to.equal(undefined);
    });

    it('have a history: each version with its text and who made it, through the reports that were committed since', async () => {
      using world = repositories();
      const texts = ['accept: a\n', 'accept: \0 \u{e4}\n\n', ''];
      const ids: string[] = [];
      for (const text of texts) {
        const remove = (clone: string): void => (text === '' ? rmSync(join(clone, 'reports', path)) : undefined);
        world.commitByHand({ [`reports/${path}`]: text }, remove);
        ids.unshift(world.git('rev-parse', 'main').trim());
        await publishOnce(world.options(), [`web-${ids.length}`]);
      }
      await using repository = await openReportRepository(world.options());
      const { versions } = await repository.historyOf(path, () => false);
      expect(versions.map(({ commit, parents, text }) => ({ commit, parents, text }))).to.deep.equal(
        ids.map((commit, index) => ({ commit, parents: ids.slice(index + 1, index + 2), text: texts.at(-1 - index) })),
      );
      for (const version of versions) expect(version).to.include({ name: 'Person', email: 'person@example.com' });
      expect(versions[0]?.time).to.equal(new Date(world.git('log', '-1', '--format=%aI', ids[0] ?? '').trim()).toISOString());
      // And the clone still takes a report.
      expect((await publish(repository, report(['cart']))).commit).to.equal(world.git('rev-parse', 'main').trim());
    });

    it('change by an edit of what is there when it is pushed, and by nothing else', async () => {
      using world = repositories();
      world.commitByHand({ [`reports/${path}`]: 'accept: a\n' });
      await using repository = await openReportRepository(world.options());
      world.commitByHand({ [`reports/${path}`]: 'accept: a\n# a word of somebody else\n' });
      await publish(repository, report(['web']), new Map([[path, strike]]));
      expect(world.git('show', `main:reports/${path}`)).to.equal('# spent: accept: a\n# a word of somebody else\n');
    });

    it('come and go by an edit', async () => {
      using world = repositories();
      await using repository = await openReportRepository(world.options());
      await publish(repository, report([]), new Map([[path, () => 'accept: a\n']]));
      expect(world.git('show', `main:reports/${path}`)).to.equal('accept: a\n');
      await publish(repository, report([]), new Map([[path, () => '']]));
      expect(world.git('ls-tree', '-r', '--name-only', 'main')).to.not.contain('decisions.yaml');
    });

    it('go by an edit alone, without a report', async () => {
      using world = repositories();
      world.commitByHand({ [`reports/${path}`]: 'accept: a\n', 'README.md': 'x\n' });
      await using repository = await openReportRepository(world.options());
      await repository.publish(new Map(), 'Decide\n', new Map([[path, () => '']]));
      expect(world.git('ls-tree', '-r', '--name-only', 'main')).to.equal('README.md\n');
    });
  });

  it('leaves the schema of a newer version in place, so that two versions do not take turns', async () => {
    using world = repositories();
    const path = 'reports/schema/report-v1.schema.json';
    const newer = '{"$comment":"revision 999"}\n';
    world.commitByHand({ [path]: newer });
    await publishOnce(world.options(), ['web']);
    expect(world.git('show', `main:${path}`)).to.equal(newer);
    world.commitByHand({ [path]: '{"$comment":"revision 0"}\n' });
    await publishOnce(world.options(), ['web', 'cart']);
    expect(world.git('show', `main:${path}`)).to.contain('"A drift report"');
  });

  it('goes on from a damaged report, keeping its complete lines', async () => {
    using world = repositories();
    const fixed = reportOf([ranked(finding())], { outcomes: [outcome(finding().id)] });
    const [open] = report(['web']).findings;
    const [correction] = fixed.corrections;
    const bad = [
      '',
      '<<<<<<< HEAD',
      '{"id":"0000000000000000"}',
      '{"findingId":"0000000000000000"}',
      'null',
      '[]',
      '{"id":',
      JSON.stringify({ ...open, opinion: { severity: 'urgent', promptVersion: '1' } }),
      JSON.stringify({ ...open, firstSeen: 'long ago' }),
      JSON.stringify({ ...correction, object: null }),
      JSON.stringify({ ...correction, severity: '| <script>' }),
    ].join('\n');
    world.commitByHand({
      'reports/prod-eu/findings.jsonl': `${bad}\n${JSON.stringify(open)}\n`,
      'reports/prod-eu/corrections.jsonl': `${bad}\n${JSON.stringify(correction)}\n`,
      'reports/prod-eu/report.json': '{"cluster":',
      'reports/prod-us/report.json': '[]',
    });
    await using repository = await openReportRepository(world.options());
    expect(repository.previous).to.deep.equal({
      digest: '',
      guard: '',
      findings: [open],
      corrections: [correction],
      desiredObjects: 0,
      decisions: [],
      incomplete: [],
      promotions: [],
      gone: [],
      ignored: [],
      leftOut: { notMonitored: 0, otherTargets: 0 },
      prices: '',
      pauses: [],
      notes: [],
      faults: [
        { file: 'report.json', fault: 'it is not the summary of a report', holdsFixes: true },
        { file: 'findings.jsonl', fault: 'line 1 is invalid', holdsFixes: true },
        { file: 'corrections.jsonl', fault: 'line 1 is invalid', holdsFixes: true },
      ],
    });
    await publish(repository, report(['web'], 'prod-eu', repository));
    expect(world.git('show', 'main:reports/README.md')).to.contain('prod-eu').and.not.contain('prod-us');
  });

  for (const [what, path, target] of [
    ['the folder of all reports', 'reports', '../elsewhere'],
    ['the folder of the cluster', 'reports/prod-eu', '/tmp'],
    ['a page', 'reports/prod-eu/README.md', '/etc/passwd'],
    ['the folder of a namespace', 'reports/prod-eu/shop', '../../..'],
    ['the index', 'reports/README.md', '../README.md'],
  ] as const) {
    it(`refuses a link in place of ${what}, and says which`, async () => {
      using world = repositories();
      world.commitByHand({ 'README.md': 'x\n' }, (clone) => {
        mkdirSync(dirname(join(clone, path)), { recursive: true });
        symlinkSync(target, join(clone, path));
      });
      const before = world.git('rev-parse', 'main');
      const error = await failureOf(() => publishOnce(world.options(), ['web']));
      expect(error).to.include({ code: 'configuration', subject: path });
      expect(error.remedy).to.contain('Remove the link');
      expect(world.git('rev-parse', 'main')).to.equal(before);
    });
  }

  it('lets links be that lie elsewhere', async () => {
    using world = repositories();
    world.commitByHand({}, (clone) => {
      mkdirSync(join(clone, 'reports'));
      symlinkSync('prod-eu', join(clone, 'reports/latest'));
    });
    await publishOnce(world.options(), ['web']);
    expect(world.git('ls-tree', 'main', 'reports/latest')).to.match(/^120000/u);
  });

  it('says what prevents the report', async () => {
    using world = repositories();
    world.commitByHand({ 'reports/prod-eu': 'a file\n' });
    const error = await failureOf(() => publishOnce(world.options(), ['web']));
    expect(error.message).to.match(/^cannot write the report/u);
    expect(error.code).to.equal('configuration');
  });

  it('fails, and does not call it unchanged, when an empty repository takes no push', async function () {
    this.timeout(60_000);
    using world = repositories();
    const hook = join(world.bare, 'hooks', 'pre-receive');
    mkdirSync(dirname(hook), { recursive: true });
    writeFileSync(hook, '#!/bin/sh\necho "this branch is protected" >&2\nexit 1\n');
    chmodSync(hook, 0o755);
    const error = await failureOf(() => publishOnce(world.options(), ['web']));
    expect(error.code).to.equal('permission');
    expect(error.message).to.contain('cannot push the report').and.contain('protected');
  });

  it('says what to check when there is no such repository', async () => {
    using world = repositories();
    const error = await failureOf(() => openReportRepository(world.options({ url: join(world.path, 'absent.git') })));
    expect(error.code).to.equal('configuration');
    expect(error.message).to.contain('cannot reach the report repository');
    expect(error.remedy).to.contain('REPORT_REPO').and.contain('GIT_TOKEN');
  });

  it('shows no credential of an address or a token in any error', async function () {
    this.timeout(60_000);
    using world = repositories();
    const token = new Secret('token-canary');
    for (const [user, told] of [
      ['robot-user', '127.0.0.1:9'],
      ['ghp_canary0123456789', 'contains a password'],
    ] as const) {
      const url = `http://${user}@127.0.0.1:9/reports.git`;
      const error = await failureOf(() => openReportRepository(world.options({ url, token })));
      expect(`${error.message} ${error.subject} ${error.remedy}`)
        .to.contain(told)
        .and.not.match(/canary|robot/u);
    }
  });

  for (const [url, remedy] of [
    ['--upload-pack=touch /tmp/pwned', 'Set REPORT_REPO to an https, ssh or file URL'],
    ['ext::sh -c touch% /tmp/pwned', 'Set REPORT_REPO to an https, ssh or file URL'],
    ['https://user:password@git.example/reports.git', 'GIT_TOKEN'],
  ] as const) {
    it(`refuses ${JSON.stringify(url.replace(/:password@/u, ':...@'))} as an address before Git sees it`, async () => {
      using world = repositories();
      const error = await failureOf(() => openReportRepository(world.options({ url })));
      expect(error.code).to.equal('configuration');
      expect(error.remedy).to.contain(remedy);
      expect(error.message).to.not.contain('password@');
    });
  }

  it('refuses a branch name that Git could read as something else', async () => {
    using world = repositories();
    for (const branch of ['--force', '../main', 'a b', '+main'])
      expect((await failureOf(() => openReportRepository(world.options({ branch })))).code, branch).to.equal('configuration');
  });

  it('writes to the branch of DRIFT_REPORT_BRANCH', async () => {
    using world = repositories();
    world.commitByHand({ 'README.md': 'x\n' });
    await publishOnce(world.options({ branch: 'drift/reports' }), ['web']);
    expect(world.git('ls-tree', '--name-only', 'main').trim()).to.equal('README.md');
    expect(world.git('ls-tree', '--name-only', 'drift/reports').trim()).to.equal('reports');
  });

  it('stops when the pass is stopped', async () => {
    using world = repositories();
    const stopped = new Error('stopped by SIGTERM');
    let thrown: unknown;
    try {
      await openReportRepository(world.options({ signal: AbortSignal.abort(stopped) }));
    } catch (error) {
      thrown = error;
    }
    expect(thrown).to.equal(stopped);
  });

  it('leaves nothing of itself on the disk, whether it goes well or not', async () => {
    using world = repositories();
    using tmp = ownTemporaryFolder();
    {
      await using repository = await openReportRepository(world.options({ token: new Secret('t') }));
      expect(readdirSync(tmp.path)).to.have.length(1);
      await publish(repository, report(['web']));
    }
    expect(readdirSync(tmp.path)).to.deep.equal([]);
    await failureOf(() => openReportRepository(world.options({ url: join(world.path, 'absent.git') })));
    expect(readdirSync(tmp.path)).to.deep.equal([]);
  });
});
