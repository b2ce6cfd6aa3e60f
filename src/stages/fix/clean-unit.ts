import { stringify } from 'yaml';
import type { ConfigHubClient } from '../../clients/confighub/client.ts';
import { and, quote } from '../../clients/confighub/where.ts';
import { readManifest } from '../../clients/kubernetes/manifest.ts';
import { canonicalJson } from '../../domain/finding.ts';
import type { JsonObject } from '../../domain/json.ts';

/** A unit that is made from a live object. */
export interface CleanUnit {
  readonly spaceId: string;
  /** Slug of the space. */
  readonly space: string;
  readonly slug: string;
  readonly text: string;
  readonly description: string;
  /** Whether a unit with this description of its last change was begun for the same object. */
  readonly isOurs: (description: string) => boolean;
}

export type Created = { readonly ok: true; readonly revision: number } | { readonly ok: false; readonly why: string };

/**
 * Creates the unit; nothing is applied. A unit of that name belongs to others, or a killed process began it: some servers create
 * a unit first and its data then.
 */
export async function createCleanUnit(unit: CleanUnit, confighub: ConfigHubClient, signal: AbortSignal): Promise<Created> {
  const { spaceId, slug, text, description } = unit;
  const name = `${unit.space}/${slug}`;
  const where = and(`SpaceID = ${quote(spaceId)}`, `Slug = ${quote(slug)}`);
  const [existing] = await confighub.listUnits({ where }, signal);
  if (!existing) {
    const created = await confighub.createUnit(spaceId, { slug, data: text, description }, signal);
    return { ok: true, revision: created.HeadRevisionNum };
  }
  const { Unit } = existing;
  if (!unit.isOurs(Unit.LastChangeDescription))
    return { ok: false, why: `unit ${name} already exists; choose another name (unit)` };
  if (Unit.Data === text) return { ok: true, revision: Unit.HeadRevisionNum };
  if (Unit.Data !== '') return { ok: false, why: `unit ${name} was changed since it was created for this` };
  const state = { spaceId: Unit.SpaceID, id: Unit.UnitID, name, version: Unit.Version, dataHash: Unit.DataHash };
  const change = { data: text, description: Unit.LastChangeDescription };
  return { ok: true, revision: (await confighub.writeUnit(state, change, undefined, signal)).HeadRevisionNum };
}

/** Why a manifest has no text. */
export const UNREADABLE = 'its manifest changes when it is read back; write the unit by hand';

/** The manifest as YAML that Kubernetes reads as it is meant; `undefined` where it would not. */
export function toYaml(document: JsonObject): string | undefined {
  // Version 1.1 quotes what Go's parser would read as something else, such as `yes`.
  const text = stringify(document, { lineWidth: 0, version: '1.1', indentSeq: false, aliasDuplicateObjects: false });
  const { documents, faults } = readManifest(text);
  const isSame =
    faults.length === 0 && documents.length === 1 && canonicalJson(documents[0]?.document) === canonicalJson(document);
  return isSame ? text : undefined;
}
