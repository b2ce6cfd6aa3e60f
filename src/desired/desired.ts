import type { ConfigHubClient } from '../confighub/client.ts';
import { readManifest } from '../kubernetes/manifest.ts';
import type { DesiredObject, DesiredState, DesiredUnit, InvalidUnit } from '../types/desired.ts';
import { displayRef, objectKey, refOf } from '../types/object-ref.ts';
import { type FetchedUnit, fetchUnits, type UnitScope } from './fetch.ts';

export { readHistories } from './histories.ts';

export interface DesiredOptions extends UnitScope {
  /** Slug of the target that this cluster is; units of other targets are left out. Empty: all. */
  readonly target: string;
  readonly signal: AbortSignal;
}

/** Pulls the desired state from ConfigHub. A unit that cannot be read or parsed is recorded and its neighbours go on. */
export async function pullDesired(confighub: ConfigHubClient, options: DesiredOptions): Promise<DesiredState> {
  return assembleDesired(await fetchUnits(confighub, options, options.signal), options.target);
}

/** Pure: parses the units' texts and indexes their objects. */
export function assembleDesired(fetched: readonly FetchedUnit[], target: string): DesiredState {
  const units: DesiredUnit[] = [];
  const invalid: InvalidUnit[] = [];
  const declaredBy = new Map<string, DesiredObject[]>();
  let otherTargets = 0;
  for (const result of fetched) {
    if (!result.ok) {
      invalid.push({ space: result.space, slug: result.unit.Slug, error: result.error });
      continue;
    }
    const { unit } = result;
    if (target !== '' && unit.target !== undefined && unit.target !== target) {
      otherTargets++;
      continue;
    }
    units.push(unit);
    const { documents, faults } = readManifest(unit.text);
    for (const { error } of faults) invalid.push({ space: unit.space, slug: unit.slug, error });
    for (const { document, index } of documents) {
      const ref = refOf(document);
      if (!ref) {
        const error = `document ${index + 1} lacks apiVersion, kind or metadata.name`;
        invalid.push({ space: unit.space, slug: unit.slug, error });
        continue;
      }
      const key = objectKey(ref);
      declaredBy.set(key, [...(declaredBy.get(key) ?? []), { ref, document, documentIndex: index, unit }]);
    }
  }
  const objects: DesiredObject[] = [];
  for (const declarations of declaredBy.values()) {
    const [first] = declarations;
    if (declarations.length === 1 && first) objects.push(first);
    // Correcting towards one unit would be drift for the other, and back in the next pass.
    else {
      for (const { unit, ref } of declarations) {
        const others = declarations
          .filter((other) => other.unit !== unit)
          .map((other) => `${other.unit.space}/${other.unit.slug}`);
        const where = others.length > 0 ? `also in ${others.join(', ')}` : 'twice in this unit';
        invalid.push({ space: unit.space, slug: unit.slug, error: `${displayRef(ref)} is declared ${where}` });
      }
    }
  }
  return { units, objects, invalid, otherTargets };
}
