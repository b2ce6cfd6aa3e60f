import { stringify } from 'yaml';
import type { ConfigHubClient, ExtendedUnit, Space } from '../../clients/confighub/client.ts';
import { and, quote } from '../../clients/confighub/where.ts';
import { readManifest } from '../../clients/kubernetes/manifest.ts';
import { adoptMarker, decisionsIn } from '../../domain/accept-marker.ts';
import type { DecisionOutcome, DecisionText } from '../../domain/decision.ts';
import { messageOf, throwUnless, UserError } from '../../domain/errors.ts';
import { canonicalJson, type Finding } from '../../domain/finding.ts';
import type { JsonObject } from '../../domain/json.ts';
import { displayRef } from '../../domain/object-ref.ts';
import { who } from './accept-text.ts';

/** A person's decision that an unmanaged workload becomes a unit. */
export interface Adoption extends DecisionText {
  readonly finding: Finding;
  readonly space: string;
  /** Slug of the unit to be. */
  readonly unit: string;
  /** The manifest that a person would have written, or why there can be none. */
  readonly manifest: { readonly ok: true; readonly document: JsonObject } | { readonly ok: false; readonly why: string };
}

export interface AdoptOptions {
  /** Slugs of the spaces that are compared; empty for all. */
  readonly spaces: readonly string[];
  readonly signal: AbortSignal;
}

/** Creates a unit for each workload, which the next comparison takes for its desired state; nothing is applied. */
export async function adoptWorkloads(
  adoptions: readonly Adoption[],
  confighub: ConfigHubClient,
  options: AdoptOptions,
): Promise<readonly DecisionOutcome[]> {
  const outcomes: DecisionOutcome[] = [];
  for (const adoption of adoptions) {
    const { id } = adoption;
    try {
      outcomes.push({ id, ...(await adopt(adoption, confighub, options)) });
    } catch (error) {
      throwUnless(error, UserError, options.signal);
      outcomes.push({ id, effect: 'waiting', detail: messageOf(error) });
    }
  }
  return outcomes;
}

async function adopt(
  adoption: Adoption,
  confighub: ConfigHubClient,
  { spaces, signal }: AdoptOptions,
): Promise<Omit<DecisionOutcome, 'id'>> {
  const { finding, manifest } = adoption;
  if (finding.class !== 'unmanaged') return refuse(`unit ${finding.unit} already declares it; accept or fix the difference`);
  if (!manifest.ok) return refuse(manifest.why);
  const text = toYaml(manifest.document);
  if (text === undefined) return refuse('its manifest changes when it is read back; write the unit by hand');
  const space = await spaceOf(adoption.space, confighub, signal);
  if (space === undefined) return refuse(`ConfigHub has no space ${adoption.space}; create it or choose another one`);
  if (space.Labels['base'] === 'true') return refuse(`space ${adoption.space} is a base, which no cluster runs`);
  if (spaces.length > 0 && !spaces.includes(adoption.space))
    return refuse(`space ${adoption.space} is not compared here; choose one of ${spaces.slice(0, 5).join(', ')}`);
  const where = and(`SpaceID = ${quote(space.SpaceID)}`, `Slug = ${quote(adoption.unit)}`);
  const [existing] = await confighub.listUnits({ where }, signal);
  if (existing) return finish(existing, adoption, text, confighub, signal);
  const description = `Adopted ${displayRef(finding.ref)} (${who([adoption])}) ${adoptMarker(adoption.id)}`;
  const created = await confighub.createUnit(space.SpaceID, { slug: adoption.unit, data: text, description }, signal);
  return done(adoption, created.HeadRevisionNum);
}

function refuse(detail: string): Omit<DecisionOutcome, 'id'> {
  return { effect: 'refused', detail };
}

function done({ space, unit }: Adoption, revision: number): Omit<DecisionOutcome, 'id'> {
  return { effect: 'spent', detail: `revision ${revision} of unit ${space}/${unit}` };
}

/** A unit of that name belongs to others, or a killed pass began it: some servers create a unit first and its data then. */
async function finish(
  { Unit }: ExtendedUnit,
  adoption: Adoption,
  text: string,
  confighub: ConfigHubClient,
  signal: AbortSignal,
): Promise<Omit<DecisionOutcome, 'id'>> {
  const name = `${adoption.space}/${adoption.unit}`;
  const isOurs = decisionsIn(Unit.LastChangeDescription).includes(adoption.id);
  if (!isOurs) return refuse(`unit ${name} already exists; choose another name (unit)`);
  if (Unit.Data === text) return done(adoption, Unit.HeadRevisionNum);
  if (Unit.Data !== '') return refuse(`unit ${name} was changed since it was created for this`);
  const state = { spaceId: Unit.SpaceID, id: Unit.UnitID, name, version: Unit.Version, dataHash: Unit.DataHash };
  const change = { data: text, description: Unit.LastChangeDescription };
  return done(adoption, (await confighub.writeUnit(state, change, undefined, signal)).HeadRevisionNum);
}

async function spaceOf(slug: string, confighub: ConfigHubClient, signal: AbortSignal): Promise<Space | undefined> {
  return (await confighub.listSpaces(`Slug = ${quote(slug)}`, signal)).find(({ Slug }) => Slug === slug);
}

/** The manifest as YAML that Kubernetes reads as it is meant; `undefined` where it would not. */
function toYaml(document: JsonObject): string | undefined {
  // Version 1.1 quotes what Go's parser would read as something else, such as `yes`.
  const text = stringify(document, { lineWidth: 0, version: '1.1', indentSeq: false, aliasDuplicateObjects: false });
  const { documents, faults } = readManifest(text);
  const isSame =
    faults.length === 0 && documents.length === 1 && canonicalJson(documents[0]?.document) === canonicalJson(document);
  return isSame ? text : undefined;
}
