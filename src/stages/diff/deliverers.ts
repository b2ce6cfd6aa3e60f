import type { DesiredObject, DesiredState } from '../../domain/desired.ts';
import { actorOf, managerRow } from '../../domain/field-managers.ts';
import { intersection } from '../../domain/field-set.ts';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import { displayRef, objectKey } from '../../domain/object-ref.ts';
import type { FieldOwner, Snapshot } from '../../domain/snapshot.ts';
import { plural } from '../../domain/words.ts';
import { createComparer, type DiffOptions } from './compare.ts';
import { createIgnores } from './ignore.ts';

/** The field managers that deliver manifests, worked out from the live objects. */
export interface Deliverers {
  /** The desired state whose objects name their managers; without any where none is known. */
  readonly desired: DesiredState;
  /** A sentence for each manager, and one for the objects that have none: which, and why. */
  readonly reasons: readonly string[];
  readonly isKnown: boolean;
}

interface Share {
  readonly owner: FieldOwner;
  readonly fields: number;
}

interface Delivered {
  readonly object: DesiredObject;
  readonly declared: number;
  readonly shares: readonly Share[];
}

/** Actors that deliver whole objects. */
const DELIVERS: ReadonlySet<string> = new Set(['delivery', 'gitops']);

/**
 * Who delivers desired state is who owns its fields: of each live object the applier, pipeline or GitOps tool that owns most of
 * what the manifest declares. A manager of an unknown name counts where it owns most fields of all objects together, as the
 * program of a pipeline does, and for objects without any other. Whoever changes fields by hand, controllers and autoscalers are never it.
 */
export function findDeliverers(desired: DesiredState, snapshot: Snapshot, options: DiffOptions): Deliverers {
  const liveOf = new Map(snapshot.objects.map((object) => [objectKey(object.ref), object]));
  const comparer = createComparer(snapshot, options, createIgnores([], new Date(0)));
  const found = desired.objects.flatMap((object): Delivered[] => {
    const live = liveOf.get(objectKey(object.ref));
    if (!live || snapshot.schemas[live.ref.apiVersion] === undefined) return [];
    const declared = comparer.declaredFields(object, live);
    const shares = live.owners
      .map((owner) => ({ owner, fields: countFields(intersection(owner.fields, declared)) }))
      .filter(({ owner }) => mayDeliver(owner));
    return [{ object, declared: countFields(declared), shares }];
  });
  const main = managerOfMost(found);
  const managers = new Map<string, { objects: number; fields: number; declared: number }>();
  const unknown: DesiredObject[] = [];
  const delivered = new Map<DesiredObject, string>();
  for (const { object, declared, shares } of found) {
    const isMain = ({ owner }: Share): boolean => owner.manager === main;
    const [best] = shares
      .filter((share) => isMain(share) || DELIVERS.has(actorOf(share.owner)))
      .toSorted((one, other) => other.fields - one.fields || Number(isMain(other)) - Number(isMain(one)));
    const manager = best?.owner.manager ?? main;
    if (manager === undefined) {
      unknown.push(object);
      continue;
    }
    delivered.set(object, manager);
    const sum = managers.get(manager) ?? { objects: 0, fields: 0, declared: 0 };
    managers.set(manager, {
      objects: sum.objects + 1,
      fields: sum.fields + (best?.fields ?? 0),
      declared: sum.declared + declared,
    });
  }
  return {
    desired: {
      ...desired,
      objects: desired.objects.map((object) => {
        const manager = delivered.get(object);
        return manager === undefined ? object : { ...object, managers: [manager] };
      }),
    },
    reasons: [
      ...[...managers].map(
        ([manager, { objects, fields, declared }]) =>
          `Field manager ${manager} delivers ${plural(objects, 'object')}: it owns ${fields} of the ${plural(declared, 'declared field')}`,
      ),
      ...wordsOfUnknown(unknown, options),
    ],
    isKnown: unknown.length === 0,
  };
}

function wordsOfUnknown(unknown: readonly DesiredObject[], { desiredManagers }: DiffOptions): readonly string[] {
  const [first] = unknown;
  if (!first) return [];
  const more = unknown.length > 1 ? ` and ${plural(unknown.length - 1, 'more object')}` : '';
  return [
    `No field manager is known that delivers ${displayRef(first.ref)}${more}, so ${desiredManagers.join(', ')} of DRIFT_DESIRED_MANAGERS is taken; set --field-manager`,
  ];
}

/** The manager with most declared fields in all objects together; `undefined` where there is none. */
function managerOfMost(found: readonly Delivered[]): string | undefined {
  const sums = new Map<string, number>();
  for (const { shares } of found)
    for (const { owner, fields } of shares) sums.set(owner.manager, (sums.get(owner.manager) ?? 0) + fields);
  return [...sums].toSorted(([, one], [, other]) => other - one)[0]?.[0];
}

function mayDeliver(owner: FieldOwner): boolean {
  return owner.subresource === '' && (DELIVERS.has(actorOf(owner)) || managerRow(owner) === undefined);
}

/** Leaves of a set of fields, as managedFields writes it. */
function countFields(fields: JsonObject): number {
  return Object.entries(fields).reduce((sum, [step, below]) => {
    if (step === '.' || !isJsonObject(below)) return sum;
    if (Object.keys(below).length > 0) return sum + countFields(below);
    // Of metadata only the fields in it have owners.
    return step === 'f:metadata' ? sum : sum + 1;
  }, 0);
}
