import * as z from 'zod';

/** What a schema names of a value, in its order and at every depth: nothing else that it has gets into a report. */
export function picked<Schema extends z.ZodType>(schema: Schema, value: z.output<Schema>): z.output<Schema> {
  // The same value, as far as its schema knows it.
  return pick(schema, value) as z.output<Schema>;
}

function pick(schema: z.core.$ZodType, value: unknown): unknown {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodReadonly || schema instanceof z.ZodNullable)
    return pick(schema.unwrap(), value);
  if (schema instanceof z.ZodPipe) return pick(schema.in, value);
  if (schema instanceof z.ZodArray && Array.isArray(value)) return value.map((entry) => pick(schema.element, entry));
  if (!(schema instanceof z.ZodObject) || !isFields(value)) return value;
  return Object.fromEntries(
    Object.entries(schema.shape).flatMap(([name, part]) => (name in value ? [[name, pick(part, value[name])]] : [])),
  );
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
