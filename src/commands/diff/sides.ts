import { type DesiredObject, NO_UNIT } from '../../domain/desired.ts';
import { type ObjectRef, objectKey, refOf } from '../../domain/object-ref.ts';
import type { LiveObject, Snapshot } from '../../domain/snapshot.ts';
import { addFaults, type BadDocument, nameless, type Side } from '../../stages/desired/sides.ts';
import { projectAutoscaler, projectObject } from '../../stages/snapshot/project.ts';

export const AUTOSCALER = 'HorizontalPodAutoscaler';

export interface LiveSide {
  readonly objects: readonly LiveObject[];
  readonly autoscalers: Snapshot['autoscalers'];
}

export function liveObjects(sides: readonly Side[], faults: BadDocument[]): LiveSide {
  const byKey = new Map<string, LiveObject>();
  const autoscalers = [];
  for (const side of sides) {
    addFaults(side.source, side.manifest, faults);
    for (const entry of side.manifest.documents) {
      const { document } = entry;
      const ref = refOf(document);
      const object = ref && projectObject(document, ref.apiVersion, ref.kind);
      if (!object) {
        faults.push(nameless(side, entry));
        continue;
      }
      if (object.ref.kind === AUTOSCALER) autoscalers.push(projectAutoscaler(document, object.ref.apiVersion));
      byKey.set(objectKey(object.ref), object);
    }
  }
  return { objects: [...byKey.values()], autoscalers };
}

export function desiredObjects(
  sides: readonly Side[],
  live: readonly LiveObject[],
  faults: BadDocument[],
): readonly DesiredObject[] {
  const byKey = new Map<string, DesiredObject>();
  // A live object that a document names in full is that document's, and no guess of another one.
  const exact = new Set(
    sides.flatMap(({ manifest }) => manifest.documents.flatMap(({ document }) => refOf(document) ?? [])).map(objectKey),
  );
  const withoutNamespace = new Set(live.flatMap(({ ref }) => (ref.namespace === '' ? objectKey(ref) : [])));
  const open = Map.groupBy(
    live.filter((object) => !exact.has(objectKey(object.ref))),
    ({ ref }) => objectKey({ ...ref, namespace: '' }),
  );
  for (const side of sides) {
    const { source, manifest } = side;
    addFaults(source, manifest, faults);
    for (const entry of manifest.documents) {
      const { document, index } = entry;
      const named = refOf(document);
      if (!named) {
        faults.push(nameless(side, entry));
        continue;
      }
      const line = side.lineOf;
      const ref = inNamespaceOfLive(named, open, withoutNamespace);
      const isKnown = byKey.has(objectKey(ref));
      if (isKnown)
        faults.push({ ref, fault: { file: source.file, line: line(entry, []), path: '', error: 'it is declared twice' } });
      else byKey.set(objectKey(ref), { ref, document, documentIndex: index, unit: NO_UNIT });
    }
  }
  return [...byKey.values()];
}

/**
 * A manifest that leaves the namespace to whoever applies it is taken for the only live object of its kind and name. One
 * that has a namespace of its own, where the live object has none, names a kind that belongs to no namespace.
 */
function inNamespaceOfLive(
  ref: ObjectRef,
  open: ReadonlyMap<string, readonly LiveObject[]>,
  withoutNamespace: ReadonlySet<string>,
): ObjectRef {
  const clusterScoped = { ...ref, namespace: '' };
  if (ref.namespace !== '') return withoutNamespace.has(objectKey(clusterScoped)) ? clusterScoped : ref;
  const candidates = open.get(objectKey(ref)) ?? [];
  const [only] = candidates;
  return only && candidates.length === 1 ? { ...ref, namespace: only.ref.namespace } : ref;
}
