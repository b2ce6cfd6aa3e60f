import { expect } from 'chai';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { parseManifest } from '../../src/clients/kubernetes/manifest.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { mergeThreeWay } from '../../src/hub/merge/three-way.ts';

const CONTAINER = 'spec.template.spec.containers.?name=web';

function envPaths<const N extends string>(...names: readonly N[]): Readonly<Record<N, string>> {
  return Object.fromEntries(names.map((name) => [name, `${CONTAINER}.env.?name=${name}`])) as Record<N, string>;
}

function write(value: JsonObject): string {
  return stringify(value, { version: '1.1' });
}

/** What each side may change: one value for each, none where it is absent. The values of one change differ from each other. */
const changes = {
  name: ['web-dev', 'web-qa'],
  replicas: [2, 3],
  team: ['a', 'b', undefined],
  A: ['2', '3'],
  B: ['2', '3'],
  C: ['2', '3'],
  D: ['2', undefined],
  E: ['1', '2'],
  order: ['CBA', 'BAC'],
  arg0: ['--a=2', '--a=3', undefined],
  arg1: ['--b=2', '--b=3', undefined],
  arg2: ['--c=2', '--c=3', undefined],
} as const;
type Slot = keyof typeof changes;
type State = Readonly<Record<Slot, string | number | undefined>>;

const base: State = {
  name: 'web',
  replicas: 1,
  team: 'x',
  A: '1',
  B: '1',
  C: '1',
  D: '1',
  E: undefined,
  order: 'ABC',
  arg0: '--a=1',
  arg1: '--b=1',
  arg2: '--c=1',
};
const slots = Object.keys(changes) as Slot[];

/** Where a conflict about it is. */
const paths: Readonly<Record<Slot, string>> = {
  name: 'metadata.name',
  replicas: 'spec.replicas',
  team: 'metadata.labels.team',
  ...envPaths('A', 'B', 'C', 'D', 'E'),
  order: `${CONTAINER}.env`,
  arg0: `${CONTAINER}.args`,
  arg1: `${CONTAINER}.args`,
  arg2: `${CONTAINER}.args`,
};

const edit = fc
  .record(Object.fromEntries(slots.map((slot) => [slot, fc.option(fc.constantFrom(...changes[slot]), { nil: 'kept' })])))
  .map((chosen): State => ({ ...base, ...Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== 'kept')) }));

function deployment(state: State): JsonObject {
  const env = [...`${state.order}DE`].flatMap((name) => {
    const value = state[name as Slot];
    return value === undefined ? [] : [{ name, value }];
  });
  const args = [state.arg0, '-', state.arg1, '--', state.arg2].filter((arg) => arg !== undefined);
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: state.name ?? '', labels: { app: 'web', ...(state.team === undefined ? {} : { team: state.team }) } },
    spec: { replicas: state.replicas ?? 0, template: { spec: { containers: [{ name: 'web', args, env }] } } },
  };
}

/** D and E, which come and go, have no place of their own where the others were reordered. */
function inNoPlace(text: string): string {
  const lines = text.split('\n');
  const free = lines.flatMap((line, index) => (/- name: [DE]$/u.test(line) ? [`${line}\n${lines[index + 1]}`] : []));
  const fixed = lines.filter((line, index) => ![line, lines[index - 1]].some((near) => /- name: [DE]$/u.test(near ?? '')));
  return [...fixed, ...free.sort()].join('\n');
}

describe('hub: an upgrade keeps every local change, takes every other one, and names what it does not take', () => {
  it('for random changes here and upstream: renames, reorders, lists with and without keys', () => {
    fc.assert(
      fc.property(edit, edit, fc.constantFrom('', '# ours\n'), (ours, theirs, comment) => {
        const clashes = slots.filter(
          (slot) => ours[slot] !== base[slot] && theirs[slot] !== base[slot] && ours[slot] !== theirs[slot],
        );
        const expected = Object.fromEntries(slots.map((slot) => [slot, ours[slot] === base[slot] ? theirs[slot] : ours[slot]]));
        const sides = {
          base: write(deployment(base)),
          ours: comment + write(deployment(ours)),
          theirs: write(deployment(theirs)),
        };
        const merged = mergeThreeWay(sides);
        if (merged.outcome !== 'merged') throw new Error(merged.message);
        const read = parseManifest(merged.text);
        const text = stringify(read.ok ? read.documents : read.error);
        expect(inNoPlace(text)).to.equal(inNoPlace(stringify([deployment(expected as State)])));
        expect(merged.text.startsWith(comment)).to.equal(true);
        const named = new Set(merged.conflicts.map(({ Path }) => Path.replace(/\.value$/u, '')));
        expect([...named].sort()).to.deep.equal([...new Set(clashes.map((slot) => paths[slot]))].sort());
      }),
      { numRuns: process.env['DRIFT_LONG'] === '1' ? 20_000 : 300 },
    );
  });
});
