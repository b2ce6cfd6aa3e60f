import type { DecisionKind } from '../../domain/decision.ts';
import { rowOf } from '../../domain/finding-classes.ts';
import { displayRef, objectKey } from '../../domain/object-ref.ts';
import type { ReportFinding } from '../../domain/report.ts';
import { hasHiddenPart } from '../../domain/secret.ts';
import { quoted } from '../../domain/shell.ts';
import { PAUSE_ANNOTATION } from '../../domain/snapshot.ts';

/** Rules that no decision overrules: a `fix` would wait for ever. */
const NEVER_FIXED: ReadonlySet<string> = new Set(['autoscaler', 'secret', 'immutable', 'terminating']);

/** A thing that a person may do, and the command that does it. */
export interface NextStep {
  readonly what: string;
  readonly command: string;
  /** The decision that the command writes; `undefined` for other commands. */
  readonly decision?: DecisionKind;
}

/** What a person can do about an open finding, likeliest first; nothing where no command helps. */
export function nextSteps(finding: ReportFinding, cluster: string): readonly NextStep[] {
  const steps: NextStep[] = [];
  const step = (what: string, ...command: readonly string[]): unknown => steps.push({ what, command: command.join(' ') });
  const decide = (decision: DecisionKind, what: string, name: string, more = ''): unknown =>
    steps.push({ what, command: decisionCommand(decision, name, cluster, more), decision });
  const { class: found, result, changeSet, revision } = finding;
  const [space = '', slug = ''] = splitName(finding.unit);
  const isStaged = result === 'staged' && changeSet !== '';
  const { isDrift, decisions } = rowOf(found);
  const isFixable = isDrift && !isStaged && !NEVER_FIXED.has(finding.reason);

  if (isStaged)
    step('Apply the staged fix', 'cub unit apply', ...unitIn(space, slug), '--revision', quoted(`ChangeSet:${changeSet}`));
  if (isFixable) decide('fix', 'Revert it, even if AUTO_FIX is off', finding.fingerprint);
  // What the report does not show never enters ConfigHub either.
  const isShown = !hasHiddenPart(finding.live) && !hasHiddenPart(finding.desired);
  if (decisions.includes('accept') && finding.path !== '' && isShown)
    decide('accept', 'Accept the live value as desired', finding.fingerprint);
  if (decisions.includes('adopt')) decide('adopt', 'Adopt it into ConfigHub', finding.fingerprint, "--space 'SPACE'");
  if (found === 'pending') step('Apply the unit', 'cub unit apply', ...unitIn(space, slug));
  // What waits to be applied is no difference that a rule could cover.
  if (decisions.includes('ignore')) decide('ignore', 'Ignore it', finding.id, REASON);
  if (revision > 0)
    step(
      'Show what was written to the unit',
      'cub unit diff -u',
      ...unitIn(space, slug),
      `--from=${revision - 1} --to=${revision}`,
    );
  // What is only staged took nothing away yet, and its changeset is still somebody's.
  if (changeSet !== '' && !isStaged) step('Revert the fixes of that changeset', 'drift-detector undo', quoted(changeSet));
  const held = isFixable ? annotated(finding) : '';
  if (held !== '')
    step(
      `Pause fixes ${found === 'missing' ? 'in its namespace' : 'of it'} until midnight (UTC)`,
      'kubectl annotate --overwrite',
      held,
      UNTIL_MIDNIGHT,
    );
  return steps;
}

const REASON = "--reason 'why'";

function decisionCommand(decision: DecisionKind, name: string, cluster: string, more: string): string {
  const options = ['--cluster', quoted(cluster), ...(more === '' ? [] : [more])];
  // No name of the API server begins so; an option it must not become all the same.
  const words = /^'?-/u.test(name) ? [...options, '--', name] : [name, ...options];
  return ['drift-detector', decision, ...words].join(' ');
}

/**
 * What a person can do about an object with these open findings: a command that is the same for all of them, or that takes the
 * object's name and does it for each, is there once.
 */
export function objectSteps(findings: readonly ReportFinding[], cluster: string): readonly NextStep[] {
  const all = findings.map((finding) => nextSteps(finding, cluster));
  const names = new Set(findings.map(({ object }) => objectKey(object)));
  const [first] = findings;
  const name = first ? displayRef(first.object) : '';
  const steps = all.flatMap((own) => own.map((step, place) => ({ ...step, place }))).toSorted((a, b) => a.place - b.place);
  return [...Map.groupBy(steps, ({ what }) => what).values()].flatMap((alike) => {
    const distinct = [...new Map(alike.map((step) => [step.command, step])).values()];
    const [step] = distinct;
    if (!step || distinct.length === 1) return distinct;
    // By name it is done to every field that it can be done to.
    if (step.decision === undefined || names.size !== 1) return distinct;
    const command = decisionCommand(step.decision, quoted(name), cluster, step.decision === 'ignore' ? REASON : '');
    return [{ ...step, what: `${step.what} (${distinct.length} fields)`, command }];
  });
}

const UNTIL_MIDNIGHT = `${PAUSE_ANNOTATION}="$(date -u +%F)T23:59:59Z"`;

/** What the annotation is put on: what is missing has nothing but its namespace; empty without one. */
function annotated({ class: found, object: { kind, namespace, name } }: ReportFinding): string {
  if (found === 'missing') return namespace === '' ? '' : quoted(`namespace/${namespace}`);
  return [quoted(`${kind.toLowerCase()}/${name}`), ...(namespace === '' ? [] : ['-n', quoted(namespace)])].join(' ');
}

/** The command that lists the revisions of `space/slug`. */
export function revisionsOf(unit: string): string {
  const [space = '', slug = ''] = splitName(unit);
  return ['cub revision list', ...unitIn(space, slug)].join(' ');
}

function unitIn(space: string, slug: string): readonly string[] {
  return [quoted(slug), '--space', quoted(space)];
}

/** `space/slug` in two. */
function splitName(name: string): readonly string[] {
  const slash = name.indexOf('/');
  return slash < 0 ? ['', name] : [name.slice(0, slash), name.slice(slash + 1)];
}
