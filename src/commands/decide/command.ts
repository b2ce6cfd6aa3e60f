import { sanitize } from '../../domain/describe.ts';
import { ConfigError } from '../../domain/errors.ts';
import { canonicalJson } from '../../domain/finding.ts';
import { displayRef } from '../../domain/object-ref.ts';
import type { ReportFinding } from '../../domain/report.ts';
import { editDecisions, readDecisions } from '../../stages/decisions/decisions.ts';
import { decisionsPath, inert, type ReportRepository } from '../../stages/report/report.ts';
import { chooseFindings, decidable } from './choose.ts';
import { commitMessage, type DecideArguments, editFor } from './entries.ts';

export type { DecideArguments } from './entries.ts';

interface DecideOptions {
  readonly cluster: string;
  readonly now: Date;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/**
 * `accept`, `ignore`, `fix`, `adopt`: writes the decision into decisions.yaml and pushes it, as a person would by hand.
 * The same decision twice is one; another one about the same finding takes its place.
 */
export async function decide(
  given: DecideArguments,
  repository: Pick<ReportRepository, 'previous' | 'publish'>,
  { cluster, now, out, err }: DecideOptions,
): Promise<void> {
  const { kind } = given;
  const { findings: open, decisions: reported } = repository.previous;
  const { possible: findings, others } = decidable(kind, chooseFindings(open, given.finding));
  if (Date.parse(given.until) <= now.getTime())
    throw mistake(`--until ${given.until} is over already`, 'Give a date to come, or leave --until out.');
  if (kind === 'adopt' && given.unit !== '' && findings.length > 1)
    throw mistake('several workloads cannot become one unit', 'Leave --unit out.');
  const path = decisionsPath(cluster);
  // Asked again with what is there then, should somebody else push meanwhile.
  const edit = (text: string): string => findings.reduce((edited, finding) => withDecision(edited, finding), text);
  const withDecision = (text: string, finding: ReportFinding): string => {
    const file = readDecisions(text);
    if (file.unreadable !== '')
      throw mistake(`${path} cannot be read: ${file.unreadable}`, 'Mend it first: until then no pass fixes anything.');
    const change = editFor(given, finding, file, reported, now);
    if (!change) return text;
    const [fault] = readDecisions(JSON.stringify({ [kind]: [change.entry] })).mistakes;
    if (fault) throw mistake(fault.error, 'Correct what was given to the command.');
    const edited = editDecisions(text, change);
    if (edited !== undefined) return edited;
    throw mistake(
      `${path} cannot be edited without changing what else it says`,
      `Add below ${kind}: ${canonicalJson(change.entry) ?? ''}`,
    );
  };
  const message = inert(commitMessage(kind, cluster, findings, given.reason).split('\n').map(sanitize).join('\n'));
  const { commit } = await repository.publish(new Map(), message, new Map([[path, edit]]));
  const told = commit === '' ? 'Decided before' : 'Decided';
  for (const finding of findings) out(`${told}: ${kind} ${nameOf(finding)}\n`);
  for (const { finding, why } of others) err(`Not decided: ${kind} ${nameOf(finding)}, because ${sanitize(why)}\n`);
  if (commit !== '') out(`Committed as ${commit.slice(0, 10)}; the next pass carries it out and reports what became of it\n`);
}

function nameOf({ object, summary }: ReportFinding): string {
  return sanitize(`${displayRef(object)}: ${summary}`);
}

function mistake(what: string, remedy: string): ConfigError {
  return new ConfigError(what, { code: 'usage', subject: 'decisions.yaml', remedy });
}
