import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { command, diffOf, lines } from './command.ts';

// What one asks of two files, and what the exit code, the table and the JSON say.

const map = (name: string, more = '', namespace = 'shop', data = 'a: b'): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}${namespace === '' ? '' : `, namespace: ${namespace}`}${more}}\ndata: {${data}}\n---\n`;
const owned = (manager: string, time = ''): string =>
  `, managedFields: [{manager: ${manager}, operation: Update, apiVersion: v1, fieldsType: FieldsV1${time === '' ? '' : `, time: "${time}"`}, fieldsV1: {"f:data": {"f:a": {}}}}]`;
const json = (out: string): Record<string, never>[] => JSON.parse(out).objects;

describe('the exit code of diff', () => {
  it('is 2 where an object is missing and nothing else differs, if that is asked for', async () => {
    const desired = `${map('there')}${map('gone')}`;
    const { code, out } = await diffOf(desired, map('there'), ['--detailed-exitcode', '-o', 'json']);
    expect(lines(out)).to.deep.equal(['ConfigMap/there in_sync', 'ConfigMap/gone missing']);
    expect(code).to.equal(2);
    expect((await diffOf(desired, map('there'))).code, 'not asked for').to.equal(0);
  });

  it('is 0 where the live side only has more, or an object that is on its way out', async () => {
    const flags = ['--detailed-exitcode', '-o', 'json'];
    const more = await diffOf(map('there'), `${map('there')}${map('stray')}`, flags);
    expect([more.code, lines(more.out)]).to.deep.equal([0, ['ConfigMap/there in_sync', 'ConfigMap/stray unmanaged']]);
    const leaving = await diffOf(map('there'), map('there', ', deletionTimestamp: "2026-11-20T00:00:00Z"'), flags);
    expect([leaving.code, lines(leaving.out)]).to.deep.equal([0, ['ConfigMap/there terminating']]);
  });

  it('is 20 where something could not be compared, whatever else drifted', async () => {
    const { code } = await diffOf(`${map('gone')}kind: ConfigMap\n`, map('there'), ['--detailed-exitcode']);
    expect(code).to.equal(20);
  });
});

describe('an object without a namespace', () => {
  const desired = map('web', '', '', 'a: wanted');

  it('is compared with the only live one of its kind and name, wherever that is', async () => {
    const { out } = await diffOf(desired, map('web'), ['-o', 'json']);
    expect(lines(out)).to.deep.equal(['ConfigMap/web drifted', '  changed /data/a']);
    expect(json(out)[0]).to.include({ namespace: 'shop' });
  });

  it('is missing where there are several, or where the only one is another document’s', async () => {
    const { out } = await diffOf(desired, `${map('web')}${map('web', '', 'bank')}`, ['-o', 'json']);
    expect(lines(out)).to.include('ConfigMap/web missing');
    const named = await diffOf(`${desired}${map('web')}`, map('web'), ['-o', 'json']);
    expect(lines(named.out)).to.deep.equal(['ConfigMap/web missing', 'ConfigMap/web in_sync']);
  });

  it('is the same object as one with a namespace where the kind has none', async () => {
    const role = (namespace: string): string =>
      `apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: viewer${namespace}}\nrules: []\n`;
    const { out } = await diffOf(role(', namespace: shop'), role(''), ['-o', 'json']);
    expect(lines(out)).to.deep.equal(['ClusterRole/viewer in_sync']);
  });
});

describe('standard input', () => {
  it('is read once: for two files it is a mistake, before anything is read', async () => {
    for (const files of [
      ['--desired', '-', '--live', '-'],
      ['--desired', '-', '--desired', '-', '--live', '/nosuch'],
      ['--desired', '/nosuch', '--live', '-', '--schema', '-'],
    ]) {
      const { code, err, out } = await command(files);
      expect([code, out]).to.deep.equal([64, '']);
      expect(err).to.contain('standard input cannot be read twice (--desired, --live, --schema)').and.contain('Pass - once');
    }
  });
});

describe('what diff prints', () => {
  it('are findings in the order of their paths, and those that are noted apart', async () => {
    const data = (value: string): string => ['d', 'b', 'a', 'c'].map((key) => `${key}: ${value}`).join(', ');
    const { out } = await diffOf(map('web', '', 'shop', data('x')), map('web', '', 'shop', data('y')), ['-o', 'json']);
    expect(lines(out).slice(1)).to.deep.equal(['a', 'b', 'c', 'd'].map((key) => `  changed /data/${key}`));
  });

  it('is when and by whom a value was changed, in JSON and in the table', async () => {
    const live = map('web', owned('kubectl-edit', '2026-11-20T03:04:05Z'));
    const desired = map('web', '', 'shop', 'a: wanted');
    const [found] = json((await diffOf(desired, live, ['-o', 'json'])).out)[0]?.['findings'] ?? [];
    expect(found).to.have.nested.property('blame.time', '2026-11-20T03:04:05Z');
    const explained = json((await diffOf(desired, live, ['-o', 'json', '--explain', '/data/a'])).out)[0]?.['explained'];
    expect(explained).to.have.nested.property('[0].owners[0].time', '2026-11-20T03:04:05Z');
    const unknown = json((await diffOf(desired, map('web', owned('kubectl-edit')), ['-o', 'json', '--explain', '/data/a'])).out);
    expect(unknown).to.have.nested.property('[0].explained[0].owners[0].time', null);
    const told = (await diffOf(desired, live, ['--explain', '/data/a'])).out;
    expect(told).to.contain(' kubectl-edit Update, 2026-11-20T03:04:05Z (');
    expect((await diffOf(desired, live)).out).to.match(/ kubectl-edit +2026-11-20T03:04:05Z$/mu);
  });

  it('names no ignore rules where there are none, and says nothing of those that cover something', async () => {
    const { out } = await diffOf(map('web'), map('web'), ['-o', 'json']);
    expect(JSON.parse(out)).to.not.have.property('ignores');
    expect(JSON.parse(out).groups).to.deep.equal([]);
    const folder = await mkdtemp(join(tmpdir(), 'drift-rules-'));
    const rules = join(folder, 'ignore.yaml');
    await writeFile(rules, 'ignore:\n- {kind: ConfigMap, reason: covers}\n- {kind: Job, reason: covers nothing}\n');
    const table = (await diffOf(map('web', '', 'shop', 'a: x'), map('web'), ['--ignore-file', rules])).out;
    await rm(folder, { recursive: true });
    expect(table.trimEnd().split('\n').slice(2)).to.deep.equal(['ignore rule unused: covers nothing', '1 in sync']);
  });

  it('are findings of one action, listed once: a rollout of one image over several workloads', async () => {
    const many = (image: string): string =>
      ['a', 'b', 'c']
        .map(
          (name) =>
            `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${name}, namespace: shop, generation: 2, managedFields: [{manager: kubectl, operation: Update, apiVersion: apps/v1, time: "2026-11-20T03:04:05Z", fieldsType: FieldsV1, fieldsV1: {"f:spec": {"f:template": {"f:spec": {"f:containers": {'k:{"name":"app"}': {"f:image": {}}}}}}}}]}\nspec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: app, image: "${image}"}]}}}\n---\n`,
        )
        .join('');
    const { out } = await diffOf(many('app:1'), many('app:2'), ['-o', 'json']);
    const [group] = JSON.parse(out).groups;
    expect(group).to.have.property('findings', 3);
    expect(group.title).to.be.a('string').and.not.equal('');
    expect((await diffOf(many('app:1'), many('app:2'))).out).to.contain(`3 findings are one action: ${group.title}\n`);
  });

  it('is an item of a list inside a list by both numbers, where it has no name', async () => {
    const item = '{apiVersion: v1, kind: ConfigMap, metadata: {namespace: shop}}';
    const inner = `{apiVersion: v1, kind: List, items: [${item}]}`;
    const { out } = await diffOf(`apiVersion: v1\nkind: List\nitems:\n- ${inner}\n`, '', ['-o', 'json']);
    expect(json(out)[0]).to.include({ verdict: 'invalid', path: '/metadata/name' });
    expect(json(out)[0]?.['error']).to.match(/^item 1 of item 1 of the list lacks metadata\.name$/u);
    expect((await diffOf(`apiVersion: v1\nkind: List\nitems:\n- ${inner}\n`, '')).out).to.match(/^\(no name\) +invalid /mu);
  });

  it('reads JSON that is no object as it is, and names the file', async () => {
    for (const text of ['[1, 2]', '{"apiVersion": "v1"} {"kind": "x"}']) {
      const { code, out } = await diffOf(map('web'), text, ['-o', 'json']);
      expect(code, text).to.equal(20);
      expect(json(out).map(({ verdict }) => verdict)).to.include('invalid');
    }
  });

  it('explains below, above and at a path, with or without a slash at its end, and quotes around a key', async () => {
    const at = async (path: string): Promise<readonly string[]> => {
      const deployment = (value: string): string =>
        `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec: {replicas: 1, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: app, image: a, env: [{name: A, value: "${value}"}]}]}}}\n`;
      const { out } = await diffOf(deployment('1'), deployment('2'), ['-o', 'json', '--explain', path]);
      const explained: { path: string }[] = json(out)[0]?.['explained'] ?? [];
      return explained.map((one) => one.path);
    };
    const value = '/spec/template/spec/containers[name=app]/env[name=A]/value';
    expect(await at(value)).to.deep.equal([value]);
    expect(await at(value.replace('[name=A]', '[name="A"]'))).to.deep.equal([value]);
    expect(await at('/spec/replicas/')).to.deep.equal(['/spec/replicas']);
    expect(await at('/spec/template/spec/containers[name=app]/env')).to.include(value);
    for (const above of ['/spec/template/spec/containers', '/spec/template/spec/', '/spec/template/spec/containers[name=app]/'])
      expect(await at(above), above).to.include(value);
    expect(await at('/spec/rep')).to.deep.equal([]);
    for (const all of ['/', '']) expect(await at(all), all).to.include.members([value, '/spec/replicas']);
  });
});

describe('the repair of an object', () => {
  it('is none where nothing of it is brought back by a write, and where there is nothing to write to', async () => {
    const same = json((await diffOf(`${map('web')}${map('gone')}`, map('web'), ['-o', 'json'])).out);
    for (const object of same) expect(object).to.not.have.property('repair');
    const statefulSet = (name: string): string =>
      `apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db, namespace: shop}\nspec: {serviceName: ${name}}\n`;
    const [immutable] = json((await diffOf(statefulSet('a'), statefulSet('b'), ['-o', 'json'])).out);
    expect(immutable).to.have.property('verdict', 'drifted');
    expect(immutable).to.not.have.property('repair');
  });

  it('is the same patch in YAML, for whoever pipes it', async () => {
    const [object] = parse((await diffOf(map('web', '', 'shop', 'a: wanted'), map('web'), ['-o', 'yaml'])).out).objects;
    expect(object.repair.patch).to.deep.equal([{ op: 'replace', path: '/data/a', value: 'wanted' }]);
    expect(object.repair.command).to.contain(`--patch='[{"op":"replace","path":"/data/a","value":"wanted"}]'`);
  });

  it('holds no key that is a secret itself, which is only taken away', async () => {
    const token = `ghp_${'A1b2C3d4E5f6G7h8I9j0'.repeat(2).slice(0, 36)}`;
    const live = map('web', '', 'shop', `a: b, ${token}: x`);
    const desired = map('web', '', 'shop', 'a: wanted');
    const { out } = await diffOf(desired, live, ['-o', 'json']);
    expect(out).to.not.contain(token);
  });
});
