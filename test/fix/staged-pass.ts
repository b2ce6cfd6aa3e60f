import { loadConfig } from '../../src/cli/config.ts';
import { createLogger } from '../../src/cli/log.ts';
import { createConfigHubClient } from '../../src/clients/confighub/client.ts';
import { abilitiesOf } from '../../src/clients/confighub/generation.ts';
import type { KubernetesClient } from '../../src/clients/kubernetes/client.ts';
import { NO_DECISIONS } from '../../src/domain/decision.ts';
import type { DesiredObject } from '../../src/domain/desired.ts';
import type { FixOutcome } from '../../src/domain/outcome.ts';
import type { PlanItem } from '../../src/domain/plan.ts';
import { NO_REPORT } from '../../src/domain/report.ts';
import { comparing } from '../../src/pass/compare.ts';
import { judge } from '../../src/pass/judge.ts';
import { createPassLog } from '../../src/pass/log.ts';
import { passOptions } from '../../src/pass/options.ts';
import { assembleDesired } from '../../src/stages/desired/desired.ts';
import { createCompare } from '../../src/stages/diff/diff.ts';
import { carryOutFixes } from '../../src/stages/fix/fix.ts';
import { unit } from '../types/builders.ts';

export interface StagedPass {
  readonly objects: readonly DesiredObject[];
  readonly items: readonly PlanItem[];
  readonly outcomes: readonly FixOutcome[];
  readonly compare: ReturnType<typeof createCompare>;
}

/** What a staged pass is about. */
export interface Stage {
  readonly namespaceSelector: string;
  readonly kinds: readonly string[];
  readonly desiredManagers: readonly string[];
  readonly units: readonly { readonly slug: string; readonly text: string }[];
}

/**
 * One pass as `run` makes it, from the snapshot to the fixes: read, compared, planned, tried out and carried out, with
 * nothing that holds fixes back. Units have no target, so ConfigHub is never asked.
 */
export async function stagedPass(
  kubernetes: KubernetesClient,
  { namespaceSelector, kinds, desiredManagers, units: texts }: Stage,
  signal: AbortSignal,
): Promise<StagedPass> {
  const config = await loadConfig(
    {},
    {
      DRIFT_NAMESPACE_SELECTOR: namespaceSelector,
      DRIFT_KINDS: kinds.join(','),
      DRIFT_DESIRED_MANAGERS: desiredManagers.join(','),
      DRIFT_CACHE_DIR: 'none',
      AUTO_FIX: 'true',
      DRIFT_AUDIT_REVISIONS: 'false',
      DRIFT_ENVIRONMENT: 'dev',
      DRIFT_MAX_FIXES: '100000',
      DRIFT_MAX_FIX_PERCENT: '100',
      DRIFT_MAX_TO_ZERO: '100000',
      DRIFT_CONTESTED_AFTER: '0',
      DRIFT_WAIT_HEALTHY: '0s',
    },
    undefined,
    signal,
  );
  const clients = { kubernetes, confighub: createConfigHubClient(UNREACHABLE, abilitiesOf('B')) };
  const options = await passOptions(config, clients, { environment: {}, leaseAnnotations: {}, pass: 'test', signal });
  const log = createPassLog(
    createLogger({ level: 'error', format: 'json', isTerminal: false, hasColor: false }, (text) => process.stderr.write(text)),
    {
      monotonicMs: () => performance.now(),
      onPhase: () => undefined,
    },
  );
  const units = texts.map(({ slug, text }) => ({ ok: true as const, unit: unit(slug, { text, headText: text }) }));
  const state = assembleDesired(units, '');
  if (state.invalid.length > 0) throw new Error(JSON.stringify(state.invalid[0]).slice(0, 500));
  const start = { previous: NO_REPORT, decisions: NO_DECISIONS, pull: async () => state };
  const judgement = await judge(clients, start, options, log);
  const { snapshot, plan } = judgement;
  const problems = [
    ...snapshot.failedReads,
    ...judgement.comparison.invalid.map(({ message }) => message),
    ...[plan.guard ?? []],
  ];
  if (problems.flat().length > 0) throw new Error(`not a pass that fixes: ${JSON.stringify(problems.flat()).slice(0, 1_000)}`);
  const outcomes = await carryOutFixes(plan, clients, {
    cluster: config.cluster,
    ...comparing(snapshot, options.diff),
    firstSeen: () => options.now.toISOString(),
    onOutcome: () => undefined,
    onChangeSet: () => undefined,
    onUnhealthy: () => undefined,
    onWarning: (message) => {
      throw new Error(message);
    },
    record: async () => undefined,
    publishRelease: false,
    waitHealthySeconds: 0,
    signal,
  });
  return { objects: state.objects, items: plan.items, outcomes, compare: createCompare(snapshot, options.diff) };
}

const refuse = (): never => {
  throw new Error('ConfigHub was asked although no unit has a target');
};
const UNREACHABLE = { url: 'http://127.0.0.1:9', get: refuse, list: refuse, text: refuse, send: refuse };
