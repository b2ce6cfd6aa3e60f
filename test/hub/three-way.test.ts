import { expect } from 'chai';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { parseManifest } from '../../src/clients/kubernetes/manifest.ts';
import { stringifyJson } from '../../src/domain/exact-json.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { applyEdits, mergeValues } from '../../src/hub/merge/edits.ts';
import { mergeThreeWay } from '../../src/hub/merge/three-way.ts';

const scalar = fc.oneof(
  fc.integer({ min: 0, max: 3 }),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 53n + 3n }),
  fc.constantFrom('a', 'yes', '0644', '1e3', ''),
  fc.boolean(),
  fc.constant(null),
);
const named = fc
  .uniqueArray(fc.constantFrom('x', 'y', 'z'), { maxLength: 3 })
  .chain((names) => fc.tuple(...names.map((name) => fc.record({ name: fc.constant(name), value: scalar }))));
const spec = fc.dictionary(
  fc.constantFrom('replicas', 'image', 'env', 'deep'),
  fc.oneof(scalar, named, fc.dictionary(fc.constantFrom('p', 'q'), scalar), fc.array(scalar, { maxLength: 2 })),
);
const document: fc.Arbitrary<JsonObject> = spec.map((value) => ({
  apiVersion: 'v1',
  kind: 'Thing',
  metadata: { name: 't' },
  spec: value,
}));

function write(value: JsonObject): string {
  return stringify(value, { version: '1.1', aliasDuplicateObjects: false });
}

describe('hub: three-way merge', () => {
  it('changes nothing where the upstream did not change', () => {
    fc.assert(
      fc.property(document, document, (base, ours) => {
        expect(mergeThreeWay({ base: write(base), ours: write(ours), theirs: write(base) })).to.deep.equal({
          outcome: 'merged',
          text: write(ours),
          conflicts: [],
        });
      }),
    );
  });

  it('takes the upstream where nothing was changed here, even after a rewrite in another style', () => {
    fc.assert(
      fc.property(document, document, (base, theirs) => {
        const ours = `# ours\n${write(base)}`;
        const merged = mergeThreeWay({ base: write(base), ours, theirs: write(theirs) });
        const read = merged.outcome === 'merged' ? parseManifest(merged.text) : undefined;
        expect(sorted(read?.ok ? read.documents[0] : undefined)).to.deep.equal(sorted(theirs));
      }),
    );
  });

  it('keeps the comments of a text whose brackets close at their key', () => {
    const text = (image: string, note: string): string =>
      `apiVersion: v1\nkind: Thing\nmetadata: {\n  name: t\n}\nspec:\n  args: [ # in order\n    a,\n    b\n  ]\n  image: ${image}${note}\n`;
    const merged = mergeThreeWay({ base: text('1', ''), ours: text('1', ' # ours'), theirs: text('2', '') });
    expect(merged).to.have.property('text').that.contains('# in order').and.contains('image: 2 # ours');
  });

  it('writes text that reads as the merged values, and merging again changes nothing', () => {
    fc.assert(
      fc.property(document, document, document, (base, ours, theirs) => {
        const merged = mergeThreeWay({ base: write(base), ours: `# ours\n${write(ours)}`, theirs: write(theirs) });
        if (merged.outcome !== 'merged') throw new Error(merged.message);
        const read = parseManifest(merged.text);
        expect(read.ok ? read.documents : read.error).to.deep.equal([
          applyEdits(ours, mergeValues({ base, ours, theirs }, undefined).edits),
        ]);
        expect(merged.text).to.contain('# ours');
        const again = mergeThreeWay({ base: write(theirs), ours: merged.text, theirs: write(theirs) });
        expect(again).to.deep.equal({ ...merged, conflicts: [] });
      }),
      { numRuns: 500 },
    );
  });
});

/** Named entries of a list come in our order, new ones at the end. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    const entries = value.map(sorted);
    const keyed = entries.every((entry) => typeof entry === 'object' && entry !== null && 'name' in entry);
    return keyed ? entries.toSorted((one, other) => (stringifyJson(one) < stringifyJson(other) ? -1 : 1)) : entries;
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, sorted(entry)]));
}
