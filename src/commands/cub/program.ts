import { Command, CommanderError, Option } from 'commander';
import { collect, collectList } from '../../cli/command.ts';
import { complaintOf, throwing } from '../../cli/command-line.ts';
import { type CubContext, usage } from './context.ts';
import * as revisions from './revision-commands.ts';
import * as setup from './setup-commands.ts';
import * as units from './unit-commands.ts';

/** A command that was read from the command line and waits for its server. */
export type CubCommand = (context: CubContext) => Promise<0 | 1>;

export interface CubTerminal {
  readonly out: (text: string) => void;
}

/**
 * Reads a command of ConfigHub's client, with the names and flags of the walk-through. Help is printed and answers
 * `undefined`; a mistake is a `ConfigError` of code `usage`.
 */
export function readCubCommand(argv: readonly string[], { out }: CubTerminal): CubCommand | undefined {
  let command: CubCommand | undefined;
  const program = cubProgram(out, (taken) => {
    command = taken;
  });
  try {
    program.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw usage(complaintOf(error));
  }
  return command;
}

/** Is given the command that was read. */
type Take = (command: CubCommand) => void;

/** The command line of `cub`. `take` is given the command that it was parsed to. */
export function cubProgram(out: (text: string) => void, take: Take): Command {
  const program = new Command('cub')
    .description("ConfigHub's client for the commands of the walk-through: drift-detector cub ...")
    .helpOption('-h, --help', 'print help')
    .exitOverride()
    .configureOutput(throwing(out));
  addSpaces(program, take);
  addSetup(program, take);
  addChangeSets(program, take);
  const unit = add(program, 'unit', 'units');
  addUnitReads(unit, take);
  addUnitWrites(unit, take);
  addUnitActions(unit, take);
  addRevisions(program, take);
  return program;
}

function add(parent: Command, name: string, description: string): Command {
  return parent.command(name).description(description).exitOverride();
}

function inSpace(entry: Command): Command {
  return entry.option('--space <SPACE>', "name of a space; '*' for all where several may be meant");
}

function labelled(entry: Command): Command {
  return entry.option('--label <NAME=VALUE>', 'label, may be given several times', collect);
}

function selecting(entry: Command): Command {
  return inSpace(entry)
    .option('--where <QUERY>', 'condition, such as "Labels.tier=\'frontend\'"')
    .option('--filter <PROJECT/FILTER>', 'stored filter')
    .option('--unit <NAMES>', 'names of units', collectList);
}

function addSpaces(program: Command, take: Take): void {
  const space = add(program, 'space', 'spaces');
  labelled(add(space, 'create <space>', 'make a space')).action((slug, flags) => {
    take((context) => setup.spaceCreateCommand(context, slug, flags));
  });
  add(space, 'list', 'list spaces')
    .option('--where <QUERY>', 'condition')
    .option('--json', 'as JSON')
    .action((flags) => {
      take((context) => setup.spaceListCommand(context, flags));
    });
  add(space, 'new-prefix', 'print a project name that is not taken').action(() => {
    take(setup.spaceNewPrefixCommand);
  });
}

function addSetup(program: Command, take: Take): void {
  inSpace(add(add(program, 'filter', 'stored filters'), 'create <filter> <from>', 'make a filter on units or other entities'))
    .option('--where-field <QUERY>', 'what it selects')
    .option('--where <QUERY>', 'the same, as older clients call it')
    .action((slug, from, flags) => {
      take((context) => setup.filterCreateCommand(context, slug, from, flags));
    });

  labelled(inSpace(add(add(program, 'set', 'sets of units'), 'create <set>', 'make a set'))).action((slug, flags) => {
    take((context) => setup.setCreateCommand(context, slug, flags));
  });
  inSpace(add(add(program, 'worker', 'workers'), 'create <worker>', 'make a worker')).action((slug, flags) => {
    take((context) => setup.workerCreateCommand(context, slug, flags));
  });
  inSpace(add(add(program, 'target', 'targets'), 'create <target> <parameters> <worker>', 'make a target of a cluster')).action(
    (slug, parameters, worker, flags) => {
      take((context) => setup.targetCreateCommand(context, slug, parameters, worker, flags));
    },
  );
}

function addChangeSets(program: Command, take: Take): void {
  const changeset = add(program, 'changeset', 'changesets');
  labelled(inSpace(add(changeset, 'create <changeset>', 'make a changeset')))
    .option('--description <TEXT>', 'what it is for')
    .action((slug, flags) => {
      take((context) => setup.changeSetCreateCommand(context, slug, flags));
    });
  inSpace(add(changeset, 'get <changeset>', 'show a changeset and the units with revisions in it'))
    .option('--json', 'as JSON')
    .action((slug, flags) => {
      take((context) => setup.changeSetGetCommand(context, slug, flags));
    });
  inSpace(add(changeset, 'list', 'list changesets'))
    .option('--where <QUERY>', 'condition')
    .action((flags) => {
      take((context) => setup.changeSetListCommand(context, flags));
    });
}

function addUnitReads(unit: Command, take: Take): void {
  selecting(add(unit, 'list', 'list units'))
    .option('--columns <NAMES>', 'columns instead of the usual ones', collectList)
    .option('--json', 'as JSON')
    .option('--names', 'names only')
    .action((flags) => {
      take((context) => units.unitListCommand(context, flags));
    });
  selecting(add(unit, 'tree', 'units below those that they were cloned from'))
    .addOption(new Option('--node <KIND>', 'what each line shows').choices(['unit', 'space']).default('unit'))
    .addOption(new Option('--edge <KIND>', 'what leads from one to the next').choices(['clone']).default('clone'))
    .option('--columns <NAMES>', 'columns instead of the usual ones', collectList)
    .action((flags) => {
      take((context) => units.unitTreeCommand(context, flags));
    });
  inSpace(add(unit, 'get <unit>', 'show a unit'))
    .option('--json', 'as JSON')
    .option('--data-only', 'only its configuration')
    .action((slug, flags) => {
      take((context) => units.unitGetCommand(context, slug, flags));
    });
}

function addUnitWrites(unit: Command, take: Take): void {
  labelled(selecting(add(unit, 'create [unit] [file]', 'make a unit from a file (- for standard input), or clones of units')))
    .option('--target <TARGET>', 'target that it is applied to')
    .option('--change-desc <TEXT>', 'description of the first revision')
    .option('--upstream-unit <UNIT>', 'unit to clone')
    .option('--upstream-space <SPACE>', 'space of the unit to clone')
    .option('--dest-space <SPACES>', 'spaces for the clones of the selected units', collectList)
    .option('--where-space <QUERY>', 'the same by a condition')
    .action((slug, file, flags) => {
      take((context) => units.unitCreateCommand(context, slug, file, flags));
    });
  labelled(selecting(add(unit, 'update [unit] [file]', 'change a unit, or with --patch every selected one')))
    .option('--patch [JSON]', 'change only what is named')
    .option('--upgrade', 'take what the upstream units changed; own changes stay')
    .option('--restore <REVISION>', 'put an earlier revision back: a number, LiveRevisionNum, Before:ChangeSet:PROJECT/NAME')
    .option('--changeset <PROJECT/NAME>', 'lock to this changeset and write under it; - ends the lock')
    .option('--change-desc <TEXT>', 'description of the revision')
    .option('--dry-run', 'show what would change')
    .action((named, file, { patch: given, ...flags }) => {
      // `--patch web`: what follows is no patch, but the unit.
      const isName = typeof given === 'string' && !given.trimStart().startsWith('{') && named === undefined;
      const [slug, patch] = isName ? [given, true as const] : [named, given];
      take((context) => units.unitUpdateCommand(context, slug, file, { ...flags, patch }));
    });
}

function addUnitActions(unit: Command, take: Take): void {
  selecting(add(unit, 'set-target <target>', 'give units their target')).action((target, flags) => {
    take((context) => units.setTargetCommand(context, target, flags));
  });
  selecting(add(unit, 'apply [unit]', 'apply a unit, or every selected one, and wait'))
    .option('--revision <REVISION>', 'a number, LiveRevisionNum, ChangeSet:PROJECT/NAME; the head otherwise')
    .option('--wait <true|false>', 'wait until it is done', 'true')
    .option('--timeout <DURATION>', 'how long to wait, such as 2m', '10m')
    .option('--dry-run', 'show what would be applied')
    .action((slug, { wait, timeout, ...flags }) => {
      const read = { ...flags, wait: wait !== 'false', timeout: seconds(timeout) };
      take((context) => units.unitApplyCommand(context, slug, read));
    });
  selecting(add(unit, 'approve [unit]', 'approve units')).action((slug, flags) => {
    take((context) => units.unitApproveCommand(context, slug, flags));
  });
  inSpace(add(unit, 'delete <unit>', 'delete a unit')).action((slug, flags) => {
    take((context) => units.unitDeleteCommand(context, slug, flags));
  });
  inSpace(add(unit, 'diff <unit>', 'what changed from one revision to another'))
    .option('-u, --unified', 'unified format, which is the only one')
    .option('--from <REVISION>', 'a number, live or head', 'live')
    .option('--to <REVISION>', 'a number, live or head', 'head')
    .action((slug, flags) => {
      take((context) => revisions.unitDiffCommand(context, slug, flags));
    });
}

function addRevisions(program: Command, take: Take): void {
  inSpace(add(add(program, 'revision', 'revisions'), 'list <unit>', 'revisions of a unit, newest first'))
    .option('--json', 'as JSON')
    .action((slug, flags) => {
      take((context) => revisions.revisionListCommand(context, slug, flags));
    });
}

function seconds(text: string): number {
  const [, number, unit = 's'] = /^(\d+)(s|m|h)?$/u.exec(text) ?? [];
  if (number === undefined) throw usage(`--timeout ${JSON.stringify(text)} is not a duration`, 'Write it as 90s, 2m or 1h.');
  return Number(number) * { s: 1, m: 60, h: 3600 }[unit as 's' | 'm' | 'h'];
}
