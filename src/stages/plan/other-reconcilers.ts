import type { DesiredState } from '../../domain/desired.ts';
import { managerRow } from '../../domain/field-managers.ts';
import { at, isJsonObject } from '../../domain/json.ts';
import { displayRef, objectKey } from '../../domain/object-ref.ts';
import type { LiveObject, Snapshot } from '../../domain/snapshot.ts';
import { TOOLS } from '../../domain/tools.ts';
import { plural } from '../../domain/words.ts';

interface Sides {
  readonly snapshot: Pick<Snapshot, 'objects'>;
  readonly desired: Pick<DesiredState, 'objects'>;
}

type Tool = (typeof TOOLS)[number];

/**
 * A sentence for each GitOps tool that reconciles objects which units declare: both would bring a change back, each to what its
 * own source says. Those that deliver what units declare are no others.
 */
export function otherReconcilers({ snapshot, desired }: Sides, desiredManagers: readonly string[]): readonly string[] {
  const declared = new Set(desired.objects.map(({ ref }) => objectKey(ref)));
  const objects = snapshot.objects.filter(({ ref }) => declared.has(objectKey(ref)));
  return TOOLS.flatMap((tool) => {
    if (tool.tracks === undefined || desiredManagers.some((manager) => isManagerOf(tool, manager))) return [];
    const [first, ...more] = objects.filter((object) => isReconciledBy(tool, object));
    if (!first) return [];
    const count = plural(more.length + 1, 'object');
    return `${tool.tool} also reconciles ${count} that AUTO_FIX fixes, such as ${displayRef(first.ref)}: let one of the two fix (docs/fixing.md, Beside Argo CD and Flux)`;
  });
}

/** It bears the tool's mark, or has fields that the tool wrote. */
function isReconciledBy(tool: Tool, { body, owners }: LiveObject): boolean {
  const marks = [at(body, 'metadata', 'labels'), at(body, 'metadata', 'annotations')];
  const isMarked = marks.some((map) => isJsonObject(map) && Object.keys(map).some((key) => tool.tracks?.test(key)));
  return isMarked || owners.some(({ manager, subresource }) => subresource === '' && isManagerOf(tool, manager));
}

function isManagerOf({ managers = [] }: Tool, manager: string): boolean {
  const row = managerRow({ manager, operation: 'Apply', subresource: '' });
  return row?.class === 'gitops' && managers.some(({ name }) => name === row.name);
}
