import type { ChangeSetRef, DesiredUnit } from '../types/desired.ts';
import { isDrift } from '../types/finding.ts';
import type { PlanItem } from '../types/plan.ts';
import type { RankedFinding } from '../types/ranking.ts';
import type { ServerAbilities } from '../types/server.ts';

export interface FixPolicy {
  readonly autoFix: boolean;
  /** Create objects that a unit declares and the cluster lacks. */
  readonly createMissing: boolean;
  /** The changeset that CHANGESET names. */
  readonly changeSet: (ChangeSetRef & { readonly isClosed: boolean }) | undefined;
  readonly applyChangeSet: boolean;
  /** What the ConfigHub server can be asked to do. */
  readonly server: ServerAbilities;
}

type Rule = (ranked: RankedFinding, unit: DesiredUnit | undefined, policy: FixPolicy) => Omit<PlanItem, 'ranked'> | undefined;

const report = (reason: PlanItem['reason'], detail: string): Omit<PlanItem, 'ranked'> => ({ action: 'report', reason, detail });
const blocked = (reason: PlanItem['reason'], detail: string): Omit<PlanItem, 'ranked'> => ({ action: 'blocked', reason, detail });

/** Asked in this order; the first that answers decides. A new guard is a new entry. */
const RULES: readonly Rule[] = [
  ({ finding }) => (isDrift(finding) ? undefined : report('never-fixed', finding.note)),
  ({ finding }) => (finding.ref.kind === 'Secret' ? report('secret', 'Secrets are only reported') : undefined),
  ({ finding }) => {
    // Whoever set it, the autoscaler goes on from there; a fix would be undone within seconds.
    if (finding.autoscaler === undefined) return undefined;
    return report('autoscaler', `HorizontalPodAutoscaler ${finding.autoscaler} decides this number`);
  },
  ({ finding }) => {
    if (finding.repair.method !== 'recreate') return undefined;
    return blocked('immutable', `the API lets nobody change it in place; ${finding.repair.command}, then apply the unit again`);
  },
  ({ finding }, _, policy) => {
    // Somebody deleted it, perhaps on purpose: putting a whole workload back is asked for by name.
    if (finding.class !== 'missing' || policy.createMissing) return undefined;
    return report('never-created', 'set CREATE_MISSING=true to have it created');
  },
  ({ finding }) => {
    if (finding.class !== 'added' || finding.blame?.actor === 'person') return undefined;
    return report(
      'added-by-controller',
      `${finding.blame?.actor ?? 'unknown'} ${finding.blame?.manager ?? ''} may need it`.trim(),
    );
  },
  (_, __, policy) => (policy.autoFix ? undefined : report('auto-fix-off', 'set AUTO_FIX=true to have it fixed')),
  (_, unit) => {
    if (!unit || unit.gates.length === 0) return undefined;
    return blocked('apply-gate', `apply gate ${unit.gates.join(', ')} must be passed in ConfigHub first`);
  },
  (_, unit) => {
    // Left-overs of a killed pass are finished before anything is judged, so this one is still at work.
    if (unit?.changeSet?.openedFor === undefined) return undefined;
    return blocked('locked-elsewhere', `another pass is correcting it under changeset ${unit.changeSet.slug}`);
  },
  (_, unit, policy) => {
    if (!policy.changeSet || !unit?.changeSet || unit.changeSet.id === policy.changeSet.id) return undefined;
    return blocked(
      'locked-elsewhere',
      `the unit is locked by changeset ${unit.changeSet.slug}, CHANGESET names ${policy.changeSet.slug}`,
    );
  },
  (_, unit, policy) => {
    if (!policy.changeSet?.isClosed || unit?.changeSet) return undefined;
    return blocked(
      'changeset-closed',
      `changeset ${policy.changeSet.slug} is closed; name an open one in CHANGESET or leave it out`,
    );
  },
  ({ opinion }) => (opinion?.isHeld ? report('held-by-model', 'the model advises to look first') : undefined),
  (_, unit, policy) => {
    const changeSet = unit?.changeSet ?? policy.changeSet;
    if (!changeSet || policy.applyChangeSet) return undefined;
    const detail = policy.server.appliesUnits
      ? `cub unit apply --revision ChangeSet:${changeSet.space}/${changeSet.slug} applies it`
      : `close changeset ${changeSet.space}/${changeSet.slug} and publish a release of space ${unit?.space ?? ''} to apply it`;
    return { action: 'stage', reason: 'changeset-locked', detail };
  },
];

/** What is to be done about one finding. */
export function judgeFinding(ranked: RankedFinding, unit: DesiredUnit | undefined, policy: FixPolicy): PlanItem {
  for (const rule of RULES) {
    const decision = rule(ranked, unit, policy);
    if (decision) return { ranked, ...decision };
  }
  return { ranked, action: 'fix', reason: 'auto-fix', detail: '' };
}
