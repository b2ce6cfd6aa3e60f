import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parseManifest } from '../../src/kubernetes/manifest.ts';

interface Row {
  readonly yaml: string;
  readonly json?: unknown;
  readonly error?: boolean;
}
const { rows } = JSON.parse(readFileSync(new URL('../../fixtures/yaml/go-parser.json', import.meta.url), 'utf8')) as {
  rows: readonly Row[];
};

// Where we refuse or differ on purpose, and why.
const ON_PURPOSE = new Map([
  ['a: .inf\n', 'no JSON number: kept as text, which the API server refuses by its type'],
  ['a: -.Inf\n', 'as above'],
  ['a: .nan\n', 'as above'],
  ['null: a\n', 'a null key is kept as text: an unknown field by that name is refused later, by name'],
  ['~: a\n', 'as above'],
  ['a: 1\na: 2\n', 'a key given twice is a mistake, not a value'],
  ['a: !foo x\n', 'a local tag means nothing to Kubernetes'],
  ['a: !!binary aGk=\n', 'binary scalars never stand in manifests'],
  ['a: &x {b: 1}\nc:\n  b: 3\n  <<: *x\n', 'the YAML merge rule: an own key wins wherever it stands'],
]);

describe('manifest reader', () => {
  it("reads every scalar of the table as Go's parser does", () => {
    const different = rows
      .filter((row) => !ON_PURPOSE.has(row.yaml))
      .filter((row) => {
        const result = parseManifest(row.yaml);
        const isMapping = typeof row.json === 'object' && row.json !== null && !Array.isArray(row.json);
        if (row.error || !isMapping) return result.ok;
        return !result.ok || JSON.stringify(result.documents) !== JSON.stringify([row.json]);
      });
    expect(rows.length).to.be.greaterThan(100);
    expect(different).to.deep.equal([]);
  });

  it('leaves empty documents out and opens a List', () => {
    const result = parseManifest('---\n---\nkind: List\nitems:\n- kind: A\n- kind: B\n---\n# only a comment\n');
    expect(result).to.deep.equal({ ok: true, documents: [{ kind: 'A' }, { kind: 'B' }] });
  });

  it('refuses an alias bomb before anything walks it', () => {
    const levels = Array.from(
      { length: 9 },
      (_, i) =>
        `l${i}: &l${i} [${Array(9)
          .fill(i === 0 ? 'x' : `*l${i - 1}`)
          .join(',')}]`,
    );
    const result = parseManifest(levels.join('\n'));
    expect(result.ok).to.equal(false);
  });

  it('refuses nesting that would exhaust the stack', () => {
    expect(parseManifest('['.repeat(5_000)).ok).to.equal(false);
  });
});
