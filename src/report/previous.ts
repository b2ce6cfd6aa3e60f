import { z } from 'zod';
import { type ReportedDecision, reportedDecisionSchema } from '../types/decision.ts';
import {
  type Correction,
  correctionSchema,
  findingSchema,
  type Incomplete,
  incompleteSchema,
  type PromotionNeed,
  promotionSchema,
  type ReportFinding,
  type UnitHistory,
  unitHistorySchema,
} from '../types/report.ts';

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

/** The lines of a units.jsonl. */
export function parseUnits(text: string): readonly UnitHistory[] {
  return parseLines(text, unitHistorySchema);
}

/** `desiredObjects` of a report.json; 0 where it has none. */
export function parseDesiredObjects(text: string): number {
  return parseJson(text, z.object({ desiredObjects: z.int().min(0) }))?.desiredObjects ?? 0;
}

/** `decisions` of a report.json, those of its entries that can be read. */
export function parseReportedDecisions(text: string): readonly ReportedDecision[] {
  return parseEntries(text, 'decisions', reportedDecisionSchema);
}

/** `incomplete` of a report.json, those of its entries that can be read. */
export function parseIncomplete(text: string): readonly Incomplete[] {
  return parseEntries(text, 'incomplete', incompleteSchema);
}

/** `promotions` of a report.json, those of its entries that can be read. */
export function parsePromotions(text: string): readonly PromotionNeed[] {
  return parseEntries(text, 'promotions', promotionSchema);
}

/** A JSON text of this shape; `undefined` where it is none. */
export function parseJson<T>(text: string, schema: z.ZodType<T>): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function parseLines<T>(text: string, schema: z.ZodType<T>): readonly T[] {
  return text.split('\n').flatMap((line): T[] => {
    const parsed = parseJson(line, schema);
    return parsed === undefined ? [] : [parsed];
  });
}

function parseEntries<T>(text: string, name: string, schema: z.ZodType<T>): readonly T[] {
  const entries = parseJson(text, z.object({ [name]: z.array(z.unknown()) }))?.[name] ?? [];
  return entries.flatMap((entry) => schema.safeParse(entry).data ?? []);
}
