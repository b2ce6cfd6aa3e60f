import { readFileSync, renameSync } from 'node:fs';
import { request } from 'node:http';
import { expect } from 'chai';
import * as z from 'zod';
import { correctionSchema, findingSchema, goneSchema } from '../../src/domain/report.ts';
import { outcome, ranked, reportOf } from '../report/build.ts';
import { finding, ref } from '../types/builders.ts';
import { startFleet } from './fleet.ts';
import { PASS, type Scene, startScene } from './scene.ts';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** node:http, since fetch writes a Host header of its own. */
function ask(url: string, method = 'GET', headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
    });
    sent.on('error', reject).end();
  });
}

const PATHS = ['/', '/findings', '/units', '/unit', '/history', '/ignored', '/runs'];
const CLUSTER = { cluster: z.string() };

describe('the server of the dashboard', function () {
  this.timeout(60_000);
  let scene: Scene;
  before(async () => {
    scene = await startFleet();
  });
  after(async () => {
    await scene?.[Symbol.asyncDispose]();
  });
  const json = async (path: string): Promise<unknown> => {
    const { status, headers, text } = await ask(scene.url + path, 'GET', { accept: 'application/json' });
    expect([status, headers['content-type']]).to.deep.equal([200, 'application/json; charset=utf-8']);
    return JSON.parse(text);
  };

  it('answers GET and HEAD alone, on every path', async () => {
    for (const path of [...PATHS, '/events', '/dashboard.css', '/nothing'])
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE']) {
        const { status, headers } = await ask(scene.url + path, method);
        expect([path, method, status, headers['allow']]).to.deep.equal([path, method, 405, 'GET, HEAD']);
      }
    for (const path of PATHS) {
      const { status, text } = await ask(scene.url + path, 'HEAD');
      expect([status, text]).to.deep.equal([200, '']);
    }
    expect((await ask(`${scene.url}/nothing`)).status).to.equal(404);
  });

  it('answers for loopback at any port, as a port-forward has it, and for no other name', async () => {
    const status = async (host: string): Promise<number> => (await ask(scene.url, 'GET', { host })).status;
    for (const host of ['localhost:8080', '127.0.0.1:9999', '[::1]:8080', 'LOCALHOST'])
      expect(await status(host), host).to.equal(200);
    for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example:8080', 'drift.example:8080'])
      expect(await status(host), host).to.equal(403);
    await using named = await startScene([], ['drift.example']);
    expect((await ask(named.url, 'GET', { host: 'drift.example' })).status).to.equal(200);
    expect((await ask(named.url, 'GET', { host: 'evil.example' })).status).to.equal(403);
  });

  it('sends the headers that keep pages closed with every answer', async () => {
    const all = [...PATHS, '/dashboard.css', '/dashboard.js', '/nothing'].map((path) => ({ path, method: 'GET' }));
    for (const { path, method } of [...all, { path: '/', method: 'POST' }]) {
      const { headers } = await ask(scene.url + path, method);
      expect(headers, path).to.include({
        'content-security-policy':
          "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'",
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
      });
    }
  });

  it('says by an ETag that a page is unchanged', async () => {
    const { headers } = await ask(scene.url);
    const again = await ask(scene.url, 'GET', { 'if-none-match': String(headers['etag']) });
    expect([again.status, again.text]).to.deep.equal([304, '']);
    scene.now = new Date(scene.now.getTime() + 3_600_000);
    expect((await ask(scene.url, 'GET', { 'if-none-match': String(headers['etag']) })).status).to.equal(200);
    scene.now = new Date(scene.now.getTime() - 3_600_000);
  });

  it('gives every table as JSON by the schema of the report', async () => {
    const found = z
      .object({ total: z.number(), findings: z.array(findingSchema.extend(CLUSTER)) })
      .parse(await json('/findings'));
    expect(found.findings).to.have.lengthOf(found.total).and.not.be.empty;
    const past = z
      .object({
        total: z.number(),
        corrections: z.array(z.object({ ...CLUSTER, ...correctionSchema.shape })),
        gone: z.array(z.object({ ...CLUSTER, ...goneSchema.shape })),
      })
      .parse(await json('/history'));
    expect(past.corrections.length + past.gone.length).to.equal(past.total);
    expect(await json('/ignored')).to.have.nested.property('contested[0].reason', 'contested');
    expect(await json('/runs')).to.have.nested.property('lastPass.result', 'complete');
    expect(await json('/')).to.have.nested.property('clusters[0].severities.critical', 1);
    const linked = await ask(`${scene.url}/findings?format=json&severity=critical`, 'GET', { accept: 'text/html,*/*' });
    expect(JSON.parse(linked.text)).to.have.property('total', 1);
  });

  it('shows a hidden value by its mask alone', async () => {
    const { text } = await ask(`${scene.url}/findings?text=DB_PASSWORD&format=json`);
    expect(text).to.contain('"***');
    const page = await ask(`${scene.url}/findings?text=DB_PASSWORD`);
    expect(page.text).to.contain('DB_PASSWORD').and.to.contain('***');
  });

  it('ignores parameters without a meaning', async () => {
    for (const query of [
      'page=0',
      'page=-3',
      'page=99999999999',
      'page=x',
      'sort=__proto__',
      'open=constructor',
      'severity=%00',
      'text=%ff',
      'a[b]=c',
    ])
      expect((await ask(`${scene.url}/findings?${query}`)).status, query).to.equal(200);
  });

  it('answers probes and metrics on a port of their own, without names and texts', async () => {
    const { metricsUrl } = scene.dashboard;
    expect((await ask(`${metricsUrl}/healthz`)).text).to.equal('ok\n');
    expect((await ask(`${metricsUrl}/readyz`)).text).to.equal('ok\n');
    expect((await ask(`${metricsUrl}/metrics`, 'POST')).status).to.equal(405);
    expect((await ask(`${metricsUrl}/findings`)).status).to.equal(404);
    expect((await ask(`${scene.url}/metrics`)).status).to.equal(404);
    const { text, headers } = await ask(`${metricsUrl}/metrics`);
    expect(headers['content-type']).to.contain('text/plain; version=0.0.4');
    const lines = text.split('\n');
    expect(lines).to.include.members([
      'drift_detector_findings{cluster="prod-eu",severity="critical"} 1',
      'drift_detector_findings{cluster="staging-eu",severity="critical"} 0',
      'drift_detector_fixes_kept{cluster="prod-eu",result="fixed"} 4',
      'drift_detector_guard_tripped{cluster="prod-eu"} 0',
      'drift_detector_incomplete_sources{cluster="prod-eu"} 1',
      `drift_detector_last_report_timestamp_seconds{cluster="prod-eu"} ${Date.parse('2026-11-23T12:00:40Z') / 1000}`,
      `drift_detector_last_run_timestamp_seconds{cluster="prod-eu"} ${Date.parse(PASS.endedAt) / 1000}`,
      'drift_detector_workloads_compared{cluster="prod-eu"} 412',
      'drift_detector_build_info{version="0.1.0"} 1',
    ]);
    for (const name of ['checkout', 'shop', 'kubectl', 'forbidden']) expect(text).not.to.contain(name);
    // What alerts ask for is there.
    const alerts = readFileSync(new URL('../../manifests/components/monitoring/alerts.yaml', import.meta.url), 'utf8');
    const asked = new Set(alerts.match(/\bdrift_detector_\w+/gu));
    expect(asked.size).to.be.above(2);
    for (const name of asked) expect(text).to.contain(`# HELP ${name} `);
  });

  it('is not ready before a report repository was read', async () => {
    await using unread = await startScene([], [], '/nonexistent.git');
    expect((await ask(`${unread.dashboard.metricsUrl}/readyz`)).status).to.equal(503);
    expect((await ask(`${unread.dashboard.metricsUrl}/healthz`)).status).to.equal(200);
    expect((await ask(unread.url)).text).to.contain('The report repository was not read');
  });

  it('says in large type how old the last pass is, and that it is overdue', async () => {
    expect((await ask(scene.url)).text)
      .to.contain('12 min ago')
      .and.to.contain('<b>complete</b>');
    scene.lastPass = { ...PASS, endedAt: '2026-11-23T08:00:00Z' };
    await scene.dashboard.refresh();
    expect((await ask(scene.url)).text)
      .to.contain('4 h ago')
      .and.to.contain('<b>overdue</b>');
    scene.lastPass = undefined;
    await scene.dashboard.refresh();
    expect((await ask(scene.url)).text)
      .to.contain('The Lease of this cluster tells nothing.')
      .and.not.to.contain('overdue');
    scene.lastPass = PASS;
    await scene.dashboard.refresh();
  });
});

describe('the dashboard without, with many and with unreadable reports', function () {
  this.timeout(60_000);

  it('says that there is no report yet, and shows the first one when it comes', async () => {
    await using scene = await startScene([]);
    for (const path of PATHS) expect((await ask(scene.url + path)).status).to.equal(200);
    expect((await ask(scene.url)).text).to.contain('No report yet');
    await scene.publish(reportOf([ranked(finding({ ref: ref('web') }))]));
    await scene.dashboard.refresh();
    expect((await ask(scene.url)).text).to.contain('shop/deployment/web');
  });

  it('pages 10,000 findings on the server, in pages of at most 150 kB', async () => {
    const many = Array.from({ length: 10_000 }, (_, index) =>
      ranked(finding({ ref: ref(`web-${String(index).padStart(5, '0')}`) })),
    );
    await using scene = await startScene([[reportOf(many), '2026-11-23T12:00:00Z']]);
    for (const path of [...PATHS, '/findings?page=200', '/findings?text=web-09999&sort=workload&desc=1']) {
      const { status, text } = await ask(scene.url + path);
      expect([path, status]).to.deep.equal([path, 200]);
      expect(Buffer.byteLength(text), path).to.be.below(150_000);
    }
    const { text } = await ask(`${scene.url}/findings?page=200&sort=workload&format=json`);
    expect(JSON.parse(text))
      .to.include({ total: 10_000, page: 200, pages: 200 })
      .and.to.have.nested.property('findings[49].object.name', 'web-09999');
    expect((await ask(`${scene.url}/findings?text=web-09999`)).text).to.contain('1 finding of 10000');
  });

  it('keeps what it read when the repository cannot be read, says so, and reads it again later', async () => {
    await using scene = await startScene([[reportOf([ranked(finding({ ref: ref('web') }))]), '2026-11-23T12:00:00Z']]);
    const { bare } = scene.repositories;
    renameSync(bare, `${bare}-away`);
    await scene.dashboard.refresh();
    const { text } = await ask(scene.url);
    expect(text).to.contain('The report repository was not read').and.to.contain('shop/deployment/web');
    await scene.dashboard.refresh();
    expect(scene.log.filter((line) => line.includes('dashboard-read-failed'))).to.have.lengthOf(1);
    renameSync(`${bare}-away`, bare);
    await scene.publish(reportOf([]));
    await scene.dashboard.refresh();
    expect((await ask(scene.url)).text)
      .to.contain('No open findings')
      .and.not.to.contain('was not read');
  });

  it('shows what was fixed last where nothing is open', async () => {
    const web = ranked(finding({ ref: ref('web') }));
    await using scene = await startScene([[reportOf([web], { outcomes: [outcome(web.finding.id)] }), '2026-11-23T12:00:00Z']]);
    expect((await ask(scene.url)).text)
      .to.contain('No open findings')
      .and.to.contain('Fixed or resolved last')
      .and.to.contain('replicas 3 → 5');
  });

  it('repeats the sentences of each new report in its log', async () => {
    await using scene = await startScene([]);
    await scene.publish(reportOf([ranked(finding({ ref: ref('web') }))]));
    await scene.dashboard.refresh();
    await scene.publish({ ...reportOf([ranked(finding({ ref: ref('cart') }))]), cluster: 'prod-us' });
    await scene.dashboard.refresh();
    const sentences = scene.log.map((line) => z.object({ msg: z.string() }).parse(JSON.parse(line)).msg);
    expect(sentences).to.include.members(['drift(prod-us): 1 new, 1 still open (worst: medium)']);
    expect(sentences.some((line) => line.includes('shop/deployment/cart'))).to.equal(true);
    expect(sentences.some((line) => line.startsWith('Drift-'))).to.equal(false);
  });
});
