import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { parse } from 'yaml';
import { type Config, type Environment, loadConfig } from '../../src/cli/config.ts';
import { OPTION_NAMES } from '../../src/cli/options/options.ts';
import { formerVariableOf } from '../../src/cli/options/variables.ts';
import { Secret } from '../../src/domain/secret.ts';
import { main } from '../../src/main.ts';

interface Row {
  readonly former: string;
  readonly now: string;
  readonly value: string;
  readonly text?: string;
}

const fixture = (path: string): string => fileURLToPath(new URL(`../../fixtures/${path}`, import.meta.url));
const ROWS = parse(readFileSync(fixture('config/former-variables.yaml'), 'utf8')) as readonly Row[];
const FILE = fixture('offline/web/live.yaml');

/** What a command that compares a file with itself says on standard error, in lines. */
async function saidBy(environment: Environment, ...flags: readonly string[]): Promise<readonly string[]> {
  let err = '';
  const say = (text: string): void => {
    err += text;
  };
  const argv = ['diff', '--desired', FILE, '--live', FILE, ...flags];
  await main({ argv, environment, isTerminal: false, out: () => undefined, err: say, stop: AbortSignal.any([]) });
  return err.split('\n').filter((line) => line !== '');
}

/** The configuration with its secrets in the open. */
async function revealed(environment: Environment): Promise<object> {
  const config: Config = await loadConfig({}, environment, undefined, AbortSignal.any([]));
  return Object.fromEntries(
    Object.entries(config).map(([name, value]) => [name, value instanceof Secret ? value.reveal() : value]),
  );
}

describe('former variables', () => {
  it('are these, and no new option has one', () => {
    const found = OPTION_NAMES.map(formerVariableOf).filter((former) => former !== undefined);
    expect(found).to.have.members(ROWS.map(({ former }) => former));
  });

  for (const { former, now, value, text = value } of ROWS)
    it(`${former} is read as ${now} is, which wins over it`, async () => {
      const wanted = await revealed({ [now]: value });
      expect(wanted).to.not.deep.equal(await revealed({}));
      expect(await revealed({ [former]: text })).to.deep.equal(wanted);
      expect(await revealed({ [now]: value, [former]: 'neither used nor checked' })).to.deep.equal(wanted);
      expect(await revealed({ [now]: '', [former]: text })).to.deep.equal(wanted);
    });

  it('name a file of a secret as the new ones do', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'former-'));
    try {
      writeFileSync(join(folder, 'key'), '0123456789abcdef\n');
      expect(await revealed({ WEBHOOK_SECRET_FILE: join(folder, 'key') })).to.include({ webhookSecret: '0123456789abcdef' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('are warned of, each once and with its new name', async () => {
    const lines = await saidBy({ MAX_FILE_MB: '7', TIMEOUT: '90' });
    const warnings = lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
    expect(warnings.map(({ level, event, msg }) => ({ level, event, msg }))).to.have.deep.members([
      {
        level: 'warn',
        event: 'deprecated-variable',
        msg: 'MAX_FILE_MB is deprecated, and the next release ignores it: rename it to DRIFT_MAX_FILE_MB.',
      },
      {
        level: 'warn',
        event: 'deprecated-variable',
        msg: 'TIMEOUT is deprecated, and the next release ignores it: rename it to DRIFT_TIMEOUT. CI systems and images set TIMEOUT for their own purposes: such a value would end a pass too early, or too late.',
      },
    ]);
  });

  it('are not warned of where a flag or the new name is given; nor with --quiet', async () => {
    expect(await saidBy({ MAX_FILE_MB: '7' }, '--max-file-mb', '9')).to.deep.equal([]);
    expect(await saidBy({ MAX_FILE_MB: '7', DRIFT_MAX_FILE_MB: '9' })).to.deep.equal([]);
    expect(await saidBy({ MAX_FILE_MB: '7', DRIFT_QUIET: 'true' })).to.deep.equal([]);
  });

  it('are named with the new name where the value is wrong', async () => {
    const [line = ''] = await saidBy({ TIMEOUT: 'soon' });
    expect(line).to.contain('TIMEOUT (now DRIFT_TIMEOUT): must be a duration such as 30s, 10m or 1h30m');
  });
});
