import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { composeCommitMessage, renderReport } from '../../src/stages/report/report.ts';
import { hostileStrings, mapWords, reportFrom } from './hostile-report.ts';

// Every hostile string in every text of a report, as real Git stores and reads it.

const PATH =
  /^(schema\/report-v1\.schema\.json|[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?\/((README\.md|report\.json|(findings|corrections|gone)\.jsonl)|[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?\/[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?\.[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?\.md))$/u;
const TRAILERS = [
  'Drift-Pass',
  'Drift-Cluster',
  'Drift-Digest',
  'Drift-New',
  'Drift-Returned',
  'Drift-Changed',
  'Drift-Fixed',
  'Drift-Resolved',
  'Drift-Open',
  'Drift-Other',
  'Drift-Actor',
  'ConfigHub-ChangeSet',
  'Drift-Tool',
];

interface Stored {
  readonly subject: string;
  readonly trailers: readonly string[];
  readonly body: string;
  readonly paths: readonly string[];
}

/** Commits each report on the one before and reads all of it back. */
function storeAndRead(texts: readonly string[]): readonly Stored[] {
  const folder = mkdtempSync(join(tmpdir(), 'hostile-git-'));
  const env = { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', GIT_CONFIG_NOSYSTEM: '1' };
  const git = (args: readonly string[], input?: Buffer): string =>
    execFileSync('git', [...args], { cwd: folder, env, input, encoding: 'utf8', maxBuffer: 1 << 28 });
  try {
    git(['init', '--quiet', '--bare', '--initial-branch=main']);
    const stream = texts.map((text) => {
      const report = reportFrom(mapWords(() => text));
      const message = composeCommitMessage(report, { pass: 'pass-1', tool: 'drift-detector/1.2.3' });
      const files = [...renderReport(report)].filter(([path]) => !path.startsWith('schema/'));
      const data = (content: string): string => `data ${Buffer.byteLength(content)}\n${content}\n`;
      const blobs = files.map(([path, content]) => `M 100644 inline ${path}\n${data(content)}`);
      return `commit refs/heads/main\ncommitter t <t@example.com> 0 +0000\n${data(message)}deleteall\n${blobs.join('')}\n`;
    });
    git(['fast-import', '--quiet'], Buffer.from(stream.join('')));
    git(['fsck', '--strict']);
    const format = '%x01%s%x02%(trailers:only=true)%x02%B%x02';
    git(['--version']);
    const log = git([
      '-c',
      'core.quotePath=false',
      'log',
      '--reverse',
      '--no-renames',
      '--root',
      '--name-only',
      `--format=${format}`,
      'main',
    ]);
    return log
      .split('\u0001')
      .slice(1)
      .map((entry) => {
        const [subject = '', trailers = '', body = '', paths = ''] = entry.split('\u0002');
        return { subject, trailers: trailers.trim().split('\n'), body, paths: paths.trim().split('\n') };
      });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('a report full of hostile text, in Git', function () {
  this.timeout(120_000);
  const strings = hostileStrings();
  let stored: readonly Stored[];
  before(() => {
    stored = storeAndRead(strings.map(({ text }) => text));
  });

  it('is 300 and more kinds of it', () => {
    expect(new Set(strings.map(({ text }) => text)).size).to.be.at.least(300);
    expect(stored).to.have.length(strings.length);
  });

  it('has exactly our trailers, whatever a name says', () => {
    for (const [index, { trailers }] of stored.entries()) {
      const about = JSON.stringify(strings[index]?.text);
      expect(
        trailers.map((line) => line.slice(0, line.indexOf(':'))),
        about,
      ).to.deep.equal(TRAILERS);
      expect(trailers, about).to.include('Drift-Open: 2');
    }
  });

  it('has a subject of one line, and lines of 72 characters', () => {
    for (const [index, { subject, body }] of stored.entries()) {
      const about = JSON.stringify(strings[index]?.text);
      const [first, second, ...rest] = body.split('\n');
      expect(first, about).to.equal(subject);
      expect(second, about).to.equal('');
      expect(subject.length, about).to.be.at.most(72);
      expect(subject, about).to.match(/^drift\(.+\): .*\b2 (still )?open \((worst: )?medium\)$/u);
      const end = rest.findLastIndex((line) => line.startsWith('Drift-Pass: '));
      for (const line of rest.slice(0, end)) expect(line.length, about).to.be.at.most(72);
      expect(end, about).to.be.at.most(21);
    }
  });

  it('has no path that is not allowed, and contacts no server', () => {
    for (const [index, { paths, body }] of stored.entries()) {
      const about = JSON.stringify(strings[index]?.text);
      for (const path of paths) expect(path, about).to.match(PATH);
      expect(body, about).to.not.match(
        /(?<!\w)@\w|#\w|(?<!\w)[!%~&^]\d|:\/\/|\[(skip|ci|no ci|azp)|\bcloses \w+-\d|NO_CI|\bGH-\d/iu,
      );
    }
  });
});
