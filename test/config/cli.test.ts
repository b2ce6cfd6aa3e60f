import { expect } from 'chai';
import { flagOf, OPTION_NAMES, OPTIONS } from '../../src/cli/config.ts';
import { type Invocation, parseCommandLine } from '../../src/commands/command-line.ts';
import { ConfigError } from '../../src/domain/errors.ts';
import { exitCodeOf } from '../../src/domain/exit-codes.ts';

interface Outcome {
  readonly invocation: Invocation | undefined;
  readonly error: ConfigError | undefined;
  readonly out: string;
  readonly err: string;
}

function commandLine(...argv: readonly string[]): Outcome {
  let [out, err] = ['', ''];
  const terminal = {
    out: (text: string): void => {
      out += text;
    },
    err: (text: string): void => {
      err += text;
    },
  };
  try {
    return { invocation: parseCommandLine(argv, '1.2.3', terminal), error: undefined, out, err };
  } catch (error) {
    if (error instanceof ConfigError) return { invocation: undefined, error, out, err };
    throw error;
  }
}

describe('command line', () => {
  it('runs a pass when no command is named', () => {
    expect(commandLine().invocation).to.deep.equal({ command: 'run', flags: {}, configFile: undefined });
  });

  it('reads flags with values, switches with and without one, and the short form of --output', () => {
    const { invocation } = commandLine(
      'check',
      '--cluster',
      'a',
      '--max-fixes=3',
      '--auto-fix',
      '--create-missing',
      'false',
      '-o',
      'json',
    );
    expect(invocation).to.deep.include({
      command: 'check',
      flags: { cluster: 'a', maxFixes: '3', autoFix: 'true', createMissing: 'false', output: 'json' },
    });
  });

  it('takes the configuration file from --config', () => {
    expect(commandLine('run', '--config', 'drift.yaml').invocation).to.include({ configFile: 'drift.yaml' });
  });

  for (const arguments_ of [['--help'], ['run', '--help'], ['check', '--help'], ['-h']]) {
    it(`names every option with its variable and default in ${arguments_.join(' ')}`, () => {
      const { out, invocation } = commandLine(...arguments_);
      expect(invocation).to.deep.equal({ command: 'none' });
      const text = out.replaceAll(/\s+/gu, ' ');
      for (const name of OPTION_NAMES) {
        const option = OPTIONS[name];
        for (const variable of option.env) expect(text, name).to.match(new RegExp(`\\b${variable}\\b`, 'u'));
        if ('isSecret' in option) expect(text, name).to.not.contain(`${flagOf(name)} `);
        else expect(text, name).to.contain(flagOf(name));
        if ('default' in option && option.default !== '') expect(text, name).to.contain(`default ${option.default})`);
      }
      expect(text).to.contain('NAME_FILE').and.contain('Exit codes: 0 complete');
    });
  }

  it('prints the version', () => {
    expect(commandLine('--version').out.trim()).to.equal('1.2.3');
  });

  for (const [what, arguments_, says] of [
    ['an unknown command', ['chekc'], 'chekc'],
    ['an unknown option', ['--autofix'], '--auto-fix'],
    ['an option without its value', ['--cluster'], '--cluster'],
    ['a stray argument', ['run', 'now'], 'now'],
    ['a host that is none', ['hub', '--data-dir', 'd', '--allow-host', 'http://a/b'], '--allow-host'],
    ['a port that is none', ['hub', '--data-dir', 'd', '--port', '70000'], '70000'],
    ['a hub without a place for its data', ['hub'], '--data-dir'],
  ] as const) {
    it(`ends with 64 for ${what}, and runs nothing`, () => {
      const { error, invocation, out } = commandLine(...arguments_);
      expect(invocation).to.equal(undefined);
      expect(out).to.equal('');
      expect(error?.message).to.contain(says);
      expect(exitCodeOf(error)).to.equal(64);
      expect(error?.remedy).to.contain('--help');
    });
  }

  it('takes no secret as a flag, and does not repeat one that was given', () => {
    for (const flag of ['--claude-api-key', '--confighub-token', '--git-token']) {
      const { error } = commandLine('run', `${flag}=sk-canary-'quoted'`);
      expect(exitCodeOf(error)).to.equal(64);
      expect(`${error?.message} ${error?.remedy} ${error?.subject}`).to.contain(flag).and.not.contain('canary');
    }
  });

  it('reads the address and the data of the hub', () => {
    expect(commandLine('hub', '--data-dir', '/data', '--port', '0', '--token-file', 't').invocation).to.deep.include({
      command: 'hub',
      hub: { dataDir: '/data', port: 0, host: '127.0.0.1', allowedHosts: [], tokenFile: 't', apiGeneration: 'all' },
    });
  });
});
