import type * as z from 'zod';
import type { Json } from '../domain/json.ts';
import { badRequest, HubError } from './errors.ts';

/** The fields of a body by their schema; 400 names every one that is wrong. */
export function readFields<S extends z.ZodType>(schema: S, fields: unknown): z.output<S> {
  const parsed = schema.safeParse(fields);
  if (parsed.success) return parsed.data;
  throw badRequest(parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '));
}

/** What is changed, as messages and per-item errors name it. */
export interface Versioned {
  readonly type: string;
  readonly id: string;
  readonly slug: string;
  readonly version: number;
}

/** Optimistic locking: 409 where the client read another state than the stored one (reference, section 1.5). */
export function assertVersion({ type, id, slug, version }: Versioned, claimed: Json): void {
  if (claimed === version) return;
  throw new HubError(
    409,
    `data has changed since last read: ${type.toLowerCase()} ${slug} is at Version ${version}, the request carries ${JSON.stringify(claimed)}`,
    { type, id },
  );
}

/** A patch may carry the version that its client read, and need not. */
export function assertPatchVersion(stored: Versioned, claimed: Json | undefined): void {
  if (claimed !== undefined && claimed !== null) assertVersion(stored, claimed);
}
