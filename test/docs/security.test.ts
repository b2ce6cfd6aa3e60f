import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { OPTION_NAMES, OPTIONS } from '../../src/cli/options/options.ts';
import { parseManifest } from '../../src/clients/kubernetes/manifest.ts';
import { at, isJsonArray, type Json, stringAt } from '../../src/domain/json.ts';
import { ROLES } from '../../src/hub/accounts.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const page = readFileSync(join(ROOT, 'docs/security.md'), 'utf8');

const texts = (value: Json | undefined): readonly string[] =>
  isJsonArray(value ?? null) ? (value as readonly Json[]).map(String) : [];
const quoted = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');

/** The rows that the page must have, from every role of the manifests. */
function rowsOf(manifest: Json): readonly string[] {
  const kind = stringAt(manifest, 'kind') ?? '';
  const rules = at(manifest, 'rules');
  if (!/^(Cluster)?Role$/u.test(kind) || !isJsonArray(rules ?? null)) return [];
  return (rules as readonly Json[]).map((rule) => {
    const groups = texts(at(rule, 'apiGroups'));
    const urls = texts(at(rule, 'nonResourceURLs'));
    const only = texts(at(rule, 'resourceNames'));
    const what = `${quoted([...texts(at(rule, 'resources')), ...urls])}${only.length > 0 ? ` (${quoted(only)})` : ''}`;
    const group = urls.length > 0 ? 'URLs' : groups.map((name) => (name === '' ? 'core' : `\`${name}\``)).join(', ');
    return `| ${kind} \`${stringAt(manifest, 'metadata', 'name')}\` | ${group} | ${what} | ${texts(at(rule, 'verbs')).join(', ')} |`;
  });
}

describe('docs: what a stolen token can do', () => {
  it('names every rule of every role in the manifests, and no other', () => {
    const files = globSync('{manifests,cronjobs}/**/*.yaml', { cwd: ROOT });
    const rows = files.flatMap((file) => {
      const manifest = parseManifest(readFileSync(join(ROOT, file), 'utf8'));
      if (!manifest.ok) throw new Error(`${file} is not YAML`);
      return manifest.documents.flatMap(rowsOf);
    });
    expect(rows.length).to.be.above(5);
    expect(
      page
        .split('\n')
        .filter((line) => /^\| (Cluster)?Role /u.test(line))
        .sort(),
    ).to.deep.equal([...rows].sort());
  });

  it('names every secret that the program takes and every token of the hub', () => {
    const names = OPTION_NAMES.flatMap((name) => ('isSecret' in OPTIONS[name] ? OPTIONS[name].env : []));
    expect(names).to.include('CUB_TOKEN');
    for (const name of [...names, ...ROLES.map((role) => `${role}.token`)])
      expect(
        [`\`${name}\``, `\`${name}_FILE\``].some((text) => page.includes(text)),
        name,
      ).to.equal(true);
  });
});
