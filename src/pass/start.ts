import type { Clients } from '../clients/clients.ts';
import type { DecisionsFile } from '../domain/decision.ts';
import type { DesiredState } from '../domain/desired.ts';
import { guardSides } from '../domain/guards.ts';
import { planDecisions } from '../stages/decisions/decisions.ts';
import { pullDesired } from '../stages/desired/desired.ts';
import { finishEarlierPass } from '../stages/fix/resume.ts';
import { sidesOf } from '../stages/plan/plan.ts';
import type { Pass } from './context.ts';
import { carryOutDecisions } from './decisions.ts';
import type { JudgeInput, PassOptions } from './judgement.ts';

const NO_LEASE = 'this pass cannot take the Lease, and without it nothing is written; grant its account the right to take it';

/** Pulls the present desired side. */
export function pulling({ confighub }: Clients, options: PassOptions): () => Promise<DesiredState> {
  return () => pullDesired(confighub, { ...options.desired, signal: options.signal });
}

/** The input of a writing pass: it finishes what an earlier pass left, and carries out decisions. */
export function startOfPass(pass: Pass, decisions: DecisionsFile): JudgeInput {
  const { previous } = pass.repository;
  return {
    previous,
    decisions,
    pull: () => pullFinished(pass),
    carryOut: async (matched, snapshot, desired) => {
      const { clients, repository, options, log } = pass;
      await repository.confirmWritable();
      const decided = planDecisions(decisions, matched, new Map());
      return carryOutDecisions(matched, snapshot, clients, {
        cluster: options.diff.cluster,
        changeSet: options.plan.changeSet,
        diff: options.diff,
        previous: previous.decisions,
        spaces: options.desired.spaces,
        held: options.holdsLease ? '' : NO_LEASE,
        guarded: guardSides(sidesOf({ decided, snapshot, desired, previous }), options.plan)?.detail ?? '',
        onChangeSet: log.changeSet,
        onWarning: log.warning,
        signal: options.signal,
      });
    },
  };
}

/** The desired side, once what a killed pass left half done is finished. */
async function pullFinished({ clients, options, log }: Pass): Promise<DesiredState> {
  const pull = pulling(clients, options);
  const found = await pull();
  // What is unfinished may be a pass that is running, which holds the Lease.
  if (!options.holdsLease) return found;
  const { cluster } = options.diff;
  const isFinished = await finishEarlierPass(found.units, clients.confighub, cluster, log.warning, options.signal);
  return isFinished ? found : pull();
}
