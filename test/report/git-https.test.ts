import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { inspect } from 'node:util';
import { expect } from 'chai';
import { ownSecret, Secret } from '../../src/domain/secret.ts';
import { openReportReader, openReportRepository } from '../../src/stages/report/report.ts';
import { type Authority, createAuthority, type KeyPair } from '../control-plane/certificates.ts';
import { type Fault, type GitHttpOptions, type GitRequest, startGitHttp } from './git-http-server.ts';
import { failureOf, ownTemporaryFolder, publish, publishOnce, report, repositories } from './repositories.ts';

const TOKEN = 'tok"en$(canary)\'\\%';

import { slowLink } from './slow-link.ts';

describe('report repository over https', () => {
  let authority: Authority;
  let tls: KeyPair;
  before(async () => {
    authority = await createAuthority();
    tls = await authority.issue({ commonName: 'git' });
  });

  /** A repository behind a server, and how a pass reaches it. */
  async function host(more: Partial<GitHttpOptions> = {}) {
    const world = repositories();
    const caFile = join(world.path, 'ca.pem');
    writeFileSync(caFile, authority.certificate);
    const server = await startGitHttp({ folder: world.path, token: TOKEN, tls, ...more });
    const options: typeof world.options = (given = {}) =>
      world.options({ url: `${server.url}/bare.git`, token: ownSecret(TOKEN), caFile, ...given });
    return {
      world,
      server,
      options,
      async [Symbol.asyncDispose]() {
        await server[Symbol.asyncDispose]();
        world[Symbol.dispose]();
      },
    };
  }

  it('takes reports, asked for a password and trusting the authority of GIT_CA_FILE', async () => {
    await using git = await host();
    const first = await publishOnce(git.options(), ['web']);
    const second = await publishOnce(git.options(), ['web', 'cart']);
    expect(git.world.git('rev-list', 'main').trim().split('\n')).to.deep.equal([second, first]);
    const sent = git.server.requests.findLast(({ isTransfer }) => isTransfer)?.authorization ?? '';
    expect(Buffer.from(sent.replace('Basic ', ''), 'base64').toString()).to.equal(`x-access-token:${TOKEN}`);
  });

  it('sends the user that the address names', async () => {
    await using git = await host();
    const url = git.options().url.replace('https://', 'https://robot@');
    await publishOnce(git.options({ url }), ['web']);
    const sent = git.server.requests.findLast(({ isTransfer }) => isTransfer)?.authorization ?? '';
    expect(Buffer.from(sent.replace('Basic ', ''), 'base64').toString()).to.equal(`robot:${TOKEN}`);
  });

  it('has the token in no argument of any process and in no file while it reads and pushes', async function () {
    // Linux alone shows the arguments of all processes as files; CI runs there.
    if (process.platform !== 'linux') this.skip();
    let folder = '';
    const seen: string[] = [];
    const looks: GitRequest[] = [];
    await using git = await host({
      fault: (request) => {
        looks.push(request);
        for (const pid of readdirSync('/proc').filter((name) => /^\d+$/u.test(name))) {
          const words = readOr(`/proc/${pid}/cmdline`);
          if (words.includes('canary')) seen.push(words);
        }
        for (const path of filesBelow(folder)) if (readOr(path).includes('canary')) seen.push(path);
        return undefined;
      },
    });
    using tmp = ownTemporaryFolder();
    folder = tmp.path;
    await using repository = await openReportRepository(git.options());
    await publish(repository, report(['web']));
    expect(looks.filter(({ service, isTransfer }) => service === 'push' && isTransfer)).to.have.length(1);
    expect(filesBelow(folder).map((path) => basename(path))).to.include('.gitconfig');
    expect(seen).to.deep.equal([]);
  });

  it('says that a token is not accepted, or is missing', async () => {
    await using git = await host();
    for (const token of [new Secret('another'), undefined]) {
      const error = await failureOf(() => openReportRepository(git.options({ token })));
      expect(error.code).to.equal('permission');
      expect(error.remedy).to.contain('GIT_TOKEN');
    }
  });

  it('understands Git where the token is one of its own words', async () => {
    await using git = await host({ token: 'remote' });
    const commit = await publishOnce(git.options({ token: new Secret('remote') }), ['web']);
    expect(git.world.git('rev-parse', 'main').trim()).to.equal(commit);
  });

  it('says that a token may only read, and leaves everything as it was', async () => {
    const readOnly = ({ service }: GitRequest): Fault | undefined =>
      service === 'push' ? { status: 403, text: `Token ${TOKEN} may not write \u001b[31mhere` } : undefined;
    await using git = await host({ fault: readOnly });
    git.world.commitByHand({ 'README.md': 'x\n' });
    const head = git.world.git('rev-parse', 'main');
    const error = await failureOf(() => publishOnce(git.options(), ['web']));
    expect(error.code).to.equal('permission');
    expect(error.message).to.contain('cannot push the report').and.contain('Token *** may not write').and.contain('403');
    expect(error.message).to.not.contain('\u001b');
    expect(inspect(error, { depth: null, showHidden: true })).to.not.contain('canary');
    expect(git.world.git('rev-parse', 'main')).to.equal(head);
  });

  it('tells before a pass corrects anything that a token may only read, as the push would', async () => {
    const readOnly = ({ service }: GitRequest): Fault | undefined => (service === 'push' ? { status: 403 } : undefined);
    await using git = await host({ fault: readOnly });
    for (const prepare of [() => undefined, () => git.world.commitByHand({ 'README.md': 'x\n' })]) {
      prepare();
      await using repository = await openReportRepository(git.options());
      const early = await failureOf(() => repository.confirmWritable());
      const late = await failureOf(() => publish(repository, report(['web'])));
      expect(early.code).to.equal('permission');
      expect(early.message).to.equal(late.message);
    }
  });

  it('finds out whether it may push by one question, which moves nothing and holds in an empty repository too', async () => {
    await using git = await host();
    for (const heads of ['', /main$/mu]) {
      await using repository = await openReportRepository(git.options());
      const before = git.server.requests.length;
      await repository.confirmWritable();
      await repository.confirmWritable();
      const asked = git.server.requests.slice(before).filter(({ authorization }) => authorization !== undefined);
      expect(asked.map(({ service, isTransfer }) => ({ service, isTransfer }))).to.deep.equal([
        { service: 'push', isTransfer: false },
      ]);
      expect(git.world.git('for-each-ref')).to.match(heads instanceof RegExp ? heads : /^$/u);
      await publish(repository, report(['web']));
    }
    expect(git.world.git('rev-list', '--count', 'main').trim()).to.equal('1');
  });

  it('takes a branch that moved meanwhile for no refusal', async () => {
    await using git = await host();
    git.world.commitByHand({ 'README.md': 'x\n' });
    await using repository = await openReportRepository(git.options());
    git.world.commitMany(1);
    await repository.confirmWritable();
    await publish(repository, report(['web']));
    expect(git.world.git('rev-list', '--count', 'main').trim()).to.equal('3');
  });

  for (const [what, fault, code, words] of [
    ['there is no such repository', { status: 404 }, 'configuration', 'not found'],
    ['the server has a fault', { status: 502 }, 'unavailable', '502'],
    ['the connection is cut', 'cut', 'unavailable', 'cannot reach the report repository'],
    ['the server does not answer', 'stall', 'unavailable', 'too slow'],
  ] as const) {
    it(`says that ${what}`, async () => {
      await using git = await host({ fault: () => fault });
      const error = await failureOf(() => openReportRepository(git.options({ silenceSeconds: 1 })));
      expect(error.code, error.message).to.equal(code);
      expect(error.message).to.contain(words);
    });
  }

  it('reads over a slow link for longer than it waits in silence', async () => {
    await using git = await host();
    git.world.commitByHand({ 'docs/picture.png': randomBytes(120_000).toString('base64') });
    const { port } = new URL(git.server.url);
    await using link = await slowLink(Number(port), { bytesPerSecond: 30_000 });
    const url = git.options().url.replace(port, String(link.port));
    await using repository = await openReportRepository(git.options({ url, silenceSeconds: 2 }));
    expect(repository.previous.findings).to.deep.equal([]);
  });

  it('gives a server up that falls silent in the middle', async () => {
    await using git = await host();
    git.world.commitByHand({ 'docs/picture.png': randomBytes(120_000).toString('base64') });
    const { port } = new URL(git.server.url);
    await using link = await slowLink(Number(port), { bytesPerSecond: 1_000_000, silentAfter: 50_000 });
    const url = git.options().url.replace(port, String(link.port));
    const error = await failureOf(() => openReportRepository(git.options({ url, silenceSeconds: 1 })));
    expect(error.code, error.message).to.equal('unavailable');
  });

  it('says that no server listens there', async () => {
    const git = await host();
    await git[Symbol.asyncDispose]();
    const error = await failureOf(() => openReportRepository(git.options({ caFile: '' })));
    expect(error.code, error.message).to.equal('unavailable');
  });

  it('trusts no unknown certificate, and names GIT_CA_FILE', async () => {
    await using git = await host();
    const error = await failureOf(() => openReportRepository(git.options({ caFile: '' })));
    expect(error.code, error.message).to.equal('configuration');
    expect(error.remedy).to.contain('GIT_CA_FILE');
    expect(git.server.requests).to.deep.equal([]);
    const absent = await failureOf(() => openReportRepository(git.options({ caFile: join(git.world.path, 'absent.pem') })));
    expect(absent).to.include({ code: 'configuration', subject: 'GIT_CA_FILE' });
  });

  it('follows a repository that was renamed', async () => {
    await using git = await host({ moved: { from: '/old/', to: '/bare.git/' } });
    const commit = await publishOnce(git.options({ url: `${git.server.url}/old` }), ['web']);
    expect(git.world.git('rev-parse', 'main').trim()).to.equal(commit);
  });

  it('gives the token to no server that it was sent on to', async () => {
    await using other = await host();
    await using git = await host({ moved: { from: '/old/', to: `${other.server.url}/bare.git/` } });
    const error = await failureOf(() => openReportRepository(git.options({ url: `${git.server.url}/old` })));
    expect(error.code, error.message).to.equal('permission');
    expect(other.server.requests.length).to.be.above(0);
    expect(other.server.requests.filter(({ authorization }) => authorization !== undefined)).to.deep.equal([]);
  });

  it('sends no token in the clear, but to this machine', async () => {
    await using git = await host();
    const url = git.options().url.replace(/^https:\/\/127\.0\.0\.1/u, 'http://git.example');
    const error = await failureOf(() => openReportRepository(git.options({ url })));
    expect(error).to.include({ code: 'configuration', subject: 'REPORT_REPO' });
    expect(error.message).to.contain('unencrypted');
  });

  it('refuses a token that could say more than a password', async () => {
    await using git = await host();
    const token = new Secret('canary\nhost=evil.example');
    const error = await failureOf(() => openReportRepository(git.options({ token })));
    expect(error).to.include({ code: 'configuration', subject: 'GIT_TOKEN' });
    expect(inspect(error, { depth: null })).to.not.contain('canary');
  });

  it('says that a push is over the limit of the proxy before the server', async () => {
    await using git = await host({
      fault: ({ service, isTransfer }) => (service === 'push' && isTransfer ? { status: 413 } : undefined),
    });
    const error = await failureOf(() => publishOnce(git.options(), ['web']));
    expect(error.code, error.message).to.equal('permission');
    expect(error.remedy).to.contain('Raise the size limit');
  });

  it('counts a push as done whose answer was lost, with the same commit', async () => {
    await using git = await host({
      fault: ({ service, isTransfer }) => (service === 'push' && isTransfer ? 'lose-answer' : undefined),
    });
    const commit = await publishOnce(git.options(), ['web']);
    expect(git.world.git('rev-list', 'main').trim()).to.equal(commit);
  });

  it('counts it as done also where another cluster built on it before anybody looked', async () => {
    let theirs = '';
    let isLost = false;
    await using git = await host({
      fault: async ({ service, isTransfer }) => {
        if (isLost && theirs === '') theirs = await publishOnce(git.world.options({ cluster: 'prod-us' }), ['db']);
        if (isLost || service === 'fetch' || !isTransfer) return undefined;
        isLost = true;
        return 'lose-answer';
      },
    });
    const commit = await publishOnce(git.options(), ['web']);
    expect(git.world.git('rev-list', 'main').trim().split('\n')).to.deep.equal([theirs, commit]);
  });

  it('tries again where the connection was cut in the middle of a push', async () => {
    let pushes = 0;
    await using git = await host({
      fault: ({ service, isTransfer }) => (service === 'push' && isTransfer && ++pushes === 1 ? 'cut' : undefined),
    });
    const commit = await publishOnce(git.options(), ['web']);
    expect(git.world.git('rev-list', 'main').trim()).to.equal(commit);
    expect(pushes).to.equal(2);
  });

  for (const [what, fault] of [
    ['before anything came of it', 'cut'],
    ['with the answer', 'lose-answer'],
    ['by a server that is restarted', { status: 503 }],
  ] as const) {
    it(`reads again where the connection was lost ${what}`, async () => {
      const asked: boolean[] = [];
      await using git = await host({
        fault: ({ service, isTransfer }) => {
          if (service === 'push') return undefined;
          asked.push(isTransfer);
          // Each of the two requests of a fetch; once more than curl by itself asks again on a connection that was open.
          return asked.filter((transfer) => transfer === isTransfer).length <= (typeof fault === 'string' ? 2 : 1)
            ? fault
            : undefined;
        },
      });
      git.world.commitByHand({ 'reports/prod-eu/corrections.jsonl': '' });
      await using repository = await openReportRepository(git.options());
      expect(repository.previous.findings).to.deep.equal([]);
      expect(asked).to.include.members([true, false]);
    });
  }

  it('reads no older commit to tell who wrote a line than it is asked for', async () => {
    await using git = await host();
    const path = 'prod-eu/decisions.yaml';
    git.world.commitByHand({ [`reports/${path}`]: 'accept: a\n' });
    const first = git.world.git('rev-parse', 'main').trim();
    git.world.commitMany(60);
    await using repository = await openReportRepository(git.options());
    const before = git.server.requests.length;
    const { versions } = await repository.historyOf(path, () => true);
    expect(versions.map(({ isOldestRead }) => isOldestRead)).to.deep.equal([true]);
    expect(git.server.requests).to.have.length(before);
    const whole = await repository.historyOf(path, () => false);
    expect(whole.versions.map(({ commit }) => commit)).to.deep.equal([first]);
  });

  it('reads at older commits, as many as it takes', async () => {
    await using git = await host();
    const commits = [await publishOnce(git.options(), ['web'])];
    git.world.commitMany(60);
    commits.push(await publishOnce(git.options(), []));
    await using reader = await openReportReader(git.options());
    const [old = '', head = ''] = commits;
    expect(reader.head).to.equal(head);
    expect(await reader.resolve('HEAD~1')).to.equal(git.world.git('rev-parse', 'main~1').trim());
    expect(await reader.resolve(old.slice(0, 10))).to.equal(old);
    expect(await reader.resolve('HEAD~61')).to.equal(old);
    expect(await reader.resolve('HEAD~62')).to.equal(undefined);
    expect(await reader.resolve('--all')).to.equal(undefined);
    expect(await reader.listFiles(old)).to.include('prod-eu/shop/deployment.web.md');
    expect(await reader.listFiles(head)).to.not.include('prod-eu/shop/deployment.web.md');
    expect(await reader.readFile('prod-eu/findings.jsonl', old)).to.equal(
      git.world.git('show', `${old}:reports/prod-eu/findings.jsonl`),
    );
    expect(await reader.readFile('prod-eu/absent', old)).to.equal(undefined);
  });
});

function filesBelow(folder: string): readonly string[] {
  if (folder === '') return [];
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** Processes and files come and go while they are looked at. */
function readOr(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
