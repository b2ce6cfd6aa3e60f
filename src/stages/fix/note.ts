import * as z from 'zod';
import { parseJson, stringifyJson } from '../../domain/exact-json.ts';
import type { Json } from '../../domain/json.ts';
import type { UnitFix } from '../../domain/plan.ts';
import { composePair, editsOf } from './pair.ts';

const json = z.custom<Json>((value) => value !== undefined);
const keyPart = z.union([z.string(), z.number(), z.bigint(), z.boolean()]);
const step = z.union([
  z.strictObject({ field: z.string() }),
  z.strictObject({ key: z.record(z.string(), keyPart), duplicate: z.number().exactOptional() }),
  z.strictObject({ member: json }),
]);
const noteSchema = z.strictObject({
  correctionId: z.string(),
  /** Id of the unit. */
  unit: z.string(),
  /** As that of a revision with the drifted state. */
  description: z.string(),
  /** RFC 3339, before the fix was made. */
  time: z.iso.datetime(),
  edits: z.array(
    z
      .strictObject({
        ref: z.strictObject({ apiVersion: z.string(), kind: z.string(), namespace: z.string(), name: z.string() }),
        path: z.array(step),
        /** The drifted value; absent where the field was removed. */
        value: json.optional(),
      })
      .transform(({ ref, path, value }) => ({ ref, path, value })),
  ),
});

/** A fix that ConfigHub has no pair of, as the Lease records it until a report names it: it outlives a killed pass. */
export type FixNote = z.output<typeof noteSchema>;

/** `undefined` where the drifted state could not be told from a pair either. `time` is when the fix is made. */
export function composeNote(fix: UnitFix, firstSeen: (findingId: string) => string, time: Date): FixNote | undefined {
  const pair = composePair(fix, firstSeen);
  // Names that must not be shown stay out of the cluster's Lease.
  const edits = editsOf(fix).filter(({ path }) => path.every(({ hidden }) => hidden === undefined));
  if (pair === undefined || edits.length === 0) return undefined;
  const note = {
    correctionId: fix.id,
    unit: fix.unit.id,
    description: pair.observedDescription,
    time: time.toISOString(),
    edits,
  };
  return noteSchema.parse(parseJson(stringifyJson(note)));
}

export function printNotes(notes: readonly FixNote[]): string {
  return notes.length === 0 ? '' : stringifyJson(notes);
}

/** None where the text is not what `printNotes` writes. */
export function parseNotes(text: string): readonly FixNote[] {
  try {
    return z.array(noteSchema).parse(parseJson(text));
  } catch {
    return [];
  }
}
