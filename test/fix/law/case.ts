import type { JsonObject } from '../../../src/domain/json.ts';
import type { JsonPatchOperation } from '../../../src/domain/json-patch.ts';

/** One request of a stranger. */
export type Step =
  /** The whole object, as an update writes it. */
  | { readonly how: 'replace'; readonly body: JsonObject }
  | { readonly how: 'patch'; readonly operations: readonly JsonPatchOperation[] }
  /** `kubectl scale`, through the subresource. */
  | { readonly how: 'scale'; readonly replicas: number };

/** Changes of a live object by another manager; `onChange` gets the name of each. */
export type Edit = (live: JsonObject, onChange: (name: string) => void) => readonly Step[];

/** One object, who delivers it, and what a stranger does to it. */
export interface Case {
  /** What is counted together in the table. */
  readonly row: string;
  /** Says what is changed; DRIFT_LAW runs those whose name holds a text. */
  readonly name: string;
  /** Without name and namespace, which the bench gives. */
  readonly desired: JsonObject;
  /** Field manager that delivers desired state. */
  readonly deliverer: Deliverer;
  /** What `helm` applies as well, before the stranger comes. */
  readonly partner?: JsonObject;
  /** Whether the deliverer drops one of the fixed fields afterwards, which has to go then. */
  readonly drops: boolean;
  /** Tried in order until the API takes one that makes a difference. */
  readonly edits: readonly Edit[];
}

export const STRANGER = 'kubectl-edit';
export const SCALER = 'kubectl';
export const PARTNER = 'helm';
/** Delivers by update, through the real kubectl; the others by server-side apply. */
export const CLIENT_SIDE = 'kubectl-client-side-apply';
export const DELIVERERS = [
  'confighub',
  'confighub-bridge-worker',
  'argocd-controller',
  'kustomize-controller',
  CLIENT_SIDE,
] as const;
export type Deliverer = (typeof DELIVERERS)[number];
