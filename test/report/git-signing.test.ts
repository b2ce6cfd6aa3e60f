import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Secret } from '../../src/domain/secret.ts';
import { openReportRepository } from '../../src/stages/report/report.ts';
import { PATH_OF_STAND_INS, PATH_WITH_SSH } from '../openssh/path.ts';
import { makeKey } from './git-ssh-server.ts';
import { failureOf, publishOnce, repositories } from './repositories.ts';

describe('signed report commits', () => {
  for (const [by, PATH] of [
    ['the ssh-keygen of this machine', PATH_WITH_SSH],
    ['the ssh-keygen of these tests, for machines without OpenSSH', PATH_OF_STAND_INS],
  ] as const) {
    it(`are good for who knows the key of GIT_SIGNING_KEY_FILE, signed by ${by}`, () => expectGoodSignature(PATH));
  }

  async function expectGoodSignature(PATH: string): Promise<void> {
    using world = repositories();
    const key = makeKey();
    const options = world.options({ environment: { PATH }, signingKey: new Secret(key.private.trim()) });
    const commit = await publishOnce(options, ['web']);
    const known = join(world.path, 'allowed');
    const look = (signers: string): string => {
      writeFileSync(known, signers);
      const settings = ['-c', 'gpg.format=ssh', '-c', `gpg.ssh.allowedSignersFile=${known}`];
      return world.git(...settings, 'log', '-1', '--format=%G? %GS', commit).trim();
    };
    expect(look(`drift-detector@noreply.invalid ${key.public}\n`)).to.equal('G drift-detector@noreply.invalid');
    const other = makeKey();
    expect(look(`drift-detector@noreply.invalid ${other.public}\n`)).to.match(/^U/u);
    const settings = ['-c', 'gpg.format=ssh', '-c', `gpg.ssh.allowedSignersFile=${known}`];
    writeFileSync(known, `drift-detector@noreply.invalid ${key.public}\n`);
    world.git(...settings, 'verify-commit', commit);
  }

  it('are not made where nothing changed, as others', async () => {
    using world = repositories();
    const signingKey = new Secret(makeKey().private);
    await publishOnce(world.options({ signingKey }), ['web']);
    expect(await publishOnce(world.options({ signingKey }), ['web'])).to.equal('');
  });

  it('need a key that can sign: nothing is committed without a signature', async () => {
    using world = repositories();
    const locked = makeKey('passphrase').private;
    const broken = `-----BEGIN OPENSSH PRIVATE KEY-----\n${Buffer.from('openssh-key-v1\0\0\0\0\u0004none').toString('base64')}\n-----END OPENSSH PRIVATE KEY-----\n`;
    await using repository = await openReportRepository(world.options({ signingKey: new Secret(broken) }));
    // Only a commit tells that this one is none, and one is made before anything is corrected.
    expect((await failureOf(() => repository.confirmWritable())).remedy).to.contain('GIT_SIGNING_KEY_FILE');
    for (const key of ['canary', locked, broken]) {
      const error = await failureOf(() => publishOnce(world.options({ signingKey: new Secret(key) }), ['web']));
      expect(error.code, error.message).to.equal('configuration');
      expect(`${error.subject} ${error.remedy}`).to.contain('GIT_SIGNING_KEY_FILE');
    }
    expect(world.git('for-each-ref')).to.equal('');
  });
});
