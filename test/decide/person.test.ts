import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { whoDecides } from '../../src/commands/decide/person.ts';

describe('who decides by a command', () => {
  it('is the author of the Git configuration if the environment names none', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'person-test-'));
    try {
      const config = join(folder, 'config');
      writeFileSync(config, '[user]\n\tname = Ann Lee\n\temail = ann@example.org\n');
      const git = { PATH: process.env['PATH'] ?? '', HOME: folder, GIT_CONFIG_GLOBAL: config };
      const { signal } = new AbortController();
      const ann = { name: 'Ann Lee', email: 'ann@example.org' };
      expect(await whoDecides(git, signal)).to.deep.equal(ann);
      expect(await whoDecides({ ...git, GIT_AUTHOR_NAME: '', GIT_AUTHOR_EMAIL: '' }, signal)).to.deep.equal(ann);
      expect(await whoDecides({ ...git, GIT_AUTHOR_NAME: 'Eve' }, signal)).to.deep.equal({ ...ann, name: 'Eve' });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
