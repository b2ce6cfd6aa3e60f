import type { Json, JsonObject } from '../../types/json.ts';
import type { ObjectRef } from '../../types/object-ref.ts';
import type { TargetCluster } from '../entities/target.ts';

/** A document with at least apiVersion, kind and metadata.name. */
export type KubernetesDocument = JsonObject;

export interface ClusterApplyOptions {
  readonly fieldManager: string;
  readonly force: boolean;
  readonly signal: AbortSignal;
}

/** The two requests that applying a unit takes; whoever starts the hub brings them for each target. */
export interface Cluster {
  /** Server-side apply with `fieldValidation=Strict`; answers the object, throws with the API server's own message. */
  apply(document: KubernetesDocument, options: ClusterApplyOptions): Promise<Json>;
  /** `undefined` where the object does not exist. */
  get(ref: ObjectRef, signal: AbortSignal): Promise<Json | undefined>;
}

/** The cluster of a target; throws where there is none, and the message reaches the user as the operation's. */
export type ClusterFor = (target: TargetCluster) => Promise<Cluster>;
