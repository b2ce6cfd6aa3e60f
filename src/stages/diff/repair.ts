import type { DesiredObject } from '../../domain/desired.ts';
import { printPath } from '../../domain/field-path.ts';
import type { Finding } from '../../domain/finding.ts';
import { type FindingClass, rowOf } from '../../domain/finding-classes.ts';
import type { JsonObject } from '../../domain/json.ts';
import { deleteCommand, patchCommand } from '../../domain/kubectl.ts';
import type { Repair } from '../../domain/repair.ts';
import type { LiveObject } from '../../domain/snapshot.ts';
import { patchTo } from '../../domain/target-patch.ts';
import { isImmutable, type WantedChange } from './immutable.ts';

/** What of a pod is changed through its subresource alone (measured on 1.34). */
const RESIZED = /^\/spec\/(initContainers|containers)\[[^\]]*\]\/resources(\/|$)/u;

const NONE: Repair = { method: 'none', command: '' };

/** How a difference would be brought back, whether or not anybody decides to; `object` is the live one. */
export function repairOf(findingClass: FindingClass, change: WantedChange, object: JsonObject | undefined): Repair {
  const { repair } = rowOf(findingClass);
  if (repair === 'create') return { method: 'create', command: '' };
  if (repair === 'none') return NONE;
  const isPatched = repair === 'patch';
  const isResized = change.ref.kind === 'Pod' && RESIZED.test(printPath(change.path));
  if (isResized) return isPatched ? { method: 'resize', command: '' } : NONE;
  if (object && isImmutable(change, object)) return { method: 'recreate', command: deleteCommand(change.ref) };
  return isPatched ? { method: 'json-patch', command: '' } : NONE;
}

/** Findings of one object, where those that its `resize` subresource brings back know the one command that does. */
export function withResize(findings: readonly Finding[], desired: DesiredObject, live: LiveObject): readonly Finding[] {
  const resized = findings.filter(({ repair }) => repair.method === 'resize');
  if (resized.length === 0) return findings;
  const { operations } = patchTo(desired, live.body, resized, { owners: live.owners, withVersion: false });
  const repair: Repair = { method: 'resize', command: patchCommand(live.ref, operations, 'resize') };
  return findings.map((finding) => (finding.repair.method === 'resize' ? { ...finding, repair } : finding));
}
