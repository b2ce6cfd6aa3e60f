import { ClusterError } from '../../domain/errors.ts';
import { locate } from '../../domain/field-path.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { ObjectFix, Refusal } from '../../domain/plan.ts';
import { withoutMaskedValues } from './masked.ts';

/** A failed test of a JSON patch is answered as a refusal is, but names no field (measured on 1.34): another writer was faster. */
export function isFailedTest(error: unknown): boolean {
  return error instanceof ClusterError && error.status === 422 && error.fields.length === 0;
}

/** A webhook with side effects takes no dry run, and so its effect on a write is unknown. */
const NO_DRY_RUN = /does not support dry run/u;

/** It is unknown whether the write succeeded: there was no answer, or an invalid one. */
export function isUnanswered(error: unknown): error is ClusterError {
  return error instanceof ClusterError && (error.code === 'unavailable' || error.code === 'bad-answer');
}

/** Why nothing of an object's fix is taken. `isRight`: the account lacks the right to it. */
export function refusalOf(error: ClusterError, object: ObjectFix, isRight: boolean): Refusal {
  const reason = isRight ? 'permission' : NO_DRY_RUN.test(error.message) ? 'not-predictable' : 'denied';
  return { reason, detail: withoutMaskedValues(error.message, [object]) };
}

/** The findings that the server's refusal names by their fields, as the target has them. */
export function refusedFields(error: ClusterError, object: ObjectFix, target: JsonObject): ReadonlyMap<string, Refusal> {
  const refused = new Map<string, Refusal>();
  for (const { field, message } of error.fields)
    for (const { id, path } of object.fix) {
      const located = locate(target, path) ?? locate(object.live?.body ?? {}, path);
      const name = located && fieldName(located);
      if (name !== undefined && (isBelow(name, field) || isBelow(field, name)))
        refused.set(id, { reason: 'denied', detail: withoutMaskedValues(`${field}: ${message}`, [object]) });
    }
  return refused;
}

/** As the API server writes it: `spec.containers[0].image`. */
function fieldName(located: readonly (string | number)[]): string {
  return located
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`))
    .join('')
    .slice(1);
}

function isBelow(field: string, above: string): boolean {
  return field === above || field.startsWith(`${above}.`) || field.startsWith(`${above}[`);
}
