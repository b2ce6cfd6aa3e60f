import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { UserError } from '../../src/domain/errors.ts';
import type { Report } from '../../src/domain/report.ts';
import {
  composeCommitMessage,
  openReportRepository,
  type ReportEdits,
  type ReportRepository,
  type ReportRepositoryOptions,
  renderReport,
} from '../../src/stages/report/report.ts';
import { PATH_WITH_SSH } from '../openssh/path.ts';
import { finding, ref } from '../types/builders.ts';
import { ranked, reportOf } from './build.ts';

export interface Repositories extends Disposable {
  readonly path: string;
  /** A bare repository, as a Git host keeps it. */
  readonly bare: string;
  /** Runs Git in the bare repository and gives what it printed. */
  git(...args: readonly string[]): string;
  /** Commits these files through a clone of its own, as a person would. */
  commitByHand(files: Readonly<Record<string, string>>, work?: (clone: string) => void): void;
  /** Gives the bare repository to another user; root alone can. */
  own(uid: number): void;
  /** So many commits on top, by another person, each with a line of its own in `notes.txt`. */
  commitMany(count: number): void;
  options(more?: Partial<ReportRepositoryOptions>): ReportRepositoryOptions;
}

/** Git without the settings of whoever runs the tests. */
export const ENVIRONMENT: Readonly<Record<string, string>> = {
  PATH: PATH_WITH_SSH,
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Person',
  GIT_AUTHOR_EMAIL: 'person@example.com',
  GIT_COMMITTER_NAME: 'Person',
  GIT_COMMITTER_EMAIL: 'person@example.com',
};

export function repositories(format: 'sha1' | 'sha256' = 'sha1'): Repositories {
  const path = mkdtempSync(join(tmpdir(), 'report-test-'));
  const bare = join(path, 'bare.git');
  const run = (cwd: string, args: readonly string[], input = ''): string =>
    execFileSync('git', [...args], { cwd, env: ENVIRONMENT, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'], input });
  run(path, ['init', '--quiet', '--bare', '--initial-branch=main', `--object-format=${format}`, bare]);
  let clones = 0;
  return {
    path,
    bare,
    git: (...args) => run(bare, args),
    commitByHand(files, work = () => undefined) {
      const clone = join(path, `clone-${++clones}`);
      run(path, ['clone', '--quiet', bare, clone]);
      for (const [name, content] of Object.entries(files)) {
        mkdirSync(dirname(join(clone, name)), { recursive: true });
        writeFileSync(join(clone, name), content);
      }
      work(clone);
      run(clone, ['add', '--all', '--force']);
      run(clone, ['commit', '--quiet', '-m', 'by hand']);
      run(clone, ['push', '--quiet', 'origin', 'HEAD:refs/heads/main']);
    },
    own(uid) {
      execFileSync('chown', ['-R', String(uid), bare]);
    },
    commitMany(count) {
      const commits = Array.from({ length: count }, (_, index) => {
        const from = index === 0 ? 'from refs/heads/main^0\n' : '';
        const note = `note ${index}\n`;
        const who = `committer Another <another@example.com> ${1_790_000_000 + index} +0000\n`;
        return `commit refs/heads/main\n${who}data 4\nnote\n${from}M 644 inline notes.txt\ndata ${note.length}\n${note}\n`;
      });
      run(bare, ['fast-import', '--quiet'], commits.join(''));
    },
    options: (more = {}) => optionsFor(bare, more),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** How a pass of cluster prod-eu reaches the repository of this address. */
export function optionsFor(url: string, more: Partial<ReportRepositoryOptions> = {}): ReportRepositoryOptions {
  return {
    url,
    branch: 'main',
    root: 'reports',
    cluster: 'prod-eu',
    token: undefined,
    author: { name: 'drift-detector', email: 'drift-detector@noreply.invalid' },
    environment: { PATH: PATH_WITH_SSH },
    mayPush: async () => undefined,
    signal: new AbortController().signal,
    ...more,
  };
}

export function report(names: readonly string[], cluster = 'prod-eu', repository?: ReportRepository): Report {
  const findings = names.map((name) => ranked(finding({ ref: ref(name) })));
  return { ...reportOf(findings, repository ? { previous: repository.previous } : {}), cluster };
}

function messageOf(of: Report): string {
  return composeCommitMessage(of, { pass: 'pass-1', tool: 'drift-detector/1.0.0' });
}

export function publish(repository: ReportRepository, of: Report, edits?: ReportEdits): Promise<{ readonly commit: string }> {
  return repository.publish(renderReport(of), messageOf(of), edits);
}

/** One whole pass of a cluster: opened, read, published, closed. */
export async function publishOnce(options: ReportRepositoryOptions, names: readonly string[]): Promise<string> {
  await using repository = await openReportRepository(options);
  return (await publish(repository, report(names, options.cluster, repository))).commit;
}

export async function failureOf(work: () => Promise<unknown>): Promise<UserError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('nothing failed');
}

/** A separate folder for temporary files, until it is disposed of; processes that are started get it as well. */
export function ownTemporaryFolder(): Disposable & { readonly path: string } {
  const usual = process.env['TMPDIR'];
  const path = mkdtempSync(join(tmpdir(), 'own-tmp-'));
  process.env['TMPDIR'] = path;
  return {
    path,
    [Symbol.dispose]() {
      if (usual === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = usual;
      rmSync(path, { recursive: true, force: true });
    },
  };
}
