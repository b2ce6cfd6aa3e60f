import { readFileSync, writeFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { expect } from 'chai';
import { isJsonObject, type Json, type JsonObject } from '../../src/domain/json.ts';
import { type Report, SCHEMA_REVISION } from '../../src/domain/report.ts';
import { main } from '../../src/main.ts';
import { parseCorrections, parseFindings, parseGone } from '../../src/stages/report/previous.ts';
import { renderReport, reportJsonSchema } from '../../src/stages/report/report.ts';
import { isNewerSchema } from '../../src/stages/report/schema.ts';
import { realisticReport } from '../browser/realistic.ts';
import { finding, hands, parse, ref } from '../types/builders.ts';
import { asPrevious, outcome, ranked, reportOf } from './build.ts';
import { hostileStrings, mapWords, reportFrom } from './hostile-report.ts';

// The published schema, read by another implementation, beside what is really written.

const GOLDEN = new URL('../../fixtures/report/report-v1.schema.json', import.meta.url);
const PARTS = {
  'report.json': 'report',
  'findings.jsonl': 'finding',
  'corrections.jsonl': 'correction',
  'gone.jsonl': 'gone',
};
type DataFile = keyof typeof PARTS;
const PROMOTION = { unit: 'dev/web', upstream: 'base/web', refusal: '' };

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
formats.default(ajv);
ajv.addSchema(parse(reportJsonSchema()) as object, 'report'); // A schema is an object.

function validator(file: DataFile): ValidateFunction {
  const validate = ajv.getSchema(file === 'report.json' ? 'report' : `report#/$defs/${PARTS[file]}`);
  if (!validate) throw new Error(`the schema describes no ${file}`);
  return validate;
}

/** All of them, or every sixth in a short run. */
function sampleOf<T>(all: readonly T[]): readonly T[] {
  return all.filter((_, index) => process.env['DRIFT_LONG'] || index % 6 === 0);
}

/** Each JSON document of a file of the report. */
function documentsOf(report: Report, file: DataFile): readonly Json[] {
  const text = [...renderReport(report)].find(([path]) => path.endsWith(`/${file}`))?.[1] ?? '';
  return file === 'report.json'
    ? [parse(text)]
    : text
        .split('\n')
        .filter((line) => line !== '')
        .map(parse);
}

function expectValid(report: Report): void {
  for (const file of Object.keys(PARTS) as DataFile[]) // Object.keys gives exactly these.
    for (const document of documentsOf(report, file)) {
      const validate = validator(file);
      expect(validate(document), `${file}: ${ajv.errorsText(validate.errors)}`).to.equal(true);
    }
}

describe('the published schema', () => {
  it('holds for every file of a report', () => {
    expectValid(realisticReport());
  });

  it('holds whatever names and values say', () => {
    for (const { text } of sampleOf(hostileStrings())) expectValid(reportFrom(mapWords(() => text)));
  });

  it('is what the next pass reads by: nothing written is lost', () => {
    const report = realisticReport();
    const files = renderReport(report);
    const byId = (a: { readonly id: string }, b: { readonly id: string }): number => (a.id < b.id ? -1 : 1);
    const read = parseFindings(files.get('prod-eu/findings.jsonl') ?? '');
    expect(JSON.parse(JSON.stringify([...read].sort(byId)))).to.deep.equal(
      JSON.parse(JSON.stringify([...report.findings].sort(byId))),
    );
    expect(parseCorrections(files.get('prod-eu/corrections.jsonl') ?? '')).to.deep.equal(report.corrections);
    expect(parseGone(files.get('prod-eu/gone.jsonl') ?? '')).to.deep.equal(report.gone);
  });

  it('reads the person of older reports as the class of the manager that they name', () => {
    const [line] = documentsOf(realisticReport(), 'findings.jsonl');
    const read = (blame: JsonObject): readonly unknown[] =>
      parseFindings(JSON.stringify({ ...(isJsonObject(line) ? line : {}), blame })).map((found) => found.blame?.actor);
    const older = { operation: 'Update', subresource: '', actor: 'person' };
    expect(read({ ...older, manager: 'kubectl-edit' })).to.deep.equal(['hands']);
    expect(read({ ...older, manager: 'kubectl-create' })).to.deep.equal(['delivery']);
    expect(read({ ...older, manager: 'helm', actor: 'gitops' })).to.deep.equal(['gitops']);
    expect(read({ ...older, actor: 'somebody' })).to.deep.equal([]);
  });

  it('describes every field that is written', () => {
    const schema = parse(reportJsonSchema());
    const definitions = isJsonObject(schema) ? schema['$defs'] : undefined;
    for (const [file, name] of Object.entries(PARTS) as [DataFile, string][]) {
      // As above.
      const definition = isJsonObject(definitions) ? definitions[name] : undefined;
      const described =
        isJsonObject(definition) && isJsonObject(definition['properties']) ? Object.keys(definition['properties']) : [];
      for (const document of documentsOf(realisticReport(), file))
        expect(isJsonObject(document) ? Object.keys(document) : []).to.have.members(described);
    }
  });

  it('decides what is written: of whatever else a finding has nothing gets into a file or an output', () => {
    const known = ranked(Object.assign(finding({ blame: Object.assign({ later: true }, hands) }), { later: true }));
    const gone = ranked(finding({ ref: ref('gone') }));
    const more = { outcomes: [outcome(known.finding.id)], promotions: [Object.assign({ later: true }, PROMOTION)] };
    const before = asPrevious(reportOf([gone]));
    const previous = { ...before, findings: before.findings.map((line) => Object.assign({ later: true }, line)) };
    const report = reportOf([known], { ...more, previous });
    expect([report.corrections.length, report.gone.length, report.promotions.length]).to.deep.equal([1, 1, 1]);
    expect(JSON.stringify([report.findings, report.corrections, report.gone])).to.not.contain('later');
    expect(
      [...renderReport(report)].filter(([path, text]) => !path.startsWith('schema/') && text.includes('later')),
    ).to.deep.equal([]);
    expect(JSON.stringify(reportOf([known]).findings))
      .to.contain('kubectl')
      .and.to.not.contain('later');
  });

  for (const [what, file, change] of [
    ['a severity that there is not', 'findings.jsonl', { severity: 'urgent' }],
    ['a time that is none', 'findings.jsonl', { firstSeen: 'yesterday' }],
    ['an object without a name', 'findings.jsonl', { object: { apiVersion: 'v1', kind: 'Pod', namespace: '' } }],
    ['a cost in words', 'corrections.jsonl', { costUsdPerMonth: '29 dollars' }],
    ['a count below zero', 'report.json', { open: -1 }],
    ['another version', 'report.json', { schemaVersion: 2 }],
  ] as const)
    it(`refuses ${what}`, () => {
      const [document] = documentsOf(realisticReport(), file);
      expect(validator(file)({ ...(isJsonObject(document) ? document : {}), ...change })).to.equal(false);
    });

  it('lets fields of later versions be', () => {
    const [document] = documentsOf(realisticReport(), 'report.json');
    expect(validator('report.json')({ ...(isJsonObject(document) ? document : {}), later: true })).to.equal(true);
  });

  it('is the one that is on record: raise SCHEMA_REVISION with every change, and run with UPDATE=1', () => {
    if (process.env['UPDATE']) writeFileSync(GOLDEN, reportJsonSchema());
    expect(reportJsonSchema()).to.equal(readFileSync(GOLDEN, 'utf8'));
  });

  it('is what drift-detector schema prints', async () => {
    const printed: string[] = [];
    const out = (text: string): unknown => printed.push(text);
    const stop = new AbortController().signal;
    expect(await main({ argv: ['schema'], environment: {}, isTerminal: false, out, err: out, stop })).to.equal(0);
    expect(printed.join('')).to.equal(reportJsonSchema());
  });

  it('knows a newer one from an older one', () => {
    const revision = (number: number): string => JSON.stringify({ $comment: `revision ${number}` });
    expect(isNewerSchema(revision(SCHEMA_REVISION + 1))).to.equal(true);
    for (const text of [revision(SCHEMA_REVISION), revision(SCHEMA_REVISION - 1), reportJsonSchema(), '', '<<<<<<< HEAD', '{}'])
      expect(isNewerSchema(text), text.slice(0, 40)).to.equal(false);
  });
});
