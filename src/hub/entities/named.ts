import type * as z from 'zod';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { InSpace } from './common.ts';
import type { EntityDefinition } from './definition.ts';

/** An entity that is created, listed, patched and deleted below a space and has no other operations. */
export type Named = InSpace & { readonly [field: string]: Json };

export interface NamedKind {
  /** Its segment in paths, such as `change_set`. */
  readonly path: string;
  readonly definition: EntityDefinition;
  /** The fields that a client may write; everything else of a body is ignored. */
  readonly writable: z.ZodObject;
  /** The fields that the server gives it at its creation: those that it keeps, and those that only the answer to it has. */
  readonly initial?: (random: () => string) => { readonly stored: JsonObject; readonly once?: JsonObject };
}
