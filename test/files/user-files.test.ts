import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { parse } from 'yaml';
import { readPrices } from '../../src/cli/prices-file.ts';
import { connectKubernetes } from '../../src/clients/kubernetes/transport.ts';
import { UserError } from '../../src/domain/errors.ts';
import type { RunningHub } from '../../src/hub/server.ts';
import { main } from '../../src/main.ts';
import { openReportRepository } from '../../src/stages/report/report.ts';
import { startTestHub } from '../hub/harness.ts';
import { optionsFor } from '../report/repositories.ts';

interface Row {
  readonly name: string;
  readonly make: string;
  readonly error: string;
}

interface Ended {
  readonly code: number | string;
  readonly said: string;
}

const rows = parse(readFileSync(new URL('../../fixtures/files/no-files.yaml', import.meta.url), 'utf8')) as readonly Row[];
const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const WEB = fileURLToPath(new URL('../../fixtures/offline/web', import.meta.url));
const PLAIN = join(WEB, 'live.yaml');

let folder: string;
let hub: RunningHub;

/** A command as it is typed, in this process. */
async function command(argv: readonly string[], stop: AbortSignal, environment: Record<string, string> = {}): Promise<Ended> {
  let said = '';
  const say = (line: string): void => {
    said += line;
  };
  const code = await main({ argv, environment, isTerminal: true, out: say, err: say, stop });
  return { code, said };
}

/** How a function of a client ends that a command calls. */
async function ending(work: Promise<unknown>, stop: AbortSignal): Promise<Ended> {
  try {
    await work;
  } catch (error) {
    if (stop.aborted) return { code: 143, said: '' };
    if (error instanceof UserError) return { code: error.code === 'configuration' ? 78 : error.code, said: error.message };
    throw error;
  }
  return { code: 0, said: '' };
}

function kubeconfigWith(authority: string): Promise<string> {
  const path = join(folder, 'kubeconfig');
  const cluster = { server: 'https://127.0.0.1:9', 'certificate-authority': authority };
  const context = { name: 'a', context: { cluster: 'a', user: 'a' } };
  const users = [{ name: 'a', user: { token: 'x' } }];
  const config = { clusters: [{ name: 'a', cluster }], users, contexts: [context], 'current-context': 'a' };
  return writeFile(path, JSON.stringify(config)).then(() => path);
}

/** Everything that takes the name of a file from a user. */
const READERS: Readonly<Record<string, (path: string, stop: AbortSignal) => Promise<Ended>>> = {
  '--desired': (path, stop) => command(['diff', '--desired', path, '--live', PLAIN], stop),
  '--live': (path, stop) => command(['diff', '--desired', PLAIN, '--live', path], stop),
  '--schema': (path, stop) => command(['diff', '--desired', PLAIN, '--live', PLAIN, '--schema', path], stop),
  '--ignore-file': (path, stop) => command(['diff', '--desired', PLAIN, '--live', PLAIN, '--ignore-file', path], stop),
  DRIFT_PRICES: (path, signal) => ending(readPrices({ prices: path, maxFileMb: 64 }, signal), signal),
  '--config': (path, stop) => command(['report', '--config', path], stop),
  CUB_TOKEN_FILE: (path, stop) => command(['report'], stop, { CUB_TOKEN_FILE: path }),
  '--token-file of the hub': (path, stop) => command(['hub', '--data-dir', folder, '--token-file', path], stop),
  'a file for cub': (path, stop) =>
    command(['cub', 'unit', 'create', 'web', path, '--space', 'home'], stop, { CONFIGHUB_URL: hub.url, CUB_TOKEN: 'admin' }),
  KUBECONFIG: (path, signal) => ending(connectKubernetes({ kubeconfig: path, userAgent: 'test', signal }), signal),
  'certificate-authority of the kubeconfig': async (path, signal) =>
    ending(connectKubernetes({ kubeconfig: await kubeconfigWith(path), userAgent: 'test', signal }), signal),
  GIT_CA_FILE: (path, signal) =>
    ending(openReportRepository(optionsFor('https://127.0.0.1:9/r.git', { caFile: path, signal })), signal),
  GIT_SSH_KNOWN_HOSTS_FILE: (path, signal) =>
    ending(openReportRepository(optionsFor('ssh://127.0.0.1:9/r.git', { knownHostsFile: path, signal })), signal),
};
/** All of them read in the same way, which is tried whole with the first. */
const SAMPLE = ['a folder', 'a file of 2 GB'];
/** Options that take the manifests of a folder. */
const FOLDERS = ['--desired', '--live', '--schema'];

describe('a file that a user names', () => {
  before(async () => {
    hub = await startTestHub();
    expect(await command(['cub', 'space', 'create', 'home'], never(), { CONFIGHUB_URL: hub.url, CUB_TOKEN: 'admin' })).to.include(
      {
        code: 0,
      },
    );
  });
  after(() => hub.close());
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'drift-files-'));
  });
  afterEach(() => rm(folder, { recursive: true }));
  const shell = (script: string): string => execFileSync('sh', ['-c', script], { cwd: folder, encoding: 'utf8' });
  const never = (): AbortSignal => new AbortController().signal;

  for (const [option, read] of Object.entries(READERS)) {
    describe(option, () => {
      for (const { name, make, error } of rows) {
        if (option !== '--desired' && !SAMPLE.includes(name)) continue;
        it(`refuses ${name}, and says so`, async () => {
          shell(make);
          const { code, said } = await read(join(folder, 'input'), never());
          expect(code, said).to.equal(78);
          const isEmptyFolder = name === 'a folder' && FOLDERS.includes(option);
          expect(said).to.contain(`${join(folder, 'input')} ${isEmptyFolder ? 'contains no .yaml, .yml or .json file' : error}`);
        });
      }

      it('waits for a pipe no longer than until it is stopped', async () => {
        shell('mkfifo input');
        const stop = new AbortController();
        const ended = read(join(folder, 'input'), stop.signal);
        // Opened once the other end is.
        const writer = await open(join(folder, 'input'), 'w');
        stop.abort(new Error('stopped'));
        expect(await ended).to.include({ code: 143 });
        await writer.close();
      });
    });
  }

  it('is refused where it is a socket', async () => {
    const server = createServer().listen(join(folder, 'input'));
    await once(server, 'listening');
    const { code, said } = await command(['diff', '--desired', join(folder, 'input'), '--live', PLAIN], never());
    server.close();
    expect(code, said).to.equal(78);
    expect(said).to.contain('it is a socket');
  });

  it('may be a pipe or standard input, and is read to its end', async () => {
    const script = `
      file=$("$0" "$1" diff --desired "$2/desired.yaml" --live "$2/live.yaml") &&
      pipes=$("$0" "$1" diff --desired <(cat "$2/desired.yaml") --live <(head -c 100 "$2/live.yaml"; tail -c +101 "$2/live.yaml")) &&
      stdin=$(cat "$2/live.yaml" | "$0" "$1" diff --desired "$2/desired.yaml" --live -) &&
      [ "$file" = "$pipes" ] && [ "$file" = "$stdin" ] && echo "$file"`;
    const printed = execFileSync('bash', ['-c', script, process.execPath, MAIN, WEB], { encoding: 'utf8' });
    expect(printed).to.contain('/spec/replicas');
  });

  it('ends by a signal at once while a pipe says nothing', async () => {
    shell('mkfifo input');
    for (const [argv, expected] of [
      [
        ['diff', '--desired', 'input', '--live', PLAIN],
        [null, 'SIGTERM'],
      ],
      [
        ['report', '--config', 'input'],
        [143, null],
      ],
    ] as const) {
      const child = spawn(process.execPath, [MAIN, ...argv], { cwd: folder, stdio: 'ignore' });
      const writer = await open(join(folder, 'input'), 'w');
      child.kill('SIGTERM');
      expect(await once(child, 'exit'), argv.join(' ')).to.deep.equal(expected);
      await writer.close();
    }
  });

  it('ends at the deadline, which is named', async () => {
    shell('mkfifo input');
    const { code, said } = await command(
      ['diff', '--desired', join(folder, 'input'), '--live', PLAIN, '--timeout', '1s'],
      never(),
    );
    expect(code).to.equal(75);
    expect(said).to.contain('did not finish within 1 s').and.to.contain('raise DRIFT_TIMEOUT');
  });

  it('may be larger or must be smaller where DRIFT_MAX_FILE_MB says so', async () => {
    shell(`(cat ${PLAIN}; yes '# filler' | head -c 2000000) > input`);
    const diff = ['diff', '--desired', PLAIN, '--live', join(folder, 'input')];
    const { code, said } = await command(diff, never(), { DRIFT_MAX_FILE_MB: '1' });
    expect(code).to.equal(78);
    expect(said).to.contain('is larger than 1 MB').and.to.contain('raise DRIFT_MAX_FILE_MB');
    expect(await command([...diff, '--max-file-mb', '2'], never(), { DRIFT_MAX_FILE_MB: '1' })).to.include({ code: 0 });
    const pipe = spawn(process.execPath, [MAIN, 'diff', '--desired', PLAIN, '--live', '-', '--max-file-mb', '1']);
    pipe.stdin.on('error', () => undefined);
    pipe.stdin.end(readFileSync(join(folder, 'input')));
    expect(await text(pipe.stderr)).to.contain('standard input is larger than 1 MB');
  });

  it('is standard input once at most', async () => {
    const { code, said } = await command(['diff', '--desired', PLAIN, '--live', '-', '--schema', '-'], never());
    expect(code).to.equal(64);
    expect(said).to.contain('standard input cannot be read twice');
  });

  it('may be a kubeconfig from a pipe, with what it names', async () => {
    shell('mkfifo input');
    const authority = join(folder, 'ca.pem');
    await writeFile(authority, 'an authority');
    const text = readFileSync(await kubeconfigWith('ca.pem'), 'utf8');
    const connecting = connectKubernetes({ kubeconfig: join(folder, 'input'), userAgent: 'test' });
    await writeFile(join(folder, 'input'), text);
    expect((await connecting).server).to.equal('https://127.0.0.1:9');
  });
});
