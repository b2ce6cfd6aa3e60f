import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { RunningHub } from '../../src/hub/server.ts';
import { startTestHub } from '../hub/harness.ts';

const BIN = fileURLToPath(new URL('../../bin/cub', import.meta.url));

/** Stands in for an installed client: it knows `unit list`, and prints the help of the group for what it does not know. */
const REAL = `#!/bin/sh
case "$*" in
  "unit list --help") echo "List units"; echo "Usage:"; echo "  cub unit list [flags]"; echo "      --space string   space" ;;
  *--help) echo "Usage:"; echo "  cub unit [command]" ;;
  *) printf '%s\\n' "$@" > "$HOME/called"; exit 7 ;;
esac
`;

describe('bin/cub', function () {
  this.timeout(60_000);
  let hub: RunningHub;
  let folder: string;
  before(async () => {
    hub = await startTestHub();
    folder = await mkdtemp(join(tmpdir(), 'cub-bin-'));
    await mkdir(join(folder, 'tools'));
    await mkdir(join(folder, 'linked'));
    await symlink(BIN, join(folder, 'linked/cub'));
    await writeFile(join(folder, 'tools/cub'), REAL);
    await chmod(join(folder, 'tools/cub'), 0o755);
  });
  after(async () => {
    await hub.close();
    await rm(folder, { recursive: true });
  });

  function bin(home: string, ...args: readonly string[]): Promise<{ readonly code: number; readonly out: string }> {
    const env = {
      // Whoever has bin/ in their PATH finds it there as well, below this name or by a link.
      PATH: `${join(folder, 'linked')}:${join(folder, 'tools')}:${process.env['PATH']}`,
      HOME: home,
      CONFIGHUB_URL: hub.url,
      CUB_TOKEN: 'admin',
    };
    return new Promise((resolve) => {
      execFile(BIN, args, { env }, (error, stdout) => resolve({ code: error ? Number(error.code) : 0, out: stdout }));
    });
  }

  async function home(hasSession: boolean): Promise<string> {
    const path = await mkdtemp(join(folder, 'home-'));
    await mkdir(join(path, '.confighub'));
    if (hasSession) await writeFile(join(path, '.confighub/session.json'), '{}');
    return path;
  }

  it('hands over what an installed client knows, arguments as they are, and ends as it ends', async () => {
    const path = await home(true);
    expect((await bin(path, 'unit', 'list', '--space', 'a b;$(c)')).code).to.equal(7);
    expect(await readFile(join(path, 'called'), 'utf8')).to.equal('unit\nlist\n--space\na b;$(c)\n');
  });

  for (const [what, hasSession, args] of [
    ['a command that it does not know', true, ['unit', 'tree', '--space', '*']],
    ['a flag that it does not know', true, ['unit', 'list', '--space', '*', '--names']],
    ['everything where nobody has logged in', false, ['unit', 'list', '--space', '*']],
    ['a diff, whose signs it has the wrong way round', true, ['unit', 'diff', '--help']],
  ] as const) {
    it(`does itself ${what}`, async () => {
      const path = await home(hasSession);
      const { code } = await bin(path, ...args);
      expect(code).to.equal(0);
      expect(await readFile(join(path, 'called'), 'utf8').catch(() => 'not called')).to.equal('not called');
    });
  }
});
