import { at, type JsonObject } from '../../../src/domain/json.ts';
import { refOf } from '../../../src/domain/object-ref.ts';
import { type Data, readData } from '../../diff/every-leaf/data.ts';
import { type Base, type Mutation, survey } from '../../diff/every-leaf/mutations.ts';
import { operationOf } from '../../diff/every-leaf/operation.ts';
import { treeOf } from '../../diff/every-leaf/ownership.ts';
import { omit } from '../../diff/every-leaf/pointer.ts';
import { shapeOf } from '../../diff/every-leaf/shape.ts';
import type { Bench } from './bench.ts';
import type { Case } from './case.ts';
import { inTurn } from './in-turn.ts';

const KINDS = ['Deployment', 'StatefulSet', 'DaemonSet'] as const;
const OURS = 'confighub';
const ROWS: Readonly<Record<Mutation['act'], string>> = {
  change: 'a leaf changed',
  remove: 'a leaf or a part removed',
  insert: 'an element or key inserted',
  add: 'an undeclared leaf or part added',
};

/** Every change of one leaf that the leaves test tries, as something that a stranger stores. */
export async function leafCases(bench: Bench): Promise<readonly Case[]> {
  const index = await bench.client.read('/openapi/v3', 'read the OpenAPI index', bench.signal);
  const url = at(index, 'paths', 'apis/apps/v1', 'serverRelativeURL');
  const document = await bench.client.read(String(url), 'read the schema', bench.signal);
  const data: Data = readData(bench.minor);
  const bases = KINDS.flatMap((kind) => {
    const shape = shapeOf(document, kind);
    return data.manifests(kind, shape).map((manifest) => ({ manifest, shape }));
  });
  const cases = await inTurn(bases, async ({ manifest, shape }) => {
    const base = await baseOf(bench, manifest);
    return survey(base, shape, data).mutations.map((mutation) => caseOf(mutation, String(at(manifest, 'metadata', 'name'))));
  });
  await bench.clear(KINDS.map((kind) => `apps/v1/${kind}`));
  return cases.flat();
}

async function baseOf(bench: Bench, manifest: JsonObject): Promise<Base> {
  const desired = bench.named(manifest);
  const live = await bench.apply(desired, OURS, true);
  const ref = refOf(live);
  if (!ref) throw new Error('the server answered with no object');
  return { ref, desired, live, tree: treeOf(live, OURS) };
}

function caseOf(mutation: Mutation, manifest: string): Case {
  const { base, act, pointer, values } = mutation;
  return {
    row: `${base.ref.kind}: ${ROWS[act]}`,
    name: `leaf ${act}: ${base.ref.kind} ${manifest} ${pointer.join('/')}`,
    desired: act === 'add' ? omit(base.desired, [pointer]) : base.desired,
    deliverer: OURS,
    drops: false,
    edits: (act === 'remove' ? [null] : values).map((value) => (live) => [
      { how: 'patch', operations: [operationOf(mutation, value, { ...base, live })] },
    ]),
  };
}
