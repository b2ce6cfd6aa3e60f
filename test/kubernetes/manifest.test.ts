import { expect } from 'chai';
import { parseManifest } from '../../src/clients/kubernetes/manifest.ts';

describe('manifest reader', () => {
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

  it('refuses merges that would copy without end', () => {
    const keys = Array.from({ length: 2_000 }, (_, i) => `k${i}: 1`).join(', ');
    const merges = Array.from({ length: 200 }, (_, i) => `m${i}: {<<: *all}`);
    const result = parseManifest([`all: &all {${keys}}`, ...merges].join('\n'));
    expect(result).to.have.property('error').that.contains('unfolds to more than');
  });

  it('says where a text is no YAML, and quotes none of it', () => {
    const result = parseManifest('kind: Secret\ndata:\n  password: "hunter2\n');
    expect(result)
      .to.have.property('error')
      .that.matches(/^not YAML: .* \(line [34], column \d+\)$/u);
    expect(JSON.stringify(result)).not.to.contain('hunter2');
  });

  it('refuses nesting that would exhaust the stack', () => {
    expect(parseManifest('['.repeat(5_000)).ok).to.equal(false);
  });
});
