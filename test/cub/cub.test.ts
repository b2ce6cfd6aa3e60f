import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import * as z from 'zod';
import type { RunningHub } from '../../src/hub/server.ts';
import { startTestHub } from '../hub/harness.ts';
import { deployment } from '../hub/scene.ts';
import { type CubRun, cub } from './cub.ts';

// The walk-through's commands, in its order, each as it is typed there; what they print is what people read.

const P = 'chubby-paws';

/** Lines of a table, cells split where two or more spaces stand between them. */
function cells(text: string): readonly (readonly string[])[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.trim().split(/ {2,}/u));
}

describe('the commands of the walk-through', () => {
  let hub: RunningHub;
  let folder: string;
  const run = (...args: readonly string[]): Promise<CubRun> => cub(hub.url, args);
  const ok = async (...args: readonly string[]): Promise<string> => {
    const result = await run(...args);
    expect(result.code, `${args.join(' ')}: ${result.err}`).to.equal(0);
    return result.out;
  };

  before(async () => {
    hub = await startTestHub({
      clusterFor: async () => ({
        apply: async (document) => document,
        get: async () => undefined,
        delete: async () => undefined,
      }),
    });
    folder = await mkdtemp(join(tmpdir(), 'cub-test-'));
    await writeFile(join(folder, 'detector.yaml'), deployment('drift-detector', 1));
    await writeFile(join(folder, 'backend-api.yaml'), deployment('backend-api', 3));
    await writeFile(join(folder, 'backend-api-5.yaml'), deployment('backend-api', 5));
  });
  after(async () => {
    await hub.close();
    await rm(folder, { recursive: true });
  });

  it('space new-prefix prints a name that is not taken', async () => {
    expect(await ok('space', 'new-prefix')).to.match(/^[a-z]+-[a-z]+\n$/u);
  });

  it('lays a project out: spaces, filter, base units, clones, targets', async () => {
    await ok('space', 'create', P, '--label', `project=${P}`);
    for (const environment of ['base', 'dev', 'staging', 'prod'])
      await ok('space', 'create', `${P}-${environment}`, '--label', `project=${P},environment=${environment}`);
    await ok('filter', 'create', '--space', P, 'app', 'Unit', '--where-field', "Labels.type='app'");
    const base = ['--space', `${P}-base`, '--label', 'type=app', '--change-desc', 'Initial deployment'];
    await ok('unit', 'create', ...base, 'drift-detector', join(folder, 'detector.yaml'));
    await ok('unit', 'create', ...base, 'backend-api-config', join(folder, 'backend-api.yaml'), '--label', 'tier=frontend');
    let upstream = 'base';
    for (const environment of ['dev', 'staging', 'prod']) {
      const out = await ok(
        'unit',
        'create',
        '--dest-space',
        `${P}-${environment}`,
        '--space',
        `${P}-${upstream}`,
        '--filter',
        `${P}/app`,
      );
      expect(out).to.contain('backend-api-config (').and.contain('drift-detector (');
      upstream = environment;
    }
    await ok('worker', 'create', '--space', P, 'cluster');
    await ok('target', 'create', '--space', P, 'cluster', '{}', 'cluster');
    for (const environment of ['dev', 'staging', 'prod'])
      await ok('unit', 'set-target', `${P}/cluster`, '--space', `${P}-${environment}`);
    expect(cells(await ok('space', 'list', '--where', `Labels.project = '${P}'`)).map(([name]) => name)).to.deep.equal([
      'NAME',
      P,
      `${P}-base`,
      `${P}-dev`,
      `${P}-staging`,
      `${P}-prod`,
    ]);
  });

  it('unit tree shows the environments below each other', async () => {
    const out = await ok(
      'unit',
      'tree',
      '--node=space',
      '--filter',
      `${P}/app`,
      '--space',
      '*',
      '--where',
      "Slug = 'drift-detector'",
    );
    expect(out).to.equal(
      [
        'NODE                                UNIT              STATUS    UPGRADE-NEEDED    UNAPPLIED-CHANGES    APPLY-GATES',
        '└── chubby-paws-base                drift-detector    NoLive                                           None',
        '    └── chubby-paws-dev             drift-detector    NoLive    No                                     None',
        '        └── chubby-paws-staging     drift-detector    NoLive    No                                     None',
        '            └── chubby-paws-prod    drift-detector    NoLive    No                                     None',
        '',
      ].join('\n'),
    );
  });

  it('unit apply waits for every unit, and unit list shows what became of them', async () => {
    expect(await ok('unit', 'apply', '--space', `${P}-dev`)).to.equal(
      `Successfully completed Apply on unit ${P}-dev/drift-detector\nSuccessfully completed Apply on unit ${P}-dev/backend-api-config\n`,
    );
    const [header, ...rows] = cells(await ok('unit', 'list', '--space', `${P}-dev`));
    expect(header).to.deep.equal(['NAME', 'SPACE', 'STATUS', 'LAST-ACTION']);
    expect(rows.map(([name, space, status]) => [name, space, status])).to.deep.equal([
      ['drift-detector', `${P}-dev`, 'Applied'],
      ['backend-api-config', `${P}-dev`, 'Applied'],
    ]);
    for (const [, , , last] of rows) expect(last).to.match(/^\d{4}-\d\d-\d\dT/u);
  });

  it('revision list and unit diff tell what changed, with the signs the right way round', async () => {
    const unit = ['backend-api-config', '--space', `${P}-dev`];
    await ok(
      'unit',
      'update',
      'backend-api-config',
      join(folder, 'backend-api-5.yaml'),
      '--space',
      `${P}-dev`,
      '--change-desc',
      'Scaled to 5',
    );
    await ok(
      'unit',
      'update',
      'backend-api-config',
      join(folder, 'backend-api.yaml'),
      '--space',
      `${P}-dev`,
      '--change-desc',
      'Fixed replicas: 5 → 3',
    );
    const [header, ...rows] = cells(await ok('revision', 'list', ...unit));
    expect(header).to.deep.equal(['REVISION', 'TIMESTAMP', 'AUTHOR', 'DESCRIPTION']);
    expect(rows.map(([number, , author, description]) => [number, author, description])).to.deep.equal([
      ['3', 'admin', 'Fixed replicas: 5 → 3'],
      ['2', 'admin', 'Scaled to 5'],
      ['1', 'admin', `Cloned from ${P}-base/backend-api-config at revision 1`],
    ]);
    const diff = await ok('unit', 'diff', '-u', ...unit, '--from=2', '--to=3');
    expect(diff).to.match(/^--- Revision 2: \S+\n\+\+\+ Revision 3: \S+\n@@ /u);
    expect(diff).to.contain('\n-  replicas: 5 # kept low on purpose\n+  replicas: 3 # kept low on purpose\n');
    expect(await ok('unit', 'diff', '-u', ...unit, '--from=1', '--to=head')).to.equal('');
    expect((await run('unit', 'diff', ...unit, '--from=1', '--to=9')).err).to.contain('has no revision 9');
  });

  it('promotes: the tree names who is behind, an upgrade takes it along and keeps own values', async () => {
    const columns = ['--columns', 'Space.Slug,UpgradeNeeded'];
    const tree = [
      'unit',
      'tree',
      '--node=space',
      '--filter',
      `${P}/app`,
      '--space',
      '*',
      '--where',
      "Slug = 'backend-api-config'",
      ...columns,
    ];
    const needed = async (): Promise<readonly (string | undefined)[]> =>
      cells(await ok(...tree))
        .slice(1)
        .map((row) => row[3]);
    expect(cells(await ok(...tree))[0]).to.deep.equal(['NODE', 'UNIT', 'SPACE', 'UPGRADE-NEEDED']);
    expect(await needed()).to.deep.equal([undefined, 'No', 'Yes', 'No']);
    const result = await run('unit', 'update', '--patch', '--upgrade', '--space', `${P}-staging`);
    expect([result.code, result.err]).to.deep.equal([0, '2 units upgraded\n']);
    expect(await needed()).to.deep.equal([undefined, 'No', 'No', 'No']);
  });

  it('keeps a Set of critical services', async () => {
    const made = await ok('set', 'create', 'critical-services', '--space', `${P}-dev`, '--label', 'tier=critical');
    const id = /\(([^)]+)\)/u.exec(made)?.[1] ?? '';
    await ok('unit', 'update', 'backend-api-config', '--space', `${P}-dev`, '--patch', JSON.stringify({ SetID: id }));
    const listed = await ok('unit', 'list', '--space', `${P}-dev`, '--where', `SetID = '${id}'`, '--names');
    expect(listed).to.equal('backend-api-config\n');
  });

  it('locks units to a changeset, applies it as a whole, and shows its units', async () => {
    await ok('changeset', 'create', '--space', P, 'bulk-drift-fix', '--description', 'Fix drift across all frontend services');
    const frontend = ['--space', `${P}-dev`, '--where', "Labels.tier='frontend'"];
    await ok('unit', 'update', '--patch', ...frontend, '--changeset', `${P}/bulk-drift-fix`);
    const locked = await run('unit', 'update', 'backend-api-config', join(folder, 'backend-api-5.yaml'), '--space', `${P}-dev`);
    expect([locked.code, locked.err.includes(`locked by ChangeSet ${P}/bulk-drift-fix`)]).to.deep.equal([75, true]);
    await ok(
      'unit',
      'update',
      'backend-api-config',
      join(folder, 'backend-api-5.yaml'),
      '--space',
      `${P}-dev`,
      '--changeset',
      `${P}/bulk-drift-fix`,
    );
    await ok('unit', 'update', '--patch', ...frontend, '--changeset', '-');
    expect(await ok('unit', 'apply', ...frontend, '--revision', `ChangeSet:${P}/bulk-drift-fix`)).to.equal(
      `Successfully completed Apply on unit ${P}-dev/backend-api-config\n`,
    );
    const shown = z
      .object({ Slug: z.string(), State: z.string(), Units: z.array(z.object({ Slug: z.string(), SpaceSlug: z.string() })) })
      .parse(JSON.parse(await ok('changeset', 'get', 'bulk-drift-fix', '--space', P, '--json')));
    expect(shown).to.deep.equal({
      Slug: 'bulk-drift-fix',
      State: 'Closed',
      Units: [{ Slug: 'backend-api-config', SpaceSlug: `${P}-dev` }],
    });
    expect(await ok('changeset', 'list', '--space', P)).to.contain('bulk-drift-fix');
    await ok(
      'unit',
      'update',
      'backend-api-config',
      '--patch',
      '--space',
      `${P}-dev`,
      '--restore',
      `Before:ChangeSet:${P}/bulk-drift-fix`,
    );
    expect(await ok('unit', 'get', 'backend-api-config', '--space', `${P}-dev`, '--data-only')).to.equal(
      deployment('backend-api', 3),
    );
  });

  it('clones one unit, approves it and deletes it', async () => {
    await ok(
      'unit',
      'create',
      'twin',
      '--upstream-unit',
      'backend-api-config',
      '--upstream-space',
      `${P}-base`,
      '--space',
      `${P}-prod`,
    );
    expect(await ok('unit', 'approve', 'twin', '--space', `${P}-prod`)).to.contain('twin approved');
    await ok('unit', 'delete', 'twin', '--space', `${P}-prod`);
    expect((await run('unit', 'get', 'twin', '--space', `${P}-prod`)).err).to.contain('no unit twin');
  });
});

describe('cub with mistakes', () => {
  const cases: readonly (readonly [string, readonly string[], number, string])[] = [
    ['an unknown command', ['unit', 'frobnicate'], 64, 'frobnicate'],
    ['an unknown flag', ['unit', 'list', '--spcae', 'x'], 64, '--spcae'],
    ['no space', ['unit', 'list'], 64, '--space'],
    ['a space that is not there', ['unit', 'list', '--space', 'nowhere'], 78, 'no space nowhere'],
    ['a query that is none', ['unit', 'list', '--space', '*', '--where', 'Slug ='], 78, 'position'],
    ['a filter without its project', ['unit', 'list', '--space', '*', '--filter', 'app'], 78, 'project/name'],
    ['a patch that is no JSON', ['unit', 'update', 'web', '--space', 'x', '--patch', '{"SetID":'], 64, 'not a JSON object'],
    ['a label without a value', ['space', 'create', 'x', '--label', 'tier'], 64, 'name=value'],
    ['a file that is not there', ['unit', 'create', 'web', '/nowhere.yaml', '--space', 'home'], 78, '/nowhere.yaml'],
    ['an update of nothing', ['unit', 'update', 'web', '--space', 'home', '--patch'], 64, 'nothing to change'],
    ['a rehearsal with a file', ['unit', 'update', 'web', 'f.yaml', '--space', 'home', '--dry-run'], 64, 'a file replaces'],
    ['a file with labels', ['unit', 'update', 'web', 'f.yaml', '--space', 'home', '--label', 'a=b'], 64, 'a file replaces'],
    ['a column that is not there', ['unit', 'list', '--space', '*', '--columns', 'Color'], 64, 'no column Color'],
    ['a duration that is none', ['unit', 'apply', '--space', '*', '--timeout', 'soon'], 64, 'is not a duration'],
  ];
  let hub: RunningHub;
  before(async () => {
    hub = await startTestHub();
    await cub(hub.url, ['space', 'create', 'home']);
  });
  after(() => hub.close());
  for (const [what, args, code, words] of cases) {
    it(`says what is wrong with ${what}`, async () => {
      const result = await cub(hub.url, args);
      expect([result.code, result.out]).to.deep.equal([code, '']);
      expect(result.err).to.contain(words);
    });
  }

  it('ends with 1 where an apply was refused, and names the unit', async () => {
    await cub(hub.url, ['unit', 'create', 'web', '--space', 'home']);
    const result = await cub(hub.url, ['unit', 'apply', '--space', 'home']);
    expect([result.code, result.out]).to.deep.equal([1, 'Not applied: home/web: unit home/web has no target\n']);
  });

  it('prints names of others without what could act on a terminal', async () => {
    await cub(hub.url, ['unit', 'create', 'evil', '--space', 'home', '--change-desc', '\u001b[2Jgone']);
    const { out } = await cub(hub.url, ['revision', 'list', 'evil', '--space', 'home']);
    expect(out).to.contain('\\u{1b}[2Jgone').and.not.contain('\u001b');
  });
});

describe('cub on a ConfigHub without', () => {
  it('Sets makes a filter on the labels instead, and says so', async () => {
    await using hub = await startTestHub({ apiGeneration: 'B' });
    await cub(hub.url, ['space', 'create', 'dev']);
    await cub(hub.url, ['unit', 'create', 'web', '--space', 'dev', '--label', 'tier=critical']);
    const made = await cub(hub.url, ['set', 'create', 'critical-services', '--space', 'dev', '--label', 'tier=critical']);
    expect(made.code, made.err).to.equal(0);
    expect(made.err).to.contain('no Sets').and.contain('--label tier=critical');
    const listed = await cub(hub.url, ['unit', 'list', '--space', 'dev', '--filter', 'dev/critical-services', '--names']);
    expect(listed.out).to.equal('web\n');
    const id = '0b7f4c1e-58b1-4b7e-9d0c-0d2f6f0f1a11';
    const patched = await cub(hub.url, ['unit', 'update', 'web', '--space', 'dev', '--patch', JSON.stringify({ SetID: id })]);
    expect([patched.code, patched.err.includes('no Sets')]).to.deep.equal([78, true]);
  });

  it('locks, rehearsals and applies of revisions says so, and changes nothing', async () => {
    await using hub = await startTestHub({ apiGeneration: 'A' });
    await cub(hub.url, ['space', 'create', 'dev']);
    await cub(hub.url, ['unit', 'create', 'web', '--space', 'dev', '--label', 'tier=frontend']);
    const { out: before } = await cub(hub.url, ['unit', 'list', '--space', 'dev', '--json']);
    await cub(hub.url, ['changeset', 'create', 'fix', '--space', 'dev']);
    const cases: readonly (readonly [string, readonly string[]])[] = [
      ['no changesets that lock units', ['unit', 'update', '--patch', '--space', 'dev', '--changeset', 'dev/fix']],
      ['no changesets that lock units', ['unit', 'update', 'web', '--patch', '--space', 'dev', '--changeset', '-']],
      ['cannot rehearse', ['unit', 'update', 'web', '--patch', '--label', 'a=b', '--dry-run', '--space', 'dev']],
      ['cannot rehearse', ['unit', 'update', '--patch', '--label', 'a=b', '--dry-run', '--space', 'dev']],
      ['cannot restore Before:1', ['unit', 'update', 'web', '--patch', '--restore', 'Before:1', '--space', 'dev']],
      ['at their head only', ['unit', 'apply', '--space', 'dev', '--revision', '1']],
    ];
    for (const [words, args] of cases) {
      const result = await cub(hub.url, args);
      expect([result.code, result.out], args.join(' ')).to.deep.equal([78, '']);
      expect(result.err, args.join(' ')).to.contain(words);
    }
    expect((await cub(hub.url, ['unit', 'list', '--space', 'dev', '--json'])).out).to.equal(before);
    const shown = await cub(hub.url, ['changeset', 'get', 'fix', '--space', 'dev', '--json']);
    expect([shown.code, JSON.parse(shown.out).Units]).to.deep.equal([0, []]);
  });

  it('an apply for single units says how it is delivered there', async () => {
    await using hub = await startTestHub({ apiGeneration: 'C' });
    await cub(hub.url, ['space', 'create', 'dev']);
    const result = await cub(hub.url, ['unit', 'apply', '--space', 'dev']);
    expect(result.code).to.equal(78);
    expect(result.err).to.contain('released as a whole');
  });
});

describe('cub after a login of the real one', () => {
  const files: readonly (readonly [string, (url: string) => Readonly<Record<string, string>>])[] = [
    [
      'of August 2025',
      (url) => ({
        'session.json': JSON.stringify({ user: { email: 'a@example.com' }, access_token: 'admin-token', auth_type: 'Bearer' }),
        'context.json': JSON.stringify({ confighub_url: url, space: 'home' }),
      }),
    ],
    [
      'of October 2025 and later',
      (url) => ({
        'config.yaml': `apiVersion: v1\nkind: Config\ncurrentContext: work\ncontexts:\n- {name: work, coordinate: {serverURL: "${url}"}, metadata: {tokenFile: work.json}}\n`,
        'tokens/work.json': JSON.stringify({ accessToken: 'admin-token', refreshToken: 'r' }),
      }),
    ],
  ];
  for (const [what, contents] of files) {
    it(`uses the session ${what}`, async () => {
      await using hub = await startTestHub({ accounts: [{ name: 'admin', role: 'admin', token: 'admin-token' }] });
      const home = await mkdtemp(join(tmpdir(), 'cub-home-'));
      await mkdir(join(home, '.confighub/tokens'), { recursive: true });
      for (const [name, text] of Object.entries(contents(hub.url))) await writeFile(join(home, '.confighub', name), text);
      const run = (environment: Readonly<Record<string, string>>): Promise<CubRun> =>
        cub('', ['space', 'create', 'mine'], { CUB_TOKEN: '', HOME: home, ...environment });
      expect((await run({ CUB_TOKEN: 'wrong' })).code, 'the environment goes first').to.equal(77);
      const result = await run({});
      expect(result.code, result.err).to.equal(0);
      await rm(home, { recursive: true });
    });
  }

  it('says what to set where there is none', async () => {
    const result = await cub('http://127.0.0.1:1', ['space', 'list'], { CUB_TOKEN: '', HOME: '/nowhere' });
    expect([result.code, result.err.includes('CUB_TOKEN')]).to.deep.equal([78, true]);
  });
});
