import { parseJson } from '../../domain/exact-json.ts';
import { actorOf } from '../../domain/field-managers.ts';
import { stepName } from '../../domain/field-set.ts';
import type { Blame } from '../../domain/finding.ts';
import { isJsonObject, type Json, type JsonObject, own } from '../../domain/json.ts';
import { type FieldOwner, isDetectors } from '../../domain/snapshot.ts';
import type { ElementKey } from './list-keys.ts';

/** An owner's part of the fieldsV1 trie below one node; an empty object owns the whole value there. */
export interface Claim {
  readonly owner: FieldOwner;
  readonly fields: JsonObject;
  /** Its field manager delivers desired state, or the detector restored it. */
  readonly isOurs: boolean;
  /** It owns all there is below, although the trie names nothing of it. */
  readonly isOfWhole?: true;
}

export function claimsOf(owners: readonly FieldOwner[], desiredManagers: ReadonlySet<string>): readonly Claim[] {
  // `kubectl apply --server-side` and `kubectl rollout undo` have one name: what was done by hand is no delivery.
  const appliers = new Set(owners.flatMap(({ operation, manager }) => (operation === 'Apply' ? manager : [])));
  const isByHand = (owner: FieldOwner): boolean =>
    owner.operation === 'Update' && appliers.has(owner.manager) && actorOf(owner) === 'hands';
  return owners.map((owner) => ({
    owner,
    fields: owner.fields,
    // A write of ours through `scale` is a separate entry that the next apply would fight with (measured on 1.34).
    isOurs: (owner.subresource === '' && desiredManagers.has(owner.manager) && !isByHand(owner)) || isDetectors(owner),
  }));
}

/** The claims below one step of the trie: `f:name`, `k:{...}` or `v:...`. */
export function descend(claims: readonly Claim[], step: string): readonly Claim[] {
  const below: Claim[] = [];
  for (const claim of claims) {
    const { owner, isOurs, fields } = claim;
    const inside = own(fields, step);
    if (isJsonObject(inside)) below.push({ owner, isOurs, fields: inside });
    else if (claim.isOfWhole) below.push(claim);
  }
  return below;
}

/** The claims on the list element with these key fields. */
export function descendKey(claims: readonly Claim[], key: ElementKey): readonly Claim[] {
  return claims.length === 0 ? claims : [...descend(claims, stepName({ key })), ...otherOwnersOfWhole(claims)];
}

export function descendMember(claims: readonly Claim[], member: Json): readonly Claim[] {
  return claims.length === 0 ? claims : [...descend(claims, stepName({ member })), ...otherOwnersOfWhole(claims)];
}

/**
 * What others own as one value that is a list of elements here: old servers merge no lists of a custom resource whose
 * definition has an `x-kubernetes-int-or-string` (recorded on 1.19). We ourselves may have declared an empty list.
 */
function otherOwnersOfWhole(claims: readonly Claim[]): readonly Claim[] {
  const whole = claims.filter(({ isOurs, fields, isOfWhole }) => !isOurs && !isOfWhole && Object.keys(fields).length === 0);
  if (whole.length === 0 || claimsMembers(claims) || claimedKeys(claims) !== undefined) return [];
  return whole.map((claim) => ({ ...claim, isOfWhole: true }));
}

export function ownedByUs(claims: readonly Claim[]): boolean {
  return claims.some((claim) => claim.isOurs);
}

export function isOurApply({ isOurs, owner }: Claim): boolean {
  return isOurs && owner.operation === 'Apply';
}

/**
 * Key fields of the elements below, as the API server itself wrote them into managedFields: what a list without a
 * schema is merged by. `undefined` where no claim names an element.
 */
export function claimedKeys(claims: readonly Claim[]): readonly string[] | undefined {
  for (const { fields } of claims) {
    for (const step of Object.keys(fields)) {
      if (!step.startsWith('k:')) continue;
      const key = parseKey(step.slice(2));
      if (key) return Object.keys(key);
    }
  }
  return undefined;
}

/** Whether managedFields shows elements owned by their value: a list without a schema is then a set. */
export function claimsMembers(claims: readonly Claim[]): boolean {
  return claims.some(({ fields }) => Object.keys(fields).some((step) => step.startsWith('v:')));
}

/** `undefined` for what no API server wrote, such as an edited file. */
function parseKey(text: string): JsonObject | undefined {
  try {
    const key = parseJson(text);
    return isJsonObject(key) ? key : undefined;
  } catch {
    return undefined;
  }
}

/** True where a claim covers this very node, not only something below it. */
export function ownsNode(claim: Claim): boolean {
  return Object.hasOwn(claim.fields, '.') || Object.keys(claim.fields).length === 0;
}

/** The newest foreign writer among the claims; entries without a time were written through `scale` and count as newest. */
export function blameOf(claims: readonly Claim[]): Blame | undefined {
  const foreign = claims.filter((claim) => !claim.isOurs).map((claim) => claim.owner);
  const newest = foreign.reduce<FieldOwner | undefined>((best, owner) => {
    if (!best) return owner;
    return (owner.time ?? '9') > (best.time ?? '9') ? owner : best;
  }, undefined);
  return newest && toBlame(newest);
}

function toBlame(owner: FieldOwner): Blame {
  const { manager, operation, subresource, time } = owner;
  return { manager, operation, subresource, actor: actorOf(owner), ...(time === undefined ? {} : { time }) };
}

/** Everybody who owns something here, for an explanation. */
export function ownersOf(claims: readonly Claim[]): readonly { readonly blame: Blame; readonly isOurs: boolean }[] {
  return claims.map(({ owner, isOurs }) => ({ blame: toBlame(owner), isOurs }));
}
