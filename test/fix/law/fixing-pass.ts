import { loadConfig } from '../../../src/config.ts';
import { createConfigHubClient } from '../../../src/confighub/client.ts';
import { abilitiesOf } from '../../../src/confighub/generation.ts';
import { assembleDesired } from '../../../src/desired/desired.ts';
import { createCompare } from '../../../src/diff/diff.ts';
import { carryOutFixes } from '../../../src/fix/fix.ts';
import { createLogger } from '../../../src/log.ts';
import { comparing, judge } from '../../../src/pass.ts';
import { createPassLog } from '../../../src/pass-log.ts';
import { passOptions } from '../../../src/pass-options.ts';
import { projectLive } from '../../../src/snapshot/snapshot.ts';
import { NO_DECISIONS } from '../../../src/types/decision.ts';
import type { Finding } from '../../../src/types/finding.ts';
import { at, type JsonObject, stringAt } from '../../../src/types/json.ts';
import type { FixOutcome } from '../../../src/types/outcome.ts';
import type { PlanItem } from '../../../src/types/plan.ts';
import { NO_REPORT } from '../../../src/types/report.ts';
import { unit } from '../../types/builders.ts';
import { asYaml } from './as-yaml.ts';
import type { Bench } from './bench.ts';
import { DELIVERERS } from './case.ts';

/** What a pass found on one object, decided, and did. */
export interface Treated {
  /** What was found before anybody changed it: what the server never stored is pending for ever. */
  readonly standing: readonly Finding[];
  readonly items: readonly PlanItem[];
  /** By id of the finding. */
  readonly outcomes: ReadonlyMap<string, FixOutcome>;
}

/** An object as its unit declares it, and as it was before the stranger came. */
export interface Declared {
  readonly desired: JsonObject;
  readonly before: JsonObject;
}

/**
 * One pass over everything in the namespace, as `run` makes it: read, compared, planned, tried out and carried out, with
 * nothing that holds fixes back. Units have no target, so ConfigHub is never asked. By name of the object and kind.
 */
export async function fixingPass(
  { client, namespace, signal }: Bench,
  declared: readonly Declared[],
  kinds: readonly string[],
): Promise<(declared: Declared) => Treated> {
  const config = await loadConfig(
    {},
    {
      NAMESPACE_SELECTOR: `scene=${namespace}`,
      KINDS: kinds.join(','),
      DESIRED_MANAGERS: DELIVERERS.join(','),
      CACHE_DIR: 'none',
      AUTO_FIX: 'true',
      AUDIT_REVISIONS: 'false',
      ENVIRONMENT: 'dev',
      MAX_FIXES: '100000',
      MAX_FIX_PERCENT: '100',
      MAX_TO_ZERO: '100000',
      CONTESTED_AFTER: '0',
      WAIT_HEALTHY: '0s',
    },
    undefined,
    signal,
  );
  const clients = { kubernetes: client, confighub: createConfigHubClient(UNREACHABLE, abilitiesOf('B')) };
  const options = await passOptions(config, {}, clients, {}, 'law', signal);
  const log = createPassLog(createLogger({ level: 'error', format: 'json', isTerminal: false, hasColor: false }), {
    monotonicMs: () => performance.now(),
    onPhase: () => undefined,
  });
  const units = declared.map(({ desired }) => {
    const text = asYaml(desired);
    return { ok: true as const, unit: unit(slugOf(desired), { text, headText: text }) };
  });
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
  const compare = createCompare(snapshot, options.diff);
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
    publishRelease: false,
    waitHealthySeconds: 0,
    signal,
  });
  const itemsBySlug = Map.groupBy(plan.items, ({ ranked }) => ranked.finding.unit);
  const outcomeById = new Map(outcomes.map((outcome) => [outcome.findingId, outcome]));
  const objectBySlug = new Map(state.objects.map((object) => [object.unit.slug, object]));
  return ({ desired, before }) => {
    const slug = slugOf(desired);
    const object = objectBySlug.get(slug);
    if (!object) throw new Error(`${slug} was not compared`);
    return {
      standing: compare(object, projectLive(before, object.ref)),
      items: itemsBySlug.get(`prod/${slug}`) ?? [],
      outcomes: outcomeById,
    };
  };
}

/** Names are given once for each kind. */
function slugOf(desired: JsonObject): string {
  return `${String(at(desired, 'kind')).toLowerCase()}-${stringAt(desired, 'metadata', 'name') ?? ''}`;
}

const refuse = (): never => {
  throw new Error('ConfigHub was asked although no unit has a target');
};
const UNREACHABLE = { url: 'http://127.0.0.1:9', get: refuse, list: refuse, text: refuse, send: refuse };
