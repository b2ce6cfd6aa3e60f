import * as z from 'zod';
import { decisionsFileSchema } from '../../domain/decision.ts';
import {
  correctionSchema,
  findingSchema,
  goneSchema,
  REPORT_SCHEMA_VERSION,
  SCHEMA_REVISION,
  summarySchema,
} from '../../domain/report.ts';
import { parseAs } from './previous.ts';

/** Below the root of the reports. */
export const SCHEMA_PATH = `schema/report-v${REPORT_SCHEMA_VERSION}.schema.json`;

const PARTS = {
  report: summarySchema,
  finding: findingSchema,
  correction: correctionSchema,
  gone: goneSchema,
  decisions: decisionsFileSchema,
};

let text: string | undefined;

/** JSON Schema (draft 2020-12) of report.json at its root, and of one line of each .jsonl file below `$defs`. */
export function reportJsonSchema(): string {
  // Always the same, and half of the time that a small report takes.
  text ??= composeSchema();
  return text;
}

function composeSchema(): string {
  const definitions = Object.fromEntries(
    Object.entries(PARTS).map(([name, schema]) => {
      // As it is read: what has a default may be absent, and fields of later versions are no fault.
      const { $schema, ...definition } = z.toJSONSchema(schema, {
        target: 'draft-2020-12',
        io: 'input',
        unrepresentable: 'any',
        override: ({ jsonSchema }) => {
          delete jsonSchema.readOnly;
          // What the format says already.
          if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
        },
      });
      return [name, definition];
    }),
  );
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `urn:drift-detector:report-v${REPORT_SCHEMA_VERSION}`,
    $comment: `revision ${SCHEMA_REVISION}`,
    title: 'A drift report',
    description:
      'The root is report.json; #/$defs/finding is one line of findings.jsonl, #/$defs/correction of corrections.jsonl, #/$defs/gone of gone.jsonl; #/$defs/decisions is decisions.yaml.',
    $ref: '#/$defs/report',
    $defs: definitions,
  };
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}

/** True if a newer version wrote the repository's schema, which then stays. */
export function isNewerSchema(written: string): boolean {
  const found = parseAs(written, z.object({ $comment: z.string() }));
  return Number(/^revision (\d+)$/u.exec(found?.$comment ?? '')?.[1] ?? 0) > SCHEMA_REVISION;
}
