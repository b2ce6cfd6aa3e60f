import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';

const root = fileURLToPath(new URL('..', import.meta.url));

/** A file of each folder, what it may import, and what it may not. */
const ROOMS: readonly { readonly file: string; readonly may: readonly string[]; readonly mayNot: readonly string[] }[] = [
  { file: 'domain/a.ts', may: ['./json.ts'], mayNot: ['../clients/http/read-body.ts', '../hub/server.ts'] },
  { file: 'clients/git/a.ts', may: ['../../domain/json.ts', '../files/read-file.ts'], mayNot: ['../../stages/report/report.ts'] },
  {
    file: 'stages/diff/a.ts',
    may: ['../../domain/json.ts', '../../clients/kubernetes/client.ts', './walk.ts'],
    mayNot: ['../rank/rank.ts', '../../outputs/output.ts', '../../cli/config.ts', '../../pass/pass.ts'],
  },
  {
    file: 'outputs/formats/a.ts',
    may: ['../../domain/json.ts', '../terminal/screen.ts', '../../stages/report/report.ts'],
    mayNot: ['../../stages/diff/diff.ts', '../../cli/config.ts', '../../pass/pass.ts'],
  },
  { file: 'cli/a.ts', may: ['../outputs/terminal/screen.ts'], mayNot: ['../pass/pass.ts', '../commands/run/run.ts'] },
  {
    file: 'pass/a.ts',
    may: ['../stages/diff/diff.ts', '../cli/config.ts'],
    mayNot: ['../commands/run/run.ts', '../hub/server.ts'],
  },
  { file: 'commands/run/a.ts', may: ['../../pass/pass.ts'], mayNot: ['../cub/cub.ts'] },
  {
    file: 'hub/a.ts',
    may: ['../domain/json.ts', '../clients/kubernetes/client.ts'],
    mayNot: ['../clients/confighub/client.ts', '../cli/config.ts', '../stages/diff/diff.ts', '../dashboard/dashboard.ts'],
  },
  {
    file: 'dashboard/a.ts',
    may: ['../domain/json.ts', '../clients/confighub/client.ts', '../stages/report/report.ts', './state.ts'],
    mayNot: ['../stages/diff/diff.ts', '../outputs/output.ts', '../cli/config.ts', '../pass/pass.ts', '../hub/server.ts'],
  },
];

/** Files that the project's linter refuses an import of, among these files with these imports. */
async function refused(imports: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'house-'));
  try {
    writeFileSync(join(folder, 'biome.json'), readFileSync(join(root, 'biome.json'), 'utf8'));
    for (const [file, specifier] of Object.entries(imports)) {
      mkdirSync(dirname(join(folder, 'src', file)), { recursive: true });
      writeFileSync(join(folder, 'src', file), `export * from '${specifier}';\n`);
    }
    const biome = join(root, 'node_modules/@biomejs/biome/bin/biome');
    const args = [
      biome,
      'lint',
      '--vcs-enabled=false',
      '--only=style/noRestrictedImports',
      '--reporter=json',
      '--max-diagnostics=none',
    ];
    const run = promisify(execFile)(process.execPath, args, { cwd: folder });
    const { stdout } = await run.catch((error: { stdout: string }) => error);
    const { diagnostics } = JSON.parse(stdout) as {
      readonly diagnostics: readonly { readonly location: { readonly path: unknown } }[];
    };
    return diagnostics
      .map(({ location }) =>
        JSON.stringify(location.path)
          .replace(/^.*?src\//u, '')
          .replace(/\.ts.*$/u, '.ts'),
      )
      .sort();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** One file for each import: `stages/diff/a-0.ts`. */
function filesOf(which: 'may' | 'mayNot'): Readonly<Record<string, string>> {
  return Object.fromEntries(
    ROOMS.flatMap(({ file, [which]: specifiers }) =>
      specifiers.map((specifier, index): [string, string] => [file.replace('.ts', `-${index}.ts`), specifier]),
    ),
  );
}

describe('the folders of src', () => {
  const folders = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());

  it('are the ones that the linter has a rule for', () => {
    const ruled = new Set(ROOMS.map(({ file }) => file.split('/')[0]));
    expect(folders.map(({ name }) => name)).to.have.members([...ruled]);
  });

  it('import from those below them, and the linter refuses everything else', async () => {
    expect(await refused(filesOf('may'))).to.deep.equal([]);
    expect(await refused(filesOf('mayNot'))).to.deep.equal(Object.keys(filesOf('mayNot')).sort());
  });
});
