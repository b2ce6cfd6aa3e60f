import { z } from 'zod';
import { type ReportedDecision, reportedDecisionSchema } from '../types/decision.ts';
import type { Json } from '../types/json.ts';
import { SEVERITIES } from '../types/ranking.ts';
import type { Correction, ReportFinding } from '../types/report.ts';

// The last report as it stands in Git, where anybody with write access may have edited it.

/** Lines come from JSON.parse, which gives exactly the values that Json names. */
const json = z.custom<Json>((value) => value !== undefined);
const severity = z.enum(SEVERITIES);
const shared = {
  class: z.enum(['changed', 'removed', 'added', 'to_remove', 'missing', 'unmanaged', 'conflicting', 'pending', 'informational']),
  object: z.object({ apiVersion: z.string(), kind: z.string(), namespace: z.string(), name: z.string() }),
  path: z.string(),
  summary: z.string(),
  desired: json,
  live: json,
  blame: z
    .object({
      manager: z.string(),
      operation: z.enum(['Apply', 'Update']),
      subresource: z.string(),
      time: z.exactOptional(z.string()),
      actor: z.enum(['person', 'controller', 'autoscaler', 'gitops', 'unknown']),
    })
    .nullable(),
  unit: z.string(),
  isCritical: z.boolean(),
  severity,
  costUsdPerMonth: z.number().nullable(),
  changeSet: z.string(),
  revision: z.number(),
  firstSeen: z.iso.datetime(),
  opinion: z
    .object({
      severity,
      rank: z.number(),
      isHeld: z.boolean(),
      advice: z.object({ cause: z.string(), advice: z.string(), confidence: z.enum(['high', 'medium', 'low']) }),
      promptVersion: z.string(),
    })
    .nullable(),
};

const findingSchema: z.ZodType<ReportFinding> = z.object({
  ...shared,
  id: z.string(),
  fingerprint: z.string(),
  restartsPods: z.boolean(),
  action: z.enum(['fix', 'stage', 'report', 'blocked']),
  // Neither is read again; a reason that a later version knows must not cost a line its age.
  reason: z.custom<ReportFinding['reason']>((value) => typeof value === 'string'),
  result: z.custom<ReportFinding['result']>((value) => value === null || typeof value === 'string'),
  detail: z.string(),
  message: z.string(),
});
const correctionSchema = z.object({
  ...shared,
  time: z.iso.datetime(),
  findingId: z.string(),
  correctionId: z.string(),
  // Reports of before this was kept hold only what was fixed.
  result: z.enum(['fixed', 'overridden']).default('fixed'),
});

/** The lines of a findings.jsonl; those that are none are left out, since a report edited by hand must not stop a pass. */
export function parseFindings(text: string): readonly ReportFinding[] {
  return parseLines(text, findingSchema);
}

/** The lines of a corrections.jsonl, in the same way. */
export function parseCorrections(text: string): readonly Correction[] {
  return parseLines(text, correctionSchema);
}

/** `desiredObjects` of a report.json; 0 where it has none. */
export function parseDesiredObjects(text: string): number {
  try {
    const parsed = z.object({ desiredObjects: z.int().min(0) }).safeParse(JSON.parse(text));
    return parsed.success ? parsed.data.desiredObjects : 0;
  } catch {
    return 0;
  }
}

/** `decisions` of a report.json; none where it has none that can be read. */
export function parseReportedDecisions(text: string): readonly ReportedDecision[] {
  try {
    const parsed = z.object({ decisions: z.array(z.unknown()) }).safeParse(JSON.parse(text));
    return (parsed.data?.decisions ?? []).flatMap((entry) => reportedDecisionSchema.safeParse(entry).data ?? []);
  } catch {
    return [];
  }
}

function parseLines<T>(text: string, schema: z.ZodType<T>): readonly T[] {
  return text.split('\n').flatMap((line): T[] => {
    try {
      const parsed = schema.safeParse(JSON.parse(line));
      return parsed.success ? [parsed.data] : [];
    } catch {
      return [];
    }
  });
}
