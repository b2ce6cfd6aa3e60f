import * as z from 'zod';
import { parseJson } from '../../domain/exact-json.ts';
import {
  type Correction,
  carriedSchema,
  correctionSchema,
  findingSchema,
  type GoneDrift,
  goneSchema,
  NOTHING_CARRIED,
  type PreviousReport,
  type ReportFinding,
  summarySchema,
} from '../../domain/report.ts';

// The last report in Git, where anyone with write access may have edited it: invalid lines are left out, since an edited
// report must not stop a pass.

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

/** What a pass needs of a report.json, as far as it can be read. */
export function parseSummary(text: string): Omit<PreviousReport, 'findings' | 'corrections' | 'gone' | 'faults'> {
  const found = parseAs(text, z.record(z.string(), z.unknown())) ?? {};
  const { digest, guard } = summarySchema.shape;
  const parts: Readonly<Record<string, z.ZodType>> = carriedSchema.shape;
  const carried = Object.entries(parts).flatMap(([name, schema]) => {
    const part = readable(schema, found[name]);
    return part === undefined ? [] : [[name, part]];
  });
  return {
    ...carriedSchema.parse({ ...NOTHING_CARRIED, ...Object.fromEntries(carried) }),
    digest: plainDigest(digest.safeParse(found['digest']).data ?? ''),
    guard: guard.safeParse(found['guard']).data?.name ?? '',
  };
}

/** What of a value is as the schema says; of a list the entries that are. */
function readable(schema: z.core.$ZodType, value: unknown): unknown {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodReadonly) return readable(schema.unwrap(), value);
  if (!(schema instanceof z.ZodArray) || !Array.isArray(value)) return z.safeParse(schema, value).data;
  return value.filter((entry) => z.safeParse(schema.element, entry).success);
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
