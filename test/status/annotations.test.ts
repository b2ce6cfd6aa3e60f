import { expect } from 'chai';
import { exitHelp } from '../../src/cli/command.ts';
import { UserError } from '../../src/domain/errors.ts';
import { EXIT_CODES, exitCodeOf, resultOf } from '../../src/domain/exit-codes.ts';
import { FINDING_CLASSES, type FindingClass } from '../../src/domain/finding-classes.ts';
import { annotationsOf, numbersOf, type PassNumbers, type PassRecord } from '../../src/outputs/status/record.ts';
import { reportOf } from '../report/build.ts';
import { compared, comparison, finding } from '../types/builders.ts';

const NUMBERS: PassNumbers = {
  digest: 'ab'.repeat(32),
  open: 2,
  isNew: 1,
  compared: 4,
  workloads: { drifted: 2, in_sync: 2 },
  corrections: { fixed: 1 },
};

function record(more: Partial<PassRecord> = {}): PassRecord {
  return {
    pass: 'p-1',
    result: 'complete',
    endedAt: new Date('2026-11-24T03:00:00Z'),
    numbers: NUMBERS,
    unreportedFixes: undefined,
    ...more,
  };
}

describe('the status of the last run', () => {
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

/** What an object with one finding of a class is counted as. */
const COUNTED: Readonly<Record<FindingClass, string>> = {
  changed: 'drifted',
  removed: 'drifted',
  added: 'drifted',
  to_remove: 'drifted',
  missing: 'missing',
  unmanaged: 'unmanaged',
  conflicting: 'conflicting',
  terminating: 'terminating',
  pending: 'pending',
  informational: 'in_sync',
};

describe('the counts on the Lease', () => {
  const countsOf = (...classes: readonly FindingClass[]): Readonly<Record<string, number>> => {
    const of = comparison([compared(classes.map((found) => finding({ class: found })))], 1);
    return numbersOf({ comparison: of, outcomes: [], report: reportOf([]) }).workloads;
  };

  it('call an object by what it has, and in sync by what is only noted', () => {
    for (const found of FINDING_CLASSES) expect(countsOf(found)[COUNTED[found]], found).to.equal(1);
  });

  it('call it by the worst where it has several', () => {
    expect(countsOf('informational', 'pending', 'added')).to.deep.equal({ drifted: 1, in_sync: 0 });
    expect(countsOf('informational', 'pending')).to.deep.equal({ pending: 1, in_sync: 0 });
  });
});

/** What scripts and alerts go by: the code, the word on the Lease, and the errors that a command ends with it for. */
const ENDS: Readonly<Record<number, readonly [string, ...string[]]>> = {
  0: ['complete'],
  1: ['failed'],
  2: ['complete'],
  20: ['incomplete'],
  21: ['guard-tripped'],
  22: ['lock-lost', 'lock-lost'],
  64: ['failed', 'usage'],
  75: ['unavailable', 'unavailable', 'bad-answer', 'conflict'],
  77: ['permission', 'permission'],
  78: ['configuration', 'configuration', 'not-found', 'invalid'],
  143: ['terminated'],
};

describe('exit codes', () => {
  it('stay what scripts and alerts know', () => {
    const rows = Object.values(EXIT_CODES).map(({ code, errors }) => [code, [resultOf(code), ...errors]]);
    expect(Object.fromEntries(rows)).to.deep.equal(ENDS);
    expect(resultOf(3), 'of Node itself').to.equal('failed');
    for (const { code, errors } of Object.values(EXIT_CODES))
      for (const error of errors)
        expect(exitCodeOf(new UserError('', { code: error, subject: '', remedy: '' })), error).to.equal(code);
    expect(exitCodeOf(new TypeError('a bug'))).to.equal(1);
  });

  it('all stand in the help, in lines that a terminal has room for', () => {
    for (const { code, meaning } of Object.values(EXIT_CODES)) expect(exitHelp()).to.contain(`${code} ${meaning}`);
    for (const line of exitHelp().split('\n')) expect(line.length).to.be.at.most(120);
  });
});
