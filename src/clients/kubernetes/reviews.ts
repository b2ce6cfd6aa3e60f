import { ClusterError } from '../../domain/errors.ts';
import { type Json, type JsonObject, stringAt } from '../../domain/json.ts';
import { isAllowed } from './answers.ts';
import { basePath } from './paths.ts';
import { readPersistently } from './read.ts';
import { type KubernetesTransport, statusError } from './transport.ts';

/** What a right is about: objects of a resource, in all namespaces unless one is named, or a path that belongs to no object. */
export type RightTarget =
  | { readonly group: string; readonly resource: string; readonly namespace: string; readonly name?: string }
  | { readonly path: string };

/** What the API server says of the account itself. */
export interface Reviews {
  /** Whether the account has a right, as the authorizer says. */
  hasRight(verb: string, target: RightTarget, signal: AbortSignal): Promise<boolean>;
  /** Name of the account, as the API server knows it; empty where it does not tell (before 1.28). Throws where it accepts no credentials. */
  whoAmI(signal: AbortSignal): Promise<string>;
}

export function reviewsBy(transport: KubernetesTransport): Reviews {
  /** Asks about the account itself. It creates nothing, so it may be asked again like any read. */
  async function review(apiVersion: string, kind: string, spec: JsonObject, doing: string, signal: AbortSignal): Promise<Json> {
    const response = await readPersistently(transport, {
      method: 'POST',
      path: `${basePath(apiVersion)}/${kind.toLowerCase()}s`,
      body: { apiVersion, kind, ...spec },
      contentType: 'application/json',
      signal,
    });
    if (response.status !== 200 && response.status !== 201) throw statusError(response, doing, kind);
    return response.body;
  }

  return {
    async hasRight(verb, target, signal) {
      const spec =
        'path' in target ? { nonResourceAttributes: { ...target, verb } } : { resourceAttributes: { ...target, verb } };
      const doing = `ask for the right to ${verb} ${'path' in target ? target.path : target.resource}`;
      return isAllowed(await review('authorization.k8s.io/v1', 'SelfSubjectAccessReview', { spec }, doing, signal), doing);
    },

    async whoAmI(signal) {
      const doing = 'ask who the account is';
      try {
        const answer = await review('authentication.k8s.io/v1', 'SelfSubjectReview', {}, doing, signal);
        return stringAt(answer, 'status', 'userInfo', 'username') ?? '';
      } catch (error) {
        const isUnknown = error instanceof ClusterError && (error.status === 404 || error.status === 403);
        if (!isUnknown) throw error;
        return '';
      }
    },
  };
}
