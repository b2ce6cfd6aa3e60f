import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { openReportRepository } from '../../src/stages/report/report.ts';
import { startGitHttp } from './git-http-server.ts';
import { failureOf, ownTemporaryFolder, publish, publishOnce, type Repositories, report, repositories } from './repositories.ts';
import { startPass } from './sandbox.ts';

function hook(world: Repositories, script: string): void {
  const path = join(world.bare, 'hooks/pre-receive');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

/** The only commit of a branch that was started again. */
function anew(world: Repositories): string {
  const tree = world.git('mktree').trim();
  return world.git('commit-tree', '-m', 'anew', tree).trim();
}

describe('report repository in trouble', () => {
  it('shows what the rules of the server say, and nothing of it acts on a terminal', async () => {
    using world = repositories();
    await publishOnce(world.options(), ['web']);
    const head = world.git('rev-parse', 'main');
    hook(world, String.raw`printf 'Only \033[31mreleases\033[0m may be\n pushed here\n' >&2; exit 1`);
    const error = await failureOf(() => publishOnce(world.options(), []));
    expect(error.code).to.equal('permission');
    expect(error.message).to.contain('Only \\u{1b}[31mreleases').and.contain('may be remote: pushed here');
    expect(error.message).to.not.match(/[\p{Cc}]/u);
    expect(world.git('rev-parse', 'main')).to.equal(head);
    hook(world, 'exit 0');
    expect(await publishOnce(world.options(), [])).to.equal(world.git('rev-parse', 'main').trim());
  });

  it('names the branch and the reason of a refusal, and nothing of the form that Git prints them in', async () => {
    using world = repositories();
    hook(world, 'exit 1');
    const error = await failureOf(() => publishOnce(world.options({ branch: 'drift/reports' }), ['web']));
    expect(error.message).to.equal('cannot push the report: branch drift/reports is refused (pre-receive hook declined)');
  });

  for (const [what, words] of [
    ['of GitHub', 'remote: error: File reports/x is 120.00 MB; this exceeds the file size limit of 100.00 MB'],
    ['of GitLab', 'GitLab: You are attempting to check in one or more blobs which exceed the 100MiB limit'],
    ['of a rule of its own', 'file too large: findings.jsonl'],
  ] as const) {
    it(`says that a file is over the limit ${what}, and not that a right to push is missing`, async () => {
      using world = repositories();
      hook(world, `echo '${words}' >&2; exit 1`);
      const error = await failureOf(() => publishOnce(world.options(), ['web']));
      expect(error.code, error.message).to.equal('permission');
      expect(error.remedy).to.contain('Raise the size limit');
    });
  }

  it('says that a push is over the limit of the server', async () => {
    using world = repositories();
    world.git('config', 'receive.maxInputSize', '100');
    const error = await failureOf(() => publishOnce(world.options(), ['web']));
    expect(error.code, error.message).to.equal('permission');
    expect(error.remedy).to.contain('Raise the size limit');
  });

  it('refuses an author of whose name Git would leave nothing before anything is read', async () => {
    using world = repositories();
    for (const name of ['<>', ' . ', '', '\\'])
      expect(
        await failureOf(() => openReportRepository(world.options({ author: { name, email: 'a@example.com' } }))),
        name,
      ).to.include({ code: 'configuration', subject: 'GIT_AUTHOR_NAME' });
    await publishOnce(world.options({ author: { name: '<ä>', email: '<>' } }), ['web']);
    expect(world.git('log', '-1', '--format=%an <%ae>', 'main')).to.equal('ä <>\n');
  });

  it('refuses a repository with a work tree, and says what kind is needed', async () => {
    using world = repositories();
    world.commitByHand({ 'README.md': 'x\n' });
    const error = await failureOf(() => publishOnce(world.options({ url: join(world.path, 'clone-1') }), ['web']));
    expect(error.code, error.message).to.equal('configuration');
    expect(error.remedy).to.contain('bare');
  });

  it('goes on top of a branch that was started anew during the pass, and brings nothing old back', async () => {
    using world = repositories();
    await publishOnce(world.options(), ['web']);
    await using repository = await openReportRepository(world.options());
    const root = anew(world);
    world.git('update-ref', 'refs/heads/main', root);
    const { commit } = await publish(repository, report(['cart']));
    expect(world.git('rev-list', 'main').trim().split('\n')).to.deep.equal([commit, root]);
    expect(world.git('ls-tree', '-r', '--name-only', 'main'))
      .to.contain('deployment.cart.md')
      .and.not.contain('deployment.web.md');
  });

  it('goes on top of a branch that was set back during the pass, and brings nothing back', async () => {
    using world = repositories();
    const first = await publishOnce(world.options(), ['web']);
    await publishOnce(world.options({ cluster: 'prod-us' }), ['leaked']);
    await using repository = await openReportRepository(world.options());
    // With history at hand a plain push would be a fast-forward.
    expect((await repository.historyOf('prod-eu/report.json', () => false)).versions).to.not.be.empty;
    world.git('update-ref', 'refs/heads/main', first);
    const { commit } = await publish(repository, report(['cart']));
    expect(world.git('rev-list', 'main').trim().split('\n')).to.deep.equal([commit, first]);
    expect(world.git('ls-tree', '-r', '--name-only', 'main')).to.not.contain('leaked');
  });

  it('starts again where the branch was deleted during the pass', async () => {
    using world = repositories();
    await publishOnce(world.options(), ['web']);
    await using repository = await openReportRepository(world.options());
    world.git('update-ref', '-d', 'refs/heads/main');
    const { commit } = await publish(repository, report(['cart']));
    expect(world.git('rev-list', 'main').trim()).to.equal(commit);
  });

  it('works on a repository that is a shallow clone itself', async () => {
    using world = repositories();
    await publishOnce(world.options(), ['web']);
    await publishOnce(world.options(), ['cart']);
    const shallow = join(world.path, 'shallow.git');
    world.git('clone', '--quiet', '--bare', '--depth=1', `file://${world.bare}`, shallow);
    const commit = await publishOnce(world.options({ url: shallow }), ['web', 'cart']);
    expect(world.git('--git-dir', shallow, 'rev-list', 'main').trim().split('\n'))
      .to.have.length(2)
      .and.include(commit);
  });

  it('loses as many races as there are, and still ends with the report', async () => {
    using world = repositories();
    await publishOnce(world.options(), []);
    let lost = 0;
    const mayPush = async (): Promise<void> => {
      if (lost++ < 6) world.git('update-ref', 'refs/heads/main', nextOf(world));
    };
    await using repository = await openReportRepository(world.options({ mayPush }));
    const { commit } = await publish(repository, report(['web']));
    expect(lost).to.equal(7);
    expect(world.git('rev-list', 'main').trim().split('\n')).to.have.length(8);
    expect(world.git('rev-parse', 'main').trim()).to.equal(commit);
  });

  it('stops losing races when the pass has no more time', async () => {
    using world = repositories();
    await publishOnce(world.options(), []);
    const stop = new AbortController();
    const late = new Error('the pass has no more time');
    let lost = 0;
    const mayPush = async (): Promise<void> => {
      world.git('update-ref', 'refs/heads/main', nextOf(world));
      if (++lost === 3) setImmediate(() => stop.abort(late));
    };
    await using repository = await openReportRepository(world.options({ mayPush, signal: stop.signal }));
    const thrown = await publish(repository, report(['web'])).catch((error: unknown) => error);
    expect(thrown).to.equal(late);
    expect(world.git('ls-tree', '-r', '--name-only', 'main')).to.not.contain('deployment.web.md');
  });

  it('is not pushed to by a pass that may not write any more', async () => {
    using world = repositories();
    const lost = new Error('the lease was lost');
    await using repository = await openReportRepository(world.options({ mayPush: () => Promise.reject(lost) }));
    const thrown = await publish(repository, report(['web'])).catch((error: unknown) => error);
    expect(thrown).to.equal(lost);
    expect(world.git('for-each-ref')).to.equal('');
  });

  for (const [when, service] of [
    ['while it reads', 'fetch'],
    ['while it pushes', 'push'],
  ] as const) {
    it(`is whole after a pass was killed ${when}, and the next one reports`, async () => {
      using world = repositories();
      const first = await publishOnce(world.options(), []);
      const folder = join(world.path, 'tmp');
      mkdirSync(folder);
      let pass: ChildProcess | undefined;
      await using server = await startGitHttp({
        folder: world.path,
        fault: (request) => {
          if (request.service !== service || !request.isTransfer) return undefined;
          pass?.kill('SIGKILL');
          return 'stall';
        },
      });
      pass = startPass({ url: `${server.url}/bare.git`, names: ['web'] }, folder);
      const [, signal] = await once(pass, 'exit');
      expect(signal).to.equal('SIGKILL');
      expect(readdirSync(folder)).to.have.length(1);
      expect(world.git('rev-parse', 'main').trim()).to.equal(first);
      expect(await publishOnce(world.options(), ['web'])).to.equal(world.git('rev-parse', 'main').trim());
    });
  }

  it('takes what a killed pass left away, a day later', async () => {
    using world = repositories();
    using tmp = ownTemporaryFolder();
    for (const name of ['drift-report-killed', 'drift-report-at-work', 'drift-of-others']) {
      mkdirSync(join(tmp.path, name));
      writeFileSync(join(tmp.path, name, 'index.lock'), '');
    }
    const old = new Date(Date.now() - 25 * 3600 * 1000);
    for (const name of ['drift-report-killed', 'drift-of-others']) utimesSync(join(tmp.path, name), old, old);
    await publishOnce(world.options(), ['web']);
    expect(readdirSync(tmp.path).sort()).to.deep.equal(['drift-of-others', 'drift-report-at-work']);
  });
});

/** A commit by another author on top of the branch. */
function nextOf(world: Repositories): string {
  return world.git('commit-tree', '-m', 'theirs', '-p', 'main', 'main^{tree}').trim();
}
