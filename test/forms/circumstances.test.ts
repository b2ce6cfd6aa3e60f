import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { at, isJsonArray, type Json } from '../../src/domain/json.ts';
import { printReport } from '../../src/outputs/output.ts';
import { PLAIN } from '../../src/outputs/terminal/screen.ts';
import { NO_LINKS } from '../../src/stages/report/report.ts';
import { ranked, reportOf } from '../report/build.ts';
import { finding, parse } from '../types/builders.ts';
import { GIT_ENVIRONMENT, publishPass } from './publish.ts';
import { type Shown, showReport } from './show.ts';

const snapshot = { failedReads: [{ what: 'statefulsets', namespace: 'shop', error: 'forbidden\u001b[31m' }] };
const guard = { name: 'mass-change' as const, detail: '9 objects would change' };
const plan = { items: [], fixes: [], guard, pauses: [], ownershipPending: [], desiredObjects: 0, notes: [], warnings: [] };
const UNREAD = 'Not compared: statefulsets in namespace shop: forbidden\\u{1b}[31m\n';
const GUARD = 'Guard mass-change: 9 objects would change; only fixes that a person approved are made\n';

describe('what a list of findings does not show by itself', () => {
  let folder: string;
  let bare: string;
  const show = (cluster: string, ...argv: readonly string[]): Promise<Shown> => showReport(bare, '--cluster', cluster, ...argv);

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'forms-circumstances-'));
    bare = join(folder, 'bare.git');
    execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', bare], { env: GIT_ENVIRONMENT });
    await publishPass(bare, 'clean', []);
    await publishPass(bare, 'blind', [], [], { snapshot });
    await publishPass(bare, 'guarded', [], [], { snapshot, plan });
    await publishPass(bare, 'drifted', [ranked(finding())]);
    const unmanaged = { class: 'unmanaged', path: [], desired: undefined, live: undefined, unit: '' } as const;
    await publishPass(bare, 'unmanaged', [ranked(finding(unmanaged))]);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('stands below a table, also one of nothing', async () => {
    expect((await show('clean')).out).to.equal('No drift.\n');
    expect((await show('blind')).out).to.equal(`No drift in what could be read.\n${UNREAD}`);
    expect((await show('guarded', '-o', 'wide')).out).to.equal(`No drift in what could be read.\n${GUARD}${UNREAD}`);
    const all = (await show('clean', '--all-clusters')).out;
    expect(all)
      .to.match(/^SEVERITY +CLUSTER /u)
      .and.to.contain(`\nguarded: ${GUARD}guarded: ${UNREAD}`);
  });

  it('stands below the table of a pass', () => {
    const table = (report: ReturnType<typeof reportOf>, compared: number): string =>
      printReport(report, { form: 'table', screen: PLAIN, version: '1', root: 'reports', links: NO_LINKS, compared });
    expect(table(reportOf([]), 3)).to.equal('No drift.\n');
    expect(table(reportOf([]), 0)).to.equal('Nothing was compared.\n');
    expect(table({ ...reportOf([ranked(finding())], { snapshot }), guard }, 3))
      .to.match(/^SEVERITY/u)
      .and.to.match(/replicas 3 → 5 .*\nGuard mass-change: .*\nNot compared: statefulsets .*\n$/u);
  });

  for (const form of ['name', 'jsonl']) {
    it(`is on standard error with ${form}, whose lines are data`, async () => {
      expect(await show('guarded', '-o', form)).to.deep.equal({ code: 0, out: '', err: GUARD + UNREAD });
      expect(await show('clean', '-o', form)).to.deep.equal({ code: 0, out: '', err: '' });
    });
  }

  it('stands beside what changed', async () => {
    expect((await show('guarded', '--since', 'HEAD')).out).to.equal(`Nothing changed in what could be read.\n${GUARD}${UNREAD}`);
    const page = (await show('guarded', '--since', 'HEAD', '-o', 'md')).out;
    expect(page)
      .to.contain('\n- Guard mass-change: 9 objects')
      .and.to.contain('\n- Not compared: statefulsets in namespace shop')
      .and.to.contain('\nNothing changed in what could be read.');
    expect((await show('clean', '--since', 'HEAD', '-o', 'md')).out).to.match(/## clean\n\nNothing changed\.\n$/u);
    const document: Json = parse((await show('guarded', '--since', 'HEAD', '-o', 'json')).out);
    const clusters = at(document, 'clusters');
    const [cluster = null] = isJsonArray(clusters) ? clusters : [];
    expect(at(cluster, 'guard')).to.deep.equal(guard);
    expect(at(cluster, 'incomplete')).to.have.length(1);
  });

  for (const [cluster, code] of [
    ['clean', 0],
    ['unmanaged', 0],
    ['drifted', 2],
    ['blind', 20],
    ['guarded', 21],
  ] as const) {
    it(`ends with ${code} for a cluster that is ${cluster} where asked to, as its pass did, and else with 0`, async () => {
      expect((await show(cluster, '--detailed-exitcode')).code).to.equal(code);
      expect((await show(cluster)).code).to.equal(0);
    });
  }
});
