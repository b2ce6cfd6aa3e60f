import { randomBytes } from 'node:crypto';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect } from 'chai';
import { Secret } from '../../src/domain/secret.ts';
import { openReportRepository, type ReportRepositoryOptions } from '../../src/stages/report/report.ts';
import { PATH_OF_STAND_INS } from '../openssh/path.ts';
import { makeKey, type SshServer, startSsh } from './git-ssh-server.ts';
import { failureOf, ownTemporaryFolder, publish, publishOnce, type Repositories, report, repositories } from './repositories.ts';
import { slowLink } from './slow-link.ts';
import { startAgent } from './ssh-agent.ts';

describe('report repository over ssh', () => {
  let ssh: SshServer;
  before(async () => {
    ssh = await startSsh();
  });
  after(() => ssh?.[Symbol.asyncDispose]());

  function optionsOf(world: Repositories, more: Partial<ReportRepositoryOptions> = {}): ReportRepositoryOptions {
    const knownHostsFile = join(world.path, 'known hosts %h');
    writeFileSync(knownHostsFile, ssh.knownHosts);
    // As configuration reads a secret: without the line end, which ssh insists on.
    const sshKey = new Secret(ssh.keys.writer.trim());
    return world.options({ url: `${ssh.url}${world.bare}`, sshKey, knownHostsFile, ...more });
  }

  it('takes reports from the key of GIT_SSH_KEY_FILE and no other, and forwards no agent', async () => {
    using world = repositories();
    await using agent = await startAgent(ssh.keys.stranger);
    const { environment } = world.options();
    const commit = await publishOnce(optionsOf(world, { environment: { ...environment, SSH_AUTH_SOCK: agent.socket } }), ['web']);
    expect(world.git('rev-parse', 'main').trim()).to.equal(commit);
    const commands = ssh.log().filter(({ command }) => command.includes(world.bare));
    expect(commands.map(({ command }) => command.split(' ')[0])).to.include('git-receive-pack');
    for (const { forwardsAgent } of commands) expect(forwardsAgent).to.equal(false);
  });

  it('uses no key of the agent where one of its own is refused', async () => {
    using world = repositories();
    await using agent = await startAgent(ssh.keys.writer);
    const environment = { ...world.options().environment, SSH_AUTH_SOCK: agent.socket };
    const error = await failureOf(() =>
      openReportRepository(optionsOf(world, { environment, sshKey: new Secret(ssh.keys.stranger) })),
    );
    expect(error.code, error.message).to.equal('permission');
    expect(error.remedy).to.contain('GIT_SSH_KEY_FILE');
    expect(error.message).to.contain('Permission denied (publickey)');
  });

  it('uses the agent where it has no key of its own, as on a developer’s machine', async () => {
    using world = repositories();
    await using agent = await startAgent(ssh.keys.writer);
    const environment = { ...world.options().environment, SSH_AUTH_SOCK: agent.socket };
    await publishOnce(optionsOf(world, { environment, sshKey: undefined }), ['web']);
    expect(world.git('rev-list', '--count', 'main').trim()).to.equal('1');
  });

  it('is reached by the ssh of these tests, for machines without OpenSSH', async () => {
    using world = repositories();
    const environment = { PATH: PATH_OF_STAND_INS };
    await publishOnce(optionsOf(world, { environment }), ['web']);
    expect(world.git('rev-list', '--count', 'main').trim()).to.equal('1');
  });

  it('keeps its copy of the key for this user alone while it runs, and not a moment longer', async () => {
    using world = repositories();
    using tmp = ownTemporaryFolder();
    {
      await using repository = await openReportRepository(optionsOf(world));
      expect(repository.previous.findings).to.deep.equal([]);
      const [work = ''] = readdirSync(tmp.path);
      expect(statSync(join(tmp.path, work)).mode & 0o777).to.equal(0o700);
      expect(statSync(join(tmp.path, work, 'ssh-key')).mode & 0o777).to.equal(0o600);
    }
    expect(readdirSync(tmp.path)).to.deep.equal([]);
  });

  it('refuses a host whose key is another than the known one, and one that it does not know', async () => {
    using world = repositories();
    const served = ssh.log().length;
    const other = makeKey();
    const [name = ''] = ssh.knownHosts.split(' ');
    for (const known of [`${name} ${other.public}\n`, '']) {
      const knownHostsFile = join(world.path, 'known');
      writeFileSync(knownHostsFile, known);
      const error = await failureOf(() => openReportRepository(optionsOf(world, { knownHostsFile })));
      expect(error.code, error.message).to.equal('configuration');
      expect(error.remedy).to.contain('GIT_SSH_KNOWN_HOSTS_FILE');
    }
    expect(ssh.log().length).to.equal(served);
    const absent = await failureOf(() => openReportRepository(optionsOf(world, { knownHostsFile: join(world.path, 'absent') })));
    expect(absent).to.include({ code: 'configuration', subject: 'GIT_SSH_KNOWN_HOSTS_FILE' });
  });

  it('says what the server says of a key that may only read, and leaves everything as it was', async () => {
    using world = repositories();
    world.commitByHand({ 'README.md': 'x\n' });
    const head = world.git('rev-parse', 'main');
    await using repository = await openReportRepository(optionsOf(world, { sshKey: new Secret(ssh.keys.reader) }));
    // The first before anything is corrected.
    for (const attempt of [() => repository.confirmWritable(), () => publish(repository, report(['web']))]) {
      const error = await failureOf(attempt);
      expect(error.code, error.message).to.equal('permission');
      expect(error.message).to.contain('cannot push the report').and.contain('marked as read only');
    }
    expect(world.git('rev-parse', 'main')).to.equal(head);
  });

  it('says that a key cannot be used: with a passphrase, or none at all', async () => {
    using world = repositories();
    const locked = makeKey('passphrase').private;
    const noKey = '-----BEGIN OPENSSH PRIVATE KEY-----\ncanary\n-----END OPENSSH PRIVATE KEY-----\n';
    const lockedPem = '-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\ncanary\n-----END RSA PRIVATE KEY-----\n';
    for (const key of [locked, lockedPem, noKey, 'canary']) {
      const error = await failureOf(() => openReportRepository(optionsOf(world, { sshKey: new Secret(key) })));
      expect(error.code, error.message).to.equal('configuration');
      expect(`${error.subject} ${error.remedy}`).to.contain('GIT_SSH_KEY_FILE');
      expect(inspect(error, { depth: null })).to.not.contain('canary');
    }
  });

  it('says that there is no such repository', async () => {
    using world = repositories();
    const error = await failureOf(() => openReportRepository(optionsOf(world, { url: `${ssh.url}${world.path}/absent.git` })));
    expect(error.code, error.message).to.equal('configuration');
    expect(error.remedy).to.contain('REPORT_REPO');
  });

  it('gives a server up that falls silent in the middle', async () => {
    using world = repositories();
    world.commitByHand({ 'docs/picture.png': randomBytes(120_000).toString('base64') });
    const { port } = new URL(ssh.url);
    await using link = await slowLink(Number(port), { bytesPerSecond: 1_000_000, silentAfter: 50_000 });
    const options = optionsOf(world, { url: `${ssh.url.replace(port, String(link.port))}${world.bare}`, silenceSeconds: 1 });
    writeFileSync(options.knownHostsFile ?? '', ssh.knownHosts.replace(port, String(link.port)));
    const error = await failureOf(() => openReportRepository(options));
    expect(error.code, error.message).to.equal('unavailable');
    expect(error.message).to.contain('Timeout, server');
  });

  it('says that no server listens there', async () => {
    using world = repositories();
    const error = await failureOf(() => openReportRepository(optionsOf(world, { url: 'ssh://git@127.0.0.1:9/reports.git' })));
    expect(error.code, error.message).to.equal('unavailable');
    expect(error.message).to.contain('Connection refused');
  });
});
