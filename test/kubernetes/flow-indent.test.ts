import { expect } from 'chai';
import { YAMLException } from 'js-yaml';
import { indentFlow } from '../../src/clients/kubernetes/flow-indent.ts';
import { parseManifest } from '../../src/clients/kubernetes/manifest.ts';
import { readYaml, YamlError } from '../../src/clients/kubernetes/yaml.ts';

// How such texts are read is compared with Go's reader: fixtures/yaml/texts.json and yaml.test.ts.

const LIMITS = { depth: 100, aliases: 10 };

function mistakeOf(text: string): string {
  try {
    return JSON.stringify(readYaml(text, LIMITS));
  } catch (error) {
    return error instanceof YamlError ? error.message : String(error);
  }
}

describe('lines in brackets and quotes that stand too far left for YAML 1.2', () => {
  it('are moved right, and every place of the new text is known in the one that was given', () => {
    const given = "a: [\nb,\n c\n]\nd: 'e\n\tf'\ng: h\n";
    const { text, original } = indentFlow(given);
    expect(text.split('\n').map((line) => line.trim())).to.deep.equal(given.split('\n').map((line) => line.trim()));
    const moved = text.split('\n').map((line, index) => line.length - (given.split('\n')[index]?.length ?? 0) > 0);
    expect(moved).to.deep.equal([false, true, false, true, false, true, false, false]);
    for (const piece of ['a: [', 'b,', ' c', ']', 'd:', 'f', 'g:'])
      expect(original(text.indexOf(piece, piece === ' c' ? text.indexOf(' c\n') : 0)), piece).to.equal(given.indexOf(piece));
    expect(original(text.length)).to.equal(given.length);
  });

  it('stay where they are in a text that is read as it is', () => {
    for (const text of ['a: [\n  b\n  ]\n', 'a: b\n', '', '[\n1\n]\n', 'a: |\n  [\n]\n'])
      expect(indentFlow(text).text).to.equal(text);
  });

  it('leave the place of another mistake as it is', () => {
    expect(mistakeOf('a: [\nb,\n"c" d\n]\n')).to.equal('missed comma between flow collection entries (line 3, column 5)');
    expect(mistakeOf("a: {\nb: 1, b: 2}\nc: '\nd'\n")).to.equal('duplicated mapping key (line 2, column 7)');
    expect(mistakeOf('a: [\nb\n]\nc: d: e\n')).to.equal('bad indentation of a mapping entry (line 4, column 5)');
  });

  it('do not hide what follows them on their line, or a document that begins within', () => {
    expect(mistakeOf('a:\n  b: [\n1\n] c: 1\n')).to.contain('bad indentation of a mapping entry (line 4');
    expect(mistakeOf('- [\na\n] - b\n')).to.contain('bad indentation of a sequence entry (line 3');
    expect(mistakeOf("a: 'b\n--- c'\n")).to.contain('(line 2, column 1)');
    expect(mistakeOf('a: [b,\n...\n]\n')).to.contain('(line 2, column 1)');
  });

  it('are refused where there are too many', () => {
    const list = (line: string, count: number): string => `a: [\n${line.repeat(count)}]\n`;
    expect(parseManifest(list('b,\n', 10_000))).to.have.property('ok', true);
    expect(parseManifest(list('b,\n', 100_000)))
      .to.have.property('error')
      .that.contains('line 2,');
    expect(parseManifest(list('b\nc,\n', 10))).to.have.property('ok', true);
    expect(parseManifest(list('b\nc,\n', 5_000))).to.have.property('ok', false);
    expect(parseManifest(list('[\n', 50_000))).to.have.property('ok', false);
  });

  it('change nothing for other readers of YAML in this process', () => {
    const { throwAt } = YAMLException;
    mistakeOf('a: [\nb\n]\n');
    mistakeOf('a: [\nb\n');
    expect(YAMLException.throwAt).to.equal(throwAt);
  });
});
