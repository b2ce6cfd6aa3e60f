import { expect } from 'chai';
import type { Opinion } from '../../src/domain/ranking.ts';
import { Secret } from '../../src/domain/secret.ts';
import { createAskClaude } from '../../src/stages/rank/rank.ts';
import {
  endless,
  fails,
  fencedJson,
  headersThenSilence,
  html,
  maxTokens,
  overloaded,
  rankAll,
  rateLimited,
  redirect,
  refusal,
  reset,
  type Step,
  silence,
  startFakeClaude,
  text,
  truncatedJson,
  unauthorized,
  withThinking,
} from '../fake-claude/fake-claude.ts';
import { compared, finding, IMAGE, ref } from '../types/builders.ts';
import { namesOf, rankByRules, rankWith, scaled } from './ask.ts';

/** Answers with the order of the rules turned round. */
const reversed = rankAll((row, fact) => ({ ...row, rank: 1000 - Number(String(fact['id']).slice(1)) }));

describe('ranking by Claude', () => {
  it('puts first what Claude puts first', async () => {
    const objects = scaled(3);
    expect(namesOf(await rankByRules(objects))).to.deep.equal(['w-000', 'w-001', 'w-002']);
    const { order, source } = await rankWith([reversed], objects);
    expect(order).to.deep.equal(['w-002', 'w-001', 'w-000']);
    expect(source).to.include({ ranker: 'claude', reason: '', model: 'claude-haiku-5-5', summary: 'Manual changes.' });
    expect(source.requestIds).to.have.length(1);
    expect(source.inputTokens).to.be.greaterThan(0);
  });

  it('reads an answer that begins with thinking', async () => {
    expect((await rankWith([withThinking], scaled(2))).source).to.include({ ranker: 'claude', reason: '' });
  });

  it('asks nothing where nothing drifted', async () => {
    const { requests, source } = await rankWith([reversed], []);
    expect(requests).to.have.length(0);
    expect(source).to.include({ ranker: 'heuristic', reason: 'nothing to rank' });
  });

  it('asks nothing about what is no drift', async () => {
    const noted = finding({ ref: ref('scaled-by-autoscaler'), class: 'informational', note: 'inside the range' });
    const { requests, findings } = await rankWith([reversed], [compared([noted]), ...scaled(1)]);
    expect(requests[0]?.facts).to.have.length(1);
    expect(findings.at(-1)?.severity).to.equal('info');
  });

  it('needs no key: the rules rank and say so', async () => {
    const ranking = await rankByRules(scaled(2));
    expect(ranking.source).to.include({ ranker: 'heuristic', reason: 'no CLAUDE_API_KEY' });
  });
});

const failures: readonly (readonly [string, Step, RegExp, number])[] = [
  ['a refusal', refusal(), /stopped with refusal/u, 1],
  ['a refusal after half an answer', refusal('{"items":['), /stopped with refusal/u, 1],
  ['an answer inside a Markdown fence', fencedJson, /not JSON/u, 1],
  ['an answer that is no JSON', text('I cannot rank these.'), /not JSON/u, 1],
  ['an answer with a field of its own', rankAll((row) => ({ ...row, patch: 'replicas: 0' })), /does not fit its schema/u, 1],
  ['an answer with an unknown severity', rankAll((row) => ({ ...row, severity: 'urgent' })), /does not fit its schema/u, 1],
  ['a cause of 1,000 letters', rankAll((row) => ({ ...row, cause: 'x'.repeat(1000) })), /does not fit its schema/u, 1],
  ['an answer of 100 kB', text(' '.repeat(100_000)), /too long/u, 1],
  ['a busy API', rateLimited, /answered 429/u, 2],
  ['an overloaded API', overloaded, /answered 529/u, 2],
  ['a server error with a page of HTML', html(500), /answered 500/u, 2],
  ['a page of HTML that claims success', html(200), /stopped with nothing|no usable answer/u, 1],
  ['an answer cut by the network', truncatedJson, /no usable answer/u, 1],
  ['an answer that never ends', endless, /no usable answer/u, 2],
  ['a connection that is reset', reset, /no usable answer/u, 2],
  ['a refused request', fails(400, 'invalid_request_error'), /answered 400/u, 1],
  ['a refused key', unauthorized, /answered 401/u, 1],
  ['no credit', fails(402, 'billing_error'), /answered 402/u, 1],
  ['no access', fails(403, 'permission_error'), /answered 403/u, 1],
  ['an unknown model', fails(404, 'not_found_error'), /answered 404/u, 1],
];

describe('ranking when Claude fails', () => {
  for (const [what, step, reason, tries] of failures) {
    it(`falls back to the order of the rules, with the reason, after ${what}`, async () => {
      const objects = scaled(4);
      const { order, source, requests, findings } = await rankWith([step], objects);
      expect(order).to.deep.equal(namesOf(await rankByRules(objects)));
      expect(source.ranker).to.equal('heuristic');
      expect(source.reason).to.match(reason);
      expect(source.reason).to.not.contain('<');
      expect(findings.every((ranked) => ranked.opinion === undefined)).to.equal(true);
      expect(requests).to.have.length(tries);
    });
  }

  it('uses the answer of the second try after a busy moment', async () => {
    const { source, requests } = await rankWith([rateLimited, reversed], scaled(2));
    expect(requests).to.have.length(2);
    expect(source).to.include({ ranker: 'claude', reason: '' });
  });

  it('never sends the findings on to where a redirect points', async () => {
    await using other = await startFakeClaude([reversed]);
    const { source } = await rankWith([redirect(`${other.url}/v1/messages`)], scaled(2));
    expect(source.ranker).to.equal('heuristic');
    expect(other.requests).to.have.length(0);
  });

  it('asks in two halves after an answer that was cut off for its length', async () => {
    const { source, requests, order } = await rankWith([maxTokens, reversed], scaled(4));
    expect(requests.map((request) => request.facts.length)).to.deep.equal([4, 2, 2]);
    expect(source).to.include({ ranker: 'claude', reason: '' });
    expect(order).to.deep.equal(['w-001', 'w-000', 'w-003', 'w-002']);
  });

  it('asks in two halves after a request that is too large', async () => {
    const { source, requests } = await rankWith([fails(413, 'request_too_large'), reversed], scaled(4));
    expect(requests.map((request) => request.facts.length)).to.deep.equal([4, 2, 2]);
    expect(source.ranker).to.equal('claude');
  });

  it('halves once and then gives up', async () => {
    const { source, requests } = await rankWith([maxTokens], scaled(8));
    expect(requests.map((request) => request.facts.length)).to.deep.equal([8, 4, 4]);
    expect(source).to.include({ ranker: 'heuristic', reason: 'the model stopped with max_tokens' });
  });

  it('asks about nothing more once the key was refused', async () => {
    const { requests } = await rankWith([unauthorized], scaled(120));
    expect(requests).to.have.length(1);
  });

  it('asks about nothing more after two requests without an answer', async () => {
    const { requests } = await rankWith([refusal()], scaled(160));
    expect(requests).to.have.length(2);
  });

  it('keeps what was answered when a later request fails', async () => {
    const { source, findings } = await rankWith([reversed, unauthorized], scaled(50));
    expect(source.ranker).to.equal('claude');
    expect(source.reason).to.equal('Claude answered 401');
    expect(findings.filter((ranked) => ranked.opinion !== undefined)).to.have.length(40);
  });

  it('goes on without Claude when the deadline passes before an answer begins', async () => {
    const { source } = await rankWith([silence], scaled(2), { deadlineMs: 100 });
    expect(source).to.include({ ranker: 'heuristic', reason: 'the deadline for ranking passed' });
  });

  it('goes on without Claude when the deadline passes in the middle of an answer', async () => {
    const { source } = await rankWith([headersThenSilence], scaled(2), { deadlineMs: 300 });
    expect(source).to.include({ ranker: 'heuristic', reason: 'the deadline for ranking passed' });
  });

  it('does not wait as long as a busy API asks for when the deadline is nearer', async () => {
    const started = performance.now();
    const { source } = await rankWith([fails(429, 'rate_limit_error', { 'retry-after': '86400' })], scaled(2), {
      deadlineMs: 200,
    });
    expect(source.reason).to.equal('the deadline for ranking passed');
    expect(performance.now() - started).to.be.lessThan(5_000);
  });

  it('stops at once when the pass is stopped', async () => {
    const stop = new AbortController();
    const stopped = new Error('stopped by SIGTERM');
    const stopping: Step = () => stop.abort(stopped);
    let thrown: unknown;
    try {
      await rankWith([stopping], scaled(2), { signal: stop.signal });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).to.equal(stopped);
  });

  it('reports a server that is not there', async () => {
    const ask = createAskClaude({ apiKey: new Secret('k'), baseUrl: 'http://127.0.0.1:9', model: 'claude-haiku-5-5' });
    const reply = await ask([], new AbortController().signal);
    expect(reply).to.include({ ok: false, isFinal: false });
  });
});

describe('ranking a second time', () => {
  function opinionsOf(findings: Awaited<ReturnType<typeof rankWith>>['findings']): ReadonlyMap<string, Opinion> {
    return new Map(findings.flatMap(({ finding: { fingerprint }, opinion }) => (opinion ? [[fingerprint, opinion]] : [])));
  }

  it('asks nothing about findings that have not changed, and keeps their order and words', async () => {
    // Two requests whose ranks overlap: stored, they must still sort as they did.
    const first = await rankWith([reversed], scaled(60));
    const second = await rankWith([unauthorized], scaled(60), { known: opinionsOf(first.findings) });
    expect(second.requests).to.have.length(0);
    expect(second.findings).to.deep.equal(first.findings);
    expect(second.source).to.include({ ranker: 'claude', reason: '' });
  });

  it('asks nothing about what the model left out of its answer, until the instructions change', async () => {
    const silentOnOne = rankAll((row, fact) => (String(fact['id']) === 'f3' ? undefined : row));
    const first = await rankWith([silentOnOne], scaled(10));
    const left = first.findings.filter(({ opinion }) => opinion === undefined);
    expect(left.map(({ finding: { ref: object } }) => object.name)).to.deep.equal(['w-002']);
    const unanswered = new Map(first.findings.map((entry) => [entry.finding.fingerprint, entry.unanswered]));
    const again = { known: opinionsOf(first.findings), unanswered };
    const second = await rankWith([unauthorized], scaled(10), again);
    expect(second.requests).to.have.length(0);
    expect(second.findings).to.deep.equal(first.findings);
    const old = new Map([...unanswered].map(([fingerprint, prompt]) => [fingerprint, prompt && 'old']));
    expect((await rankWith([reversed], scaled(10), { ...again, unanswered: old })).requests).to.have.length(1);
  });

  it('asks about new findings alone', async () => {
    const first = await rankWith([reversed], scaled(3));
    const added = compared([finding({ ref: ref('new'), path: IMAGE, desired: 'a:1', live: 'a:2' })]);
    const second = await rankWith([reversed], [...scaled(3), added], { known: opinionsOf(first.findings) });
    expect(second.requests.map((request) => request.facts.length)).to.deep.equal([1]);
  });

  it('asks again when the instructions to the model have changed', async () => {
    const first = await rankWith([reversed], scaled(3));
    const old = new Map([...opinionsOf(first.findings)].map(([key, opinion]) => [key, { ...opinion, promptVersion: 'old' }]));
    expect((await rankWith([reversed], scaled(3), { known: old })).requests).to.have.length(1);
  });

  it('holds a stored opinion to the bounds of today: a unit that became critical is neither low nor held', async () => {
    const normal = finding();
    const first = await rankWith([rankAll((row) => ({ ...row, severity: 'low', action: 'hold' }))], [compared([normal])]);
    expect(first.findings[0]?.opinion?.isHeld).to.equal(true);
    const critical = { ...normal, isCritical: true };
    const second = await rankWith([unauthorized], [compared([critical])], { known: opinionsOf(first.findings) });
    expect(second.findings[0]?.severity).to.equal('high');
    expect(second.findings[0]?.opinion?.isHeld).to.equal(false);
  });

  it('sends at most 200 findings and leaves the least urgent to the rules, behind the others', async () => {
    const { requests, order, source } = await rankWith([reversed], scaled(210));
    expect(requests.map((request) => request.facts.length)).to.deep.equal([40, 40, 40, 40, 40]);
    expect(source.reason).to.equal('10 findings beyond 200 were not sent');
    expect(order.slice(200)).to.deep.equal(Array.from({ length: 10 }, (_, index) => `w-${200 + index}`));
  });
});
