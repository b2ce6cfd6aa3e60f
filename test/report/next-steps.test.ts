import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import { nextSteps } from '../../src/report/next-steps.ts';
import type { ReportFinding } from '../../src/types/report.ts';
import { Secret } from '../../src/types/secret.ts';
import { envValue, finding, ref } from '../types/builders.ts';
import { outcome, ranked, reportOf } from './build.ts';
import { hostileStrings } from './hostile-report.ts';

function reported(parts: Parameters<typeof finding>[0], more: Partial<ReportFinding> = {}): ReportFinding {
  const [line] = reportOf([ranked(finding(parts))]).findings;
  if (!line) throw new Error('nothing is reported');
  return { ...line, ...more };
}

const commandsOf = (line: ReportFinding): readonly string[] => nextSteps(line, 'prod-eu').map(({ command }) => command);
const firstWords = (line: ReportFinding): readonly string[] =>
  commandsOf(line).map((command) => command.split(' ').slice(0, 2).join(' '));

describe('what a person can do about a drift', () => {
  it('is to fix, accept or ignore it, or to hold fixes', () => {
    const line = reported({});
    expect(commandsOf(line)).to.deep.equal([
      `drift-detector fix ${line.fingerprint} --cluster prod-eu`,
      `drift-detector accept ${line.fingerprint} --cluster prod-eu`,
      `drift-detector ignore ${line.id} --cluster prod-eu --reason 'why'`,
      'kubectl annotate --overwrite deployment/web -n shop drift-detector/pause-until="$(date -u +%F)T23:59:59Z"',
    ]);
  });

  it('is to apply what is staged, see it, or take it back', () => {
    const [line] = reportOf([ranked(finding())], {
      outcomes: [outcome(finding().id, { result: 'staged', changeSet: 'platform/nightly', revision: 12 })],
    }).findings;
    expect(line && commandsOf(line)).to.include.members([
      'cub unit apply web --space prod --revision ChangeSet:platform/nightly',
      'cub unit diff -u web --space prod --from=11 --to=12',
      'drift-detector undo platform/nightly',
    ]);
  });

  it('is to adopt a workload that no unit declares', () => {
    const line = reported({ class: 'unmanaged', path: [], desired: undefined, live: undefined, unit: '' });
    expect(firstWords(line)).to.deep.equal(['drift-detector adopt', 'drift-detector ignore']);
  });

  it('never is to accept a value that is not shown, or to fix what nobody can change in place', () => {
    expect(firstWords(reported({ path: envValue('PASSWORD'), live: new Secret('x') }))).to.not.include('drift-detector accept');
    expect(firstWords(reported({}, { reason: 'immutable' }))).to.not.include('drift-detector fix');
  });

  it('is a hold that a person can copy: the shell makes it the end of today', () => {
    const command = commandsOf(reported({})).at(-1) ?? '';
    const printed = execFileSync('sh', ['-c', `kubectl() { printf '%s\\n' "$@"; }\n${command}`], { encoding: 'utf8' });
    expect(printed.trim().split('\n').at(-1)).to.match(/^drift-detector\/pause-until=\d{4}-\d{2}-\d{2}T23:59:59Z$/u);
  });

  it('is the same command to a shell, whatever things are called', () => {
    // A shell takes no NUL in a script, and a page shows controls written out.
    const texts = hostileStrings()
      .map(({ text }) => text)
      .filter((text) => text.isWellFormed() && !text.includes('\0'));
    const script = texts.map((text) => {
      const line = reported(
        { ref: ref(text, { namespace: text }), unit: `${text}/${text}` },
        { changeSet: text, result: 'staged', revision: 2 },
      );
      return nextSteps(line, text)
        .map(({ command }) => `${command}\nprintf '\\n'`)
        .join('\n');
    });
    const words = 'PATH=/nowhere\ncub() { printf "%s\\0" "$#"; }\ndrift-detector() { printf "%s\\0" "$#"; }\n';
    const printed = execFileSync('bash', ['-s'], { encoding: 'utf8', input: `${words}${script.join('\n')}` });
    // Staged: apply, accept, ignore, diff, undo, each with as many words as it should have.
    const counts = printed
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.replace('\0', ''));
    expect(counts).to.deep.equal(texts.flatMap(() => ['7', '4', '6', '8', '2']));
  });
});
