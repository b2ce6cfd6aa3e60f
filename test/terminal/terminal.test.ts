import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { displayWidth } from '../../src/outputs/terminal/width.ts';
import { GIT_ENVIRONMENT, publishPass } from '../forms/publish.ts';
import { PROGRAM_ENVIRONMENT } from '../program-environment.ts';
import { ranked } from '../report/build.ts';
import { finding, IMAGE, ref } from '../types/builders.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const LONG = 'a-service-with-a-name-of-some-length';

describe('drift-detector on a terminal', function () {
  this.timeout(60_000);
  let folder: string;
  let bare: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'terminal-'));
    bare = join(folder, 'bare.git');
    execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', bare]);
    const image = {
      path: IMAGE,
      desired: 'registry.example/shop/checkout:3.1.0',
      live: 'registry.example/other/checkout:3.1.0-hotfix',
    };
    await publishPass(bare, 'dev', [
      ranked(finding({ ref: ref('checkout'), ...image }), { severity: 'critical' }),
      ranked(finding({ ref: ref(LONG) }), { severity: 'high' }),
      ranked(finding({ ref: ref('漢字') }), { severity: 'low' }),
    ]);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs the command below a pseudo-terminal of that width; what a person would see, and what the terminal was sent. */
  async function show(
    columns: number,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly raw: string; readonly lines: readonly string[] }> {
    const command = `stty cols ${columns} rows 50; exec "${process.execPath}" "${MAIN}" report`;
    const env = {
      ...GIT_ENVIRONMENT,
      ...PROGRAM_ENVIRONMENT,
      TERM: 'xterm-256color',
      SHELL: '/bin/sh',
      REPORT_REPO: bare,
      DRIFT_CLUSTER: 'dev',
      ...environment,
    };
    const raw = await new Promise<string>((resolve, reject) => {
      execFile('script', ['--quiet', '--return', '--command', command, '/dev/null'], { env }, (error, stdout) => {
        if (error) reject(error);
        else resolve(stdout);
      });
    });
    const plain = raw
      .replaceAll('\r', '')
      .split('\u001b')
      .map((part) => part.replace(/^\[[\d;]*m/u, ''))
      .join('');
    return { raw, lines: plain.split('\n').slice(0, -1) };
  }

  for (const columns of [60, 80, 200]) {
    it(`fits ${columns} columns, with every name whole and the worst first`, async () => {
      const { raw, lines } = await show(columns);
      for (const line of lines) expect(displayWidth(line), line).to.be.at.most(columns);
      const text = lines.join('\n');
      for (const name of ['shop/deployment/checkout', `shop/deployment/${LONG}`, 'shop/deployment/漢字'])
        expect(text).to.contain(name);
      expect(text.match(/\b(critical|high|low)\b/gu)).to.deep.equal(['critical', 'high', 'low']);
      expect(raw).to.contain('\u001b[1;31mcritical\u001b[0m');
    });
  }

  it('takes a terminal that does not know its width for one of any width, and for one that knows colours', async () => {
    const { raw, lines } = await show(0);
    expect(lines).to.have.length(4);
    expect(lines[0]).to.match(/^SEVERITY +WORKLOAD .*STATE$/u);
    expect(raw).to.contain('\u001b[1;31mcritical\u001b[0m');
  });

  it('says more where there is more room', async () => {
    const { lines } = await show(240);
    expect(lines[1]).to.contain('3.1.0 → registry.example/other/checkout:3.1.0-hotfix');
    expect(lines.at(-1)).to.match(/^In all rows: .*\bby kubectl\b.*state report only \(auto-fix-off\)$/u);
    expect((await show(60)).lines.join(' ').replaceAll(/\s+/gu, ' ')).to.contain(
      '3.1.0 → registry.example/other/checkout:3.1.0-hotfix',
    );
  });

  it('has no colour with NO_COLOR, or on a terminal that knows none', async () => {
    expect((await show(80, { NO_COLOR: '1' })).raw).to.not.contain('\u001b');
    expect((await show(80, { TERM: 'dumb' })).raw).to.not.contain('\u001b');
    expect((await show(80, { TERM: 'dumb', FORCE_COLOR: '1' })).raw).to.contain('\u001b[1;31m');
  });

  it('is plain and whole in a pipe', () => {
    const env = {
      ...GIT_ENVIRONMENT,
      ...PROGRAM_ENVIRONMENT,
      TERM: 'xterm-256color',
      COLUMNS: '40',
      REPORT_REPO: bare,
      DRIFT_CLUSTER: 'dev',
    };
    const piped = execFileSync(process.execPath, [MAIN, 'report'], { env, encoding: 'utf8' });
    expect(piped).to.not.contain('\u001b');
    expect(piped.split('\n')[1])
      .to.contain('checkout:3.1.0-hotfix')
      .and.to.contain('kubectl')
      .and.to.contain('report only (auto-fix-off)');
  });
});
