import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { COMMON_EXITS, type Command, collect } from '../../src/cli/command.ts';
import { type CommandLine, parseCommandLine } from '../../src/cli/command-line.ts';
import { flagOf, OPTION_NAMES, OPTIONS } from '../../src/cli/options/options.ts';
import { variablesOf } from '../../src/cli/options/variables.ts';
import { VERSION } from '../../src/cli/version.ts';
import { COMMANDS } from '../../src/commands/commands.ts';
import { ConfigError } from '../../src/domain/errors.ts';
import { exitCodeOf } from '../../src/domain/exit-codes.ts';
import { main } from '../../src/main.ts';
import { PROGRAM_ENVIRONMENT } from '../program-environment.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Of commands that share one with another. */
const FOLDERS: Readonly<Record<string, string>> = {
  check: 'run',
  accept: 'decide',
  ignore: 'decide',
  fix: 'decide',
  adopt: 'decide',
};

interface Outcome {
  readonly parsed: CommandLine | undefined;
  readonly error: ConfigError | undefined;
  readonly out: string;
}

function read(argv: readonly string[], commands: readonly Command[] = COMMANDS): Outcome {
  let out = '';
  const say = (text: string): void => {
    out += text;
  };
  try {
    return { parsed: parseCommandLine(argv, commands, say), error: undefined, out };
  } catch (error) {
    if (error instanceof ConfigError) return { parsed: undefined, error, out };
    throw error;
  }
}

const commandLine = (...argv: readonly string[]): Outcome => read(argv);

/** Without the line ends that fit a text to a terminal. */
const unfolded = (text: string): string => text.replaceAll(/\s+/gu, ' ');

/** What fingers make of a name: two letters swapped, one doubled, one left out. */
function mistyped(name: string): readonly string[] {
  const [first = '', second = '', ...others] = name;
  const rest = others.join('');
  return [`${second}${first}${rest}`, `${first}${second}${second}${rest}`, `${name}${name.at(-1)}`, `${first}${rest}`];
}

describe('command line', () => {
  it('ends with 64 where no command is given, whatever is configured, and prints the help', async () => {
    let [stdout, stderr] = ['', ''];
    const exit = await main({
      argv: [],
      // Set up for a pass.
      environment: { CONFIGHUB_URL: 'http://127.0.0.1:1', CUB_TOKEN: 't', CONFIGHUB_SPACE: 's', REPORT_REPO: '/nosuch' },
      isTerminal: false,
      out: (text) => {
        stdout += text;
      },
      err: (text) => {
        stderr += text;
      },
      stop: AbortSignal.any([]),
    });
    expect(exit).to.equal(64);
    expect(stdout).to.contain('Usage: drift-detector').and.to.equal(commandLine('--help').out);
    expect(JSON.parse(stderr)).to.include({ event: 'failed-usage' });
    expect(stderr).to.contain('no command is given');
  });

  for (const flags of [['--dry-run'], ['--cluster', 'a'], ['--cluster', 'run'], ['--git-token=canary', 'now']])
    it(`runs nothing for ${flags.join(' ')} without a command`, () => {
      const { error } = commandLine(...flags);
      expect(exitCodeOf(error)).to.equal(64);
      expect(error?.message).to.contain('command').and.not.contain('canary');
    });

  it('reads flags with values, switches with and without one, and the short form of --output', () => {
    const { parsed } = commandLine(
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
    expect(parsed?.command.name).to.equal('check');
    expect(parsed?.flags).to.deep.equal({ cluster: 'a', maxFixes: '3', autoFix: 'true', createMissing: 'false', output: 'json' });
    expect(parsed?.configFile).to.equal(undefined);
  });

  it('takes the configuration file from --config', () => {
    expect(commandLine('run', '--config', 'drift.yaml').parsed).to.include({ configFile: 'drift.yaml' });
  });

  for (const arguments_ of [['--help'], ['run', '--help'], ['check', '--help'], ['-h']]) {
    it(`names every option with its variable and default in ${arguments_.join(' ')}`, () => {
      const { out, parsed, error } = commandLine(...arguments_);
      expect([parsed, error]).to.deep.equal([undefined, undefined]);
      const text = unfolded(out);
      for (const name of OPTION_NAMES) {
        const option = OPTIONS[name];
        for (const variable of variablesOf(name)) expect(text, name).to.match(new RegExp(`\\b${variable}\\b`, 'u'));
        if ('isSecret' in option) expect(text, name).to.not.contain(`${flagOf(name)} `);
        else expect(text, name).to.contain(flagOf(name));
        if ('default' in option && option.default !== '') expect(text, name).to.contain(`default ${option.default})`);
      }
      expect(text).to.contain('NAME_FILE').and.contain('Exit codes: 0 complete');
    });
  }

  it('prints the version', () => {
    expect(commandLine('--version').out.trim()).to.equal(VERSION);
  });

  for (const [what, arguments_, says] of [
    ['an unknown command', ['chekc'], "unknown command 'chekc', did you mean check?"],
    ['a command that is like no other', ['frobnicate', '--cluster', 'a'], "unknown command 'frobnicate'"],
    ['an unknown option', ['run', '--autofix'], "unknown option '--autofix', did you mean --auto-fix?"],
    ['an option of another command', ['report', '--auto-fix'], "unknown option '--auto-fix'"],
    ['an option without its value', ['run', '--cluster'], '--cluster'],
    ['a stray argument', ['run', 'now'], 'now'],
    ['a finding that is not named', ['accept'], "'FINDING'"],
    ['a host that is none', ['hub', '--data-dir', 'd', '--allow-host', 'http://a/b'], '--allow-host'],
    ['a port that is none', ['hub', '--data-dir', 'd', '--port', '70000'], '70000'],
    ['a port that is empty', ['hub', '--data-dir', 'd', '--port', ''], '--port'],
    ['a hub without a place for its data', ['hub'], '--data-dir'],
  ] as const) {
    it(`ends with 64 for ${what}, and runs nothing`, () => {
      const { error, parsed, out } = commandLine(...arguments_);
      expect(parsed).to.equal(undefined);
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
    expect(
      commandLine('hub', '--data-dir', '/data', '--port', '0', '--token-file', 't', '--allow-host', 'a', '--allow-host', 'b:80')
        .parsed?.given,
    ).to.deep.equal({
      dataDir: '/data',
      port: 0,
      host: '127.0.0.1',
      allowHost: ['a', 'b:80'],
      tokenFile: 't',
      apiGeneration: 'all',
    });
  });

  it('leaves everything behind cub to the command line of that', () => {
    const behind = ['--hand-over', 'unit', 'list', '--space', '*', '--version', '--help', '-o', 'x', '--', 'y'];
    expect(commandLine('cub', ...behind).parsed?.given).to.deep.equal({ arguments: behind });
    expect(commandLine('cub', '--help').parsed?.given).to.deep.equal({ arguments: ['--help'] });
  });
});

describe('commands', () => {
  it('have names of their own', () => {
    expect(COMMANDS.length).to.be.above(10);
    expect(new Set(COMMANDS.map(({ name }) => name)).size).to.equal(COMMANDS.length);
  });

  for (const { name, summary, options } of COMMANDS) {
    it(`are in the help: ${name}`, () => {
      expect(summary).to.match(/^[^\n]{10,}[^.\n]$/u);
      expect(unfolded(commandLine('--help').out))
        .to.match(new RegExp(` ${name} (\\[|<|${summary[0]})`, 'u'))
        .and.contain(unfolded(summary));
      const { out } = commandLine('help', name);
      expect(out).to.contain(`Usage: drift-detector ${name}`);
      expect(unfolded(out)).to.contain(unfolded(summary));
      for (const option of options)
        expect(out).to.contain('isSecret' in OPTIONS[option] ? variablesOf(option)[0] : flagOf(option));
    });

    it(`are suggested where mistyped, and not run: ${name}`, () => {
      for (const wrong of mistyped(name)) {
        const { parsed, error, out } = commandLine(wrong, '--cluster', 'a', 'b');
        expect([parsed, out, exitCodeOf(error)], wrong).to.deep.equal([undefined, '', 64]);
        expect(error?.message, wrong).to.match(
          new RegExp(`^unknown command '${wrong}', did you mean .*\\b${name}\\b.*\\?$`, 'u'),
        );
      }
    });
  }

  for (const { name, example, exits = [] } of COMMANDS) {
    it(`have an example that is one of theirs: ${example}`, () => {
      const argv = [...example.matchAll(/'([^']*)'|\S+/gu)].map(([word, quoted]) => quoted ?? word);
      const { parsed, error } = commandLine(...argv);
      expect([parsed?.command.name, error]).to.deep.equal([name, undefined]);
    });

    it(`name every exit code that they end with: ${name}`, () => {
      const folder = FOLDERS[name] ?? name;
      const files = globSync([`src/commands/${folder}/*.ts`, ...(folder === 'run' ? ['src/pass/exit.ts'] : [])], { cwd: ROOT });
      const text = files.map((file) => readFileSync(join(ROOT, file), 'utf8')).join('\n');
      const found = new Set([...text.matchAll(/\bEXIT\.(\w+)/gu)].map(([, exit = '']) => exit));
      // By the error of a Lease that another pass holds; `check`, of the same folder, takes none.
      if (text.includes('connectWriting(') && name !== 'check') found.add('lockLost');
      expect([...found].filter((exit) => !COMMON_EXITS.some((common) => common === exit))).to.have.members([...exits]);
    });
  }

  it('are known by their entry in the list alone: help, flags, arguments, suggestion, run', async () => {
    const greet: Command<{ readonly name: string; readonly loud?: readonly string[] }> = {
      name: 'greet',
      summary: 'says hello to somebody',
      options: ['cluster', 'gitToken'],
      epilogue: '\nIt is a polite command.',
      example: 'greet Ann',
      define: (parser) => parser.argument('<NAME>', 'who is greeted').option('--loud <LETTER>', 'letters to shout', collect),
      run: async ({ given }) => given.name.length + (given.loud?.length ?? 0),
    };
    const commands = [...COMMANDS, greet];
    expect(read(['--help'], commands).out).to.contain('says hello to somebody');
    const { out } = read(['greet', '--help'], commands);
    for (const part of ['<NAME>', 'who is greeted', '--loud', '--cluster', '--config', 'GIT_TOKEN', 'It is a polite command.'])
      expect(out).to.contain(part);
    expect(out).to.not.contain('--git-token').and.not.contain('CLAUDE_API_KEY');
    expect(read(['geret'], commands).error?.message).to.contain('did you mean greet?');
    const { parsed } = read(['greet', 'Ann', '--loud', 'a', '--cluster', 'c', '--loud', 'b', '--config', 'f'], commands);
    expect(parsed).to.deep.include({ flags: { cluster: 'c' }, configFile: 'f' });
    const invocation = {
      given: parsed?.given ?? {},
      configure: () => Promise.reject(new Error('not asked for')),
      deadline: { signal: AbortSignal.any([]), set: () => undefined, [Symbol.dispose]: () => undefined },
      signal: AbortSignal.any([]),
    };
    const nothing = { argv: [], environment: {}, isTerminal: false, out: () => undefined, err: () => undefined };
    expect(await parsed?.command.run(invocation, { ...nothing, stop: AbortSignal.any([]) })).to.equal(5);
  });

  for (const [argv, exit, mayNot, does] of [
    [
      ['--version'],
      0,
      /src\/(stages|pass|hub|clients\/(kubernetes\/transport|confighub|git|claude))\b|@anthropic-ai|pino|\/execute\.ts/u,
      /main\.ts/u,
    ],
    [['check'], 78, /src\/(hub|commands\/(?!run\/)\w+\/execute\.ts)/u, /src\/commands\/run\/execute\.ts/u],
  ] as const)
    it(`load what they need and no more: ${argv.join(' ')}`, () => {
      const loading = `import { registerHooks } from 'node:module';
        registerHooks({ load: (url, context, next) => (process.stderr.write('loads ' + url + '\\n'), next(url, context)) });`;
      const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
      const { status, stderr } = spawnSync(process.execPath, ['--import', `data:text/javascript,${loading}`, main, ...argv], {
        encoding: 'utf8',
        env: PROGRAM_ENVIRONMENT,
      });
      const loaded = stderr.split('\n').filter((line) => line.startsWith('loads '));
      expect(status, stderr).to.equal(exit);
      expect(loaded.join('\n')).to.match(does);
      expect(loaded.filter((line) => mayNot.test(line))).to.deep.equal([]);
    });
});
