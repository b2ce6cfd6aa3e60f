import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { OPTION_NAMES, OPTIONS } from '../../src/cli/options/options.ts';
import { variablesOf } from '../../src/cli/options/variables.ts';
import { parseManifest } from '../../src/clients/kubernetes/manifest.ts';
import { CLUSTER_RIGHTS } from '../../src/commands/doctor/cluster-rights.ts';
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

/** `manifests/base/rbac.yaml: list deployments.apps`, for each verb of each rule of a file. */
function grantsIn(file: string): readonly string[] {
  const manifest = parseManifest(readFileSync(join(ROOT, file), 'utf8'));
  if (!manifest.ok) throw new Error(`${file} is not YAML`);
  return manifest.documents.flatMap((document) => {
    const rules = /Role$/u.test(stringAt(document, 'kind') ?? '') ? at(document, 'rules') : undefined;
    return isJsonArray(rules ?? null)
      ? (rules as readonly Json[]).flatMap((rule) => {
          const groups = texts(at(rule, 'apiGroups'));
          const resources = texts(at(rule, 'resources')).flatMap((name) => groups.map((group) => fullName(name, group)));
          const what = [...resources, ...texts(at(rule, 'nonResourceURLs'))];
          return texts(at(rule, 'verbs')).flatMap((verb) => what.map((name) => `${file}: ${verb} ${name}`));
        })
      : [];
  });
}

const fullName = (resource: string, group: string): string => (group === '' ? resource : `${resource}.${group}`);

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

  it('is what doctor asks for: each right of the manifests, and no other but those that they leave out', () => {
    const settings = readFileSync(join(ROOT, 'manifests/base/config.env'), 'utf8');
    const kinds = /^DRIFT_KINDS=(.*)$/mu.exec(settings)?.[1] ?? '';
    const usual = kinds.split(',').map((kind) => {
      const [group = '', , name = ''] = kind.split('/');
      return fullName(`${name.toLowerCase()}s`, group);
    });
    const asked = CLUSTER_RIGHTS.filter(({ isLeftOut }) => !isLeftOut).flatMap(({ manifest, verbs, resources, paths }) => {
      const what = paths ?? resources?.names.map((name) => fullName(name, resources.group)) ?? usual;
      return verbs.flatMap((verb) => what.map((name) => `${manifest}: ${verb} ${name}`));
    });
    const granted = globSync('{manifests,cronjobs}/**/*.yaml', {
      cwd: ROOT,
      // Another account, and no part of a pass.
      exclude: ['manifests/components/dashboard/**'],
    }).flatMap(grantsIn);
    expect([...new Set(asked)].sort()).to.deep.equal([...new Set(granted)].sort());
  });

  it('names every secret that the program takes and every token of the hub', () => {
    const names = OPTION_NAMES.flatMap((name) => ('isSecret' in OPTIONS[name] ? variablesOf(name) : []));
    expect(names).to.include('CUB_TOKEN');
    for (const name of [...names, ...ROLES.map((role) => `${role}.token`)])
      expect(
        [`\`${name}\``, `\`${name}_FILE\``].some((text) => page.includes(text)),
        name,
      ).to.equal(true);
  });
});
