import { createPatch } from 'diff';
import type { Invocation } from '../../cli/command.ts';
import { connectHub } from '../../cli/connections.ts';
import type { ProcessFacts } from '../../cli/process-facts.ts';
import type { BulkUnit, ConfigHubClient, ExtendedUnit, Space } from '../../clients/confighub/client.ts';
import { unitRef } from '../../clients/confighub/client.ts';
import { and, inList, quote, whereUnits } from '../../clients/confighub/where.ts';
import { sanitize } from '../../domain/describe.ts';
import { ConfigHubError } from '../../domain/errors.ts';
import { EXIT } from '../../domain/exit-codes.ts';
import { nameOf, rehearseUpgrades, type Upgrade } from '../../stages/promotion/promotion.ts';
import type { PromoteArguments } from './promote.ts';

interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

export async function execute(
  { given, configure, signal }: Invocation<PromoteArguments>,
  process: ProcessFacts,
): Promise<number> {
  const config = await configure();
  const hub = await connectHub(config, (message) => process.err(`${sanitize(message)}\n`), signal);
  const isComplete = await promote(hub, { ...given, dryRun: config.dryRun }, process, signal);
  return isComplete ? EXIT.ok : EXIT.incomplete;
}

/**
 * The push-upgrade: every unit of the spaces takes what its upstream changed and keeps its own values. Shows the change
 * of each unit first. Returns false where a unit was refused or not applied.
 */
async function promote(
  confighub: ConfigHubClient,
  promotion: PromoteArguments & { readonly dryRun: boolean },
  terminal: Terminal,
  signal: AbortSignal,
): Promise<boolean> {
  const { dryRun, apply } = promotion;
  const spaces = await findSpaces(confighub, promotion, signal);
  const inSpaces = `SpaceID IN ${inList(spaces.map(({ SpaceID }) => SpaceID))}`;
  const upgrades = await rehearseUpgrades(confighub, { where: inSpaces }, signal);
  if (upgrades.length === 0) {
    terminal.out(
      `Nothing to promote to ${spaces.map(({ Slug }) => sanitize(Slug)).join(', ')}: every unit is up to date with its upstream\n`,
    );
    return true;
  }
  for (const upgrade of upgrades) terminal.out(await describe(confighub, upgrade, signal));
  if (dryRun) return upgrades.every(({ refusal }) => refusal === '');

  const ids = upgrades.filter(({ refusal }) => refusal === '').map(({ unit }) => unit.Unit.UnitID);
  const byId = new Map(upgrades.map(({ unit }) => [unit.Unit.UnitID, unit]));
  let isComplete = ids.length === upgrades.length;
  const done: BulkUnit[] = [];
  for (const where of whereUnits(ids)) done.push(...(await confighub.patchUnits({ where }, { upgrade: true }, signal)));
  const upgraded: ExtendedUnit[] = [];
  for (const { Unit, Error: refused } of done) {
    const unit = byId.get(Unit?.UnitID ?? refused?.ErrorMetadata?.EntityID ?? '');
    if (!unit) continue;
    if (refused) {
      isComplete = false;
      terminal.err(`Not promoted: ${sanitize(nameOf(unit))}: ${sanitize(refused.Message)}\n`);
    } else {
      upgraded.push(unit);
      terminal.out(`Promoted ${sanitize(nameOf(unit))} to revision ${Unit?.HeadRevisionNum ?? 0}\n`);
    }
  }
  if (!apply) return isComplete;
  return (await applyUpgraded(confighub, upgraded, terminal, signal)) && isComplete;
}

async function findSpaces(
  confighub: ConfigHubClient,
  { to, regions = false }: PromoteArguments,
  signal: AbortSignal,
): Promise<readonly Space[]> {
  const all = await confighub.listSpaces('', signal);
  const isNamed = (slug: string, { Slug }: Space): boolean => Slug === slug || (regions && Slug.startsWith(`${slug}-`));
  const absent = to.filter((slug) => !all.some((space) => isNamed(slug, space)));
  if (absent.length === 0) return all.filter((space) => to.some((slug) => isNamed(slug, space)));
  throw new ConfigHubError(`ConfigHub has no space ${absent.join(', ')}`, {
    code: 'configuration',
    subject: '--to',
    remedy: 'Pass existing spaces.',
  });
}

async function describe(confighub: ConfigHubClient, upgrade: Upgrade, signal: AbortSignal): Promise<string> {
  const name = sanitize(nameOf(upgrade.unit));
  const upstream = sanitize(upgrade.upstream);
  if (upgrade.refusal !== '') return `${name}: cannot be promoted: ${sanitize(upgrade.refusal)}\n`;
  if (!upgrade.changesBytes) return `${name}: behind ${upstream} with identical content\n`;
  if (upgrade.text === undefined) return `${name}: takes the changes of ${upstream} (this ConfigHub cannot preview them)\n`;
  const unit = upgrade.unit.Unit;
  const [full] = await confighub.listUnits({ where: and(`UnitID = ${quote(unit.UnitID)}`) }, signal);
  const patch = createPatch(
    name,
    full?.Unit.Data ?? '',
    upgrade.text,
    `revision ${unit.HeadRevisionNum}`,
    `with the changes of ${upstream}`,
  );
  // Without the two lines of the format's own header; the next two name both sides, each after a tab.
  const lines = patch.split('\n').slice(2);
  return `${lines
    .map((line, index) => sanitize(index < 2 ? line.replace('\t', ', ') : line))
    .join('\n')
    .trimEnd()}\n`;
}

async function applyUpgraded(
  confighub: ConfigHubClient,
  units: readonly ExtendedUnit[],
  terminal: Terminal,
  signal: AbortSignal,
): Promise<boolean> {
  if (units.length === 0) return true;
  if (!confighub.abilities.appliesUnits) {
    terminal.err('This ConfigHub releases whole spaces: publish a release of the space to apply what was promoted\n');
    return false;
  }
  let isComplete = true;
  const say = (unit: ExtendedUnit, message: string): void => {
    isComplete = false;
    terminal.err(`Not applied: ${sanitize(nameOf(unit))}: ${sanitize(message)}\n`);
  };
  const targeted = units.filter((unit) => unit.Unit.TargetID);
  for (const unit of units) if (!unit.Unit.TargetID) say(unit, 'it has no target');
  const byId = new Map(targeted.map((unit) => [unit.Unit.UnitID, unit]));
  const actions = targeted.length === 0 ? [] : await confighub.applyUnits([...byId.keys()], 'HeadRevisionNum', signal);
  for (const { Action, Error: refused } of actions) {
    const unit = byId.get(Action?.UnitID ?? refused?.ErrorMetadata?.EntityID ?? '');
    if (!unit) continue;
    if (!Action) {
      say(unit, refused?.Message ?? 'refused');
      continue;
    }
    const event = await confighub.awaitOperation(unitRef(unit.Unit, unit.Space?.Slug ?? ''), Action.QueuedOperationID, signal);
    if (event.Status === 'Completed') terminal.out(`Applied ${sanitize(nameOf(unit))}\n`);
    else say(unit, `${event.Status}: ${event.Message}`);
  }
  return isComplete;
}
