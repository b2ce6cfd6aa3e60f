import { DRIFT_CLASSES } from '../types/finding.ts';
import type { ReportFinding } from '../types/report.ts';
import { PAUSE_ANNOTATION } from '../types/snapshot.ts';

const HIDDEN = '***';

/** A thing that a person may do, and the command that does it. */
export interface NextStep {
  readonly what: string;
  readonly command: string;
}

/** What a person can do about an open finding, likeliest first. */
export function nextSteps(finding: ReportFinding, cluster: string): readonly NextStep[] {
  const steps: NextStep[] = [];
  const step = (what: string, ...command: readonly string[]): unknown => steps.push({ what, command: command.join(' ') });
  const decide = (verb: string, name: string): readonly string[] => ['drift-detector', verb, name, '--cluster', quoted(cluster)];
  const { class: found, result, changeSet, revision } = finding;
  const [space = '', slug = ''] = splitName(finding.unit);
  const isStaged = result === 'staged' && changeSet !== '';
  const isDrift = DRIFT_CLASSES.has(found);

  if (isStaged)
    step('apply what is staged', 'cub unit apply', ...unitIn(space, slug), '--revision', quoted(`ChangeSet:${changeSet}`));
  if (isDrift && !isStaged && finding.reason !== 'immutable')
    step('bring it back to desired, whatever AUTO_FIX says', ...decide('fix', finding.fingerprint));
  // What the report does not show never enters ConfigHub either.
  const isShown = finding.live !== HIDDEN && finding.desired !== HIDDEN;
  if (isDrift && finding.path !== '' && isShown)
    step('keep what is live, which becomes desired', ...decide('accept', finding.fingerprint));
  if (found === 'unmanaged')
    step('have ConfigHub declare it from now on', ...decide('adopt', finding.fingerprint), "--space 'SPACE'");
  // What waits to be applied is no departure that a rule could cover.
  if (isDrift || found === 'unmanaged') step('leave it alone', ...decide('ignore', finding.id), "--reason 'why'");
  if (revision > 0)
    step(
      'see what was written to the unit',
      'cub unit diff -u',
      ...unitIn(space, slug),
      `--from=${revision - 1} --to=${revision}`,
    );
  if (changeSet !== '') step('take the corrections of that changeset back', 'drift-detector undo', quoted(changeSet));
  if (isDrift && !isStaged) step('hold fixes of it until midnight (UTC)', ...pause(finding.object));
  return steps;
}

function pause({ kind, namespace, name }: ReportFinding['object']): readonly string[] {
  return [
    'kubectl annotate --overwrite',
    quoted(`${kind.toLowerCase()}/${name}`),
    ...(namespace === '' ? [] : ['-n', quoted(namespace)]),
    `${PAUSE_ANNOTATION}="$(date -u +%F)T23:59:59Z"`,
  ];
}

function unitIn(space: string, slug: string): readonly string[] {
  return [quoted(slug), '--space', quoted(space)];
}

/** `space/slug` in two. */
export function splitName(name: string): readonly string[] {
  const slash = name.indexOf('/');
  return slash < 0 ? ['', name] : [name.slice(0, slash), name.slice(slash + 1)];
}

/** One word to a shell, whatever it says. */
export function quoted(word: string): string {
  return /^[A-Za-z0-9][A-Za-z0-9._:/@%+=-]*$/u.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
