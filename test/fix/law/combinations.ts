import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import jsonPatch from 'fast-json-patch';
import { parseManifest } from '../../../src/clients/kubernetes/manifest.ts';
import { at, isJsonObject, type Json, type JsonObject, numberAt } from '../../../src/domain/json.ts';
import type { JsonPatchOperation } from '../../../src/domain/json-patch.ts';
import { sample } from '../../diff/every-leaf/sample.ts';
import { type Case, DELIVERERS, type Deliverer, type Edit, type Step } from './case.ts';
import { CONTAINER_CHANGES } from './changes-of-containers.ts';
import { POD_CHANGES } from './changes-of-pods.ts';
import { WORKLOAD_CHANGES } from './changes-of-workloads.ts';
import { diceOf } from './dice.ts';
import type { Change, Workload } from './workload.ts';

const CHANGES: readonly Change[] = [...CONTAINER_CHANGES, ...POD_CHANGES, ...WORKLOAD_CHANGES];
const WORKLOADS = fileURLToPath(new URL('../../../fixtures/fixing/law/workloads.yaml', import.meta.url));
const [FEWEST, MOST] = [2, 6];
/** Draws of changes until the API takes one. */
const DRAWS = 4;
const SEEDS = 1 << 30;

/** Two to six changes of a workload at once, `count` times; each is the same for its number. */
export function combinations(count: number): readonly Case[] {
  const parsed = parseManifest(readFileSync(WORKLOADS, 'utf8'));
  if (!parsed.ok) throw new Error(parsed.error);
  return Array.from({ length: count }, (_, number) => combination(number, parsed.documents));
}

function combination(number: number, workloads: readonly JsonObject[]): Case {
  const dice = diceOf(number + 1);
  // The running one less often: its pods are made and ended.
  const desired = dice.isLucky(0.1) ? workloads.at(-1) : dice.pick(workloads.slice(0, -1));
  if (!desired) throw new Error('there are no workloads');
  const deliverer: Deliverer = dice.isLucky(0.6) ? 'confighub' : (dice.pick(DELIVERERS) ?? 'confighub');
  const size = FEWEST + dice.number(MOST - FEWEST + 1);
  const isPartnered = dice.isLucky(0.2);
  const name = String(at(desired, 'metadata', 'name'));
  return {
    row: `${size} changes of a workload`,
    name: `combination ${number} (${name} of ${deliverer})`,
    desired,
    deliverer,
    // What a partner declares too stays when one of both drops it.
    drops: !isPartnered && dice.isLucky(0.3),
    ...(isPartnered ? { partner: partOf(desired) } : {}),
    edits: Array.from({ length: DRAWS }, (_, draw) => editOf(Math.max(FEWEST, size - draw), dice.number(SEEDS))),
  };
}

/** What another applier declares as well: some of the same, and something of its own. */
function partOf(desired: JsonObject): JsonObject {
  const { apiVersion, kind, spec } = desired;
  const template = at(spec, 'template');
  const [first] = listAt(template, 'spec', 'containers');
  const { name, image, ports = [] } = isJsonObject(first) ? first : {};
  // Where the server fills something in, or leaves it out, an apply of the same is a conflict.
  const env = listAt(first, 'env').filter((variable) => at(variable, 'value') !== undefined && at(variable, 'value') !== '');
  const container = { name: name ?? '', image: image ?? '', ports, env };
  const labels = { 'helm.sh/chart': 'shop-1.0.0' };
  return {
    apiVersion: apiVersion ?? '',
    kind: kind ?? '',
    metadata: { labels: { ...labelsOf(desired), ...labels } },
    spec: {
      selector: at(spec, 'selector') ?? {},
      template: { metadata: { labels: labelsOf(template) }, spec: { containers: [container] } },
    },
  };
}

function labelsOf(object: Json | undefined): JsonObject {
  const labels = at(object, 'metadata', 'labels');
  return isJsonObject(labels) ? labels : {};
}

function listAt(value: Json | undefined, ...keys: readonly string[]): readonly Json[] {
  const found = at(value, ...keys);
  return Array.isArray(found) ? found : [];
}

/** All of the changes in one request, whole or as a patch, and at times a scaling beside it. */
function editOf(size: number, seed: number): Edit {
  return (live, onChange) => {
    const dice = diceOf(seed);
    // The server's answer for a workload, which the changes know by these fields.
    const draft = structuredClone(live) as unknown as Workload;
    let left = size;
    for (const change of sample(CHANGES, CHANGES.length, seed)) {
      if (left > 0 && change.make(draft, dice)) {
        left--;
        onChange(change.name);
      }
    }
    const body = JSON.parse(JSON.stringify(draft)) as JsonObject;
    const steps: Step[] = [];
    if (dice.isLucky(0.5)) steps.push({ how: 'replace', body: withoutVersion(body) });
    // The library's own types are mutable; it changes neither document.
    else
      steps.push({
        how: 'patch',
        operations: jsonPatch.compare(live as object, body as object) as readonly JsonPatchOperation[],
      });
    // To a number of its own: what is scaled to the number that it has is on record for no longer than the next status update.
    const now = numberAt(body, 'spec', 'replicas');
    if (now !== undefined && dice.isLucky(0.15)) steps.push({ how: 'scale', replicas: now + 1 + dice.number(3) });
    return steps;
  };
}

/** An update of whatever is there by now: status moves meanwhile. */
function withoutVersion(body: JsonObject): JsonObject {
  const metadata = isJsonObject(body['metadata']) ? body['metadata'] : {};
  const { resourceVersion: _, managedFields: __, ...rest } = metadata;
  return { ...body, metadata: rest };
}
