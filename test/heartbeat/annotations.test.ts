import { expect } from 'chai';
import { annotationsOf, type PassNumbers, type PassRecord } from '../../src/outputs/status/record.ts';

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

describe('the heartbeat', () => {
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
