import { expect } from 'chai';
import { type FieldPath, parsePath, printPath } from '../../src/domain/field-path.ts';
import { escapeText } from '../../src/stages/report/markdown.ts';
import { parseCorrections, parseFindings, parseGone } from '../../src/stages/report/previous.ts';
import { showReportAgain } from '../../src/stages/report/shown-again.ts';
import { CONTAINER, envValue } from '../types/builders.ts';

const PATH = '/spec/template/spec/containers[name=app]/env[name=ADMIN_PW]/value';
const VALUE = 'sunshine_of_*march';

const drift = {
  class: 'changed',
  object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' },
  path: PATH,
  summary: `env ADMIN_PW value of container app ${VALUE} → moonlight-of-may`,
  desired: VALUE,
  live: 'moonlight-of-may',
  blame: null,
  unit: 'dev/web',
  isCritical: false,
  severity: 'low',
  costUsdPerMonth: null,
  changeSet: '',
  revision: 0,
  firstSeen: '2026-11-20T00:00:00Z',
  opinion: null,
};
const open = {
  ...drift,
  id: 'a',
  fingerprint: 'b',
  restartsPods: true,
  action: 'report',
  reason: 'denied',
  detail: `webhook: ${VALUE} is weak`,
  result: null,
  message: '',
};
const correction = { ...drift, time: '2026-11-21T00:00:00Z', findingId: 'a', correctionId: 'c', note: `says ${VALUE}` };
const gone = { ...drift, findingId: 'a', time: '2026-11-21T00:00:00Z', became: 'gone', state: 'reported' };

const told = {
  findings: parseFindings(JSON.stringify(open)),
  corrections: parseCorrections(JSON.stringify(correction)),
  gone: parseGone(JSON.stringify(gone)),
  decisions: [],
  page: `| ${escapeText(VALUE)} | ${VALUE} |`,
};

describe('a report of before', () => {
  it('is read without the values that are not shown any more, wherever they stand in it', () => {
    expect(told.findings.length + told.corrections.length + told.gone.length).to.equal(3);
    const again = showReportAgain(told, 'safe');
    expect(JSON.stringify(again)).to.not.contain('sunshine').and.to.not.contain('moonlight');
    expect(again.findings[0]?.live).to.equal('*** (16 to 31 characters, another value)');
    expect(again.corrections[0]?.summary).to.equal(
      'env ADMIN_PW value of container app *** (16 to 31 characters) → *** (16 to 31 characters, another value)',
    );
  });

  it('is read as it is where all of it may be shown, and where it hid values itself', () => {
    const harmless = { ...open, path: '/spec/replicas', summary: 'replicas 3 → 5', desired: 3, live: 5, detail: '' };
    const hidden = {
      ...open,
      summary: 'env ADMIN_PW value *** → ***',
      desired: '***',
      live: '*** (under 8 characters, another value)',
      detail: '',
    };
    const before = {
      ...told,
      findings: [harmless, hidden].flatMap((line) => parseFindings(JSON.stringify(line))),
      corrections: [],
      gone: [],
      page: 'x',
    };
    expect(showReportAgain(before, 'safe')).to.deep.equal(before);
  });

  it('is read without any value where none is to be shown', () => {
    const harmless = { ...open, path: '/spec/replicas', summary: 'replicas 3 → 5', desired: 3, live: 5 };
    const [line] = showReportAgain({ ...told, findings: parseFindings(JSON.stringify(harmless)) }, 'none').findings;
    expect([line?.desired, line?.live, line?.summary]).to.deep.equal(['***', '***', 'replicas *** → ***']);
  });
});

describe('the text of a path', () => {
  it('is read back as the path that it is of', () => {
    const paths: readonly FieldPath[] = [
      envValue('ADMIN_PW'),
      [{ field: 'metadata' }, { field: 'annotations' }, { field: 'example.com/a~b' }],
      [...CONTAINER, { field: 'ports' }, { key: { containerPort: '80', protocol: 'TCP' } }],
      [...CONTAINER, { field: 'env' }, { key: { name: 'a/b ]"=,c' } }],
      [{ field: 'finalizers' }, { member: 'x' }],
      [],
    ];
    for (const path of paths) expect(parsePath(printPath(path))).to.deep.equal(path);
    expect(parsePath('no path [')).to.deep.equal([{ field: 'no path [' }]);
  });
});
