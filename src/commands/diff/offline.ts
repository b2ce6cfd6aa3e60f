import { mergeOpenApi, openApiOfCrd } from '../../clients/kubernetes/openapi.ts';
import { type DesiredObject, type DesiredState, NO_UNIT } from '../../domain/desired.ts';
import { printPath } from '../../domain/field-path.ts';
import { type Finding, isDrift } from '../../domain/finding.ts';
import type { IgnoreRule, IgnoreUse } from '../../domain/ignore-rule.ts';
import { type Json, type JsonObject, stringAt } from '../../domain/json.ts';
import { groupOf, type ObjectRef, objectKey } from '../../domain/object-ref.ts';
import type { ShowValues } from '../../domain/show/show-values.ts';
import type { LiveObject, Snapshot } from '../../domain/snapshot.ts';
import { type BadDocument, desiredSideOf, type Fault, liveSideOf, placeOf, type SourceText } from '../../stages/desired/sides.ts';
import { comparerOf, diff, groupFindings, type Judged, RULES } from '../../stages/diff/diff.ts';
import { AUTOSCALER, desiredObjects, type LiveSide, liveObjects } from './sides.ts';

/** Two sides as texts: YAML or JSON, one document, several, or a List. An empty live text holds nothing. */
export interface OfflineInput {
  readonly desired: readonly SourceText[];
  readonly live: readonly SourceText[];
  /** OpenAPI v3 documents and CustomResourceDefinitions; the later ones win. CRDs in the two texts count as well. */
  readonly schemas: readonly JsonObject[];
  /** Field managers that carry desired state. */
  readonly desiredManagers: readonly string[];
  readonly ignoreRules: readonly IgnoreRule[];
  readonly now: Date;
  readonly showValues?: ShowValues | undefined;
}

type ObjectVerdict = 'in_sync' | 'drifted' | 'missing' | 'unmanaged' | 'terminating' | 'invalid';

/** One object that either side names. */
export interface OfflineObject {
  readonly ref: ObjectRef;
  readonly verdict: ObjectVerdict;
  readonly desired: DesiredObject | undefined;
  readonly live: LiveObject | undefined;
  /** What makes it drifted, missing or unmanaged, by path. */
  readonly findings: readonly Finding[];
  readonly informational: readonly Finding[];
  readonly pending: readonly Finding[];
  /** `undefined` for all verdicts but `invalid`. */
  readonly fault: Fault | undefined;
}

export interface OfflineDiff {
  readonly objects: readonly OfflineObject[];
  /** Names of the desired files without any document. */
  readonly emptyDesired: readonly string[];
  readonly groups: readonly { readonly title: string; readonly findings: number }[];
  readonly ignores: readonly IgnoreUse[];
  readonly showValues: ShowValues;
  /** Every decision about one object, those that found it in sync included. */
  readonly explain: (object: OfflineObject) => readonly Judged[];
}

/** The version that autoscalers of different ones are compared in. */
const AUTOSCALING = 'autoscaling/v2';

/** Compares two sides; pure, and never throws for their content. */
export function diffTexts(input: OfflineInput): OfflineDiff {
  const faults: BadDocument[] = [];
  const desiredSide = input.desired.map(desiredSideOf);
  const liveSide = input.live.map(liveSideOf);
  const live = liveObjects(liveSide, faults);
  const unreadable = unknownWhetherMissing(faults[0]);
  const desired = desiredObjects(desiredSide, live.objects, faults);
  const documents = [...desiredSide, ...liveSide].flatMap(({ manifest }) => manifest.documents.map(({ document }) => document));
  const schema = mergeOpenApi([...input.schemas, ...documents.filter(isCrd).map(openApiOfCrd)]);
  const snapshot = snapshotOf(live, desired, schema);
  const state: DesiredState = { units: [NO_UNIT], objects: desired, conflicts: [], invalid: [], otherTargets: 0 };
  const { desiredManagers, ignoreRules, now, showValues = 'safe' } = input;
  const options = { cluster: '', desiredManagers, ignoreRules, now, showValues };
  const comparison = diff(snapshot, state, options);

  const findingsOf = new Map(comparison.objects.map((object) => [objectKey(object.ref), object.findings]));
  const invalidOf = new Map(comparison.invalid.map((entry) => [objectKey(entry.desired.ref), entry]));
  const liveOf = new Map(live.objects.map((object) => [objectKey(object.ref), object]));
  const declared = desired.map((object): OfflineObject => {
    const key = objectKey(object.ref);
    const found = invalidOf.get(key);
    if (!found && unreadable && !liveOf.has(key)) return invalid(object.ref, unreadable);
    if (!found) return judged(object.ref, object, liveOf.get(key), findingsOf.get(key) ?? []);
    const { file, line } = placeOf(object.document, found.located, desiredSide);
    return invalid(object.ref, { file, line, path: printPath(found.path), error: found.message });
  });
  const undeclared = comparison.objects
    .filter(
      (object) =>
        object.desired === undefined && (object.ref.kind !== AUTOSCALER || object.findings.some(({ scales }) => scales)),
    )
    .map((object) => judged(object.ref, undefined, object.live, object.findings));
  const objects = [...declared, ...undeclared, ...faults.map(({ ref, fault }) => invalid(ref, fault))];
  const comparer = comparerOf(snapshot, options);
  return {
    objects,
    emptyDesired: desiredSide
      .filter(({ manifest }) => manifest.documents.length + manifest.faults.length === 0)
      .map(({ source }) => source.file),
    groups: groupFindings(objects.flatMap(({ findings }) => findings.filter(isDrift)))
      .filter(({ findings }) => findings.length > 1)
      .map(({ title, findings }) => ({ title, findings: findings.length })),
    ignores: comparison.ignores,
    showValues,
    explain: (object) => (object.desired && object.live ? comparer.explain(object.desired, object.live) : []),
  };
}

export { type Judged, RULES };

function judged(
  ref: ObjectRef,
  desired: DesiredObject | undefined,
  live: LiveObject | undefined,
  findings: readonly Finding[],
): OfflineObject {
  const sorted = findings
    .map((finding) => ({ finding, path: printPath(finding.path) }))
    .sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
    .map(({ finding }) => finding);
  const aside = (found: Finding['class']): readonly Finding[] => sorted.filter((finding) => finding.class === found);
  const own = sorted.filter((finding) => finding.class !== 'informational' && finding.class !== 'pending');
  const [first] = own;
  const verdict = first === undefined ? 'in_sync' : isOfWhole(first.class) ? first.class : 'drifted';
  return {
    ref,
    verdict,
    desired,
    live,
    findings: own,
    informational: aside('informational'),
    pending: aside('pending'),
    fault: undefined,
  };
}

function isOfWhole(found: Finding['class']): found is 'missing' | 'unmanaged' | 'terminating' {
  return found === 'missing' || found === 'unmanaged' || found === 'terminating';
}

/** What part of the live side could not be read may hold what is declared: not found is then not missing. */
function unknownWhetherMissing(first: BadDocument | undefined): Fault | undefined {
  const { fault } = first ?? {};
  return fault && { ...fault, path: '', error: 'unknown whether it exists: the live side was not read completely' };
}

function invalid(ref: ObjectRef, fault: Fault): OfflineObject {
  return {
    ref,
    verdict: 'invalid',
    desired: undefined,
    live: undefined,
    findings: [],
    informational: [],
    pending: [],
    fault,
  };
}

function isCrd(document: JsonObject): boolean {
  return (
    document['kind'] === 'CustomResourceDefinition' && groupOf(stringAt(document, 'apiVersion') ?? '') === 'apiextensions.k8s.io'
  );
}

function snapshotOf(live: LiveSide, desired: readonly DesiredObject[], schema: Json): Snapshot {
  const refs = [...live.objects, ...desired].map(({ ref }) => ref);
  const versions = [...refs.map(({ apiVersion }) => apiVersion), AUTOSCALING];
  const schemas = Object.fromEntries(versions.map((apiVersion) => [apiVersion, schema]));
  // A dump without any autoscaler was hardly made to tell that there is none.
  const unknown = { what: `${AUTOSCALING}/${AUTOSCALER}`, namespace: '', error: 'the live side has none' };
  return {
    objects: live.objects,
    autoscalers: live.autoscalers,
    namespaces: [...new Set(refs.map(({ namespace }) => namespace))],
    kinds: [...new Set(refs.map(({ apiVersion, kind }) => `${apiVersion}/${kind}`))],
    clusterScoped: [],
    schemas,
    pausedNamespaces: {},
    terminating: [],
    failedReads: live.autoscalers.length > 0 ? [] : [unknown],
  };
}
