import type { Finding } from '../../../src/domain/finding.ts';
import { at, type JsonObject, stringAt } from '../../../src/domain/json.ts';
import type { FixOutcome } from '../../../src/domain/outcome.ts';
import type { PlanItem } from '../../../src/domain/plan.ts';
import { projectLive } from '../../../src/stages/snapshot/snapshot.ts';
import { stagedPass } from '../staged-pass.ts';
import { asYaml } from './as-yaml.ts';
import type { Bench } from './bench.ts';
import { DELIVERERS } from './case.ts';

/** What a pass found on one object, decided, and did. */
export interface Treated {
  /** What was found before anybody changed it: what the server never stored is pending for ever. */
  readonly standing: readonly Finding[];
  readonly items: readonly PlanItem[];
  /** By id of the finding. */
  readonly outcomes: ReadonlyMap<string, FixOutcome>;
}

/** An object as its unit declares it, and as it was before the stranger came. */
export interface Declared {
  readonly desired: JsonObject;
  readonly before: JsonObject;
}

/** One pass over everything in the namespace. By name of the object and kind. */
export async function fixingPass(
  { client, namespace, signal }: Bench,
  declared: readonly Declared[],
  kinds: readonly string[],
): Promise<(declared: Declared) => Treated> {
  const { objects, items, outcomes, compare } = await stagedPass(
    client,
    {
      namespaceSelector: `scene=${namespace}`,
      kinds,
      desiredManagers: DELIVERERS,
      units: declared.map(({ desired }) => ({ slug: slugOf(desired), text: asYaml(desired) })),
    },
    signal,
  );
  const itemsBySlug = Map.groupBy(items, ({ ranked }) => ranked.finding.unit);
  const outcomeById = new Map(outcomes.map((outcome) => [outcome.findingId, outcome]));
  const objectBySlug = new Map(objects.map((object) => [object.unit.slug, object]));
  return ({ desired, before }) => {
    const slug = slugOf(desired);
    const object = objectBySlug.get(slug);
    if (!object) throw new Error(`${slug} was not compared`);
    return {
      standing: compare(object, projectLive(before, object.ref)),
      items: itemsBySlug.get(`prod/${slug}`) ?? [],
      outcomes: outcomeById,
    };
  };
}

/** Names are given once for each kind. */
function slugOf(desired: JsonObject): string {
  return `${String(at(desired, 'kind')).toLowerCase()}-${stringAt(desired, 'metadata', 'name') ?? ''}`;
}
