import type { ConfigHubClient, Space } from '../../clients/confighub/client.ts';
import { quote } from '../../clients/confighub/where.ts';
import { adoptMarker, decisionsIn } from '../../domain/accept-marker.ts';
import type { DecisionOutcome, DecisionText } from '../../domain/decision.ts';
import { messageOf, throwUnless, UserError } from '../../domain/errors.ts';
import type { Finding } from '../../domain/finding.ts';
import type { JsonObject } from '../../domain/json.ts';
import { displayRef } from '../../domain/object-ref.ts';
import { who } from './accept-text.ts';
import { createCleanUnit, toYaml, UNREADABLE } from './clean-unit.ts';

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
  if (text === undefined) return refuse(UNREADABLE);
  const space = await spaceOf(adoption.space, confighub, signal);
  if (space === undefined) return refuse(`ConfigHub has no space ${adoption.space}; create it or choose another one`);
  if (space.Labels['base'] === 'true') return refuse(`space ${adoption.space} is a base, which no cluster runs`);
  if (spaces.length > 0 && !spaces.includes(adoption.space))
    return refuse(`space ${adoption.space} is not compared here; choose one of ${spaces.slice(0, 5).join(', ')}`);
  const created = await createCleanUnit(
    {
      spaceId: space.SpaceID,
      space: adoption.space,
      slug: adoption.unit,
      text,
      description: `Adopted ${displayRef(finding.ref)} (${who([adoption])}) ${adoptMarker(adoption.id)}`,
      isOurs: (description) => decisionsIn(description).includes(adoption.id),
    },
    confighub,
    signal,
  );
  return created.ok ? done(adoption, created.revision) : refuse(created.why);
}

function refuse(detail: string): Omit<DecisionOutcome, 'id'> {
  return { effect: 'refused', detail };
}

function done({ space, unit }: Adoption, revision: number): Omit<DecisionOutcome, 'id'> {
  return { effect: 'spent', detail: `revision ${revision} of unit ${space}/${unit}` };
}

async function spaceOf(slug: string, confighub: ConfigHubClient, signal: AbortSignal): Promise<Space | undefined> {
  return (await confighub.listSpaces(`Slug = ${quote(slug)}`, signal)).find(({ Slug }) => Slug === slug);
}
