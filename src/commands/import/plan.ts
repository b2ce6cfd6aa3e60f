import type { DesiredState } from '../../domain/desired.ts';
import { unitName } from '../../domain/desired.ts';
import { type ObjectRef, objectKey } from '../../domain/object-ref.ts';
import type { LiveObject, Snapshot } from '../../domain/snapshot.ts';
import { cleanManifest, type DiffOptions, isMadeByCluster } from '../../stages/diff/diff.ts';
import { toYaml, UNREADABLE } from '../../stages/fix/clean-unit.ts';

/** What an import does with each object, in the order of their names. */
export interface ImportPlan {
  readonly units: readonly { readonly ref: ObjectRef; readonly slug: string; readonly text: string }[];
  /** Declared by a unit already. */
  readonly existing: readonly { readonly ref: ObjectRef; readonly unit: string }[];
  readonly refused: readonly { readonly ref: ObjectRef; readonly why: string }[];
  /** Objects that their controller or the cluster makes. */
  readonly made: number;
}

/** Slugs of ConfigHub have no other letters. */
const NOT_OF_SLUGS = /[^a-z0-9-]+/gu;

/**
 * A unit for each object of the snapshot's namespaces, named as the object, or `NAME-KIND` where several objects or another unit
 * have that name; pure.
 */
export function planImport(snapshot: Snapshot, desired: DesiredState, space: string, options: DiffOptions): ImportPlan {
  const inside = snapshot.objects.filter(({ ref }) => ref.namespace !== '');
  const own = inside.filter((object) => !isMadeByCluster(object));
  const declaredBy = new Map(
    [...desired.objects, ...desired.conflicts.flat()].map(({ ref, unit }) => [objectKey(ref), unitName(unit)]),
  );
  const taken = new Set(desired.units.flatMap((unit) => (unit.space === space && unit.text !== '' ? unit.slug : [])));
  const named = Map.groupBy(own, ({ ref }) => slugOf(ref.name));
  const units: ImportPlan['units'][number][] = [];
  const existing: ImportPlan['existing'][number][] = [];
  const refused: ImportPlan['refused'][number][] = [];
  for (const object of own.toSorted((one, other) => (objectKey(one.ref) < objectKey(other.ref) ? -1 : 1))) {
    const { ref } = object;
    const unit = declaredBy.get(objectKey(ref));
    if (unit !== undefined) {
      existing.push({ ref, unit });
      continue;
    }
    const text = textOf(object, snapshot, options);
    if ('why' in text) {
      refused.push({ ref, ...text });
      continue;
    }
    const short = slugOf(ref.name);
    const long = `${short}-${ref.kind.toLowerCase()}`;
    const isShared = (named.get(short)?.length ?? 0) > 1 || taken.has(short);
    const slug = isShared ? long : short;
    if (taken.has(slug)) refused.push({ ref, why: `unit ${space}/${slug} exists and declares something else` });
    else units.push({ ref, slug, ...text });
    taken.add(slug);
  }
  return { units, existing, refused, made: inside.length - own.length };
}

function slugOf(name: string): string {
  return name.toLowerCase().replaceAll(NOT_OF_SLUGS, '-');
}

function textOf(
  object: LiveObject,
  snapshot: Snapshot,
  options: DiffOptions,
): { readonly text: string } | { readonly why: string } {
  if (snapshot.schemas[object.ref.apiVersion] === undefined) return { why: 'the schema of its kind could not be read' };
  const manifest = cleanManifest(object, snapshot, options);
  if (!manifest.ok) return { why: manifest.why };
  const text = toYaml(manifest.document);
  return text === undefined ? { why: UNREADABLE } : { text };
}
