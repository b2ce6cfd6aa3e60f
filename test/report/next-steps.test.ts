import { execFileSync, spawnSync } from 'node:child_process';
import { expect } from 'chai';
import type { ReportFinding } from '../../src/domain/report.ts';
import { Secret } from '../../src/domain/secret.ts';
import { nextSteps } from '../../src/stages/report/next-steps.ts';
import { CLUSTER, envValue, finding, IMAGE, label, ref } from '../types/builders.ts';
import { filesOf, outcome, ranked, reportOf } from './build.ts';
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

  it('is to apply what is staged, or to see it: there is nothing yet to take back', () => {
    const [line] = reportOf([ranked(finding())], {
      outcomes: [outcome(finding().id, { result: 'staged', changeSet: 'platform/nightly', revision: 12 })],
    }).findings;
    expect(line && commandsOf(line)).to.deep.equal([
      'cub unit apply web --space prod --revision ChangeSet:platform/nightly',
      `drift-detector accept ${line?.fingerprint} --cluster prod-eu`,
      `drift-detector ignore ${line?.id} --cluster prod-eu --reason 'why'`,
      'cub unit diff -u web --space prod --from=11 --to=12',
    ]);
  });

  it('is to take back what was written and did not hold', () => {
    const [line] = reportOf([ranked(finding())], {
      outcomes: [outcome(finding().id, { result: 'overridden', changeSet: 'prod/drift-1', revision: 12 })],
    }).findings;
    expect(line && commandsOf(line)).to.include('drift-detector undo prod/drift-1');
  });

  it('is to hold fixes of what is missing by its namespace, for there is nothing else to annotate', () => {
    const parts = { class: 'missing', path: [], desired: { a: 1 }, live: undefined, blame: undefined } as const;
    expect(commandsOf(reported(parts)).at(-1)).to.equal(
      'kubectl annotate --overwrite namespace/shop drift-detector/pause-until="$(date -u +%F)T23:59:59Z"',
    );
    const unscoped = reported({ ...parts, ref: ref('web', { kind: 'ClusterThing', namespace: '' }) });
    expect(firstWords(unscoped)).to.deep.equal(['drift-detector fix', 'drift-detector ignore']);
  });

  for (const reason of ['autoscaler', 'secret', 'immutable', 'terminating'])
    it(`never is to fix what the rule ${reason} keeps from being fixed, whoever decides`, () => {
      expect(firstWords(reported({}, { reason }))).to.deep.equal(['drift-detector accept', 'drift-detector ignore']);
    });

  it('is to apply a unit that is ahead', () => {
    const line = reported({ class: 'pending', path: [], desired: undefined, live: undefined });
    expect(commandsOf(line)).to.deep.equal(['cub unit apply web --space prod']);
  });

  it('is to take a declaration away where there are two, for which there is no command', () => {
    const note = 'declared by units prod/a and prod/b';
    const twice = finding({ class: 'conflicting', path: [], desired: undefined, live: undefined, unit: '' });
    const page = filesOf(reportOf([ranked(twice)], { detail: note }))[`${CLUSTER}/shop/deployment.web.md`] ?? '';
    expect(page).to.contain(`## What you can do\n\nRemove its declaration from all units but one: ${note}.\n`);
    expect(page).to.not.match(/```sh\n\n/u);
  });

  it('is to adopt a workload that no unit declares', () => {
    const line = reported({ class: 'unmanaged', path: [], desired: undefined, live: undefined, unit: '' });
    expect(firstWords(line)).to.deep.equal(['drift-detector adopt', 'drift-detector ignore']);
  });

  it('never is to accept a value that is not shown', () => {
    expect(firstWords(reported({ path: envValue('PASSWORD'), live: new Secret('x') }))).to.not.include('drift-detector accept');
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
    // Staged: apply, accept, ignore, diff, each with as many words as it should have.
    const counts = printed
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.replace('\0', ''));
    expect(counts).to.deep.equal(texts.flatMap(() => ['7', '4', '6', '8']));
  });
});

describe('what a page has to copy', () => {
  /** Each block of a page as a shell that is typed at takes it, which knows no comments as zsh's. */
  const ran = (blocks: readonly string[]): readonly string[] => {
    const tell = ['drift-detector', 'cub', 'kubectl', 'git'].map((name) => `${name}() { echo "ran ${name} $#"; }`);
    const input = ['shopt -u interactive_comments', 'PATH=/nowhere', 'date() { echo now; }', ...tell, ...blocks].join('\n');
    const bash = spawnSync('bash', ['--norc', '--noprofile', '-i'], { encoding: 'utf8', input: `${input}\n` });
    return [...bash.stdout.split('\n'), ...bash.stderr.split('\n').filter((line) => / not found|unexpected/u.test(line))].filter(
      (line) => line !== '' && line !== 'exit',
    );
  };
  const blocksOf = (page: string): readonly string[] =>
    [...page.matchAll(/^```sh\n([\s\S]*?)\n```$/gmu)].map(([, block = '']) => block);

  it('is one command in each block and nothing beside it, whatever the cluster says, in zsh too', function () {
    this.timeout(60_000);
    const hostile = ['$(echo ran $(echo pwned))', '`echo ran pwned`', '; echo ran pwned', '!!', "'", '\n echo ran pwned'];
    const entries = hostile
      .slice(0, 3)
      .map((text, index) =>
        ranked(finding({ path: label(`${text}${index}`), desired: text, live: hostile[index + 3], unit: `prod/${text}` })),
      );
    const page = filesOf(reportOf(entries))[`${CLUSTER}/shop/deployment.web.md`] ?? '';
    const blocks = blocksOf(page);
    // Fix, accept, ignore for all, one hold; of three fields each fix, accept and ignore; and both histories.
    const ofOne = [...Array(2).fill('ran drift-detector 4'), 'ran drift-detector 6'];
    expect(ran(blocks)).to.deep.equal([...ofOne, 'ran kubectl 6', ...Array(3).fill(ofOne).flat(), 'ran git 4', 'ran cub 5']);
    expect(page).to.contain('Revert it, even if AUTO_FIX is off: labels \\$(echo ran').and.to.not.contain('  # ');
  });

  it('would notice a comment that is none', () => {
    expect(ran(['git log  # $(echo pwned)']).join()).to.equal('ran git 3');
  });

  it('is the last to go where texts are long', () => {
    const long = '@a!b'.repeat(200);
    const opinion = { severity: 'low', rank: 1, isHeld: false, promptVersion: '1' } as const;
    const advice = { cause: long, advice: long, confidence: 'low' } as const;
    const entries = Array.from({ length: 40 }, (_, index) =>
      ranked(finding({ path: index === 0 ? IMAGE : label(`l${index}`), desired: long, live: `${long}${index}` }), {
        opinion: { ...opinion, advice },
      }),
    );
    const outcomes = entries.map(({ finding: { id } }, index) =>
      outcome(id, { result: 'failed', message: `${long}${index}`, changeSet: 'prod/fixes' }),
    );
    const page = filesOf(reportOf(entries, { outcomes }))[`${CLUSTER}/shop/deployment.web.md`] ?? '';
    expect(Buffer.byteLength(page)).to.be.at.most(20_000);
    expect(page.split('\n').length).to.be.at.most(400);
    for (const heading of ['Desired and live', 'Fields', 'What you can do', 'Full history'])
      expect(page).to.contain(`\n## ${heading}\n`);
    expect(page.indexOf('## Desired and live')).to.be.lessThan(page.indexOf('## What you can do'));
    expect(blocksOf(page).join('\n')).to.match(/^drift-detector fix .*(\n.*)*kubectl annotate/u);
  });
});
