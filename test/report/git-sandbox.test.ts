import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { createAuthority } from '../control-plane/certificates.ts';
import { startGitHttp } from './git-http-server.ts';
import { makeKey, startSsh } from './git-ssh-server.ts';
import { repositories } from './repositories.ts';
import { passInSandbox } from './sandbox.ts';

describe('report repository from a pod', () => {
  before(function () {
    // Mount namespaces are Linux's, as pods are; CI runs there.
    if (process.platform !== 'linux') this.skip();
  });

  it('is written over https, signed, with nothing writable but the temporary folder, and that left empty', async () => {
    using world = repositories();
    const authority = await createAuthority();
    const caFile = join(world.path, 'ca.pem');
    writeFileSync(caFile, authority.certificate);
    await using server = await startGitHttp({
      folder: world.path,
      token: 'secret',
      tls: await authority.issue({ commonName: 'git' }),
    });
    const signingKey = makeKey().private;
    const settings = { url: `${server.url}/bare.git`, token: 'secret', caFile, signingKey, names: ['web'] };
    const ended = await passInSandbox(settings, { size: '16m', inspect: 'find "$TMPDIR" -mindepth 1' });
    expect(ended).to.deep.equal({ commit: world.git('rev-parse', 'main').trim(), inspected: '' });
    expect(world.git('cat-file', 'commit', 'main')).to.contain('BEGIN SSH SIGNATURE');
  });

  it('is written over ssh in the same way', async () => {
    using world = repositories();
    await using ssh = await startSsh();
    const knownHostsFile = join(world.path, 'known');
    writeFileSync(knownHostsFile, ssh.knownHosts);
    const settings = { url: `${ssh.url}${world.bare}`, sshKey: ssh.keys.writer, knownHostsFile, names: ['web'] };
    const ended = await passInSandbox(settings, { size: '16m', inspect: 'find "$TMPDIR" -mindepth 1' });
    expect(ended).to.deep.equal({ commit: world.git('rev-parse', 'main').trim(), inspected: '' });
  });

  it('is not read where the temporary folder is too small, says so, and is read by the next pass', async () => {
    using world = repositories();
    world.commitByHand({ 'large.bin': randomBytes(2_000_000).toString('base64') });
    await using server = await startGitHttp({ folder: world.path });
    const settings = { url: `${server.url}/bare.git`, names: ['web'] };
    const full = await passInSandbox(settings, { size: '1m', inspect: 'find "$TMPDIR" -mindepth 1' });
    expect(full).to.include({ code: 'unavailable', inspected: '' });
    expect(full.remedy).to.contain('TMPDIR').and.contain('sizeLimit');
    const { commit } = await passInSandbox(settings, { size: '16m' });
    expect(commit).to.equal(world.git('rev-parse', 'main').trim());
  });

  it('says that the folder for temporary files cannot be written', async () => {
    using world = repositories();
    const settings = { url: world.bare, names: ['web'] };
    const ended = await passInSandbox(settings, { size: '1m', prepare: 'mount -o remount,ro "$TMPDIR"' });
    expect(ended.code, ended.message).to.equal('configuration');
    expect(ended.remedy).to.contain('TMPDIR');
  });

  it('lies on a volume that is read-only, which is found out before anything is corrected', async () => {
    using world = repositories();
    const ended = await passInSandbox({ url: world.bare, names: [], onlyConfirms: true }, { size: '16m' });
    expect(ended.code, ended.message).to.equal('permission');
    expect(ended.message).to.match(/^cannot push the report: EROFS/u);
    expect(ended.remedy).to.contain('write to the report repository');
  });

  it('stays as it is if its own disk is full, which is reported', async () => {
    using world = repositories();
    // A repository on a file system of its own that is then filled.
    const prepare = [
      `mount -t tmpfs -o size=1m tmpfs ${world.path}`,
      `GIT_CONFIG_NOSYSTEM=1 git init --quiet --bare ${world.bare}`,
      `dd if=/dev/zero of=${world.path}/filler bs=4k 2>/dev/null || true`,
    ].join('\n');
    const settings = { url: world.bare, names: ['web'] };
    const ended = await passInSandbox(settings, { size: '16m', prepare, inspect: `git --git-dir=${world.bare} for-each-ref` });
    expect(ended).to.include({ code: 'unavailable', inspected: '' });
    expect(ended.remedy).to.contain('Git server');
  });
});
