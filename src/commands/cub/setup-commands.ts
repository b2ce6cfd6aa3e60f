import { randomInt } from 'node:crypto';
import type { ChangeSet, ExtendedUnit } from '../../clients/confighub/client.ts';
import { quote, whereUnits } from '../../clients/confighub/where.ts';
import { sanitize } from '../../domain/describe.ts';
import { ConfigHubError } from '../../domain/errors.ts';
import { type CubContext, oneSpace, readLabels, usage } from './context.ts';
import { type CubResult, json, wireUnit } from './results.ts';
import { printColumns } from './tables.ts';

type Labelled = { readonly space?: string; readonly label?: readonly string[] };

function created(context: CubContext, what: string, slug: string, id: string): 0 {
  context.out(`Successfully created ${what} ${sanitize(slug)} (${sanitize(id)})\n`);
  return 0;
}

export async function spaceCreateCommand(context: CubContext, slug: string, flags: Labelled): CubResult {
  const space = await context.hub.createSpace(slug, readLabels(flags.label), context.signal);
  return created(context, 'space', space.Slug, space.SpaceID);
}

export async function spaceListCommand(
  context: CubContext,
  flags: { readonly where?: string; readonly json?: boolean },
): CubResult {
  const spaces = await context.hub.listSpaces(flags.where ?? '', context.signal);
  if (flags.json) context.out(json(spaces.map((Space) => ({ Space }))));
  else {
    const labels = (entries: Readonly<Record<string, string>>): string =>
      Object.entries(entries)
        .map(([name, value]) => `${name}=${value}`)
        .join(',');
    context.out(
      printColumns(
        ['NAME', 'LABELS'],
        spaces.map(({ Slug, Labels }) => [Slug, labels(Labels)]),
      ),
    );
  }
  return 0;
}

const FIRST = [
  'brave',
  'bright',
  'calm',
  'chubby',
  'clever',
  'cosy',
  'eager',
  'fuzzy',
  'gentle',
  'happy',
  'jolly',
  'keen',
  'lucky',
  'merry',
  'nimble',
  'plucky',
  'proud',
  'quiet',
  'sunny',
  'swift',
];
const SECOND = [
  'badger',
  'beaver',
  'bison',
  'falcon',
  'ferret',
  'gecko',
  'heron',
  'ibis',
  'koala',
  'lynx',
  'marmot',
  'newt',
  'otter',
  'panda',
  'paws',
  'puffin',
  'raven',
  'robin',
  'tapir',
  'wombat',
];

/** A name for a project that begins no space's name yet; nothing is written. */
export async function spaceNewPrefixCommand(context: CubContext): CubResult {
  const slugs = (await context.hub.listSpaces('', context.signal)).map(({ Slug }) => Slug);
  const all = FIRST.flatMap((first) => SECOND.map((second) => `${first}-${second}`));
  const free = all.filter((name) => !slugs.some((slug) => slug.startsWith(name)));
  const name = free[free.length === 0 ? 0 : randomInt(free.length)];
  if (name === undefined) throw usage('every two-word name is taken', 'Choose a prefix by hand.');
  context.out(`${name}\n`);
  return 0;
}

export async function filterCreateCommand(
  context: CubContext,
  slug: string,
  from: string,
  flags: { readonly space?: string; readonly where?: string; readonly whereField?: string },
): CubResult {
  const { SpaceID } = await oneSpace(context, flags.space);
  const where = flags.whereField ?? flags.where ?? '';
  const filter = await context.hub.createFilter(SpaceID, { slug, from, where }, context.signal);
  return created(context, 'filter', filter.Slug, filter.FilterID);
}

/** A Set, or on a server without Sets a filter on the same labels: every unit with these labels is a member. */
export async function setCreateCommand(context: CubContext, slug: string, flags: Labelled): CubResult {
  const { hub, signal } = context;
  const { SpaceID, Slug: space } = await oneSpace(context, flags.space);
  const labels = readLabels(flags.label);
  try {
    const set = await hub.createSet(SpaceID, slug, labels, signal);
    return created(context, 'set', set.Slug, set.SetID);
  } catch (error) {
    if (!(error instanceof ConfigHubError) || error.status !== 404) throw error;
  }
  const pairs = Object.entries(labels);
  if (pairs.length === 0)
    throw usage('this ConfigHub has no Sets, and labels take their place', 'Give it one, such as --label tier=critical.');
  const where = pairs.map(([name, value]) => `Labels.${name} = ${quote(value)}`).join(' AND ');
  const filter = await hub.createFilter(SpaceID, { slug, from: 'Unit', where }, signal);
  const given = pairs.map(([name, value]) => `${name}=${value}`).join(',');
  context.say(
    `This ConfigHub has no Sets; labels take their place: filter ${sanitize(`${space}/${slug}`)} selects the units labelled ${sanitize(given)}.\nPut a unit in it with: cub unit update UNIT --space ${sanitize(space)} --patch --label ${sanitize(given)}\n`,
  );
  return created(context, 'filter', filter.Slug, filter.FilterID);
}

export async function workerCreateCommand(context: CubContext, slug: string, flags: Labelled): CubResult {
  const { SpaceID } = await oneSpace(context, flags.space);
  const worker = await context.hub.createWorker(SpaceID, slug, context.signal);
  return created(context, 'bridgeworker', worker.Slug, worker.BridgeWorkerID);
}

export async function targetCreateCommand(
  context: CubContext,
  slug: string,
  parameters: string,
  worker: string,
  flags: Labelled,
): CubResult {
  const { hub, signal } = context;
  const { SpaceID } = await oneSpace(context, flags.space);
  const [name = '', home] = worker.split('/').toReversed();
  const homeId = home === undefined ? SpaceID : (await hub.findSpace(home, signal)).SpaceID;
  const { BridgeWorkerID } = await hub.findWorker(homeId, name, signal);
  const target = await hub.createTarget(SpaceID, { slug, workerId: BridgeWorkerID, parameters }, signal);
  return created(context, 'target', target.Slug, target.TargetID);
}

export async function changeSetCreateCommand(
  context: CubContext,
  slug: string,
  flags: Labelled & { readonly description?: string },
): CubResult {
  const { SpaceID } = await oneSpace(context, flags.space);
  const description = flags.description ?? '';
  const changeSet = await context.hub.createChangeSet(
    SpaceID,
    { slug, description, labels: readLabels(flags.label) },
    context.signal,
  );
  return created(context, 'changeset', changeSet.Slug, changeSet.ChangeSetID);
}

export async function changeSetListCommand(
  context: CubContext,
  flags: { readonly space?: string; readonly where?: string },
): CubResult {
  const { hub, signal } = context;
  const inSpace = flags.space === '*' ? '' : `SpaceID = ${quote((await oneSpace(context, flags.space)).SpaceID)}`;
  const found = await hub.listChangeSets([inSpace, flags.where ?? ''].filter((term) => term !== '').join(' AND '), signal);
  context.out(printColumns(['NAME', 'STATE', 'DESCRIPTION'], found.map(changeSetRow)));
  return 0;
}

function changeSetRow({ Slug, State, Description }: ChangeSet): readonly string[] {
  return [Slug, State ?? '', Description];
}

/** The changeset, and in `Units` every unit that has revisions in it: what was fixed under it. */
export async function changeSetGetCommand(
  context: CubContext,
  slug: string,
  flags: { readonly space?: string; readonly json?: boolean },
): CubResult {
  const { hub, signal } = context;
  const changeSet = await hub.findChangeSet(`${(await oneSpace(context, flags.space)).Slug}/${slug}`, signal);
  const ids = await hub.unitsOfChangeSet(changeSet.ChangeSetID, signal);
  const units: ExtendedUnit[] = [];
  for (const where of whereUnits(ids)) units.push(...(await hub.listUnitStates({ where }, signal)));
  if (flags.json) {
    const Units = units.map(wireUnit).map(({ Unit: { Data: _, ...unit }, Space }) => ({ ...unit, SpaceSlug: Space?.Slug ?? '' }));
    context.out(json({ ...changeSet, Units }));
    return 0;
  }
  context.out(printColumns(['NAME', 'STATE', 'DESCRIPTION'], [changeSetRow(changeSet)]));
  context.out(
    `\n${printColumns(
      ['UNIT', 'SPACE'],
      units.map(({ Unit, Space }) => [Unit.Slug, Space?.Slug ?? '']),
    )}`,
  );
  return 0;
}
