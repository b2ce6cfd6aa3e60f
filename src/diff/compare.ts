import type { DesiredObject, DesiredUnit } from '../types/desired.ts';
import { parseJson } from '../types/exact-json.ts';
import { type FieldPath, printPath } from '../types/field-path.ts';
import { intersection, partAt, union } from '../types/field-set.ts';
import {
  type Blame,
  type Finding,
  type FindingClass,
  findingFingerprint,
  findingId,
  type InvalidObject,
} from '../types/finding.ts';
import type { IgnoreRule } from '../types/ignore-rule.ts';
import { isJsonObject, type Json, type JsonObject, own, stringAt } from '../types/json.ts';
import { groupOf, type ObjectRef } from '../types/object-ref.ts';
import { type LiveObject, PAUSE_ANNOTATION, type Snapshot } from '../types/snapshot.ts';
import { asVersionOf, inOneVersion, ownersInVersion, ownsUnknownFields } from './api-versions.ts';
import { autoscalerOf, judgeInContext, type Surroundings, type Verdict } from './context.ts';
import { declaredFields } from './declared-fields.ts';
import { LAST_APPLIED } from './evidence.ts';
import type { Ignores } from './ignore.ts';
import { maskValue } from './mask.ts';
import { blameOf, claimsOf, ownersOf } from './ownership.ts';
import { repairOf, withResize } from './repair.ts';
import { classOf } from './rules.ts';
import { compileSchema, type SchemaNode, unknownSchema } from './schema.ts';
import { asStored, ownersAsStored } from './stored-form.ts';
import { toldTogether } from './together.ts';
import { validate } from './validate.ts';
import { type Decision, walkObject } from './walk.ts';

export interface DiffOptions {
  readonly cluster: string;
  /** Field managers that carry desired state. */
  readonly desiredManagers: readonly string[];
  readonly ignoreRules?: readonly IgnoreRule[];
  /** The moment by which ignore rules end. */
  readonly now?: Date;
}

/** Everything that the comparison needs to know of the cluster beside the two objects. */
export type Cluster = Pick<Snapshot, 'autoscalers' | 'schemas' | 'failedReads'>;

/** One decision of the walk with what it means in its surroundings. */
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
  /**
   * What of fields that the pass wrote belongs to an applier of desired state: what desired declares, and what it has
   * dropped since.
   */
  deliveredFields(desired: DesiredObject, live: LiveObject, written: JsonObject): JsonObject;
  unmanaged(live: LiveObject): Finding;
  /** Of an object that is declared more than once. */
  conflicting(ref: ObjectRef, declarations: readonly DesiredObject[], live: LiveObject | undefined): Finding;
}

/** Never part of a comparison: written by the API server or by a controller as its own bookkeeping. */
const BOOKKEEPING = new Set([
  'deployment.kubernetes.io/revision',
  'deprecated.daemonset.template.generation',
  LAST_APPLIED,
  // Of namespaces; nobody can change it.
  'kubernetes.io/metadata.name',
  // Set by hand in an incident, and read from the object itself.
  PAUSE_ANNOTATION,
]);
/** The parts of metadata that desired state is about; the rest is the API server's. */
const METADATA = new Set(['labels', 'annotations', 'finalizers', 'ownerReferences']);

export function createComparer(cluster: Cluster, options: DiffOptions, ignores: Ignores): ObjectComparer {
  const managers = new Set(options.desiredManagers);
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
    const surroundings: Surroundings = {
      kind: ref.kind,
      autoscaler: autoscalerOf(cluster.autoscalers, ref),
      knowsAutoscalers,
      has: (field) => Object.hasOwn(live.body, field),
      isApplying: unit.liveRevision > 0 && unit.lastAppliedRevision !== unit.liveRevision,
    };
    walkObject(
      {
        desired: asStored(comparable(document), read.body, ref),
        live: comparable(read.body),
        claims: claimsOf(owners, managers),
        schema,
        lastApplied: lastAppliedOf(read),
        strangers: owners.filter((owner) => ownsUnknownFields(owner, read.ref, schema)),
      },
      (decision) => {
        const found = classOf(decision.rule);
        const blame = blameOf(decision.claims);
        const departure = found && { class: found, path: decision.path, desired: decision.desired, live: decision.live, blame };
        const inContext = departure && judgeInContext(departure, surroundings);
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
      const findings: Finding[] = [];
      const autoscaler = autoscalerOf(cluster.autoscalers, desired.ref);
      judge(desired, live, false, ({ decision, blame, verdict }) => {
        if (!verdict) return;
        const { path } = decision;
        const isOwnedByNobody = decision.rule === 'removed' || decision.rule === 'reordered';
        const isScaled =
          autoscaler !== undefined &&
          printPath(path) === '/spec/replicas' &&
          typeof decision.live === 'number' &&
          decision.live >= autoscaler.minReplicas &&
          decision.live <= autoscaler.maxReplicas;
        findings.push(
          createFinding(verdict, desired.ref, path, decision.desired, decision.live, desired.unit, live, options, {
            blame: isOwnedByNobody ? undefined : blame,
            ...(isScaled ? { autoscaler: autoscaler.name } : {}),
            ...(decision.rule === 'reordered' ? { isReordered: true } : {}),
          }),
        );
      });
      return toldTogether(live ? withResize(findings, desired, live) : findings);
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

    deliveredFields(desired, live, written) {
      const document = asStored(comparable(desired.document), live.body, desired.ref);
      const declared = declaredFields(document, schemaOf(live.ref), claimsOf(live.owners, managers));
      const dropped: JsonObject[] = [];
      judge(desired, live, false, ({ decision, verdict }) => {
        if (verdict?.class === 'to_remove') dropped.push(partAt(written, decision.path));
      });
      return dropped.reduce(union, intersection(written, declared));
    },

    conflicting(ref, declarations, live) {
      const names = declarations.map(({ unit }) => `${unit.space}/${unit.slug}`).sort();
      const [name = '', ...others] = new Set(names);
      const where = others.length > 0 ? `declared by units ${[name, ...others].join(' and ')}` : `declared twice in unit ${name}`;
      const verdict: Verdict = { class: 'conflicting', note: `${where}: it is not compared until one declaration is gone` };
      return createFinding(verdict, ref, [], undefined, undefined, undefined, live, options);
    },

    unmanaged(live) {
      const rule = ignores.ruleFor(live.ref, [], undefined);
      return createFinding(
        rule ? ignored(rule, 'unmanaged') : { class: 'unmanaged', note: 'no unit declares it' },
        live.ref,
        [],
        undefined,
        wholeObject(live, autoscalerOf(cluster.autoscalers, live.ref) !== undefined),
        undefined,
        live,
        options,
      );
    },
  };
}

function ignored({ until, reason }: IgnoreRule, covered: FindingClass): Verdict {
  return { class: 'informational', note: `ignored${until ? ` until ${until}` : ''}: ${reason}`, covered };
}

function isIgnorable(found: FindingClass): boolean {
  return found !== 'informational' && found !== 'pending';
}

/** The object without what no desired state is about. */
function comparable(object: JsonObject): JsonObject {
  const metadata = own(object, 'metadata') ?? {};
  const kept: Record<string, Json> = {};
  for (const [key, value] of Object.entries(metadata ?? {})) {
    if (!METADATA.has(key)) continue;
    const hasBookkeeping = key === 'annotations' || (key === 'labels' && object['kind'] === 'Namespace');
    kept[key] = hasBookkeeping && isJsonObject(value) ? withoutBookkeeping(value) : value;
  }
  const { apiVersion: _version, kind: _kind, status: _status, ...rest } = object;
  return { ...rest, metadata: kept };
}

/** A whole object as a finding holds it: without what comes and goes by itself, so that the finding stays the same. */
function wholeObject({ body, ref }: LiveObject, isAutoscaled: boolean): JsonObject {
  const { spec, ...rest } = comparable(body);
  const { replicas: _autoscaled, ...kept } = isJsonObject(spec) ? spec : {};
  return {
    apiVersion: ref.apiVersion,
    kind: ref.kind,
    ...rest,
    ...(spec === undefined ? {} : { spec: isAutoscaled ? kept : spec }),
  };
}

function withoutBookkeeping(map: JsonObject): JsonObject {
  if (!Object.keys(map).some((key) => BOOKKEEPING.has(key))) return map;
  return Object.fromEntries(Object.entries(map).filter(([key]) => !BOOKKEEPING.has(key)));
}

/** What a client-side apply sent last; `undefined` without the annotation, or where somebody broke it. */
function lastAppliedOf(live: LiveObject): JsonObject | undefined {
  const text = stringAt(live.body, 'metadata', 'annotations', LAST_APPLIED);
  if (text === undefined) return undefined;
  try {
    const parsed = parseJson(text);
    const sent = isJsonObject(parsed) ? asVersionOf(parsed, live) : undefined;
    return sent && comparable(sent);
  } catch {
    return undefined;
  }
}

function missing(desired: DesiredObject, options: DiffOptions, ignores: Ignores): Finding {
  const { ref, unit, document } = desired;
  // A unit with a target that was never applied is waiting for its first apply.
  const isPending = unit.liveRevision === 0 && unit.target !== undefined;
  const rule = isPending ? undefined : ignores.ruleFor(ref, [], undefined);
  const verdict: Verdict = isPending
    ? { class: 'pending', note: 'the unit was never applied' }
    : rule
      ? ignored(rule, 'missing')
      : { class: 'missing', note: '' };
  return createFinding(verdict, ref, [], document, undefined, unit, undefined, options);
}

function createFinding(
  verdict: Verdict,
  ref: ObjectRef,
  path: FieldPath,
  desiredValue: Json | undefined,
  liveValue: Json | undefined,
  unit: DesiredUnit | undefined,
  live: LiveObject | undefined,
  options: DiffOptions,
  more: Pick<Finding, 'autoscaler' | 'isReordered'> & { readonly blame?: Finding['blame'] } = {},
): Finding {
  const id = findingId(options.cluster, ref, path, verdict.class);
  const unitName = unit ? `${unit.space}/${unit.slug}` : '';
  const desired = maskValue(ref.kind, path, desiredValue);
  const shown = maskValue(ref.kind, path, liveValue);
  const [first, second] = path;
  const isTemplate =
    first && 'field' in first && first.field === 'spec' && second && 'field' in second && second.field === 'template';
  const { blame, ...rest } = more;
  const fingerprintOf = (ofId: string): string =>
    findingFingerprint({ id: ofId, unit: unitName, desired, live: shown, blame }, live);
  return {
    id,
    fingerprint: fingerprintOf(id),
    ...(verdict.covered ? { coveredFingerprint: fingerprintOf(findingId(options.cluster, ref, path, verdict.covered)) } : {}),
    class: verdict.class,
    ref,
    path,
    desired,
    live: shown,
    blame,
    unit: unitName,
    isCritical: unit?.isCritical ?? false,
    // With OnDelete pods are as they were until somebody deletes them.
    restartsPods:
      Boolean(isTemplate) &&
      groupOf(ref.apiVersion) === 'apps' &&
      stringAt(live?.body, 'spec', 'updateStrategy', 'type') !== 'OnDelete',
    repair: repairOf(ref, path, verdict.class, live?.body),
    note: verdict.note,
    ...rest,
  };
}
