import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import { hideSecrets } from '../../src/domain/foreign-text.ts';
import { at, isJsonArray, numberAt, stringAt } from '../../src/domain/json.ts';
import { Secret } from '../../src/domain/secret.ts';
import { isSafeWebhook, pinAddress } from '../../src/outputs/notify/address.ts';
import { postWebhook, type WebhookOptions } from '../../src/outputs/notify/webhook.ts';
import {
  type Announcement,
  commitPage,
  toJsonBody,
  toSlackBody,
  WEBHOOK_FORMATS,
} from '../../src/outputs/notify/webhook-body.ts';
import { NOW, outcome, ranked, reportOf } from '../report/build.ts';
import { envValue, finding, parse, ref } from '../types/builders.ts';
import { startReceiver } from './receiver.ts';

const KEY = 'key-canary';

function options(url: string, more: Partial<WebhookOptions> = {}): WebhookOptions {
  return {
    url: new Secret(url),
    secret: new Secret(KEY),
    userAgent: 'drift-detector/1.0.0',
    delivery: 'abc',
    now: () => NOW,
    signal: AbortSignal.timeout(20_000),
    ...more,
  };
}

function announcement(more: Partial<Announcement> = {}): Announcement {
  return {
    cluster: 'prod-eu',
    environment: 'prod',
    pass: 'p-1',
    time: NOW,
    commit: 'c'.repeat(40),
    commitUrl: 'https://git.example/c',
    report: reportOf([ranked(finding(), { severity: 'high' }), ranked(finding({ ref: ref('api') }), { severity: 'critical' })]),
    redact: hideSecrets,
    ...more,
  };
}

describe('webhook', function () {
  this.timeout(30_000);

  it('sends what was signed, so that a receiver with the key knows who sent it and when', async () => {
    await using receiver = await startReceiver();
    await postWebhook({ text: 'drift → 漢' }, options(receiver.url));
    const [request] = receiver.requests;
    const timestamp = String(NOW.getTime() / 1000);
    expect(request?.headers).to.deep.include({
      'content-type': 'application/json; charset=utf-8',
      'x-drift-timestamp': timestamp,
      'x-drift-delivery': 'abc',
      'x-drift-signature': `sha256=${createHmac('sha256', KEY).update(`${timestamp}.{"text":"drift → 漢"}`).digest('hex')}`,
    });
    expect(request?.method).to.equal('POST');
  });

  it('is not signed without a key', async () => {
    await using receiver = await startReceiver();
    await postWebhook({}, options(receiver.url, { secret: undefined }));
    expect(receiver.requests[0]?.headers).to.not.have.property('x-drift-signature');
  });

  it('is sent again, as the same delivery, while the receiver is busy', async () => {
    await using receiver = await startReceiver([503, 429, 200]);
    await postWebhook({ n: 1 }, options(receiver.url));
    expect(receiver.requests.map(({ headers }) => headers['x-drift-delivery'])).to.deep.equal(['abc', 'abc', 'abc']);
  });

  for (const [status, tries, says] of [
    [400, 1, 'answered 400'],
    [404, 1, 'answered 404'],
    [302, 1, 'redirects are not followed'],
    [500, 3, 'answered 500'],
  ] as const) {
    it(`is given up after ${tries} of ${status}, and the message does not hold the address`, async () => {
      await using elsewhere = await startReceiver();
      await using receiver = await startReceiver([status], { headers: { location: elsewhere.url } });
      const failure = await failureOf(() => postWebhook({}, options(receiver.url)));
      expect(failure).to.contain(says).and.to.not.contain('canary');
      expect(receiver.requests).to.have.length(tries);
      expect(elsewhere.requests).to.have.length(0);
    });
  }

  it('ends with the pass, and does not wait for a receiver that never answers', async () => {
    const stop = new AbortController();
    await using receiver = await startReceiver([500]);
    stop.abort(new Error('stopped'));
    expect(await failureOf(() => postWebhook({}, options(receiver.url, { signal: stop.signal })))).to.contain('not reached');
    expect(receiver.requests).to.have.length(0);
  });
});

describe('addresses of webhooks', () => {
  for (const url of [
    'https://hooks.example/x',
    'https://10.0.0.5/x',
    'http://127.0.0.1:8080/x',
    'http://localhost/x',
    'http://[::1]:9/x',
  ]) {
    it(`takes ${url}`, () => expect(isSafeWebhook(url)).to.equal(true));
  }
  for (const url of [
    'http://hooks.example/x',
    'https://user@hooks.example/x',
    'https://user:password@hooks.example/x',
    'http://localhost@hooks.example/x',
    'http://localhost.hooks.example/x',
    'http://127.0.0.1.hooks.example/x',
    'ftp://127.0.0.1/x',
    'file:///etc/passwd',
    'https:hooks.example',
    'hooks.example',
  ]) {
    it(`refuses ${url}`, () => expect(isSafeWebhook(url)).to.equal(false));
  }

  for (const [address, says] of [
    ['169.254.169.254', 'link-local'],
    ['169.254.0.1', 'link-local'],
    ['0.0.0.0', 'not allowed'],
    ['224.0.0.1', 'not allowed'],
    ['255.255.255.255', 'not allowed'],
    ['100.100.100.200', 'not allowed'],
    ['fe80::1', 'link-local'],
    ['febf::1', 'link-local'],
    ['fd00:ec2::254', 'not allowed'],
    ['::', 'not allowed'],
    ['ff02::1', 'not allowed'],
    ['::ffff:169.254.169.254', 'link-local'],
    ['::ffff:a9fe:a9fe', 'link-local'],
    ['64:ff9b::a9fe:a9fe', 'link-local'],
    ['2002:a9fe:a9fe::1', 'link-local'],
    ['127.0.0.1', 'this machine'],
    ['127.8.9.1', 'this machine'],
    ['::1', 'this machine'],
    ['::ffff:127.0.0.1', 'this machine'],
  ] as const) {
    it(`refuses a name that resolves to ${address}, alone or among others`, async () => {
      const found = { address, family: address.includes(':') ? 6 : 4 };
      const good = { address: '203.0.113.7', family: 4 };
      for (const all of [[found], [good, found], [found, good]])
        expect(await failureOf(() => pinAddress('hooks.example', async () => all))).to.contain(says);
    });
  }

  it('looks a name up once and connects to what was looked at', async () => {
    let lookups = 0;
    const pinned = await pinAddress('hooks.example', async () => {
      lookups++;
      return [{ address: '203.0.113.7', family: 4 }];
    });
    expect(pinned).to.deep.equal({ address: '203.0.113.7', family: 4 });
    expect(lookups).to.equal(1);
  });

  it('refuses a metadata address that is written out, before anything is sent', async () => {
    const failure = await failureOf(() =>
      postWebhook({}, options('https://169.254.169.254/latest', { signal: AbortSignal.timeout(9_000) })),
    );
    expect(failure).to.contain('link-local');
  });
});

describe('what a webhook says', () => {
  it('names cluster, counts, worst and commit', () => {
    const body = parse(JSON.stringify(toJsonBody(announcement())));
    expect(stringAt(body, 'cluster')).to.equal('prod-eu');
    expect(stringAt(body, 'worst')).to.equal('critical');
    expect(at(body, 'counts')).to.deep.equal({ open: 2, new: 2, fixed: 0, staged: 0, blocked: 0, failed: 0 });
    expect(stringAt(body, 'commitUrl')).to.equal('https://git.example/c');
    const findings = at(body, 'findings');
    expect(isJsonArray(findings) && findings.map((entry) => stringAt(entry, 'workload'))).to.deep.equal([
      'shop/deployment/api',
      'shop/deployment/web',
    ]);
  });

  it('says all clear, and what was corrected', () => {
    const clear = toSlackBody(announcement({ report: reportOf([]) }));
    expect(textOf(clear)).to.equal('*Drift in prod-eu* (prod): all clear\n<https://git.example/c|Commit cccccccccc>');
    const fixed = announcement({ report: reportOf([ranked(finding())], { outcomes: [outcome(finding().id)] }) });
    expect(textOf(toSlackBody(fixed)))
      .to.contain('1 new, 1 fixed, worst *medium*')
      .and.to.contain('`replicas 3 → 5`');
  });

  it('says nothing of all clear where not everything was read, and names what was not', () => {
    const failedReads = ['a', 'b', '<!here>', 'd', 'e'].map((namespace) => ({ what: 'deployments', namespace, error: 'denied' }));
    const blind = announcement({ report: reportOf([], { snapshot: { failedReads } }) });
    expect(textOf(toSlackBody(blind)).split('\n').slice(0, 2)).to.deep.equal([
      '*Drift in prod-eu* (prod): nothing open in what could be read',
      'Not compared: `deployments in namespace &lt;!here&gt;`, `deployments in namespace a`, `deployments in namespace b`, … and 2 more',
    ]);
    const body = parse(JSON.stringify(toJsonBody(blind)));
    expect(numberAt(body, 'incomplete')).to.equal(5);
    expect(at(body, 'notCompared')).to.deep.equal([
      'deployments in namespace <!here>',
      'deployments in namespace a',
      'deployments in namespace b',
    ]);
    const open = announcement({ report: reportOf([ranked(finding())], { snapshot: { failedReads: failedReads.slice(0, 1) } }) });
    expect(textOf(toSlackBody(open)))
      .to.contain('1 open')
      .and.to.contain('Not compared: `deployments in namespace a`\n');
  });

  it('shows nothing as markup, link or mention that comes from a cluster', () => {
    const hostile = '<!channel> <@U1> @here & `*b*` <http://evil.example|click> https://evil.example';
    const text = textOf(
      toSlackBody(announcement({ report: reportOf([ranked(finding({ path: envValue('X'), desired: 'x', live: hostile }))]) })),
    );
    const [line = ''] = text.split('\n').filter((row) => row.startsWith('•'));
    expect(line).to.not.match(/<|>|@\w/u);
    // Four spans of code and nothing else that a backtick could begin or end.
    expect(line.match(/`/gu)).to.have.length(8);
    expect(line.replaceAll(/`[^`]*`/gu, '')).to.equal('• medium   by : ');
  });

  it('is cut at whole lines, and says how many are left out', () => {
    const findings = Array.from({ length: 500 }, (_, index) =>
      ranked(
        finding({
          ref: ref(`w-${index}-${'x'.repeat(200)}`),
          path: envValue('&'.repeat(200)),
          desired: '<'.repeat(500),
          live: 'y',
        }),
      ),
    );
    const failedReads = Array.from({ length: 5 }, (_, index) => ({
      what: `${index}${'&'.repeat(500)}`,
      namespace: '',
      error: 'x',
    }));
    const text = textOf(toSlackBody(announcement({ report: reportOf(findings, { snapshot: { failedReads } }) })));
    expect(text.length).to.be.at.most(3_500);
    const shown = text.split('\n').filter((line) => line.startsWith('•')).length;
    expect(text).to.contain(`… and ${500 - shown} more\n<https://git.example/c|`);
    const body = parse(JSON.stringify(toJsonBody(announcement({ report: reportOf(findings) }))));
    expect(numberAt(body, 'more')).to.equal(490);
    expect(JSON.stringify(body).length).to.be.at.most(20_000);
  });

  it('holds nothing that has the shape of a secret', () => {
    const live = 'Bearer abcdefghij.klmnop ghp_0123456789abcdef';
    const report = reportOf([ranked(finding({ path: envValue('X'), desired: 'x', live }))]);
    for (const { toBody } of Object.values(WEBHOOK_FORMATS))
      expect(JSON.stringify(toBody(announcement({ report }))))
        .to.contain('***')
        .and.to.not.contain('ghp_0123')
        .and.to.not.contain('klmnop');
  });

  for (const [template, repository, expected] of [
    ['', 'https://github.com/acme/reports.git', 'https://github.com/acme/reports/commit/abc'],
    ['', 'https://token@github.com/acme/reports', 'https://github.com/acme/reports/commit/abc'],
    ['', 'https://gitlab.example/acme/reports.git/', 'https://gitlab.example/acme/reports/-/commit/abc'],
    ['', 'https://bitbucket.org/acme/reports', 'https://bitbucket.org/acme/reports/commits/abc'],
    ['', 'git@github.com:acme/reports.git', ''],
    ['', '/srv/reports.git', ''],
    ['https://git.example/r?id={commit}', '/srv/reports.git', 'https://git.example/r?id=abc'],
  ] as const) {
    it(`links to ${expected || 'nothing'} for ${template || repository}`, () => {
      expect(commitPage(template, repository, 'abc')).to.equal(expected);
    });
  }
});

function textOf(body: object): string {
  return stringAt(parse(JSON.stringify(body)), 'text') ?? '';
}

async function failureOf(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
  } catch (error) {
    return String(error);
  }
  throw new Error('it did not fail');
}
