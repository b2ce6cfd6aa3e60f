import { type FieldPath, printPath } from '../types/field-path.ts';
import type { FieldValue, Finding } from '../types/finding.ts';
import { canonicalJson } from '../types/finding.ts';
import type { Json } from '../types/json.ts';
import { parseQuantity } from '../types/quantity.ts';
import type { Severity } from '../types/ranking.ts';
import { Secret } from '../types/secret.ts';

/** A finding as the heuristic left it, with what the model is told of it. */
export interface RankInput {
  readonly finding: Finding;
  readonly severity: Severity;
  readonly floor: Severity;
  readonly score: number;
  readonly costUsdPerMonth: number | undefined;
  readonly pods: number;
}

/** One row of the prompt. Built from an allow-list: no name, no free text of a cluster can be in it. */
export interface Fact {
  readonly id: string;
  readonly workload: string;
  readonly namespace: string;
  readonly kind: string;
  readonly class: string;
  readonly field: string;
  readonly change: Json;
  readonly actor: string;
  readonly age: string;
  readonly tier: string;
  readonly restartsPods: boolean;
  readonly pods: number;
  readonly costUsdPerMonth: number | null;
  readonly heuristicSeverity: Severity;
}

/** Short stand-ins for names, the same within one pass; the answer is mapped back by us. */
export class Aliases {
  readonly #byName = new Map<string, string>();
  readonly #prefix: string;
  constructor(prefix: string) {
    this.#prefix = prefix;
  }
  of(name: string): string {
    let alias = this.#byName.get(name);
    if (alias === undefined) {
      alias = `${this.#prefix}${this.#byName.size + 1}`;
      this.#byName.set(name, alias);
    }
    return alias;
  }
}

const KNOWN_KINDS = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'Service', 'ConfigMap', 'CronJob', 'Job', 'Ingress']);
const WORKLOAD_FIELDS = /^[a-z][A-Za-z0-9]{0,40}$/u;
/** Maps whose keys people choose. */
const FREE_MAPS = new Set(['labels', 'annotations', 'data', 'stringData', 'matchLabels', 'nodeSelector']);

/** The path with every name that a person chose left out: `/spec/template/spec/containers[]/env[]`. */
export function structuralPath(path: FieldPath): string {
  let isFreeKey = false;
  return path
    .map((step) => {
      if (!('field' in step)) return '[]';
      const text = isFreeKey || !WORKLOAD_FIELDS.test(step.field) ? '/(key)' : `/${step.field}`;
      isFreeKey = FREE_MAPS.has(step.field);
      return text;
    })
    .join('');
}

/** A value as the model may see it: numbers, booleans and quantities as they are; of any other text only its length. */
function showValue(value: FieldValue): Json {
  if (value === undefined) return { absent: true };
  if (value instanceof Secret) return { hidden: true, looksSecret: true };
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
  if (typeof value === 'string') return parseQuantity(value) === undefined ? { text: true, length: value.length } : value;
  return { structure: true, size: (canonicalJson(value) ?? '').length };
}

function ageOf(time: string | undefined, now: Date): string {
  if (time === undefined) return 'unknown';
  const minutes = (now.getTime() - Date.parse(time)) / 60_000;
  if (Number.isNaN(minutes)) return 'unknown';
  if (minutes < 15) return 'under 15 minutes';
  if (minutes < 24 * 60) return 'under a day';
  return minutes < 7 * 24 * 60 ? 'under a week' : 'over a week';
}

/** What the model is told of each finding, in the order of the heuristic; ids are `f1`, `f2`, ... */
export function buildFacts(inputs: readonly RankInput[], now: Date): readonly Fact[] {
  const [workloads, namespaces] = [new Aliases('w'), new Aliases('ns')];
  return inputs.map((input, index) => {
    const { finding } = input;
    return {
      id: `f${index + 1}`,
      workload: workloads.of(`${finding.ref.namespace}/${finding.ref.kind}/${finding.ref.name}`),
      namespace: namespaces.of(finding.ref.namespace),
      kind: KNOWN_KINDS.has(finding.ref.kind) ? finding.ref.kind : 'other',
      class: finding.class,
      field: finding.path.length === 0 ? '(whole object)' : structuralPath(finding.path),
      change: { desired: showValue(finding.desired), live: showValue(finding.live), sameImageName: sameImageName(finding) },
      actor: finding.blame?.actor ?? 'unknown',
      age: ageOf(finding.blame?.time, now),
      tier: finding.isCritical ? 'critical' : 'normal',
      restartsPods: finding.restartsPods,
      pods: input.pods,
      costUsdPerMonth: input.costUsdPerMonth ?? null,
      heuristicSeverity: input.severity,
    };
  });
}

/** For images: whether only the tag differs. */
function sameImageName(finding: Finding): Json {
  if (!printPath(finding.path).endsWith('/image') || typeof finding.desired !== 'string' || typeof finding.live !== 'string')
    return null;
  const name = (image: string): string => image.replace(/@.*$/u, '').replace(/:[^:/]+$/u, '');
  return name(finding.desired) === name(finding.live);
}
