import type { JsonObject } from '../../domain/json.ts';
import type { Hub } from '../context.ts';
import { errorCategory, HubError } from '../errors.ts';
import type { Request } from './environment.ts';

interface BulkOptions {
  /** Works everything out and keeps nothing. */
  readonly dryRun: boolean;
}

/**
 * Does the same to each item; an item that is refused changes nothing and becomes an `Error` in the answer, the others
 * stay done (reference, section 1.3). One for which `one` gives nothing is left out. One commit for all, before the answer.
 */
export function bulk<T>(
  hub: Hub,
  items: readonly T[],
  one: (item: T) => JsonObject | undefined,
  { dryRun }: BulkOptions,
): readonly JsonObject[] {
  const { database } = hub.store;
  const all = (): readonly JsonObject[] =>
    items.flatMap((item) => {
      try {
        const done = database.write(() => one(item));
        return done === undefined ? [] : [done];
      } catch (error) {
        if (error instanceof HubError) return [{ Error: responseError(error) }];
        throw error;
      }
    });
  return dryRun ? database.rehearse(all) : database.write(all);
}

/** 200 where every item succeeded, else 207. */
export function bulkAnswer(request: Request, results: readonly JsonObject[]): Response {
  return request.json(results, results.some((result) => 'Error' in result) ? 207 : 200);
}

function responseError({ status, message, subject }: HubError): JsonObject {
  return {
    Status: status,
    Message: message,
    Type: 'ResponseError',
    ErrorCategory: errorCategory(status),
    Details: [],
    ErrorMetadata: { EntityType: subject?.type ?? '', ...(subject ? { EntityID: subject.id } : {}), Items: [] },
  };
}
