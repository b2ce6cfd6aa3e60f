import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { printMetrics } from '../../src/outputs/status/metrics.ts';
import { replaceFile } from '../../src/outputs/status/metrics-file.ts';
import { annotationsOf, type PassNumbers, type PassRecord } from '../../src/outputs/status/record.ts';

const NUMBERS: PassNumbers = {
  digest: 'ab'.repeat(32),
  open: 2,
  isNew: 1,
  compared: 4,
  findings: { high: 1, low: 1 },
  workloads: { drifted: 2, in_sync: 2 },
  corrections: { fixed: 1 },
  suppressed: { 'auto-fix-off': 2 },
  tokens: { input: 100, output: 20 },
};

function record(more: Partial<PassRecord> = {}): PassRecord {
  return {
    cluster: 'prod-eu',
    pass: 'p-1',
    version: '1.2.3',
    result: 'complete',
    endedAt: new Date('2026-11-24T03:00:00Z'),
    seconds: 4.2,
    phases: new Map([['snapshot', 1.5]]),
    requests: new Map([['kubernetes 200', 7]]),
    numbers: NUMBERS,
    unreportedFixes: undefined,
    ...more,
  };
}

/** Samples by name and labels; fails on what OpenMetrics does not allow (families together, types first, one end). */
function read(text: string): ReadonlyMap<string, number> {
  expect(text.endsWith('\n# EOF\n')).to.equal(true);
  const samples = new Map<string, number>();
  const types = new Map<string, string>();
  let family = '';
  for (const line of text.slice(0, -'# EOF\n'.length).trimEnd().split('\n')) {
    const [, word = '', name = '', rest = ''] = /^# (TYPE|HELP|UNIT) (\S+) (.+)$/u.exec(line) ?? [];
    if (word === 'TYPE') {
      expect(types.has(name), `${name} twice`).to.equal(false);
      family = name;
      types.set(name, rest);
      continue;
    }
    if (word !== '') {
      expect(name).to.equal(family);
      continue;
    }
    const [, sample = '', labels = '', value = ''] =
      /^([a-z_]+)(\{(?:[a-z_]+="(?:[^"\\\n]|\\.)*",?)*\}) (\S+)$/u.exec(line) ?? [];
    expect(sample, line).to.equal(types.get(family) === 'counter' ? `${family}_total` : family);
    expect(samples.has(sample + labels), line).to.equal(false);
    samples.set(sample + labels, Number(value));
  }
  return samples;
}

describe('metrics of a pass', () => {
  it('are those of the documentation, by cluster', () => {
    const samples = read(printMetrics(record(), ''));
    expect(Object.fromEntries(samples)).to.include({
      'drift_detector_build_info{cluster="prod-eu",version="1.2.3"}': 1,
      'drift_detector_last_run_timestamp_seconds{cluster="prod-eu"}': 1_795_489_200,
      'drift_detector_last_success_timestamp_seconds{cluster="prod-eu"}': 1_795_489_200,
      'drift_detector_pass_duration_seconds{cluster="prod-eu"}': 4.2,
      'drift_detector_phase_duration_seconds{cluster="prod-eu",phase="snapshot"}': 1.5,
      'drift_detector_workloads{cluster="prod-eu",state="in_sync"}': 2,
      'drift_detector_findings{cluster="prod-eu",severity="high"}': 1,
      'drift_detector_findings{cluster="prod-eu",severity="critical"}': 0,
      'drift_detector_suppressed{cluster="prod-eu",reason="auto-fix-off"}': 2,
      'drift_detector_corrections_total{cluster="prod-eu",result="fixed"}': 1,
      'drift_detector_ai_tokens_total{cluster="prod-eu",kind="input"}': 100,
      'drift_detector_api_requests_total{cluster="prod-eu",service="kubernetes",code="200"}': 7,
    });
  });

  it('go on counting from what the last pass left, and keep the time of the last success while passes fail', () => {
    const first = printMetrics(record(), '');
    const failed = printMetrics(
      record({ result: 'unavailable', endedAt: new Date('2026-11-24T04:00:00Z'), numbers: undefined }),
      first,
    );
    const samples = read(failed);
    expect(samples.get('drift_detector_last_run_timestamp_seconds{cluster="prod-eu"}')).to.equal(1_795_492_800);
    expect(samples.get('drift_detector_last_success_timestamp_seconds{cluster="prod-eu"}')).to.equal(1_795_489_200);
    expect([...samples.keys()].filter((name) => name.startsWith('drift_detector_findings'))).to.deep.equal([]);
    const third = read(printMetrics(record(), failed));
    expect(third.get('drift_detector_corrections_total{cluster="prod-eu",result="fixed"}')).to.equal(2);
    expect(third.get('drift_detector_api_requests_total{cluster="prod-eu",service="kubernetes",code="200"}')).to.equal(21);
  });

  it('say nothing of a success where there was none yet', () => {
    expect(printMetrics(record({ result: 'failed', numbers: undefined }), '')).to.not.contain('last_success');
  });

  it('take nothing over from a file that is another, broken or hostile', () => {
    const before =
      'x 1\ndrift_detector_corrections_total{cluster="other",result="fixed"} 5\ndrift_detector_corrections_total{ NaN\n\u0000';
    expect(printMetrics(record(), before)).to.equal(printMetrics(record(), ''));
  });
});

describe('the file of metrics', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'metrics-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('is replaced in one step, readable for collectors, and leaves nothing beside it', async () => {
    const path = join(folder, 'drift.prom');
    await replaceFile(path, () => 'one\n');
    const { ino } = await stat(path);
    await replaceFile(path, (before) => `${before}two\n`);
    expect(await readFile(path, 'utf8')).to.equal('one\ntwo\n');
    expect((await stat(path)).ino).to.not.equal(ino);
    expect((await stat(path)).mode & 0o444).to.equal(0o444);
    expect(await readdir(folder)).to.deep.equal(['drift.prom']);
  });

  it('takes the place of no pipe or device', async () => {
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    const failing = replaceFile(path, () => 'one\n');
    expect(await failing.catch((error: Error) => error.message)).to.contain('not a regular file');
    expect((await stat(path)).isFIFO()).to.equal(true);
  });

  it('stays as it was where the new one cannot be made', async () => {
    const path = join(folder, 'drift.prom');
    await replaceFile(path, () => 'one\n');
    const failing = replaceFile(path, () => {
      throw new Error('no');
    });
    expect(await failing.then(() => 'written', String)).to.equal('Error: no');
    expect(await readFile(path, 'utf8')).to.equal('one\n');
    expect(await readdir(folder)).to.deep.equal(['drift.prom']);
  });
});

describe('the heartbeat', () => {
  it('names the last success only when there was one', () => {
    expect(annotationsOf(record())).to.deep.equal({
      'drift-detector/last-pass': 'p-1',
      'drift-detector/last-run': '2026-11-24T03:00:00.000Z',
      'drift-detector/last-result': 'complete',
      'drift-detector/last-success': '2026-11-24T03:00:00.000Z',
      'drift-detector/report-digest': `sha256:${'ab'.repeat(32)}`,
      'drift-detector/counts': '{"compared":4,"open":2,"new":1,"fixed":1,"workloads":{"drifted":2,"in_sync":2}}',
    });
    expect(annotationsOf(record({ result: 'guard-tripped', numbers: undefined }))).to.have.all.keys(
      'drift-detector/last-pass',
      'drift-detector/last-run',
      'drift-detector/last-result',
    );
  });
});
