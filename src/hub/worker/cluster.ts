import type { JsonObject } from '../../domain/json.ts';
import type { ObjectRef } from '../../domain/object-ref.ts';
import type { TargetCluster } from '../entities/target.ts';

/** A document with at least apiVersion, kind and metadata.name. */
type KubernetesDocument = JsonObject;

interface ClusterApplyOptions {
  readonly fieldManager: string;
  readonly force: boolean;
  readonly signal: AbortSignal;
}

/** The requests of operations; the caller that starts the hub provides them for each target. */
export interface Cluster {
  /** Server-side apply with `fieldValidation=Strict`; answers the object, throws with the API server's own message. */
  apply(document: KubernetesDocument, options: ClusterApplyOptions): Promise<JsonObject>;
  /** `undefined` where the object does not exist. */
  get(ref: ObjectRef, signal: AbortSignal): Promise<JsonObject | undefined>;
  /** Deletes the object of this uid and leaves what it owns to the garbage collector; done where it is gone already. */
  delete(ref: ObjectRef, uid: string, signal: AbortSignal): Promise<void>;
}

/** The cluster of a target; throws where there is none, and the message reaches the user as the operation's. */
export type ClusterFor = (target: TargetCluster) => Promise<Cluster>;
