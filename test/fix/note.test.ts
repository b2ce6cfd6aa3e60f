import { expect } from 'chai';
import type { Finding } from '../../src/domain/finding.ts';
import type { UnitFix } from '../../src/domain/plan.ts';
import { Secret } from '../../src/domain/secret.ts';
import { editText } from '../../src/stages/fix/edit-text.ts';
import { composeNote, parseNotes, printNotes } from '../../src/stages/fix/note.ts';
import { composePair } from '../../src/stages/fix/pair.ts';
import { noted } from '../../src/stages/fix/unreported.ts';
import { fixture } from '../demo/world.ts';
import { CONTAINER, finding, ref, unit, workload } from '../types/builders.ts';

const at = new Date('2026-11-24T03:00:00Z');
const target = { ...ref('scaled'), namespace: 'kill-test' };

describe('the record of a fix without a pair', () => {
  let text: string;
  before(async () => {
    text = await fixture('kill/scaled.yaml');
  });

  const fixOf = (...fix: readonly Finding[]): UnitFix => {
    const owner = unit('scaled', { text, headText: text });
    const desired = { ref: target, document: workload(target, 1), documentIndex: 0, unit: owner };
    return {
      ...{ id: 'abc', unit: owner, objects: [{ desired, live: undefined, fix, leave: [] }], others: [] },
      ...{ isCritical: false, writesPair: false, changeSet: undefined, isStaged: false, route: 'direct' },
    };
  };
  const drift = (parts: Parameters<typeof finding>[0]): Finding => finding({ ref: target, ...parts });
  const seen = (): string => at.toISOString();

  it('tells the next pass the drifted state that the pair would have told, whatever the values are', () => {
    const fix = fixOf(
      drift({ path: [...CONTAINER, { field: 'image' }], desired: 'registry.example/scaled:1.0.0', live: 'app:hotfix' }),
      drift({ path: [...CONTAINER, { field: 'resources' }, { field: 'limits' }], desired: undefined, live: { cpu: '2' } }),
      drift({ path: [...CONTAINER, { field: 'resources' }, { field: 'requests' }, { field: 'cpu' }], live: undefined }),
      drift({ path: [{ field: 'spec' }, { field: 'paused' }], live: 9_007_199_254_740_993n }),
    );
    const pair = composePair(fix, seen);
    const note = composeNote(fix, seen, at);
    const [told] = noted(parseNotes(printNotes(note ? [note] : [])), [fix.unit], new Set());
    expect(told).to.include({ observed: pair?.observed, observedDescription: pair?.observedDescription, revision: 0 });
    expect(told?.observed).to.contain('9007199254740993').and.not.to.contain('cpu: 100m');
  });

  it('tells nothing of what a report names, nor of a unit that is gone', () => {
    const fix = fixOf(drift({ desired: 1 }));
    const note = composeNote(fix, seen, at);
    const notes = note ? [note] : [];
    expect(noted(notes, [fix.unit], new Set())).to.have.length(1);
    expect(noted(notes, [fix.unit], new Set(['abc']))).to.deep.equal([]);
    expect(noted(notes, [unit('other')], new Set())).to.deep.equal([]);
  });

  it('has neither masked values nor hidden names, which readers of the Lease would see', () => {
    const masked = drift({ path: [...CONTAINER, { field: 'image' }], live: new Secret('canary-471') });
    const hidden = drift({ path: [{ field: 'metadata' }, { field: 'labels' }, { field: 'canary-472', hidden: 1 }], live: 'x' });
    const note = composeNote(fixOf(masked, hidden, drift({ desired: 1 })), seen, at);
    expect(note?.edits.map(({ path }) => path.at(-1))).to.deep.equal([{ field: 'replicas' }]);
    expect(printNotes(note ? [note] : [])).not.to.match(/canary/u);
  });

  it('is no reason to fail where somebody wrote something else there', () => {
    for (const other of ['', 'hello', '{}', '[{"correctionId":"abc"}]']) expect(parseNotes(other), other).to.deep.equal([]);
    expect(editText(text, [])).to.equal(text);
  });
});
