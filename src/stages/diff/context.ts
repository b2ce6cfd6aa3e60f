import { ACTORS, isChoice } from '../../domain/actor-classes.ts';
import { ANCIENT_CHANGES } from '../../domain/field-managers.ts';
import { type FieldPath, printPath } from '../../domain/field-path.ts';
import { type Blame, canonicalJson } from '../../domain/finding.ts';
import type { FindingClass } from '../../domain/finding-classes.ts';
import { isJsonArray, type Json } from '../../domain/json.ts';
import { groupOf, type ObjectRef } from '../../domain/object-ref.ts';
import type { Autoscaler, LiveObject } from '../../domain/snapshot.ts';
import { knownAdditionOf } from './known-additions.ts';

export interface Verdict {
  readonly class: FindingClass;
  /** Why it is informational or pending; empty otherwise. */
  readonly note: string;
  /** What it would be without the rule that covers it. */
  readonly covered?: FindingClass;
}

/** What a difference is judged by, apart from its two values. */
export interface ObjectContext {
  readonly kind: string;
  /** The autoscaler whose target the object is. */
  readonly autoscaler: Autoscaler | undefined;
  /** The autoscalers are known, so that an object that none names has none. */
  readonly knowsAutoscalers: boolean;
  /** Whether the live object has a field of this name at its top. */
  readonly has: (field: string) => boolean;
  /** ConfigHub is applying another revision of the unit. */
  readonly isApplying: boolean;
  /** What the unit declares is what ConfigHub applied last. */
  readonly isApplied: boolean;
  /** The server is of a version that keeps no record of who scales. */
  readonly isScaledWithoutOwner: boolean;
}

/** One difference of live from desired, as the walk found it. */
export interface Difference {
  readonly class: FindingClass;
  readonly path: FieldPath;
  readonly desired: Json | undefined;
  readonly live: Json | undefined;
  readonly blame: Blame | undefined;
}

/** Note of a value that differs although our applier still owns it. */
export const AHEAD = 'desired is ahead of what was applied last, or admission changes it';

/** Annotations by which a person or a tool asks for a restart: an action, and reverting it rolls the pods again. */
const RESTART_STAMP = /(^|\/)(restarted-?At|restart-?time)$/iu;

type Rule = (difference: Difference, context: ObjectContext) => Verdict | undefined;

/** Asked in this order; the first that answers decides. */
const RULES: readonly Rule[] = [
  autoscaled,
  ({ path, class: found }) => {
    const isStamp = RESTART_STAMP.test(metadataKeyOf(path) ?? '') && found !== 'removed';
    return isStamp ? informational('a requested restart') : undefined;
  },
  (difference, { kind, has }) => {
    if (difference.class === 'pending' || difference.class === 'informational') return undefined;
    const tool = knownAdditionOf({
      kind,
      path: printPath(difference.path),
      metadataKey: metadataKeyOf(difference.path),
      envName: envNameOf(difference.path),
      actor: difference.blame?.actor,
      class: difference.class,
      has,
    });
    return tool === undefined ? undefined : informational(`${tool} writes it`);
  },
  // A finalizer holds the object until its controller has cleaned up; an owner's reference deletes it with the owner.
  ({ class: found, path, blame }) => {
    const [first, second] = fieldsOf(path);
    const isControllers = first === 'metadata' && (second === 'finalizers' || second === 'ownerReferences');
    if (found !== 'added' || !isControllers || isChoice(blame?.actor)) return undefined;
    return informational(`${blame?.manager ?? 'a controller'} needs it`);
  },
  // Platforms give each service account secrets of its own, and again where they are taken away.
  ({ class: found, path, desired, live, blame }, { kind }) => {
    const [field = ''] = fieldsOf(path);
    if (kind !== 'ServiceAccount' || !['secrets', 'imagePullSecrets'].includes(field)) return undefined;
    const isAddition = found === 'added' || (found === 'changed' && holdsAll(live, desired));
    if (!isAddition || isChoice(blame?.actor)) return undefined;
    return informational(`${blame?.manager ?? 'the platform'} adds a secret of its own`);
  },
  ({ class: found, path, blame }) => {
    if (found !== 'added' || metadataKeyOf(path) === undefined || blame?.actor === 'hands') return undefined;
    if (blame === undefined) return informational('no field manager is recorded');
    // Notes of a pod template roll the pods and are what Services select by: only a controller writes them by itself.
    const isOfTemplate = path.length > 3;
    const isExpected = !isOfTemplate || ACTORS[blame.actor].isController;
    return isExpected ? informational(`${NOTED_BY}${blame.manager}`) : undefined;
  },
  ({ class: found, path }) => {
    if (found !== 'informational') return undefined;
    const isScaled = printPath(path) === '/spec/replicas';
    return informational(
      isScaled ? 'scaled; no field manager is recorded' : 'dropped from desired, or a default of what we created',
    );
  },
  // Our entry still owns a number that was changed through the scale subresource.
  ({ class: found, path }, { isApplied, isScaledWithoutOwner }) => {
    const isScaled = found === 'pending' && printPath(path) === '/spec/replicas' && isApplied && isScaledWithoutOwner;
    return isScaled ? { class: 'changed', note: '' } : undefined;
  },
  ({ class: found }) => (found === 'pending' ? { class: found, note: AHEAD } : undefined),
  ({ class: found }, { isApplying }) =>
    isApplying && found !== 'added'
      ? { class: 'pending', note: 'ConfigHub is applying another revision of the unit' }
      : undefined,
];

/** Start of the note of a label or annotation that a known tool added. */
export const NOTED_BY = 'noted by ';

/**
 * What a difference means once the object's context are known: an autoscaler's own number, a restart stamp, what
 * controllers note in labels and annotations, or a change that is still on its way.
 */
export function judgeInContext(difference: Difference, context: ObjectContext): Verdict {
  for (const rule of RULES) {
    const verdict = rule(difference, context);
    if (verdict) return verdict;
  }
  return { class: difference.class, note: '' };
}

function informational(note: string): Verdict {
  return { class: 'informational', note };
}

/**
 * A number that an autoscaler chose, within what it may choose. The owner of the field decides whether a
 * person or the autoscaler scaled inside the range. A number without an owner counts as the autoscaler's, and so does one of
 * `ancient-changes`: the autoscaler's entry may have been merged into it.
 */
function autoscaled(difference: Difference, { autoscaler, knowsAutoscalers }: ObjectContext): Verdict | undefined {
  const { path, live, blame } = difference;
  if (printPath(path) !== '/spec/replicas' || difference.class === 'removed') return undefined;
  const isMerged = blame?.manager === ANCIENT_CHANGES && autoscaler !== undefined;
  const isOwner = blame === undefined || blame.actor === 'autoscaler' || isMerged;
  if (!isOwner) return undefined;
  if (autoscaler) {
    const { minReplicas, maxReplicas, name } = autoscaler;
    const isWithin = typeof live === 'number' && live >= minReplicas && live <= maxReplicas;
    if (isWithin) return informational(`within ${minReplicas} to ${maxReplicas} of HorizontalPodAutoscaler ${name}`);
    // KEDA takes the last replica away by itself; its autoscaler rests meanwhile.
    return live === 0 && name.startsWith('keda-hpa-') ? informational('scaled to zero by KEDA') : undefined;
  }
  if (blame === undefined) return undefined;
  if (blame.manager !== 'kube-controller-manager') return informational(`scaled by ${blame.manager}`);
  return knowsAutoscalers ? undefined : informational('scaled by an autoscaler; its range is not known');
}

function fieldsOf(path: FieldPath): readonly string[] {
  return path.map((step) => ('field' in step ? step.field : ''));
}

/** Whether a list has every element of another one. */
function holdsAll(list: Json | undefined, wanted: Json | undefined): boolean {
  if (!isJsonArray(list) || !isJsonArray(wanted)) return false;
  const texts = new Set(list.map((entry) => canonicalJson(entry)));
  return wanted.every((entry) => texts.has(canonicalJson(entry)));
}

/** The key below `labels` or `annotations`, of the object or of its pod template; empty for the whole map. */
function metadataKeyOf(path: FieldPath): string | undefined {
  const names = fieldsOf(path);
  const map = names.findIndex((name) => name === 'labels' || name === 'annotations');
  return map > 0 && names[map - 1] === 'metadata' ? (names[map + 1] ?? '') : undefined;
}

function envNameOf(path: FieldPath): string | undefined {
  const list = path.findIndex((step) => 'field' in step && step.field === 'env');
  const element = list < 0 ? undefined : path[list + 1];
  return element && 'key' in element ? String(element.key['name'] ?? '') : undefined;
}

/**
 * Servers before 1.22 keep no record of writes through `scale`: it adds no owner of replicas and removes
 * none. Such a server writes the status of a workload without its subresource.
 */
export function isScaledWithoutOwner({ ref, owners }: LiveObject): boolean {
  const isWorkload = groupOf(ref.apiVersion) === 'apps';
  return isWorkload && owners.some(({ subresource, fields }) => subresource === '' && Object.hasOwn(fields, 'f:status'));
}

export function autoscalerOf(autoscalers: readonly Autoscaler[], ref: ObjectRef): Autoscaler | undefined {
  return autoscalers.find(
    ({ namespace, target }) =>
      namespace === ref.namespace &&
      target.kind === ref.kind &&
      target.name === ref.name &&
      target.group === groupOf(ref.apiVersion),
  );
}
