import { expect } from 'chai';
import { parse } from 'yaml';
import type { DecideArguments } from '../../src/commands/decide/entries.ts';
import { decisionId, type ReportedDecision } from '../../src/domain/decision.ts';
import type { Finding } from '../../src/domain/finding.ts';
import { readDecisions } from '../../src/stages/decisions/decisions.ts';
import { finding, IMAGE, label, ref, workload } from '../types/builders.ts';
import { decided, failureOf, type Given } from './decided.ts';

// What a command writes into decisions.yaml, and what it leaves as it is.

const web = finding();
const unmanaged = finding({ class: 'unmanaged', path: [], desired: undefined, live: workload(ref('web'), 1) });
const adopting = (more: Partial<DecideArguments> = {}, given: Given = {}): ReturnType<typeof decided> =>
  decided({ kind: 'adopt', space: 'prod', reason: '', ...more }, { findings: [unmanaged], ...given });
const spent = (id: string, effect: ReportedDecision['effect'] = 'spent'): ReportedDecision => ({
  id,
  kind: 'fix',
  what: '',
  by: '',
  decidedAt: '',
  commit: '',
  reason: '',
  detail: '',
  effect,
});
const idsIn = (text: string): readonly string[] => readDecisions(text).decisions.map(({ id }) => id);

describe('the entry of a decision', () => {
  it('is the fingerprint, and the reason where one is given', async () => {
    for (const kind of ['accept', 'fix'] as const) {
      const { fingerprint } = web;
      expect(parse((await decided({ kind })).text)).to.deep.equal({ [kind]: [{ fingerprint, reason: 'r' }] });
      expect(parse((await decided({ kind, reason: '' })).text)).to.deep.equal({ [kind]: [{ fingerprint }] });
    }
  });

  it('to adopt names the space, and the unit where one is given', async () => {
    const { fingerprint } = unmanaged;
    expect(parse((await adopting()).text)).to.deep.equal({ adopt: [{ fingerprint, space: 'prod' }] });
    expect(parse((await adopting({ unit: 'front', reason: 'ours' })).text)).to.deep.equal({
      adopt: [{ fingerprint, space: 'prod', unit: 'front', reason: 'ours' }],
    });
  });

  it('to ignore is a rule about this field of this object, with its end where it has one', async () => {
    const rule = { namespace: 'shop', kind: 'Deployment', name: 'web', path: '/spec/replicas', reason: 'r' };
    expect(parse((await decided({ kind: 'ignore' })).text)).to.deep.equal({ ignore: [rule] });
    const until = '2026-12-24';
    expect(parse((await decided({ kind: 'ignore', until })).text)).to.deep.equal({ ignore: [{ ...rule, until }] });
    const role = finding({ ref: ref('viewer', { kind: 'ClusterRole', namespace: '' }) });
    const { text } = await decided({ kind: 'ignore', finding: 'viewer' }, { findings: [role] });
    expect(parse(text).ignore[0]).to.not.have.property('namespace');
    expect((await decided({ kind: 'ignore', finding: 'viewer' }, { findings: [role], text })).out).to.contain('Already decided');
  });
});

describe('a decision that is in the file already', () => {
  it('stays as it is, whatever reason is given now, and nothing is committed', async () => {
    for (const kind of ['accept', 'fix'] as const) {
      const { text } = await decided({ kind, reason: 'tested on Friday' });
      const again = await decided({ kind, reason: 'another' }, { text });
      expect(again.text).to.equal(text);
      expect(again.out)
        .to.match(/^Already decided: /u)
        .and.not.contain('Committed');
    }
  });

  it('stays as a person wrote it', async () => {
    const { fingerprint } = unmanaged;
    const adopt = `adopt:\n- {space: prod, unit: front, fingerprint: "${fingerprint}", reason: by hand}\n`;
    expect((await adopting({ unit: 'front', reason: 'another' }, { text: adopt })).text).to.equal(adopt);
    const ignore = 'ignore:\n- {reason: r, path: /spec/replicas, name: web, kind: Deployment, namespace: shop}\n';
    expect((await decided({ kind: 'ignore' }, { text: ignore })).text).to.equal(ignore);
  });

  it('to ignore is written anew for another reason, another end, and an end that is over', async () => {
    const { text } = await decided({ kind: 'ignore', until: '2026-12-24' });
    const same = await decided({ kind: 'ignore', until: '2026-12-24' }, { text });
    expect(same.out).to.contain('Already decided');
    for (const other of [{ until: '2026-12-25' }, { until: '' }, { until: '2026-12-24', reason: 'another' }]) {
      const { text: edited, out } = await decided({ kind: 'ignore', ...other }, { text });
      expect(out).to.match(/^Decided: /u);
      expect(readDecisions(edited).decisions).to.have.length(1);
    }
    const forGood = (await decided({ kind: 'ignore' })).text;
    expect((await decided({ kind: 'ignore', until: '2026-12-24' }, { text: forGood })).out).to.match(/^Decided: /u);
  });

  it('to adopt is written anew for another space or another unit', async () => {
    const { text } = await adopting({ unit: 'front' });
    expect((await adopting({ unit: 'front' }, { text })).out).to.contain('Already decided');
    for (const other of [{ unit: 'back' }, { unit: '' }, { unit: 'front', space: 'dev' }]) {
      const edited = await adopting(other, { text });
      expect(edited.out, JSON.stringify(other)).to.match(/^Decided: /u);
      expect(readDecisions(edited.text).decisions).to.have.length(1);
    }
    const unnamed = (await adopting()).text;
    expect((await adopting({}, { text: unnamed })).out).to.contain('Already decided');
  });

  it('about anything else stays: another field, object, kind, namespace, manager', async () => {
    const others: readonly Finding[] = [
      finding({ path: IMAGE }),
      finding({ ref: ref('api') }),
      finding({ ref: ref('web', { kind: 'StatefulSet' }) }),
      finding({ ref: ref('web', { namespace: 'bank' }) }),
    ];
    for (const kind of ['fix', 'ignore'] as const) {
      let text =
        'ignore:\n- {manager: kustomize, namespace: shop, kind: Deployment, name: web, path: /spec/replicas, reason: m}\n';
      for (const other of others) ({ text } = await decided({ kind, finding: other.fingerprint }, { findings: others, text }));
      const before = idsIn(text);
      const after = idsIn((await decided({ kind }, { text })).text);
      expect([before.length, after.length], kind).to.deep.equal([5, 6]);
      expect(after).to.include.members([...before]);
    }
  });

  it('is made again where it is spent, and not where it only waits', async () => {
    const id = decisionId('fix', [web.fingerprint, undefined]);
    for (const [decisions, isNew] of [
      [[spent(id, 'waiting')], false],
      [[spent('another')], false],
      [[spent(id)], true],
    ] as const) {
      const [entry] = parse((await decided({ kind: 'fix' }, { decisions: [...decisions] })).text).fix;
      expect('time' in entry).to.equal(isNew);
      if (isNew) expect(entry.time).to.equal('2026-11-23T12:00:00Z');
    }
    const { text } = await decided({ kind: 'fix' });
    expect((await decided({ kind: 'fix' }, { text, decisions: [spent(id, 'waiting')] })).out).to.contain('Already decided');
    const twice = `fix:\n- {fingerprint: "${web.fingerprint}", time: "2026-11-20T00:00:00Z"}\n`;
    const again = await decided({ kind: 'fix' }, { text: twice, decisions: [spent(idsIn(twice)[0] ?? '')] });
    expect(parse(again.text).fix.map(({ time }: { time: string }) => time)).to.deep.equal(['2026-11-23T12:00:00Z']);
    const accepted = await decided({ kind: 'accept' }, { text, decisions: [spent(id)] });
    expect(parse(accepted.text).accept[0], 'a spent fix says nothing of an acceptance').to.not.have.property('time');
  });

  it('to adopt again after it is applied differs from that by its time, with the same unit and space', async () => {
    const named = decisionId('adopt', [unmanaged.fingerprint, undefined, 'prod', 'front']);
    const unnamed = decisionId('adopt', [unmanaged.fingerprint, undefined, 'prod', undefined]);
    const timeOf = async (more: Partial<DecideArguments>, id: string): Promise<unknown> =>
      parse((await adopting(more, { decisions: [spent(id)] })).text).adopt[0].time;
    expect(await timeOf({ unit: 'front' }, named)).to.equal('2026-11-23T12:00:00Z');
    expect(await timeOf({}, unnamed)).to.equal('2026-11-23T12:00:00Z');
    expect(await timeOf({}, named)).to.equal(undefined);
    expect(await timeOf({ unit: 'front', space: 'dev' }, named)).to.equal(undefined);
  });
});

describe('a decision that cannot be written', () => {
  it('is a mistake where the file cannot be read, which is to be mended first', async () => {
    const error = await failureOf(decided({ kind: 'fix' }, { text: 'fix: [' }));
    expect(error).to.include({ code: 'usage', subject: 'decisions.yaml' });
    expect(error)
      .to.have.property('message')
      .that.matches(/^prod-eu\/decisions\.yaml cannot be read: /u);
    expect(error).to.have.property('remedy', 'Correct it first: until then no pass fixes anything.');
  });

  it('is a mistake where what was given is none, with what is wrong', async () => {
    const error = await failureOf(adopting({ unit: 'No Slug!' }));
    expect(error).to.have.property('remedy', 'Correct what was given to the command.');
    expect(error).to.have.property('message').that.contains('unit');
  });

  it('is a mistake where several workloads were to become one unit', async () => {
    const findings = [unmanaged, { ...unmanaged, fingerprint: 'f'.repeat(32), id: 'e'.repeat(32) }];
    const error = await failureOf(adopting({ unit: 'front' }, { findings }));
    expect(error).to.include({ message: 'several workloads cannot become one unit', remedy: 'Omit --unit.' });
    expect((await adopting({}, { findings })).out.match(/^Decided: /gmu)).to.have.length(2);
  });

  it('is printed as a line to write by hand if an edit would change other parts of the file', async () => {
    const { fingerprint } = web;
    const error = await failureOf(decided({ kind: 'fix' }, { text: '{"fix": &all [], "ignore": *all}\n' }));
    expect(error).to.have.property('message').that.contains('cannot be edited without changing its other content');
    expect(error).to.have.property('remedy', `Add below fix: {"fingerprint":"${fingerprint}","reason":"r"}`);
  });
});

describe('the commit of a decision', () => {
  const many = [
    web,
    finding({ path: IMAGE, desired: 'a:1', live: 'a:2' }),
    finding({ path: label('a'), desired: 'b', live: 'c' }),
  ];

  it('names what was decided, a line each, and why', async () => {
    const { message } = await decided({ kind: 'fix', reason: 'it is late' }, { findings: many });
    expect(message.split('\n')).to.deep.equal([
      'decide(prod-eu): fix deployment/web and 2 more',
      '',
      'shop/deployment/web: replicas 3 → 5',
      ...message.split('\n').slice(3, 5),
      '',
      'it is late',
    ]);
    expect(message.split('\n').slice(3, 5).join()).to.contain('image').and.contain('label');
    expect((await decided({ kind: 'fix', reason: '' })).message).to.equal(
      'decide(prod-eu): fix deployment/web\n\nshop/deployment/web: replicas 3 → 5',
    );
  });

  it('has a subject of 72 characters at most, and leaves a name out only where it does not fit', async () => {
    const subjectOf = async (length: number): Promise<string> => {
      const long = finding({ ref: ref('r'.repeat(length)) });
      const { message } = await decided({ kind: 'fix', finding: long.fingerprint }, { findings: [long] });
      return message.split('\n')[0] ?? '';
    };
    const room = 72 - 'decide(prod-eu): fix deployment/'.length;
    expect(await subjectOf(room)).to.equal(`decide(prod-eu): fix deployment/${'r'.repeat(room)}`);
    expect(await subjectOf(room + 1)).to.equal(`decide(prod-eu): fix deployment/${'r'.repeat(room - 1)}…`);
  });
});
