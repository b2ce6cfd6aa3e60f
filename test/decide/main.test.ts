import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { main } from '../../src/main.ts';
import { publishOnce, type Repositories, repositories } from '../report/repositories.ts';

/** Runs a command as Ann, against this repository. */
async function run(
  world: Repositories,
  argv: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const printed = { out: '', err: '' };
  const code = await main({
    argv,
    environment: {
      PATH: process.env['PATH'] ?? '',
      HOME: world.path,
      GIT_AUTHOR_NAME: 'Ann',
      GIT_AUTHOR_EMAIL: 'ann@example.org',
      ...environment,
    },
    isTerminal: false,
    out: (text) => {
      printed.out += text;
    },
    err: (text) => {
      printed.err += text;
    },
    stop: new AbortController().signal,
  });
  return { code, ...printed };
}

describe('the commands that decide', () => {
  it('say of a cluster without a report what the report command says, and decide nothing', async () => {
    using world = repositories();
    await publishOnce(world.options(), ['web']);
    const before = world.git('rev-parse', 'main');
    const where = { REPORT_REPO: world.bare, CLUSTER: 'staging' };
    const { code, err } = await run(world, ['fix', 'web'], where);
    expect(code).to.equal(78);
    expect(err).to.contain('the report repository has no report of cluster staging').and.contain('there are prod-eu');
    expect(err).to.not.contain('--all-clusters');
    expect(world.git('rev-parse', 'main')).to.equal(before);
  });

  it('are set up by the same file as a pass', async () => {
    using world = repositories();
    await publishOnce(world.options(), ['web']);
    const file = join(world.path, 'drift.yaml');
    writeFileSync(file, `reportRepo: ${world.bare}\ncluster: prod-eu\n`);
    const { code, out, err } = await run(world, ['fix', 'web', '--config', file]);
    expect(code, err).to.equal(0);
    expect(out).to.contain('Decided: fix shop/deployment/web');
    expect(world.git('log', '-1', '--format=%an %s', 'main').trim()).to.equal('Ann decide(prod-eu): fix deployment/web');
  });
});
