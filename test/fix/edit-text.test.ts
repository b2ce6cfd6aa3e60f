import { expect } from 'chai';
import { editText, type TextEdit } from '../../src/stages/fix/edit-text.ts';
import { CONTAINER } from '../types/builders.ts';

const ref = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' };
const text = `# who to call: the shop team
apiVersion: v1
kind: ConfigMap
metadata: {name: web, namespace: shop}
data:
  a: "1"   # untouched
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  replicas: 3 # agreed with finance
  template:
    spec:
      containers:
      - name: app
        image: "registry.example/web:1.2"

        env:
        - name: A
          value: 'x'
`;

function edit(path: TextEdit['path'], value: TextEdit['value']): string | undefined {
  return editText(text, [{ ref, path, value }]);
}

describe('observed text of a unit', () => {
  it('replaces a number in place and keeps every comment', () => {
    expect(edit([{ field: 'spec' }, { field: 'replicas' }], 5)).to.equal(text.replace('replicas: 3 #', 'replicas: 5 #'));
  });

  it('keeps the quotes of a text', () => {
    expect(edit([...CONTAINER, { field: 'image' }], 'registry.example/web:1.3')).to.equal(text.replace('web:1.2"', 'web:1.3"'));
    expect(edit([...CONTAINER, { field: 'env' }, { key: { name: 'A' } }, { field: 'value' }], 'yes')).to.equal(
      text.replace("'x'", "'yes'"),
    );
  });

  it('quotes a text that would be read as something else', () => {
    const plain = text.replace(`"registry.example/web:1.2"`, 'plain');
    expect(editText(plain, [{ ref, path: [...CONTAINER, { field: 'image' }], value: 'on' }])).to.contain('image: "on"');
  });

  it('adds an element to a list and leaves the other document as it was', () => {
    const edited = edit([...CONTAINER, { field: 'env' }, { key: { name: 'DEBUG' } }], { name: 'DEBUG', value: 'true' });
    expect(edited).to.equal(`${text}        - name: DEBUG\n          value: "true"\n`);
  });

  it('adds a map that was not there', () => {
    const edited = edit([{ field: 'metadata' }, { field: 'labels' }, { field: 'a/b' }], 'c');
    expect(edited).to.contain('  namespace: shop\n  labels:\n    a/b: c\nspec:');
  });

  it('quotes what it inserts where a text or key would be read as something else', () => {
    const edited = edit([{ field: 'metadata' }, { field: 'labels' }, { field: 'on' }], 'no');
    expect(edited).to.contain('"on": "no"');
    const variable = edit([...CONTAINER, { field: 'env' }, { key: { name: 'Y' } }], { name: 'y', value: '1.10' });
    expect(variable).to.contain('- name: "y"\n          value: "1.10"');
  });

  it('takes a removed field out', () => {
    expect(edit([...CONTAINER, { field: 'env' }, { key: { name: 'A' } }, { field: 'value' }], undefined)).to.equal(
      text.replace("          value: 'x'\n", ''),
    );
  });

  it('makes several edits at once', () => {
    const edited = editText(text, [
      { ref, path: [{ field: 'spec' }, { field: 'replicas' }], value: 1 },
      { ref, path: [...CONTAINER, { field: 'image' }], value: 'x' },
    ]);
    expect(edited).to.equal(text.replace('replicas: 3', 'replicas: 1').replace('registry.example/web:1.2', 'x'));
  });

  it('finds an object inside a List', () => {
    const list = `kind: List\nitems:\n- apiVersion: apps/v1\n  kind: Deployment\n  metadata: {name: other, namespace: shop}\n  spec: {replicas: 1}\n- apiVersion: apps/v1\n  kind: Deployment\n  metadata: {name: web, namespace: shop}\n  spec: {replicas: 1}\n`;
    const edited = editText(list, [{ ref, path: [{ field: 'spec' }, { field: 'replicas' }], value: 4 }]);
    expect(edited).to.equal(list.replace(/replicas: 1\}\n$/u, 'replicas: 4}\n'));
  });

  it('edits a unit whose brackets and quotes close at their key, in place and with its comments', () => {
    const web = (replicas: string): string =>
      `apiVersion: apps/v1\nkind: Deployment\nmetadata: {\n  name: web, # the shop's front\n  namespace: shop\n}\nspec:\n  note: 'a\n  b'\n  replicas: ${replicas}\n`;
    const others = "a: [\n1\n]\n---\n# next: '\n---\n";
    const path = [{ field: 'spec' }, { field: 'replicas' }];
    expect(editText(others + web('3 # agreed'), [{ ref, path, value: 5 }])).to.equal(others + web('5 # agreed'));
    const note = [{ field: 'spec' }, { field: 'note' }];
    expect(editText(web('3'), [{ ref, path: note, value: 'c' }])).to.equal(web('3').replace("'a\n  b'", "'c'"));
    const labelled = editText(web('3'), [{ ref, path: [{ field: 'metadata' }, { field: 'labels' }], value: { a: 'b' } }]);
    expect(labelled).to.contain("# the shop's front").and.contain('a: b').and.not.contain(' '.repeat(20));
  });

  it('writes and keeps whole numbers of 64 bits in all their digits', () => {
    const long = text.replace('replicas: 3', 'replicas: 9007199254740993');
    const first = { ref, path: [{ field: 'spec' }, { field: 'replicas' }], value: -9007199254740995n };
    expect(editText(long, [first])).to.equal(text.replace('replicas: 3', 'replicas: -9007199254740995'));
    const more = editText(long, [{ ref, path: [{ field: 'spec' }, { field: 'limits' }], value: [9007199254740997n] }]);
    expect(more).to.contain('replicas: 9007199254740993 # agreed').and.contain('- 9007199254740997\n');
  });

  it('gives up where an anchor would change another field as well', () => {
    const shared =
      'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec: {replicas: &n 3, minReadySeconds: *n}\n';
    const edited = editText(shared, [{ ref, path: [{ field: 'spec' }, { field: 'replicas' }], value: 5 }]);
    expect(edited).to.equal(undefined);
  });

  it('gives up where the object is not in the text', () => {
    expect(editText('a: 1\n', [{ ref, path: [{ field: 'spec' }], value: 1 }])).to.equal(undefined);
  });
});
