import type { ConfigHubClient } from '../../clients/confighub/client.ts';
import { readManifest } from '../../clients/kubernetes/manifest.ts';
import {
  type DesiredObject,
  type DesiredState,
  type DesiredUnit,
  type InvalidUnit,
  indexDeclarations,
} from '../../domain/desired.ts';
import { refOf } from '../../domain/object-ref.ts';
import { type FetchedUnit, fetchUnits, type UnitScope } from './fetch.ts';

export { assembleManifests, type Manifests } from './manifests.ts';
export type { Fault, SourceText } from './sides.ts';

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
  const declared: DesiredObject[] = [];
  let otherTargets = 0;
  for (const result of fetched) {
    if (!result.ok) {
      invalid.push({ space: result.space, slug: result.unit.Slug, error: result.error, text: result.unit.Data });
      continue;
    }
    const { unit } = result;
    if (target !== '' && unit.target !== undefined && unit.target !== target) {
      otherTargets++;
      continue;
    }
    units.push(unit);
    const { documents, faults } = readManifest(unit.text);
    for (const { error } of faults) invalid.push({ space: unit.space, slug: unit.slug, error, text: unit.text });
    for (const { document, index } of documents) {
      const ref = refOf(document);
      if (!ref) {
        const error = `document ${index + 1} lacks apiVersion, kind or metadata.name`;
        invalid.push({ space: unit.space, slug: unit.slug, error, text: unit.text });
        continue;
      }
      declared.push({ ref, document, documentIndex: index, unit });
    }
  }
  return { units, ...indexDeclarations(declared), invalid, otherTargets };
}
