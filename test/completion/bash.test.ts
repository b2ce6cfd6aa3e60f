import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { parseCommandLine } from '../../src/cli/command-line.ts';
import { COMMANDS } from '../../src/commands/commands.ts';

/** What `drift-detector completion bash` prints. */
function script(): string {
  const { given } = parseCommandLine(['completion', 'bash'], COMMANDS, () => undefined) ?? {};
  if (given === undefined || !('shell' in given)) throw new Error('completion takes no shell');
  return String(given.shell);
}

/** What bash offers for a line that was typed up to its end, split as bash splits it: at spaces and `=`. */
function offered(...line: readonly string[]): readonly string[] {
  const run = `set -eu; eval "$SCRIPT"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _drift_detector || true
    complete -p drift-detector >&2
    for word in "\${COMPREPLY[@]:-}"; do printf '%s\\n' "$word"; done`;
  const words = ['drift-detector', ...line];
  const { status, stdout, stderr } = spawnSync('bash', ['--norc', '-c', run, 'bash', ...words], {
    encoding: 'utf8',
    env: { ...process.env, SCRIPT: script() },
  });
  expect({ status, stderr }).to.deep.equal({ status: 0, stderr: 'complete -o default -F _drift_detector drift-detector\n' });
  return stdout.split('\n').filter((word) => word !== '');
}

describe('completion: bash', () => {
  it('offers every command, and the options of the program', () => {
    expect(offered('')).to.include.members([...COMMANDS.map(({ name }) => name), '--help', '--version']);
    expect(offered('do')).to.deep.equal(['doctor']);
  });

  it('offers the options of the command that is typed, and of no other', () => {
    expect(offered('run', '--dry')).to.deep.equal(['--dry-run']);
    expect(offered('diff', '--liv')).to.deep.equal(['--live']);
    expect(offered('run', '--liv')).to.deep.equal([]);
    expect(offered('schema', '-')).to.deep.equal(['-h', '--help']);
  });

  it('offers no option that is a secret or hidden', () => {
    expect(offered('run', '--claude')).to.deep.equal(['--claude-base-url', '--claude-model']);
    expect(offered('fix', '--file')).to.deep.equal([]);
  });

  it('offers the values of an option, behind a space and behind "="', () => {
    expect(offered('check', '--log-level', '')).to.deep.equal(['debug', 'info', 'warn', 'error']);
    expect(offered('check', '-o', 'ya')).to.deep.equal(['yaml']);
    expect(offered('check', '--output', '=')).to.include.members(['json', 'yaml', 'diff']);
    expect(offered('check', '--output', '=', 'js')).to.include('json');
    expect(offered('diff', '-o', '')).to.deep.equal(['table', 'diff', 'json', 'yaml']);
  });

  it('leaves to bash what only files can be: no words', () => {
    expect(offered('diff', '--desired', '')).to.deep.equal([]);
    expect(offered('run', '--config', '-')).to.deep.equal([]);
    expect(offered('cub', '')).to.deep.equal([]);
  });

  it('offers the choices of an argument', () => {
    expect(offered('completion', '')).to.deep.equal(['bash']);
  });

  it('refuses another shell', () => {
    expect(() => parseCommandLine(['completion', 'tcsh'], COMMANDS, () => undefined)).to.throw('for bash only');
  });
});
