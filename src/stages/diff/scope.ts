import { type DesiredObject, type DesiredState, indexDeclarations } from '../../domain/desired.ts';
import { groupKind } from '../../domain/object-ref.ts';

/**
 * The desired state without namespaces on objects of kinds that have none. Charts write them, the API server drops them,
 * and so two units may turn out to declare one object.
 */
export function withoutStrayNamespaces(desired: DesiredState, clusterScoped: readonly string[]): DesiredState {
  const kinds = new Set(clusterScoped.map(groupKind));
  const isStray = ({ ref }: DesiredObject): boolean =>
    ref.namespace !== '' && kinds.has(groupKind(`${ref.apiVersion}/${ref.kind}`));
  const declared = [...desired.objects, ...desired.conflicts.flat()];
  if (!declared.some(isStray)) return desired;
  const corrected = declared.map((object) => (isStray(object) ? { ...object, ref: { ...object.ref, namespace: '' } } : object));
  return { ...desired, ...indexDeclarations(corrected) };
}
