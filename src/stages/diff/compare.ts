import { type DesiredObject, isApplied } from '../../domain/desired.ts';
import { printPath } from '../../domain/field-path.ts';
import { intersection, partAt, union } from '../../domain/field-set.ts';
import type { Blame, Finding, InvalidObject } from '../../domain/finding.ts';
import type { FindingClass } from '../../domain/finding-classes.ts';
import type { IgnoreRule } from '../../domain/ignore-rule.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { ObjectRef } from '../../domain/object-ref.ts';
import type { ShowValues } from '../../domain/show/show-values.ts';
import type { LiveObject, Snapshot } from '../../domain/snapshot.ts';
import { inOneVersion, ownersInVersion, ownsUnknownFields } from './api-versions.ts';
import { comparable, lastAppliedOf } from './comparable.ts';
import { autoscalerOf, isScaledWithoutOwner, judgeInContext, type ObjectContext, type Verdict } from './context.ts';
import { createFinding } from './create-finding.ts';
import { declaredFields } from './declared-fields.ts';
import type { Ignores } from './ignore.ts';
import { blameOf, claimsOf, ownersOf } from './ownership.ts';
import { withResize } from './repair.ts';
import { classOf } from './rules.ts';
import { compileSchema, type SchemaNode, unknownSchema } from './schema.ts';
import { asStored, ownersAsStored } from './stored-form.ts';
import { joinRelated } from './together.ts';
import { validate } from './validate.ts';
import { type Decision, walkObject } from './walk.ts';
import { conflicting, ignored, missing, terminating, unmanaged } from './whole-object.ts';

export interface DiffOptions {
  readonly cluster: string;
  /** Field managers that carry desired state. */
  readonly desiredManagers: readonly string[];
  readonly ignoreRules?: readonly IgnoreRule[];
  /** The moment by which ignore rules end. */
  readonly now?: Date;
  /** Label of a unit or an object that names who owns it; empty or absent for none. */
  readonly ownerLabel?: string;
  /** What may be shown of values; `safe` where it is not given. */
  readonly showValues?: ShowValues;
}

/** Everything that the comparison needs to know of the cluster beside the two objects. */
export type Cluster = Pick<Snapshot, 'autoscalers' | 'schemas' | 'failedReads'>;

/** One decision of the walk with what it means in its context. */
export interface Judged {
  readonly decision: Decision;
  readonly blame: Blame | undefined;
  /** Everybody who owns the field or part of it. */
  readonly owners: readonly { readonly blame: Blame; readonly isOurs: boolean }[];
  /** `undefined` where the field is in sync. */
  readonly verdict: Verdict | undefined;
  readonly ignoredBy: IgnoreRule | undefined;
}

/** Compares single objects under one cluster's schemas and options. */
export interface ObjectComparer {
  compare(desired: DesiredObject, live: LiveObject | undefined): readonly Finding[];
  /** Where the API server would refuse the desired document; `undefined` where it is fine. */
  validate(desired: DesiredObject, live: LiveObject | undefined): InvalidObject | undefined;
  /** Every decision about the object, those that found it in sync included. */
  explain(desired: DesiredObject, live: LiveObject): readonly Judged[];
  /** The fields of the live object that desired declares, as managedFields has them. */
  declaredFields(desired: DesiredObject, live: LiveObject): JsonObject;
  /**
   * What of fields that the pass wrote belongs to an applier of desired state: what desired declares, and what it has
   * dropped since.
   */
  deliveredFields(desired: DesiredObject, live: LiveObject, written: JsonObject): JsonObject;
  /** `scales` is the workload whose declared number the object moves, as an autoscaler. */
  unmanaged(live: LiveObject, scales?: ObjectRef): Finding;
  /** Of an object that is declared more than once. */
  conflicting(ref: ObjectRef, declarations: readonly DesiredObject[], live: LiveObject | undefined): Finding;
}

export function createComparer(cluster: Cluster, options: DiffOptions, ignores: Ignores): ObjectComparer {
  const usual = new Set(options.desiredManagers);
  const managersOf = ({ managers }: DesiredObject): ReadonlySet<string> => (managers ? new Set(managers) : usual);
  const compiled = new Map<string, SchemaNode>();
  const schemaOf = (ref: ObjectRef): SchemaNode => {
    const kind = `${ref.apiVersion}/${ref.kind}`;
    let schema = compiled.get(kind);
    if (!schema) {
      schema = compileSchema(cluster.schemas[ref.apiVersion] ?? null, ref.apiVersion, ref.kind) ?? unknownSchema(ref.apiVersion);
      compiled.set(kind, schema);
    }
    return schema;
  };
  const knowsAutoscalers = !cluster.failedReads.some((read) => read.what.endsWith('/HorizontalPodAutoscaler'));

  function judge(desired: DesiredObject, live: LiveObject, wantsAll: boolean, onJudged: (judged: Judged) => void): void {
    const { ref, unit } = desired;
    const { document, live: read } = inOneVersion(desired.document, ref, live);
    // Live's version: it is what managedFields and defaults are about.
    const schema = schemaOf(read.ref);
    const owners = ownersAsStored(read, ownersInVersion(read));
    const context: ObjectContext = {
      kind: ref.kind,
      autoscaler: autoscalerOf(cluster.autoscalers, ref),
      knowsAutoscalers,
      has: (field) => Object.hasOwn(live.body, field),
      isApplying: unit.liveRevision > 0 && unit.lastAppliedRevision !== unit.liveRevision,
      isApplied: isApplied(unit),
      isScaledWithoutOwner: isScaledWithoutOwner(read),
    };
    walkObject(
      {
        desired: asStored(comparable(document), read.body, ref),
        live: comparable(read.body),
        claims: claimsOf(owners, managersOf(desired)),
        schema,
        lastApplied: lastAppliedOf(read),
        strangers: owners.filter((owner) => ownsUnknownFields(owner, read.ref, schema)),
      },
      (decision) => {
        const found = classOf(decision.rule);
        const blame = blameOf(decision.claims);
        const difference = found && { class: found, path: decision.path, desired: decision.desired, live: decision.live, blame };
        const inContext = difference && judgeInContext(difference, context);
        const ignoredBy = inContext && isIgnorable(inContext.class) ? ignores.ruleFor(ref, decision.path, blame) : undefined;
        const verdict = inContext && ignoredBy ? ignored(ignoredBy, inContext.class) : inContext;
        onJudged({ decision, blame, verdict, ignoredBy, owners: wantsAll ? ownersOf(decision.claims) : [] });
      },
      wantsAll,
    );
  }

  return {
    compare(desired, live) {
      if (!live) return [missing(desired, options, ignores)];
      const leaving = terminating(desired, live, options);
      if (leaving) return [leaving];
      const findings: Finding[] = [];
      const autoscaler = autoscalerOf(cluster.autoscalers, desired.ref);
      judge(desired, live, false, ({ decision, blame, verdict }) => {
        if (!verdict) return;
        const { path } = decision;
        const { ref, unit } = desired;
        const hasNoOwner = decision.rule === 'removed' || decision.rule === 'reordered';
        const isScaled =
          autoscaler !== undefined &&
          printPath(path) === '/spec/replicas' &&
          typeof decision.live === 'number' &&
          decision.live >= autoscaler.minReplicas &&
          decision.live <= autoscaler.maxReplicas;
        findings.push(
          createFinding(verdict, { ref, path, desired: decision.desired, live: decision.live, unit, object: live }, options, {
            blame: hasNoOwner ? undefined : blame,
            ...(isScaled ? { autoscaler: autoscaler.name } : {}),
            ...(decision.rule === 'reordered' ? { isReordered: true } : {}),
          }),
        );
      });
      return joinRelated(live ? withResize(findings, desired, live) : findings);
    },

    validate(desired, live) {
      const fault = validate(desired.document, live?.body, schemaOf(desired.ref));
      return fault && { desired, ...fault };
    },

    explain(desired, live) {
      const all: Judged[] = [];
      judge(desired, live, true, (judged) => all.push(judged));
      return all;
    },

    declaredFields(desired, live) {
      const document = asStored(comparable(desired.document), live.body, desired.ref);
      return declaredFields(document, schemaOf(live.ref), claimsOf(live.owners, managersOf(desired)));
    },

    deliveredFields(desired, live, written) {
      const declared = this.declaredFields(desired, live);
      const dropped: JsonObject[] = [];
      judge(desired, live, false, ({ decision, verdict }) => {
        if (verdict?.class === 'to_remove') dropped.push(partAt(written, decision.path));
      });
      return dropped.reduce(union, intersection(written, declared));
    },

    conflicting: (ref, declarations, live) => conflicting(ref, declarations, live, options),

    unmanaged(live, scales) {
      return unmanaged(live, scales, autoscalerOf(cluster.autoscalers, live.ref) !== undefined, options, ignores);
    },
  };
}

function isIgnorable(found: FindingClass): boolean {
  return found !== 'informational' && found !== 'pending';
}
