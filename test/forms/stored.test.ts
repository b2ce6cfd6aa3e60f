import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { at, isJsonArray, type Json, stringAt } from '../../src/domain/json.ts';
import { ranked } from '../report/build.ts';
import { finding, parse, ref } from '../types/builders.ts';
import { GIT_ENVIRONMENT, publishPass } from './publish.ts';
import { type Shown, showReport } from './show.ts';

const ENVIRONMENT = GIT_ENVIRONMENT;
const PERSON = ['-c', 'user.name=p', '-c', 'user.email=p@example.com'];

function listAt(value: Json | undefined, ...keys: readonly string[]): readonly Json[] {
  const found = at(value, ...keys);
  return isJsonArray(found) ? found : [];
}

function named(value: Json | undefined, key: string): readonly (string | undefined)[] {
  return listAt(value, key).map((entry) => stringAt(entry, 'object', 'name'));
}

describe('drift-detector report', () => {
  let folder: string;
  let bare: string;
  /** Commits of the passes below, oldest first. */
  let commits: string[];

  const git = (...args: readonly string[]): string =>
    execFileSync('git', ['-C', bare, ...args], { env: ENVIRONMENT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

  const show = (...argv: readonly string[]): Promise<Shown> => showReport(bare, ...argv);

  const web = ranked(finding({ ref: ref('web') }));
  const db = ranked(finding({ ref: ref('db') }), { severity: 'critical' });
  const api = ranked(finding({ ref: ref('api') }));

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'forms-stored-'));
    bare = join(folder, 'bare.git');
    execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', bare]);
    commits = [
      await publishPass(bare, 'dev', [web, api]),
      await publishPass(bare, 'prod', [db]),
      await publishPass(bare, 'dev', [ranked(finding({ ref: ref('web'), live: 9 })), db, api], ['api']),
      await publishPass(bare, 'dev', [db]),
    ];
    git('tag', 'friday', commits[1] ?? '');
    git(...PERSON, 'tag', '--annotate', '--message=x', 'v1', commits[0] ?? '');
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("shows this cluster's open findings, worst first, and changes nothing", async () => {
    const refs = git('for-each-ref');
    const { code, out, err } = await show();
    expect(code, err).to.equal(0);
    expect(out.split('\n').length).to.equal(3);
    expect(out).to.match(/^SEVERITY +WORKLOAD.*\ncritical +shop\/deployment\/db +replicas 3 → 5 /u);
    expect(git('for-each-ref')).to.equal(refs);
  });

  it('shows every cluster where asked to', async () => {
    const { out } = await show('--all-clusters');
    expect(out)
      .to.match(/^SEVERITY +CLUSTER +WORKLOAD/u)
      .and.to.contain(' dev ')
      .and.to.contain(' prod ');
    const clusters = listAt(parse((await show('--all-clusters', '-o', 'json')).out), 'clusters');
    expect(clusters.map((cluster) => stringAt(cluster, 'cluster'))).to.deep.equal(['dev', 'prod']);
    expect(named(clusters[0], 'open')).to.deep.equal(['db']);
    expect(named(clusters[0], 'corrections')).to.deep.equal(['api']);
  });

  it('is the very page in Markdown', async () => {
    expect((await show('-o', 'md')).out).to.equal(git('show', 'main:reports/dev/README.md'));
  });

  it('points SARIF at the pages that are there', async () => {
    const { out } = await show('-o', 'sarif');
    const uri = /"uri": "([^"]+)"/u.exec(out)?.[1] ?? '';
    expect(git('show', `main:${uri}`)).to.contain('shop/deployment/db');
  });

  it('is one SARIF run, however many clusters report, which names the cluster of each result', async () => {
    const [run, ...others] = listAt(parse((await show('--all-clusters', '-o', 'sarif')).out), 'runs');
    expect(others, 'GitHub refuses more than 20').to.have.length(0);
    expect(stringAt(run, 'automationDetails', 'id')).to.equal('drift-detector/');
    const told = listAt(run, 'results').map((result) => [
      stringAt(result, 'properties', 'cluster'),
      stringAt(result, 'message', 'text')?.split(' ')[0],
      stringAt(listAt(listAt(result, 'locations')[0], 'logicalLocations')[0], 'fullyQualifiedName'),
    ]);
    expect(told).to.deep.equal([
      ['dev', 'dev:', 'dev/shop/deployment/db/spec/replicas'],
      ['prod', 'prod:', 'prod/shop/deployment/db/spec/replicas'],
    ]);
    const [dev] = listAt(parse((await show('-o', 'sarif')).out), 'runs');
    expect(stringAt(dev, 'automationDetails', 'id')).to.equal('drift-detector/dev/');
  });

  it('ends with 2 on drift where asked to', async () => {
    expect((await show('--detailed-exitcode')).code).to.equal(2);
  });

  describe('--since', () => {
    async function since(revision: string): Promise<Json> {
      const { code, out, err } = await show('--since', revision, '-o', 'json');
      expect(code, err).to.equal(0);
      return parse(out);
    }

    for (const [what, revision] of [
      ['a commit', () => commits[0]],
      ['a short commit', () => commits[0]?.slice(0, 8)],
      ['a branch with a number of commits behind it', () => 'main~3'],
      ['an annotated tag', () => 'v1'],
    ] as const) {
      it(`tells what became of each finding since ${what}`, async () => {
        const document = await since(revision() ?? '');
        expect(stringAt(document, 'since', 'commit')).to.equal(commits[0]);
        const [cluster] = listAt(document, 'clusters');
        expect(named(cluster, 'new')).to.deep.equal(['db']);
        expect(named(cluster, 'corrected')).to.deep.equal(['api']);
        expect(named(cluster, 'resolved')).to.deep.equal(['web']);
        expect(named(cluster, 'changed')).to.deep.equal([]);
      });
    }

    it('tells a changed value from a new finding', async () => {
      const [cluster] = listAt(parse((await show('--since', `${commits[2]}~2`, '-o', 'json')).out), 'clusters');
      expect(named(cluster, 'new')).to.deep.equal(['db']);
      git('branch', 'third', commits[2] ?? '');
      const { out } = await show('--report-branch', 'third', '--since', 'v1');
      expect(out).to.match(/^CHANGE +SEVERITY/u);
      expect(out).to.match(/changed +medium +shop\/deployment\/web +replicas 3 → 9/u);
      expect(out).to.match(/new +critical +shop\/deployment\/db/u);
      expect(out).to.match(/corrected +medium +shop\/deployment\/api/u);
    });

    it('takes ages, and everything is new since before the first commit', async () => {
      const document = await since('7d');
      expect(at(document, 'since')).to.equal(null);
      expect(named(listAt(document, 'clusters')[0], 'new')).to.deep.equal(['db']);
      const nothing = await since('0s');
      expect(stringAt(nothing, 'since', 'commit')).to.equal(commits[3]);
      expect(named(listAt(nothing, 'clusters')[0], 'new')).to.deep.equal([]);
    });

    it('is in Markdown, SARIF and JUnit as well', async () => {
      expect((await show('--since', 'friday', '-o', 'md')).out)
        .to.match(new RegExp(`^# Drift since ${commits[1]?.slice(0, 10)} of \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\dZ\n`, 'u'))
        .and.to.contain('| resolved | medium | shop/deployment/web |');
      const sarif = (await show('--since', 'friday', '-o', 'sarif')).out;
      expect(sarif)
        .to.contain('"baselineState": "new"')
        .and.to.contain('"baselineState": "absent"')
        .and.to.contain('"baselineGuid"');
      expect((await show('--since', 'friday', '-o', 'junit')).out).to.contain('tests="3" failures="1"');
    });

    for (const revision of [
      '--upload-pack=touch /tmp/x',
      '-1',
      '..',
      'main..v1',
      'a:b',
      '@{u}',
      'main@{1}',
      ':/x',
      '',
      'x y',
      'main\n',
      '$(id)',
    ]) {
      it(`refuses ${JSON.stringify(revision)} before Git sees it`, async () => {
        const { code, out, err } = await show(`--since=${revision}`);
        expect(code, err).to.equal(64);
        expect(out).to.equal('');
        expect(err).to.contain('is not a revision');
      });
    }

    it('says so where a revision is unknown', async () => {
      for (const revision of ['nothing', '0123456789', '0'.repeat(40)]) {
        const { code, err } = await show('--since', revision);
        expect(code).to.equal(64);
        expect(err).to.contain(`${revision} is neither a recent commit of main nor a tag`);
      }
    });
  });

  it('names the clusters that report, where this one does not', async () => {
    const { code, err } = await show('--cluster', 'staging');
    expect(code).to.equal(78);
    expect(err).to.contain('no report of cluster staging').and.to.contain('with --all-clusters: dev, prod');
  });

  it('says where the branch is missing', async () => {
    const { code, err } = await show('--report-branch', 'other');
    expect(code).to.equal(78);
    expect(err).to.contain('no branch other');
  });

  it('reads no link in the place of a report', async () => {
    const clone = join(folder, 'clone');
    execFileSync('git', ['clone', '--quiet', bare, clone]);
    execFileSync('ln', ['-sf', '/etc/passwd', join(clone, 'reports', 'dev', 'README.md')]);
    execFileSync('git', ['-C', clone, ...PERSON, 'commit', '--quiet', '--all', '--message=link']);
    execFileSync('git', ['-C', clone, 'push', '--quiet', 'origin', 'HEAD:refs/heads/link']);
    expect((await show('--report-branch', 'link', '-o', 'md')).out).to.equal('');
  });

  it('says what of a damaged report is not known, rather than that nothing drifts', async () => {
    const clone = join(folder, 'damaged');
    execFileSync('git', ['clone', '--quiet', bare, clone]);
    for (const file of ['findings.jsonl', 'report.json']) {
      writeFileSync(join(clone, 'reports', 'dev', file), 'garbage\n');
      execFileSync('git', ['-C', clone, ...PERSON, 'commit', '--quiet', '--all', '--message=damage']);
      execFileSync('git', ['-C', clone, 'push', '--quiet', 'origin', `HEAD:refs/heads/${file}`]);
      const { out, err } = await show('--report-branch', file);
      expect(`${out}${err}`, file).to.contain(`${file} of this report`);
      expect(out, file).to.not.contain('No drift.');
    }
  });
});
