import {
  type DecisionOutcome,
  type DecisionsFile,
  knownDeciders,
  NO_DECISIONS,
  type ReportedDecision,
} from '../domain/decision.ts';
import { differOnlyInNumbers } from '../domain/describe.ts';
import type { IgnoreRule } from '../domain/ignore-rule.ts';
import {
  decidersOf,
  type MatchedDecisions,
  type OpenDecision,
  readDecisions,
  withDeciders,
} from '../stages/decisions/decisions.ts';
import { type Cluster, cleanManifest, createCompare, type DiffOptions } from '../stages/diff/diff.ts';
import { type Acceptance, type AcceptOptions, acceptLive } from '../stages/fix/accept.ts';
import { type Adoption, adoptWorkloads } from '../stages/fix/adopt.ts';
import type { FixClients } from '../stages/fix/progress.ts';
import { decisionsPath, type ReportRepository } from '../stages/report/report.ts';
import { projectLive } from '../stages/snapshot/snapshot.ts';

/** What people decided by commit, with who decided what. */
export async function decisionsOf(
  repository: Pick<ReportRepository, 'previous' | 'readFile' | 'historyOf'>,
  cluster: string,
): Promise<DecisionsFile> {
  const path = decisionsPath(cluster);
  const text = await repository.readFile(path);
  if (text === undefined || text.trim() === '') return NO_DECISIONS;
  const file = readDecisions(text);
  if (file.decisions.length === 0) return file;
  const known = knownDeciders(repository.previous.decisions);
  const history = await repository.historyOf(path, (read) => {
    const deciders = decidersOf(file, read, known);
    return file.decisions.every(({ id }) => deciders.has(id));
  });
  return withDeciders(file, decidersOf(file, history, known));
}

/** The ignore rules that people decided on by commit. */
export function decidedRules({ decisions }: DecisionsFile): readonly IgnoreRule[] {
  return decisions.flatMap((decision) => (decision.kind === 'ignore' ? [decision.rule] : []));
}

/** The same options, with what people decided to live with among the ignore rules. */
export function withDecidedIgnores<T extends { readonly diff: DiffOptions }>(options: T, file: DecisionsFile): T {
  const { diff } = options;
  return { ...options, diff: { ...diff, ignoreRules: [...(diff.ignoreRules ?? []), ...decidedRules(file)] } };
}

export interface CarryOutOptions extends Omit<AcceptOptions, 'compare'> {
  readonly diff: DiffOptions;
  /** As the last report has them. */
  readonly previous: readonly ReportedDecision[];
  /** Slugs of the spaces that are compared; empty for all. */
  readonly spaces: readonly string[];
  /** Why no decision at all is carried out by this pass; empty where they are. */
  readonly held: string;
  /** Why nothing is written to ConfigHub for now; empty where it is. */
  readonly guarded: string;
}

export type DecisionOutcomes = ReadonlyMap<string, DecisionOutcome>;

/** Accepts and adopts what people decided; what is to be fixed is for the plan, unless it is held. */
export async function carryOutDecisions(
  matched: MatchedDecisions,
  cluster: Cluster,
  clients: FixClients,
  options: CarryOutOptions,
): Promise<DecisionOutcomes> {
  const outcomes = new Map(matched.outcomes.map((outcome) => [outcome.id, outcome]));
  const open = matched.open.filter(({ decision }) => !outcomes.has(decision.id));
  const settle = (found: readonly DecisionOutcome[]): void => {
    for (const outcome of found) outcomes.set(outcome.id, outcome);
  };
  const why = options.held === '' ? options.guarded : options.held;
  if (why !== '') {
    const waiting = open.filter(({ decision }) => options.held !== '' || decision.kind !== 'fix');
    settle(waiting.map(({ decision }) => ({ id: decision.id, effect: 'waiting', detail: why })));
    return outcomes;
  }
  const tried = (found: readonly DecisionOutcome[]): void =>
    settle(found.map((outcome) => keepDetail(outcome, options.previous)));
  const compare = createCompare(cluster, options.diff);
  const acceptances = open.flatMap(acceptanceOf);
  tried(
    await acceptLive(acceptances, clients, {
      ...options,
      compare: (desired, live) => compare(desired, live && projectLive(live, desired.ref)),
    }),
  );
  const adoptions = open.flatMap((entry) => adoptionOf(entry, cluster, options.diff));
  tried(await adoptWorkloads(adoptions, clients.confighub, options));
  return outcomes;
}

/** Keeps the earlier detail if a server reports the same failure with other numbers. */
function keepDetail(outcome: DecisionOutcome, previous: readonly ReportedDecision[]): DecisionOutcome {
  const known = previous.find(({ id, effect }) => id === outcome.id && effect === 'waiting');
  const isAgain = known !== undefined && outcome.effect === 'waiting' && differOnlyInNumbers(known.detail, outcome.detail);
  return isAgain ? { ...outcome, detail: known.detail } : outcome;
}

function acceptanceOf({ decision, finding, object }: OpenDecision): Acceptance[] {
  return decision.kind === 'accept' ? [{ ...decision, finding, desired: object.desired }] : [];
}

function adoptionOf({ decision, finding, object }: OpenDecision, cluster: Cluster, options: DiffOptions): Adoption[] {
  if (decision.kind !== 'adopt') return [];
  const manifest = object.live
    ? cleanManifest(object.live, cluster, options)
    : { ok: false as const, why: 'it no longer exists' };
  return [{ ...decision, finding, unit: decision.unit ?? finding.ref.name, manifest }];
}
