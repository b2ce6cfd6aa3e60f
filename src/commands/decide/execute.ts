import type { Invocation } from '../../cli/command.ts';
import { required } from '../../cli/config.ts';
import { noReport } from '../../cli/no-report.ts';
import type { ProcessFacts } from '../../cli/process-facts.ts';
import { reportConnection } from '../../cli/report-connection.ts';
import type { DecisionKind } from '../../domain/decision.ts';
import { sanitize } from '../../domain/describe.ts';
import { ConfigError } from '../../domain/errors.ts';
import { EXIT } from '../../domain/exit-codes.ts';
import { canonicalJson } from '../../domain/finding.ts';
import { displayRef } from '../../domain/object-ref.ts';
import type { ReportFinding } from '../../domain/report.ts';
import { editDecisions, readDecisions } from '../../stages/decisions/decisions.ts';
import { decisionsPath, inert, openReportRepository, type ReportRepository, readReports } from '../../stages/report/report.ts';
import { chooseFindings, decidable } from './choose.ts';
import type { DecideFlags } from './decide.ts';
import { commitMessage, type DecideArguments, editFor } from './entries.ts';
import { whoDecides } from './person.ts';

interface DecideOptions {
  readonly cluster: string;
  readonly now: Date;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** `accept`, `ignore`, `fix`, `adopt`. */
export async function execute(
  kind: DecisionKind,
  { given, configure, signal }: Invocation<DecideFlags>,
  { environment, out, err }: ProcessFacts,
): Promise<number> {
  const config = await configure();
  const reportRepo = required(config, 'reportRepo');
  const { finding, reason = '', until = '', unit = '' } = given;
  const [onlySpace, ...otherSpaces] = config.confighubSpace;
  const space = given.space ?? (otherSpaces.length > 0 ? '' : (onlySpace ?? ''));
  if (kind === 'adopt' && space === '') {
    throw new ConfigError('the space of the new unit is not given', {
      code: 'usage',
      subject: '--space',
      remedy: 'Pass --space with a space of CONFIGHUB_SPACE.',
    });
  }
  const author = await whoDecides(environment, signal);
  const { cluster } = config;
  const connection = reportConnection(config, reportRepo, environment, signal);
  await using repository = await openReportRepository({ ...connection, author, cluster, mayPush: async () => undefined });
  if (repository.previous.digest === '')
    throw noReport((await readReports(connection, undefined, new Date())).head, cluster, undefined);
  await decide({ kind, finding, reason, until, space, unit }, repository, { cluster, now: new Date(), out, err });
  return EXIT.ok;
}

/**
 * Writes the decision into decisions.yaml and pushes it, as a person would by hand.
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
    throw mistake(`--until ${given.until} is in the past`, 'Give a future date, or omit --until.');
  if (kind === 'adopt' && given.unit !== '' && findings.length > 1)
    throw mistake('several workloads cannot become one unit', 'Omit --unit.');
  const path = decisionsPath(cluster);
  // Called again with the new content if another push came first.
  const edit = (text: string): string => findings.reduce((edited, finding) => withDecision(edited, finding), text);
  const withDecision = (text: string, finding: ReportFinding): string => {
    const file = readDecisions(text);
    if (file.unreadable !== '')
      throw mistake(`${path} cannot be read: ${file.unreadable}`, 'Correct it first: until then no pass fixes anything.');
    const change = editFor(given, finding, file, reported, now);
    if (!change) return text;
    const [fault] = readDecisions(JSON.stringify({ [kind]: [change.entry] })).mistakes;
    if (fault) throw mistake(fault.error, 'Correct what was given to the command.');
    const edited = editDecisions(text, change);
    if (edited !== undefined) return edited;
    throw mistake(
      `${path} cannot be edited without changing its other content`,
      `Add below ${kind}: ${canonicalJson(change.entry) ?? ''}`,
    );
  };
  const message = inert(commitMessage(kind, cluster, findings, given.reason).split('\n').map(sanitize).join('\n'));
  const { commit } = await repository.publish(new Map(), message, new Map([[path, edit]]));
  const verb = commit === '' ? 'Already decided' : 'Decided';
  for (const finding of findings) out(`${verb}: ${kind} ${nameOf(finding)}\n`);
  for (const { finding, why } of others) err(`Not decided: ${kind} ${nameOf(finding)}, because ${sanitize(why)}\n`);
  if (commit !== '') out(`Committed as ${commit.slice(0, 10)}; the next pass applies it and reports the result\n`);
}

function nameOf({ object, summary }: ReportFinding): string {
  return sanitize(`${displayRef(object)}: ${summary}`);
}

function mistake(what: string, remedy: string): ConfigError {
  return new ConfigError(what, { code: 'usage', subject: 'decisions.yaml', remedy });
}
