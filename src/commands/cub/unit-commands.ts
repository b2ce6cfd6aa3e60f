import type { BulkAction, BulkChange, UnitSelection } from '../../clients/confighub/client.ts';
import { unitRef } from '../../clients/confighub/client.ts';
import { unable } from '../../clients/confighub/first-generation.ts';
import { inList, quote } from '../../clients/confighub/where.ts';
import { sanitize } from '../../domain/describe.ts';
import { ConfigHubError } from '../../domain/errors.ts';
import { isJsonObject } from '../../domain/json.ts';
import { type CubContext, findUnit, oneSpace, readLabels, type SelectionFlags, selectUnits, usage } from './context.ts';
import { type CubResult, json, printBulk, wireUnit } from './results.ts';
import { resolveReference } from './revision-reference.ts';
import { listTable } from './tables.ts';
import { unitTree } from './tree.ts';

export async function unitListCommand(
  context: CubContext,
  flags: SelectionFlags & { readonly columns?: readonly string[]; readonly json?: boolean; readonly names?: boolean },
): CubResult {
  const selection = await selectUnits(context, flags);
  const read = flags.json ? context.hub.listUnits : context.hub.listUnitStates;
  const units = await read(selection, context.signal);
  if (flags.json) context.out(json(units.map(wireUnit)));
  else if (flags.names) context.out(units.map(({ Unit }) => `${sanitize(Unit.Slug)}\n`).join(''));
  else context.out(listTable(units, flags.columns));
  return 0;
}

export async function unitTreeCommand(
  context: CubContext,
  flags: SelectionFlags & { readonly node: 'unit' | 'space'; readonly columns?: readonly string[] },
): CubResult {
  const units = await context.hub.listUnitStates(await selectUnits(context, flags), context.signal);
  context.out(unitTree(units, flags.node, flags.columns));
  return 0;
}

export async function unitGetCommand(
  context: CubContext,
  slug: string,
  flags: { readonly space?: string; readonly json?: boolean; readonly dataOnly?: boolean },
): CubResult {
  const unit = await findUnit(context, slug, flags.space);
  // The data is the answer itself, for a file or a pipe: it goes out byte for byte.
  if (flags.dataOnly) context.out(unit.Unit.Data);
  else if (flags.json) context.out(json(wireUnit(unit).Unit));
  else context.out(listTable([unit], ['Unit.Slug', 'Space.Slug', 'Target.Slug', 'UnitStatus.Status', 'Unit.HeadRevisionNum']));
  return 0;
}

export interface CreateFlags extends SelectionFlags {
  readonly label?: readonly string[];
  readonly target?: string;
  readonly changeDesc?: string;
  readonly upstreamUnit?: string;
  readonly upstreamSpace?: string;
  readonly destSpace?: readonly string[];
  readonly whereSpace?: string;
}

/** A new unit from a file, a clone of one, or clones of all that are selected: ConfigHub's own client tells them apart alike. */
export async function unitCreateCommand(
  context: CubContext,
  slug: string | undefined,
  file: string | undefined,
  flags: CreateFlags,
): CubResult {
  const { hub, signal } = context;
  const labels = readLabels(flags.label);
  const target =
    flags.target === undefined ? {} : { targetId: (await hub.findTarget(flags.target, flags.space ?? '', signal)).TargetID };
  const description = flags.changeDesc === undefined ? {} : { description: flags.changeDesc };
  if (slug === undefined) {
    const spaces = flags.whereSpace ?? (flags.destSpace ? `Slug IN ${inList(flags.destSpace)}` : undefined);
    if (spaces === undefined) throw usage('clones need --dest-space or --where-space');
    const patch = {
      ...(flags.label ? { Labels: labels } : {}),
      ...(target.targetId === undefined ? {} : { TargetID: target.targetId }),
      ...(flags.changeDesc === undefined ? {} : { LastChangeDescription: flags.changeDesc }),
    };
    return printBulk(context, 'created', await hub.cloneUnits(await selectUnits(context, flags), spaces, patch, signal));
  }
  const space = await oneSpace(context, flags.space);
  if (flags.upstreamUnit === undefined) {
    const data = file === undefined ? {} : { data: await context.readFile(file) };
    const created = await hub.createUnit(space.SpaceID, { slug, labels, ...data, ...target, ...description }, signal);
    context.out(`Successfully created unit ${sanitize(created.Slug)} (${sanitize(created.UnitID)})\n`);
    return 0;
  }
  const upstream = await findUnit(context, flags.upstreamUnit, flags.upstreamSpace ?? flags.space);
  const ref = unitRef(upstream.Unit, space.Slug);
  const created = await hub.cloneUnit(space.SpaceID, ref, { slug, labels, ...target, ...description }, signal);
  context.out(`Successfully created unit ${sanitize(created.Slug)} (${sanitize(created.UnitID)})\n`);
  return 0;
}

export interface UpdateFlags extends SelectionFlags {
  /** True, or the patch itself as JSON. */
  readonly patch?: true | string;
  readonly upgrade?: boolean;
  readonly restore?: string;
  readonly label?: readonly string[];
  readonly changeset?: string;
  readonly changeDesc?: string;
  readonly dryRun?: boolean;
}

export async function unitUpdateCommand(
  context: CubContext,
  slug: string | undefined,
  file: string | undefined,
  flags: UpdateFlags,
): CubResult {
  const { hub, signal } = context;
  refuseContradiction(flags, file);
  const change = await bulkChange(context, flags);
  if (slug === undefined) {
    if (!flags.patch || file !== undefined) throw usage('several units are updated with --patch');
    return printBulk(
      context,
      flags.upgrade ? 'upgraded' : 'updated',
      await hub.patchUnits(await selectUnits(context, flags), change, signal),
    );
  }
  const unit = await findUnit(context, slug, flags.space);
  const ref = unitRef(unit.Unit, unit.Space?.Slug ?? flags.space ?? '');
  if (file !== undefined) {
    const state = { ...ref, version: unit.Unit.Version, dataHash: unit.Unit.DataHash };
    const description = flags.changeDesc === undefined ? {} : { description: flags.changeDesc };
    const lock = change.underChangeSet === undefined ? {} : { changeSetId: change.underChangeSet };
    await hub.writeUnit(state, { data: await context.readFile(file), ...description, ...lock }, change.underChangeSet, signal);
  } else {
    const written = await hub.patchUnit(ref, change.patch ?? {}, change, signal);
    const wanted = change.patch?.['SetID'];
    if (typeof wanted === 'string' && written.SetID?.toLowerCase() !== wanted.toLowerCase())
      throw noSets(slug, flags.space ?? '');
  }
  context.out(`Successfully updated unit ${sanitize(unit.Unit.Slug)} (${sanitize(unit.Unit.UnitID)})\n`);
  return 0;
}

/** One request is one change: what would be left out of it is refused, and so is one that changes nothing. */
function refuseContradiction(flags: UpdateFlags, file: string | undefined): void {
  const changes = (['label', 'upgrade', 'restore'] as const).some((name) => flags[name] !== undefined);
  const hasPatch = typeof flags.patch === 'string';
  if (file !== undefined && (changes || hasPatch || flags.dryRun || flags.changeset === '-'))
    throw usage('a file replaces the configuration of one unit, and goes with --change-desc and --changeset P/X only');
  if (file === undefined && !changes && !hasPatch && flags.changeset === undefined)
    throw usage('there is nothing to change', 'Pass a file, or --patch JSON, --label, --upgrade, --restore or --changeset.');
}

function noSets(unit: string, space: string): ConfigHubError {
  return new ConfigHubError('this ConfigHub has no Sets, so the unit is in none', {
    code: 'not-found',
    subject: `unit ${unit}`,
    remedy: `Label it instead, which counts the same: cub unit update ${unit} --space ${space} --patch --label tier=critical`,
  });
}

async function bulkChange(context: CubContext, flags: UpdateFlags): Promise<BulkChange> {
  const { hub, signal } = context;
  if (flags.changeset !== undefined && !hub.abilities.locksUnits)
    throw unable('has no changesets that lock units', `--changeset ${flags.changeset}`, 'Make the change without --changeset.');
  const closes = flags.changeset === '-';
  const changeSet = flags.changeset === undefined || closes ? undefined : await hub.findChangeSet(flags.changeset, signal);
  const labels =
    flags.label && Object.entries(readLabels(flags.label)).map(([name, value]) => [name, value === '-' ? null : value]);
  const patch = {
    ...(typeof flags.patch === 'string' ? readPatch(flags.patch) : {}),
    ...(labels ? { Labels: Object.fromEntries(labels) } : {}),
    ...(flags.changeDesc === undefined ? {} : { LastChangeDescription: flags.changeDesc }),
    ...(closes ? { ChangeSetID: null } : {}),
    ...(changeSet ? { ChangeSetID: changeSet.ChangeSetID } : {}),
  };
  return {
    ...(Object.keys(patch).length > 0 ? { patch } : {}),
    ...(flags.upgrade ? { upgrade: true } : {}),
    ...(flags.restore === undefined ? {} : { restore: await resolveReference(context, flags.restore) }),
    underChangeSet: changeSet?.ChangeSetID,
    ...(flags.dryRun ? { dryRun: true } : {}),
  };
}

function readPatch(text: string): Readonly<Record<string, unknown>> {
  try {
    const patch: unknown = JSON.parse(text);
    if (isJsonObject(patch)) return patch;
  } catch {
    // Reported below.
  }
  throw usage(`--patch is followed by ${JSON.stringify(text.slice(0, 60))}, which is not a JSON object`);
}

export async function setTargetCommand(context: CubContext, target: string, flags: SelectionFlags): CubResult {
  const { hub, signal } = context;
  const space = flags.space === '*' ? '' : (flags.space ?? '');
  const { TargetID } = await hub.findTarget(target, space, signal);
  const results = await hub.patchUnits(await selectUnits(context, flags), { patch: { TargetID } }, signal);
  return printBulk(context, 'given their target', results);
}

export interface ApplyFlags extends SelectionFlags {
  readonly revision?: string;
  readonly wait: boolean;
  /** Seconds. */
  readonly timeout: number;
  readonly dryRun?: boolean;
}

export async function unitApplyCommand(context: CubContext, slug: string | undefined, flags: ApplyFlags): CubResult {
  const { hub, signal } = context;
  if (!hub.abilities.appliesUnits) {
    throw new ConfigHubError('this ConfigHub applies no single units: from API 0.4 on a space is released as a whole', {
      code: 'invalid',
      subject: `space ${flags.space ?? ''}`,
      remedy: "Publish a release of the space with ConfigHub's own client or page.",
    });
  }
  const one: UnitSelection | undefined =
    slug === undefined ? undefined : { where: `UnitID = ${quote((await findUnit(context, slug, flags.space)).Unit.UnitID)}` };
  const revision = flags.revision === undefined ? undefined : await resolveReference(context, flags.revision);
  const selection = one ?? (await selectUnits(context, flags));
  const units = new Map(
    (await hub.listUnitStates(selection, signal)).map((unit) => [unit.Unit.UnitID, unitRef(unit.Unit, unit.Space?.Slug ?? '')]),
  );
  const actions = await hub.applySelection(selection, { revision, ...(flags.dryRun ? { dryRun: true } : {}) }, signal);
  if (actions.length === 0) context.say('No units found matching the filter\n');
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(flags.timeout * 1000)]);
  const results = await Promise.all(
    actions.map(async (action): Promise<{ readonly line: string; readonly isDone: boolean }> => {
      const refused = refusal(action, units);
      if (refused !== undefined || !action.Action) return { line: `Not applied: ${refused ?? ''}`, isDone: false };
      const { UnitID, RevisionNum, QueuedOperationID } = action.Action;
      const name = units.get(UnitID)?.name ?? UnitID;
      if (flags.dryRun) return { line: `Would apply revision ${RevisionNum} of unit ${name}`, isDone: true };
      if (!flags.wait) return { line: `Apply of unit ${name} is queued (${QueuedOperationID})`, isDone: true };
      const ref = units.get(UnitID) ?? { spaceId: action.Action.SpaceID, id: UnitID, name };
      try {
        const event = await hub.awaitOperation(ref, QueuedOperationID, deadline);
        if (event.Status === 'Completed') return { line: `Successfully completed Apply on unit ${name}`, isDone: true };
        return { line: `Apply ${event.Status.toLowerCase()} on unit ${name}: ${event.Message}`, isDone: false };
      } catch (error) {
        if (signal.aborted || !deadline.aborted) throw error;
        return { line: `Apply of unit ${name} is still under way after ${flags.timeout} s`, isDone: false };
      }
    }),
  );
  context.out(results.map(({ line }) => `${sanitize(line)}\n`).join(''));
  return results.every(({ isDone }) => isDone) ? 0 : 1;
}

function refusal(action: BulkAction, units: ReadonlyMap<string, { readonly name: string }>): string | undefined {
  if (!action.Error) return undefined;
  const id = action.Error.ErrorMetadata?.EntityID ?? '';
  return `${units.get(id)?.name ?? id}: ${action.Error.Message}`;
}

export async function unitApproveCommand(context: CubContext, slug: string | undefined, flags: SelectionFlags): CubResult {
  const selection = await selectUnits(context, slug === undefined ? flags : { ...flags, unit: [slug] });
  const answers = await context.hub.approveUnits(selection, context.signal);
  context.out(answers.map(({ Message, Error: refused }) => `${sanitize(refused?.Message ?? Message)}\n`).join(''));
  return answers.some(({ Error: refused }) => refused) ? 1 : 0;
}

export async function unitDeleteCommand(context: CubContext, slug: string, flags: { readonly space?: string }): CubResult {
  const { Unit, Space } = await findUnit(context, slug, flags.space);
  await context.hub.deleteUnit(unitRef(Unit, Space?.Slug ?? ''), context.signal);
  context.out(`Successfully deleted unit ${sanitize(Unit.Slug)} (${sanitize(Unit.UnitID)})\n`);
  return 0;
}
