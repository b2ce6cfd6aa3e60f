import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { openReportRepository } from '../../src/stages/report/report.ts';
import { failureOf, publish, publishOnce, type Repositories, report, repositories } from './repositories.ts';

describe('report repository against hostile configuration', () => {
  /** A program that leaves a mark when anybody starts it. */
  function trap(world: Repositories): { readonly program: string; wasSprung(): boolean } {
    const mark = join(world.path, 'sprung');
    const program = join(world.path, 'trap');
    writeFileSync(program, `#!/bin/sh\ntouch '${mark}'\ncat\n`, { mode: 0o755 });
    return { program, wasSprung: () => existsSync(mark) };
  }

  it('reads neither the configuration of the user nor what the environment says to Git', async () => {
    using world = repositories();
    using elsewhere = repositories();
    const { program, wasSprung } = trap(world);
    const home = join(world.path, 'home');
    const template = join(world.path, 'template/hooks');
    mkdirSync(template, { recursive: true });
    const hooks = [
      'pre-commit',
      'commit-msg',
      'post-commit',
      'pre-push',
      'reference-transaction',
      'post-index-change',
      'post-checkout',
    ];
    for (const hook of hooks) writeFileSync(join(template, hook), `#!/bin/sh\n${program} < /dev/null\nexit 1\n`, { mode: 0o755 });
    mkdirSync(home);
    writeFileSync(
      join(home, '.gitconfig'),
      [
        `[core]\n\thooksPath = ${template}\n\tfsmonitor = ${program}\n\tsshCommand = ${program}\n\tattributesFile = ${home}/attributes`,
        `\tpager = ${program}\n\teditor = ${program}\n\tautocrlf = true\n\teol = crlf`,
        `[init]\n\ttemplateDir = ${world.path}/template`,
        `[filter "trap"]\n\tclean = ${program}\n\tsmudge = ${program}\n\trequired = true`,
        `[url "${elsewhere.bare}"]\n\tinsteadOf = ${world.bare}`,
        `[credential]\n\thelper = !${program}`,
        `[commit]\n\tgpgSign = true\n[gpg]\n\tprogram = ${program}`,
        `[push]\n\tgpgSign = true`,
        `[i18n]\n\tcommitEncoding = latin1`,
        `[user]\n\tname = Somebody Else`,
        '',
      ].join('\n'),
    );
    writeFileSync(join(home, 'attributes'), '* filter=trap\n');
    const environment = {
      ...world.options().environment,
      HOME: home,
      XDG_CONFIG_HOME: home,
      GIT_DIR: '/nonexistent',
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'core.hooksPath',
      GIT_CONFIG_VALUE_0: template,
      GIT_EXTERNAL_DIFF: program,
      GIT_SSH_COMMAND: program,
      GIT_ASKPASS: program,
      GIT_TRACE: join(world.path, 'trace'),
    };
    const saved = { ...process.env };
    Object.assign(process.env, environment);
    try {
      await publishOnce(world.options(), ['web']);
    } finally {
      for (const name of Object.keys(environment)) delete process.env[name];
      Object.assign(process.env, saved);
    }
    expect(wasSprung()).to.equal(false);
    expect(existsSync(join(world.path, 'trace'))).to.equal(false);
    expect(elsewhere.git('for-each-ref')).to.equal('');
    expect(world.git('log', '--format=%an %s %G?', 'main')).to.match(/^drift-detector drift\(prod-eu\).* N\n$/u);
    expect(world.git('show', 'main:reports/prod-eu/report.json')).to.not.contain('\r');
  });

  it('writes and reads bytes as they are, whatever the repository says about its files', async () => {
    using world = repositories();
    const { wasSprung, program } = trap(world);
    const decisions = 'ignore:\r\n- reason: $Id$ agreed\r\n';
    world.commitByHand(
      {
        '.gitattributes': '* text eol=crlf ident filter=lfs working-tree-encoding=UTF-16 export-subst merge=ours diff=trap\n',
        'reports/.gitattributes': '*.md filter=lfs\n',
        '.gitmodules': `[submodule "x"]\n\tpath = x\n\turl = ext::${program}\n\tupdate = !${program}\n`,
        '.lfsconfig': `[lfs]\n\turl = http://127.0.0.1:9/\n`,
        '.gitignore': '*\n',
        '.mailmap': 'Forged <forged@example.com> <person@example.com>\n',
        'reports/prod-eu/decisions.yaml': decisions,
      },
      (clone) => writeFileSync(join(clone, '.git/info/attributes'), '* -text -filter -ident -working-tree-encoding\n'),
    );
    await using repository = await openReportRepository(world.options());
    expect(await repository.readFile('prod-eu/decisions.yaml')).to.equal(decisions);
    const { versions } = await repository.historyOf('prod-eu/decisions.yaml', () => true);
    expect(versions.map(({ name, email, text }) => ({ name, email, text }))).to.deep.equal([
      { name: 'Person', email: 'person@example.com', text: decisions },
    ]);
    await publish(repository, report(['web']));
    expect(world.git('cat-file', 'blob', 'main:reports/prod-eu/decisions.yaml')).to.equal(decisions);
    const page = world.git('cat-file', 'blob', 'main:reports/prod-eu/shop/deployment.web.md');
    expect(page).to.contain('web').and.not.contain('\r').and.not.contain('\0');
    expect(wasSprung()).to.equal(false);
    // And the next pass reads the same, so it has nothing to commit.
    expect(await publishOnce(world.options(), ['web'])).to.equal('');
  });

  it('tells the branch from a tag and files of its name', async () => {
    using world = repositories();
    world.commitByHand({ main: 'x\n', HEAD: 'x\n', 'refs/heads/main': 'x\n' });
    world.git('tag', 'main', 'main');
    const before = world.git('rev-parse', 'refs/tags/main');
    const commit = await publishOnce(world.options(), ['web']);
    expect(world.git('rev-parse', 'refs/heads/main').trim()).to.equal(commit);
    expect(world.git('rev-parse', 'refs/tags/main')).to.equal(before);
  });

  it('reads no branch whose name only ends like its own, and says that Git cannot push beside one', async () => {
    using world = repositories();
    await publishOnce(world.options({ branch: 'reports' }), ['web']);
    world.commitByHand({ 'README.md': 'x\n' });
    world.git('update-ref', 'refs/heads/refs/heads/reports', 'main');
    await using repository = await openReportRepository(world.options({ branch: 'reports' }));
    expect(repository.previous.findings).to.have.length(1);
    const error = await failureOf(() => publish(repository, report([])));
    expect(error.code, error.message).to.equal('configuration');
    expect(error.remedy).to.contain('refs/heads/refs/heads/');
  });

  it('takes no other transport than the one of the address', async () => {
    using world = repositories();
    for (const url of ['git://127.0.0.1/reports.git', 'ftp://127.0.0.1/reports.git', 'javascript://x', 'file://elsewhere/x']) {
      const error = await failureOf(() => openReportRepository(world.options({ url })));
      expect(error, url).to.include({ code: 'configuration', subject: 'REPORT_REPO' });
    }
  });

  it('writes to a repository of another user where it is named', async () => {
    using world = repositories();
    if (process.getuid?.() === 0) world.own(12_345);
    await publishOnce(world.options(), ['web']);
    expect(world.git('-c', 'safe.directory=*', 'rev-list', '--count', 'main').trim()).to.equal('1');
    expect(readdirSync(world.path)).to.include('bare.git');
  });
});
