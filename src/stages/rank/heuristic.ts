import type { EnvironmentKind } from '../../domain/environment.ts';
import { printPath } from '../../domain/field-path.ts';
import { type Finding, isDrift } from '../../domain/finding.ts';
import type { Severity } from '../../domain/ranking.ts';

export interface HeuristicContext {
  readonly environment: EnvironmentKind;
  readonly costUsdPerMonth: number | undefined;
  /** Pods that the object runs. */
  readonly pods: number;
}

/** How much a field of this kind matters, first match wins. */
const FIELD_WEIGHTS: readonly (readonly [RegExp, number])[] = [
  [/securityContext|hostNetwork|hostPID|hostIPC|serviceAccount|automountServiceAccountToken|hostPath/u, 60],
  [/\/image$/u, 50],
  [/\/(init|ephemeral)?[cC]ontainers\[[^\]]*\]$/u, 50],
  [/\/(command|args)$/u, 45],
  [/\/resources(\/|$)/u, 35],
  [/^\/spec\/replicas$/u, 35],
  [/(liveness|readiness|startup)Probe/u, 30],
  [/\/env(From)?(\[|\/|$)/u, 25],
  [/\/(labels|annotations)(\/|$)/u, 8],
];
const DEFAULT_WEIGHT = 25;
const ENVIRONMENT_WEIGHTS: Readonly<Record<EnvironmentKind, number>> = { prod: 15, staging: 5, dev: 0 };

function fieldWeight(finding: Finding): number {
  if (finding.class === 'missing') return 60;
  const path = printPath(finding.path);
  return FIELD_WEIGHTS.find(([pattern]) => pattern.test(path))?.[1] ?? DEFAULT_WEIGHT;
}

/** How urgent a finding is, without any model: kind of field, tier, environment, blast radius and money. */
export function scoreFinding(finding: Finding, context: HeuristicContext): number {
  if (!isDrift(finding)) return 0;
  // Turned off altogether is worse than any other number.
  const isDown = printPath(finding.path) === '/spec/replicas' && finding.live === 0;
  return (
    fieldWeight(finding) +
    (finding.isCritical ? 40 : 0) +
    ENVIRONMENT_WEIGHTS[context.environment] +
    (isDown ? 30 : 0) +
    Math.min(10, Math.log2(Math.max(1, context.pods)) * 2) +
    Math.min(15, Math.log10(Math.abs(context.costUsdPerMonth ?? 0) + 1) * 5)
  );
}

export function severityOfScore(score: number): Severity {
  if (score >= 75) return 'critical';
  if (score >= 55) return 'high';
  if (score >= 30) return 'medium';
  return score > 0 ? 'low' : 'info';
}

/** Nothing, not even the model, ranks a finding below this. */
export function severityFloor(finding: Finding): Severity {
  if (!isDrift(finding)) return 'info';
  return finding.isCritical ? 'high' : 'low';
}
