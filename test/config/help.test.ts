import { expect } from 'chai';
import { parseCommandLine } from '../../src/cli/command-line.ts';
import { COMMANDS } from '../../src/commands/commands.ts';
import { ConfigError } from '../../src/domain/errors.ts';

/** What the command line prints, or complains of. */
function said(...argv: readonly string[]): string {
  let out = '';
  try {
    parseCommandLine(argv, COMMANDS, (text) => {
      out += text;
    });
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return out;
}

const unfolded = (text: string): string => text.replaceAll(/\s+/gu, ' ');

describe('help', () => {
  it('has one usage and one list of configuration, without the frame of the library', () => {
    const help = said('--help');
    expect(help.match(/^Usage:/gmu)).to.have.length(1);
    expect(help.match(/^Options:/gmu)).to.have.length(1);
    expect(help).to.contain('each command accepts the flags that its own help lists:\n');
  });

  it('lists secrets where a command takes one, nothing else below them, and none where it takes none', () => {
    const [, below = ''] = said('run', '--help').split('(NAME_FILE is the path of a file that contains NAME):\n');
    const [list = ''] = below.split('\n\n');
    expect(list).to.contain('CUB_TOKEN');
    for (const line of list.trimEnd().split('\n')) expect(line).to.match(/^ {2}[A-Z_]+( or [A-Z_]+)* +\S/u);
    expect(said('diff', '--help')).to.not.contain('Secrets');
  });

  it('names the file of options and its variable', () => {
    expect(unfolded(said('run', '--help'))).to.contain(
      '--config <FILE> configuration file: YAML whose keys are option names in camel case (environment DRIFT_CONFIG)',
    );
  });

  it('fills the lines of exit codes up to 120 columns', () => {
    const lines = said('--help').slice(said('--help').indexOf('Exit codes:')).trimEnd().split('\n');
    expect(lines.length).to.be.above(1);
    for (const [index, line] of lines.entries()) {
      expect(line.length).to.be.at.most(120);
      const [next] = lines[index + 1]?.split(/(?<=[,.]) /u) ?? [];
      if (next !== undefined) expect(`${line} ${next}`.length, line).to.be.above(120);
    }
  });
});

describe('a complaint about the command line', () => {
  it('is cut only behind a flag that was given with its value, which may be a secret', () => {
    expect(said('diff', '--desired', 'a', '--live', 'b', '--output', 'a-b=c')).to.contain("'a-b=c' is invalid. Allowed choices");
    expect(said('--git-token=canary', 'now')).to.equal('the command comes first, before --git-token');
    expect(said('run', '--nosuch=canary')).to.contain('--nosuch=...').and.not.contain('canary');
  });
});
