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
  /** Defaults of the API server, by schema type and field, for types that no other kind has. */
  readonly defaults?: Readonly<Record<string, Readonly<Record<string, DefaultRule>>>>;
  /** The desired document as the API server stores it, where one field follows from another. */
  readonly storedForm?: (desired: JsonObject, live: JsonObject) => JsonObject;
  /** Health of an object; without it every existing object is healthy. */
  readonly health?: (object: JsonObject) => Health;
  /** Whether a change of `spec.template` replaces pods at once, by the live object; absent where it never does. */
  readonly replacesPods?: (object: Json | undefined) => boolean;
  /** Where the nodes decide how many pods there are, and not `spec.replicas`: their number, by the object's status. */
  readonly podsOfNodes?: (status: Json | undefined) => number | undefined;
  /** The model gets the kind, and its numbers and quantities; it gets neither of other kinds. */
  readonly isSentToModel?: true;
  /** Flags of `kubectl delete` before the object is applied again. */
  readonly deleteFlags?: string;
  /** Names of objects that Kubernetes creates by itself and no unit declares. */
  readonly madeByCluster?: RegExp;
}

/** By group and kind, as `apps/Deployment` and `/Secret`. */
export type Kinds = Readonly<Record<string, Kind>>;
