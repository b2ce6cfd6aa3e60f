import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { openReportRepository } from '../src/stages/report/report.ts';
import { ranked, reportOf } from '../test/report/build.ts';
import { ENVIRONMENT, publish, repositories } from '../test/report/repositories.ts';
import { finding, ref } from '../test/types/builders.ts';

// The dashboard over 10,000 findings and 500 commits: node bin/bootstrap.mjs bench/dashboard.ts. Prints a table in Markdown,
// and ends with 1 where a limit is passed.

const FINDINGS = 10_000;
const COMMITS = 500;
const RUNS = 30;
const REQUESTS = 1_000;
const MOST_MS = 200;
const MOST_BYTES = 150_000;
/** Resident memory after the requests, above that of a warm process. */
const MOST_GROWTH_MIB = 32;
const PATHS = ['/', '/findings', '/findings?page=200', '/findings?text=web-09999&sort=cost', '/history', '/ignored', '/runs'];

/** Commits as passes make them, with trailers. */
function history(bare: string): void {
  const commits = Array.from({ length: COMMITS }, (_, index) => {
    const message = `drift(prod-eu): ${index % 7} open\n\nDrift-Cluster: prod-eu\nDrift-New: 1\nDrift-Fixed: ${index % 3}\nDrift-Open: ${index % 70}\n`;
    const text = `{"index": ${index}}\n`;
    const who = `committer drift-detector <drift-detector@noreply.invalid> ${1_790_000_000 + index * 1_800} +0000`;
    return `commit refs/heads/main\n${who}\ndata ${message.length}\n${message}M 644 inline reports/prod-eu/report.json\ndata ${text.length}\n${text}\n`;
  });
  execFileSync('git', ['fast-import', '--quiet'], { cwd: bare, env: ENVIRONMENT, input: commits.join('') });
}

interface Answer {
  /** Until the first byte of the answer. */
  readonly milliseconds: number;
  readonly bytes: number;
}

function ask(url: string): Promise<Answer> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    request(url, (answer) => {
      const milliseconds = performance.now() - started;
      let bytes = 0;
      answer.on('data', (part: Buffer) => {
        bytes += part.length;
      });
      answer.on('end', () =>
        answer.statusCode === 200 ? resolve({ milliseconds, bytes }) : reject(new Error(`${url}: ${answer.statusCode}`)),
      );
    })
      .on('error', reject)
      .end();
  });
}

function residentMib({ pid }: ChildProcess): number {
  return Number(/VmRSS:\s+(\d+) kB/u.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

using repository = repositories();
history(repository.bare);
const many = Array.from({ length: FINDINGS }, (_, index) =>
  ranked(finding({ ref: ref(`web-${String(index).padStart(5, '0')}`) }), { costUsdPerMonth: index % 300 }),
);
{
  await using opened = await openReportRepository(repository.options());
  await publish(opened, reportOf(many));
}
const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const server = spawn(
  process.execPath,
  [
    main,
    'dashboard',
    '--port=0',
    '--metrics-port=0',
    '--metrics-host=127.0.0.1',
    '--log-level=error',
    `--report-repo=${repository.bare}`,
  ],
  { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, KUBECONFIG: '/nonexistent' } },
);
try {
  const begun = performance.now();
  const [line] = (await once(server.stdout, 'data')) as [Buffer];
  const url = line.toString().trim();
  process.stdout.write(
    `Ready after ${((performance.now() - begun) / 1000).toFixed(1)} s, with ${FINDINGS} findings and ${COMMITS} commits.\n\n`,
  );
  process.stdout.write('| page | first byte, median | first byte, worst | size |\n|---|---|---|---|\n');
  let hasPassed = true;
  for (const path of PATHS) {
    await ask(url + path);
    const answers: Answer[] = [];
    for (let run = 0; run < RUNS; run++) answers.push(await ask(url + path));
    const times = answers.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b);
    const [median = 0, worst = 0, bytes = 0] = [times[RUNS / 2], times.at(-1), answers[0]?.bytes];
    hasPassed &&= median < MOST_MS && bytes <= MOST_BYTES;
    process.stdout.write(`| \`${path}\` | ${median.toFixed(0)} ms | ${worst.toFixed(0)} ms | ${Math.round(bytes / 1000)} kB |\n`);
  }
  const requests = async (): Promise<void> => {
    for (let index = 0; index < REQUESTS; index++) await ask(url + (PATHS[index % PATHS.length] ?? '/'));
  };
  await requests();
  const before = residentMib(server);
  await requests();
  const after = residentMib(server);
  hasPassed &&= after - before < MOST_GROWTH_MIB;
  process.stdout.write(
    `\nResident memory: ${before.toFixed(0)} MiB before ${REQUESTS} requests, ${after.toFixed(0)} MiB after.\n`,
  );
  if (!hasPassed) process.exitCode = 1;
} finally {
  server.kill('SIGTERM');
  await once(server, 'exit');
}
