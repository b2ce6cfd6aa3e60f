import { expect } from 'chai';
import type { DesiredObject } from '../../src/domain/desired.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { withoutServerFields } from '../../src/domain/server-fields.ts';
import { exportedUnits } from '../../src/stages/plan/notes.ts';
import { ref, unit } from '../types/builders.ts';

const declares = (slug: string, metadata: JsonObject): DesiredObject => ({
  ref: ref(slug),
  document: { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: slug, ...metadata }, status: {} },
  documentIndex: 0,
  unit: unit(slug),
});

describe('units that were printed from live objects', () => {
  it('are named once each, with what is left out of them; what generators leave behind is no such thing', () => {
    const objects = [
      declares('web', { uid: 'u', managedFields: [] }),
      declares('web', { uid: 'v', resourceVersion: '1' }),
      declares('generated', { creationTimestamp: null, annotations: {} }),
    ];
    expect(exportedUnits({ objects })).to.deep.equal([
      'Unit prod/web declares fields that only the API server writes; they are left out: metadata.managedFields, metadata.resourceVersion, metadata.uid',
    ]);
  });

  it('are counted where they are many', () => {
    const objects = Array.from({ length: 8 }, (_, index) => declares(`web-${index}`, { uid: 'u' }));
    expect(exportedUnits({ objects }).slice(5)).to.deep.equal(['3 more units declare fields that only the API server writes']);
  });

  it('are named in the order of their names, five of them without a number', () => {
    const objects = ['e', 'b', 'd', 'a', 'c'].map((slug) => declares(slug, { uid: 'u' }));
    expect(exportedUnits({ objects }).map((note) => note.split(' ')[1])).to.deep.equal(
      ['a', 'b', 'c', 'd', 'e'].map((slug) => `prod/${slug}`),
    );
  });

  it('are applied without that, and with everything else', () => {
    const { document } = declares('web', {
      uid: 'u',
      creationTimestamp: '2026-11-20T03:00:00Z',
      labels: { app: 'web' },
      annotations: { 'deployment.kubernetes.io/revision': '3', owner: 'shop' },
    });
    expect(withoutServerFields(document)).to.deep.equal({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', labels: { app: 'web' }, annotations: { owner: 'shop' } },
    });
  });
});
