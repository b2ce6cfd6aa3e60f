import { expect } from 'chai';
import { acceptMarker, adoptMarker, decisionsIn } from '../../src/domain/accept-marker.ts';
import { DECISION_KINDS, decisionId } from '../../src/domain/decision.ts';
import { driftMarker, observedMarker, restoredMarker } from '../../src/domain/drift-marker.ts';
import { findingFingerprint, findingId } from '../../src/domain/finding.ts';
import { FINDING_CLASSES } from '../../src/domain/finding-classes.ts';
import { PAUSE_ANNOTATION } from '../../src/domain/snapshot.ts';
import { annotationsOf, recordedPassIn } from '../../src/outputs/status/record.ts';
import { hands, REPLICAS, ref } from './builders.ts';

// What older passes left in Git, ConfigHub and the cluster, and what scripts read there: whatever the words on a page are,
// these stay, so that first-seen times, back-offs and decisions survive an update.

const FINDING_IDS = {
  changed: 'a70cf678bccd0f93',
  removed: 'cc718058746c3625',
  added: 'f97ec07990a6f1a2',
  to_remove: 'd2774bb6560ff693',
  missing: '6f97895f1afa717b',
  unmanaged: '6b1cdba0ab25eaa8',
  conflicting: '398f0127000d5d1a',
  terminating: '4f0449ab623d703f',
  pending: 'ba81de905418f309',
  informational: '02300621d819a72b',
};
const DECISION_IDS = {
  ignore: '8abbbff9f36c6450',
  accept: 'c9d18e0cdc3a8b2a',
  fix: '47a619847183f96b',
  adopt: '748ec5ff75db27d3',
};

describe('what an earlier pass wrote is understood', () => {
  it('names findings by ids that stay the same', () => {
    const ids = Object.fromEntries(FINDING_CLASSES.map((name) => [name, findingId('prod-eu', ref('web'), REPLICAS, name)]));
    expect(ids).to.deep.equal(FINDING_IDS);
  });

  it('gives a finding the same fingerprint for the same values, unit and writer', () => {
    const finding = { id: '0123456789abcdef', unit: 'shop-dev/web', desired: 3, live: 5, blame: hands };
    expect(findingFingerprint(finding, { uid: 'u-1', generation: 4 })).to.equal('8d2862642c08ce9b8028d04508779cb4');
    expect(findingFingerprint({ ...finding, live: undefined }, undefined)).to.equal('716b267880126b1b67dde7679557363e');
  });

  it('names decisions by ids that stay the same', () => {
    const parts = ['3f9ac04be1d2a7765c01fe6b8a09d4e2', '2026-11-20T03:04:05Z', undefined];
    expect(Object.fromEntries(DECISION_KINDS.map((kind) => [kind, decisionId(kind, parts)]))).to.deep.equal(DECISION_IDS);
  });

  it('finds its own revisions by the markers of their descriptions', () => {
    const observed = `Drift detected: replicas 3 → 5 (kubectl) ${driftMarker('0123456789abcdef')} sha256:0123456789ab]`;
    expect(observedMarker(observed)).to.deep.equal({ correctionId: '0123456789abcdef', digest: '0123456789ab' });
    expect(restoredMarker('Fixed replicas: 5 → 3 [drift:0123456789abcdef]')).to.equal('0123456789abcdef');
    expect(acceptMarker(['0a', '0b'], 7, 'text')).to.equal('[decision:0a,0b live:7 sha256:982d9e3eb996]');
    expect(adoptMarker('0a')).to.equal('[decision:0a]');
    expect(decisionsIn('Accepted replicas 5 [decision:0a,0b live:7 sha256:982d9e3eb996]')).to.deep.equal(['0a', '0b']);
  });

  it('keeps the names of its annotations', () => {
    expect(PAUSE_ANNOTATION).to.equal('drift-detector/pause-until');
    const numbers = { digest: 'd', open: 1, isNew: 1, compared: 3, workloads: { drifted: 1 }, corrections: { fixed: 1 } };
    const endedAt = new Date('2026-11-20T03:04:05Z');
    expect(annotationsOf({ pass: 'p', result: 'complete', endedAt, numbers, unreportedFixes: 0 })).to.deep.equal({
      'drift-detector/last-pass': 'p',
      'drift-detector/last-run': '2026-11-20T03:04:05.000Z',
      'drift-detector/last-result': 'complete',
      'drift-detector/last-success': '2026-11-20T03:04:05.000Z',
      'drift-detector/unreported-fixes': '0',
      'drift-detector/report-digest': 'sha256:d',
      'drift-detector/counts': '{"compared":3,"open":1,"new":1,"fixed":1,"workloads":{"drifted":1}}',
    });
    // The dashboard reads them back, whatever somebody wrote there.
    const annotations = annotationsOf({ pass: 'p', result: 'complete', endedAt, numbers, unreportedFixes: 0 });
    expect(recordedPassIn(annotations)).to.deep.include({
      pass: 'p',
      endedAt: endedAt.toISOString(),
      result: 'complete',
      lastSuccess: endedAt.toISOString(),
    });
    expect(recordedPassIn(annotations)?.counts)
      .to.include({ compared: numbers.compared, open: numbers.open })
      .and.not.to.have.property('workloads');
    expect(recordedPassIn({ ...annotations, 'drift-detector/counts': '{"open": "<b>"' })?.counts).to.deep.equal({});
    expect(recordedPassIn({ ...annotations, 'drift-detector/last-run': 'soon' })).to.equal(undefined);
  });
});
