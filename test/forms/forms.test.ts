import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import { expect } from 'chai';
import { parsePatch } from 'diff';
import type { Browser } from 'playwright-core';
import { parse as parseYaml } from 'yaml';
import * as z from 'zod';
import { at, isJsonArray, type Json, stringAt } from '../../src/domain/json.ts';
import type { Report } from '../../src/domain/report.ts';
import { type Entry, openEntry } from '../../src/outputs/formats/entry.ts';
import { FORMAT_NAMES } from '../../src/outputs/formats/formats.ts';
import { toSarif } from '../../src/outputs/formats/sarif.ts';
import { type OutputOptions, printReport } from '../../src/outputs/output.ts';
import { PLAIN } from '../../src/outputs/terminal/screen.ts';
import { NO_LINKS, openWords } from '../../src/stages/report/report.ts';
import { startBrowser } from '../browser/browser.ts';
import { outcome, ranked, reportOf } from '../report/build.ts';
import { envValue, finding, IMAGE, parse, ref } from '../types/builders.ts';
import { SARIF_RULES } from './sarif-rules.ts';

const HOSTILE = '\u001b[31m\u202e\u0000\u0085\ufffe]]>&"\'<x a="1">{0}[link](javascript:1)\ud800 \u{e0041}';

const junit = z.object({
  error: z.string(),
  root: z.string(),
  suites: z.array(
    z.object({
      name: z.string(),
      counts: z.array(z.number()),
      cases: z.array(z.object({ classname: z.string(), kind: z.string(), message: z.string() })),
    }),
  ),
});

function options(form: OutputOptions['form']): OutputOptions {
  return { form, screen: PLAIN, version: '1.2.3', root: 'reports', links: NO_LINKS, compared: 4 };
}

function listAt(value: Json, ...keys: readonly string[]): readonly Json[] {
  const found = at(value, ...keys);
  return isJsonArray(found) ? found : [];
}

/** A drift of each severity, one of them corrected, in two namespaces; with hostile texts. */
function report(): Report {
  const corrected = finding({ ref: ref('api') });
  const more = { snapshot: { failedReads: [{ what: 'statefulsets', namespace: 'shop', error: HOSTILE }] } };
  const findings = [
    ranked(finding({ ref: ref('low'), live: 7 }), { severity: 'low' }),
    ranked(finding({ ref: ref('web'), path: IMAGE, desired: 'a:1', live: 'a:2' }), { severity: 'critical' }),
    ranked(corrected, { severity: 'high' }),
    ranked(
      finding({
        ref: ref('db', { namespace: 'data' }),
        path: envValue('X'),
        live: HOSTILE,
        desired: { [HOSTILE]: 1, 'a: b': 2, 'plain\u202e': 3 },
      }),
    ),
  ];
  return reportOf(findings, { ...more, outcomes: [outcome(corrected.id)] });
}

describe('forms of a result', () => {
  it('has one valid document in JSON and in YAML, with the same values', () => {
    const json = printReport(report(), options('json'));
    const yaml = printReport(report(), options('yaml'));
    expect(parseYaml(yaml)).to.deep.equal(parse(json));
    const document = parse(json);
    expect(listAt(document, 'open')).to.have.length(3);
    expect(listAt(document, 'corrected').map((entry) => stringAt(entry, 'object', 'name'))).to.deep.equal(['api']);
    expect(listAt(document, 'open').map((entry) => stringAt(entry, 'live'))).to.include(HOSTILE);
  });

  for (const form of FORMAT_NAMES) {
    it(`holds nothing in ${form} that a terminal could act on`, () => {
      const text = printReport(report(), options(form)).replaceAll('\n', '');
      expect(text === '').to.equal(form === 'none');
      expect(text).to.not.match(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
    });

    it(`is the same ${form} for the same report, and not empty or broken for an empty one`, () => {
      expect(printReport(report(), options(form))).to.equal(printReport(report(), options(form)));
      const clear = printReport(reportOf([]), options(form));
      if (form === 'json' || form === 'sarif') expect(() => parse(clear)).to.not.throw();
    });
  }

  it('lists the worst first, what was corrected among it', () => {
    const severities = printReport(report(), options('table')).split('\n').slice(1, -2);
    expect(severities.map((line) => line.split(' ')[0])).to.deep.equal(['critical', 'high', 'medium', 'low']);
    expect(severities[1]).to.contain('fixed, revision 17');
    expect(printReport(report(), options('name')).split('\n')).to.deep.equal([
      'shop/deployment/web',
      'shop/deployment/api',
      'data/deployment/db',
      'shop/deployment/low',
      '',
    ]);
    expect(printReport(report(), options('wide')))
      .to.contain('prod/web')
      .and.to.contain('FIRST-SEEN');
  });

  it('counts the objects in the last line of a table, and in no other form', () => {
    const counts = { drifted: 4, in_sync: 2, unmanaged: 1, missing: 0 };
    for (const form of FORMAT_NAMES) {
      const text = printReport(report(), { ...options(form), counts });
      const isTable = form === 'table' || form === 'wide';
      expect(text.endsWith('\n4 drifted, 1 unmanaged, 2 in sync\n'), form).to.equal(isTable);
    }
  });

  it('counts drift apart from what is none', () => {
    const classes = ['changed', 'unmanaged', 'added', 'pending', 'unmanaged'] as const;
    expect(openWords(classes.map((found) => ({ class: found })))).to.equal('2 open, 2 unmanaged, 1 pending');
    expect(openWords([])).to.equal('0 open');
  });

  it('has a unified diff of each object that is open, live with - and desired with +', () => {
    const patches = parsePatch(printReport(report(), options('diff')));
    expect(patches.map(({ oldFileName, newFileName }) => [oldFileName, newFileName])).to.deep.equal(
      ['shop.web', 'data.db', 'shop.low'].map((name) => ['live', 'desired'].map((side) => `${side}/apps.v1.Deployment.${name}`)),
    );
    const [web] = patches;
    expect(web?.hunks.flatMap(({ lines }) => lines).filter((line) => !line.startsWith(' '))).to.deep.equal([
      '-          image: a:2',
      '+          image: a:1',
    ]);
  });

  it('has a finding in each line of jsonl', () => {
    const lines = printReport(report(), options('jsonl')).trimEnd().split('\n').map(parse);
    expect(lines.map((line) => `${stringAt(line, 'change')} ${stringAt(line, 'object', 'name')}`)).to.deep.equal([
      'open web',
      'corrected api',
      'open db',
      'open low',
    ]);
  });

  describe('as SARIF', () => {
    const ajv = new Ajv({ allErrors: true, strict: false });
    // The types of this CommonJS module give its namespace in place of the function.
    (formats as unknown as (ajv: Ajv) => void)(ajv);
    const isValid = ajv.compile(SARIF_RULES);

    it('keeps the rules of SARIF 2.1.0', () => {
      for (const some of [report(), reportOf([])]) {
        expect(isValid(parse(printReport(some, options('sarif')))), JSON.stringify(isValid.errors)).to.equal(true);
      }
    });

    it('gives each open drift a level, a stable fingerprint and the page of its workload', () => {
      const [run = null] = listAt(parse(printReport(report(), options('sarif'))), 'runs');
      const results = listAt(run, 'results').map((result) => [
        stringAt(result, 'level'),
        stringAt(listAt(result, 'locations')[0], 'physicalLocation', 'artifactLocation', 'uri'),
      ]);
      expect(results).to.deep.equal([
        ['error', 'reports/prod-eu/shop/deployment.web.md'],
        ['warning', 'reports/prod-eu/data/deployment.db.md'],
        ['note', 'reports/prod-eu/shop/deployment.low.md'],
      ]);
      const rules = listAt(run, 'tool', 'driver', 'rules').map((rule) => stringAt(rule, 'id'));
      for (const result of listAt(run, 'results')) {
        expect(rules[Number(at(result, 'ruleIndex'))]).to.equal(stringAt(result, 'ruleId'));
      }
      const fingerprintOf = (live: number): string | undefined => {
        const text = printReport(reportOf([ranked(finding({ live }))]), options('sarif'));
        const [only = null] = listAt(listAt(parse(text), 'runs')[0] ?? null, 'results');
        expect(stringAt(only, 'partialFingerprints', 'primaryLocationLineHash')).to.equal(
          `${stringAt(only, 'partialFingerprints', 'driftFinding/v1')}:1`,
        );
        return stringAt(only, 'partialFingerprints', 'driftFinding/v1');
      };
      expect(fingerprintOf(5))
        .to.equal(fingerprintOf(7))
        .and.to.match(/^[0-9a-f]{16}$/u);
    });

    it('says in the run what could not be compared', () => {
      const [run = null] = listAt(parse(printReport(report(), options('sarif'))), 'runs');
      const [invocation = null] = listAt(run, 'invocations');
      expect(at(invocation, 'executionSuccessful')).to.equal(false);
      expect(JSON.stringify(invocation)).to.contain('statefulsets in namespace shop');
    });

    it('leaves the least of what is too much out, and says how much', () => {
      const [low, high] = reportOf([
        ranked(finding(), { severity: 'low' }),
        ranked(finding({ ref: ref('api') }), { severity: 'high' }),
      ]).findings.map((line) => openEntry('prod-eu', line));
      if (!low || !high) throw new Error('the report has two findings');
      const report = { ...reportOf([]), guard: null, page: '', pathOf: () => 'page.md' };
      const entries = [...new Array<Entry>(25_001).fill(low), high];
      const sarif = toSarif([report], () => entries, { version: '1', cluster: 'prod-eu', provenance: undefined });
      const [run = null] = listAt(parse(JSON.stringify(sarif)), 'runs');
      expect(listAt(run, 'results')).to.have.length(25_000);
      expect(stringAt(listAt(run, 'results')[0] ?? null, 'level')).to.equal('error');
      expect(JSON.stringify(listAt(run, 'invocations'))).to.contain('2 more findings are left out');
    });
  });

  describe('as JUnit XML, read by a browser', function () {
    this.timeout(60_000);
    let browser: Browser;
    before(async function () {
      browser = await startBrowser(this);
    });
    after(() => browser?.close());

    /** As text, since the types of a page are not those of this process. */
    const READ = `
      const document = new DOMParser().parseFromString(xml, 'application/xml');
      const suites = [...document.querySelectorAll('testsuite')].map((suite) => ({
        name: suite.getAttribute('name'),
        counts: ['tests', 'failures', 'errors', 'skipped'].map((name) => Number(suite.getAttribute(name))),
        cases: [...suite.querySelectorAll('testcase')].map((entry) => ({
          classname: entry.getAttribute('classname'),
          kind: entry.firstElementChild?.tagName ?? 'passed',
          message: entry.firstElementChild?.getAttribute('message') ?? '',
        })),
      }));
      return { error: document.querySelector('parsererror')?.textContent ?? '', root: document.documentElement.tagName, suites };`;

    async function read(xml: string): Promise<z.output<typeof junit>> {
      const page = await browser.newPage();
      return junit.parse(await page.evaluate(`((xml) => {${READ}})(${JSON.stringify(xml)})`));
    }

    it('is well-formed whatever the texts, with a suite for each namespace and a failure for each drift', async () => {
      const { error, root, suites } = await read(printReport(report(), options('junit')));
      expect(error).to.equal('');
      expect(root).to.equal('testsuites');
      expect(suites.map(({ name, counts }) => [name, ...counts])).to.deep.equal([
        ['prod-eu/data', 1, 1, 0, 0],
        ['prod-eu/shop', 3, 2, 0, 0],
        ['prod-eu/not compared', 1, 0, 1, 0],
      ]);
      const cases = suites.flatMap((suite) => suite.cases);
      expect(cases.map(({ classname, kind }) => [classname, kind])).to.deep.equal([
        ['data/deployment/db', 'failure'],
        ['shop/deployment/api', 'passed'],
        ['shop/deployment/low', 'failure'],
        ['shop/deployment/web', 'failure'],
        ['not compared', 'error'],
      ]);
      expect(cases[0]?.message).to.contain('\\u{1b}[31m').and.to.contain('\\u{fffe}]]>&"\'<x a="1">');
    });

    it('has one passing case where nothing drifts', async () => {
      const { suites } = await read(printReport(reportOf([]), options('junit')));
      expect(suites.map(({ name, counts }) => [name, ...counts])).to.deep.equal([['prod-eu', 1, 0, 0, 0]]);
    });

    it('has a skipped case, and no failure, for what is no drift', async () => {
      const unmanaged = { class: 'unmanaged', path: [], desired: undefined, live: undefined, unit: '' } as const;
      const some = reportOf([ranked(finding(unmanaged)), ranked(finding({ class: 'pending', ref: ref('api'), path: [] }))]);
      const { suites } = await read(printReport(some, options('junit')));
      expect(suites.map(({ name, counts }) => [name, ...counts])).to.deep.equal([['prod-eu/shop', 2, 0, 0, 2]]);
      expect(suites[0]?.cases.map(({ kind, message }) => [kind, message])).to.deep.equal([
        ['skipped', 'Deployment is not managed by any unit'],
        ['skipped', 'Deployment is not applied yet'],
      ]);
    });
  });
});
