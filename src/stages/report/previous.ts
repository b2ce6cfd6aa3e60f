import { z } from 'zod';
import { reportedDecisionSchema } from '../../domain/decision.ts';
import { parseJson } from '../../domain/exact-json.ts';
import {
  type Correction,
  correctionSchema,
  findingSchema,
  type GoneDrift,
  goneSchema,
  ignoredSchema,
  incompleteSchema,
  leftOutSchema,
  NO_REPORT,
  type PreviousReport,
  pauseSchema,
  promotionSchema,
  type ReportFinding,
  summarySchema,
  type UnitHistory,
  unitHistorySchema,
} from '../../domain/report.ts';

// The last report as it stands in Git, where anybody with write access may have edited it: lines that are none are left
// out, since a report edited by hand must not stop a pass.

/** The lines of a findings.jsonl. */
export function parseFindings(text: string): readonly ReportFinding[] {
  return parseLines(text, findingSchema);
}

/** The lines of a corrections.jsonl. */
export function parseCorrections(text: string): readonly Correction[] {
  return parseLines(text, correctionSchema);
}

/** The lines of a gone.jsonl. */
export function parseGone(text: string): readonly GoneDrift[] {
  return parseLines(text, goneSchema);
}

/** The lines of a units.jsonl. */
export function parseUnits(text: string): readonly UnitHistory[] {
  return parseLines(text, unitHistorySchema);
}

/** What a pass needs of a report.json, as far as it can be read. */
export function parseSummary(text: string): Omit<PreviousReport, 'findings' | 'corrections' | 'units' | 'gone' | 'faults'> {
  const { shape } = summarySchema;
  const found = parseAs(text, z.record(z.string(), z.unknown())) ?? {};
  const entries = <T>(name: string, schema: z.ZodType<T>): readonly T[] =>
    (z.array(z.unknown()).safeParse(found[name]).data ?? []).flatMap((entry) => schema.safeParse(entry).data ?? []);
  return {
    digest: plainDigest(shape.digest.safeParse(found['digest']).data ?? ''),
    guard: shape.guard.safeParse(found['guard']).data?.name ?? '',
    desiredObjects: shape.desiredObjects.safeParse(found['desiredObjects']).data ?? 0,
    decisions: entries('decisions', reportedDecisionSchema),
    incomplete: entries('incomplete', incompleteSchema),
    promotions: entries('promotions', promotionSchema),
    ignored: entries('ignored', ignoredSchema),
    leftOut: leftOutSchema.safeParse(found['leftOut']).data ?? NO_REPORT.leftOut,
    prices: shape.prices.safeParse(found['prices']).data ?? '',
    pauses: entries('pauses', pauseSchema),
    notes: entries('notes', z.string()),
  };
}

/** A digest as report.json has it, without the name of its algorithm. */
export function plainDigest(text: string): string {
  return text.replace(/^sha256:/u, '');
}

/** A JSON text of this shape; `undefined` where it is none. */
export function parseAs<T>(text: string, schema: z.ZodType<T>): T | undefined {
  try {
    return schema.safeParse(parseJson(text)).data;
  } catch {
    return undefined;
  }
}

function parseLines<T>(text: string, schema: z.ZodType<T>): readonly T[] {
  return text.split('\n').flatMap((line): T[] => {
    const parsed = parseAs(line, schema);
    return parsed === undefined ? [] : [parsed];
  });
}
