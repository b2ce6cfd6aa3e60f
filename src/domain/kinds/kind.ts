import type { Json, JsonObject } from '../json.ts';
import type { DefaultRule } from './default-rules.ts';
import type { Health } from './health.ts';

/** What is known of one kind beyond its schema. */
export interface Kind {
  /** The apiVersion that is compared where DRIFT_KINDS says nothing; absent where the kind is compared only on request. */
  readonly comparedAs?: string;
  /** Fields that the API server refuses to change, as the text form of their paths. */
  readonly immutable?: RegExp;
  /** Refusals that depend on the live object or on the two values. */
  readonly refuses?: (
    path: string,
    change: { readonly desired: Json | undefined; readonly live: Json | undefined },
    live: JsonObject,
  ) => boolean;
  /** What the API server writes where a manifest is silent, by schema type and field; types that no other kind has. */
  readonly defaults?: Readonly<Record<string, Readonly<Record<string, DefaultRule>>>>;
  /** What the API server makes of a desired document where one field follows from another. */
  readonly storedForm?: (desired: JsonObject, live: JsonObject) => JsonObject;
  /** How an object is; without it an object is healthy by being there. */
  readonly health?: (object: JsonObject) => Health;
  /** Where the nodes decide how many pods there are, and not `spec.replicas`: their number, by the object's status. */
  readonly podsOfNodes?: (status: Json | undefined) => number | undefined;
  /** The model is told the kind, and numbers and amounts of it; of any other kind neither. */
  readonly isToldToModel?: true;
  /** Flags of `kubectl delete` where the object is to be applied anew. */
  readonly deleteFlags?: string;
  /** Names of the objects that Kubernetes makes by itself, and that nobody declares. */
  readonly madeByCluster?: RegExp;
}

/** By group and kind, as `apps/Deployment` and `/Secret`. */
export type Kinds = Readonly<Record<string, Kind>>;
