import {
  type Manifest,
  type ManifestDocument,
  type ManifestLimits,
  manifestOfJson,
  readManifest,
} from '../../clients/kubernetes/manifest.ts';
import { createLineFinder, type LineFinder } from '../../clients/kubernetes/manifest-lines.ts';
import { mergeOpenApi, openApiOfCrd } from '../../clients/kubernetes/openapi.ts';
import { type DesiredObject, type DesiredState, NO_UNIT } from '../../domain/desired.ts';
import { parseJson } from '../../domain/exact-json.ts';
import { printPath } from '../../domain/field-path.ts';
import { type Finding, isDrift } from '../../domain/finding.ts';
import type { IgnoreRule, IgnoreUse } from '../../domain/ignore-rule.ts';
import { at, isJsonObject, type Json, type JsonObject, stringAt } from '../../domain/json.ts';
import { groupOf, type ObjectRef, objectKey, refOf } from '../../domain/object-ref.ts';
import type { ShowValues } from '../../domain/show/show-values.ts';
import type { LiveObject, Snapshot } from '../../domain/snapshot.ts';
import { comparerOf, diff, groupFindings, type Judged, RULES } from '../../stages/diff/diff.ts';
import { projectAutoscaler, projectObject } from '../../stages/snapshot/project.ts';

/** A text and the name of the file that it stands in. */
export interface SourceText {
  readonly file: string;
  readonly text: string;
}

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

/** What is wrong with a document, and where. */
interface Fault {
  readonly file: string;
  readonly line: number;
  /** Text form; empty for the whole document. */
  readonly path: string;
  readonly error: string;
}

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

/** Many units in one file. Its size was bounded where it was read. */
const DESIRED_LIMITS: ManifestLimits = { bytes: Number.POSITIVE_INFINITY, depth: 100, aliases: 10_000, nodes: 2_000_000 };
/** Dumps of whole clusters. */
const LIVE_LIMITS: ManifestLimits = { bytes: Number.POSITIVE_INFINITY, depth: 100, aliases: 1_000, nodes: 20_000_000 };
const AUTOSCALER = 'HorizontalPodAutoscaler';
/** The version that autoscalers of different ones are compared in. */
const AUTOSCALING = 'autoscaling/v2';
const NO_REF: ObjectRef = { apiVersion: '', kind: '', namespace: '', name: '' };

/** Compares two sides; pure, and never throws for what stands in them. */
export function diffTexts(input: OfflineInput): OfflineDiff {
  const faults: OfflineObject[] = [];
  const desiredSide = input.desired.map((source) => sideOf(source, readManifest(source.text, DESIRED_LIMITS)));
  const liveSide = input.live.map((source) => sideOf(source, readLarge(source.text, LIVE_LIMITS)));
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
  const objects = [...declared, ...undeclared, ...faults];
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

interface Side {
  readonly source: SourceText;
  readonly manifest: Manifest;
  readonly entryOf: ReadonlyMap<JsonObject, ManifestDocument>;
  readonly lineOf: LineFinder;
}

function sideOf(source: SourceText, manifest: Manifest): Side {
  let finder: LineFinder | undefined;
  return {
    source,
    manifest,
    entryOf: new Map(manifest.documents.map((entry) => [entry.document, entry])),
    // Made when something is wrong: only then anybody asks for lines.
    lineOf: (document, located) => {
      finder ??= createLineFinder(source.text);
      return finder(document, located);
    },
  };
}

/** File and line of a value inside one of the documents. */
function placeOf(
  document: JsonObject,
  located: readonly (string | number)[],
  sides: readonly Side[],
): { file: string; line: number } {
  for (const { source, entryOf, lineOf } of sides) {
    const entry = entryOf.get(document);
    if (entry) return { file: source.file, line: lineOf(entry, located) };
  }
  return { file: '', line: 0 };
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
function unknownWhetherMissing(first: OfflineObject | undefined): Fault | undefined {
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

/** JSON of a whole cluster is read by the fast parser; what that refuses gets the other one's lines and neighbours. */
export function readLarge(text: string, limits: ManifestLimits): Manifest {
  if (/^\s*\{/u.test(text)) {
    try {
      const value = parseJson(text);
      if (isJsonObject(value)) return manifestOfJson(value, limits);
    } catch {
      // Several JSON documents, or a broken one.
    }
  }
  return readManifest(text, limits);
}

function isCrd(document: JsonObject): boolean {
  return (
    document['kind'] === 'CustomResourceDefinition' && groupOf(stringAt(document, 'apiVersion') ?? '') === 'apiextensions.k8s.io'
  );
}

interface LiveSide {
  readonly objects: readonly LiveObject[];
  readonly autoscalers: Snapshot['autoscalers'];
}

function liveObjects(sides: readonly Side[], faults: OfflineObject[]): LiveSide {
  const byKey = new Map<string, LiveObject>();
  const autoscalers = [];
  for (const side of sides) {
    addFaults(side.source, side.manifest, faults);
    for (const entry of side.manifest.documents) {
      const { document } = entry;
      const ref = refOf(document);
      const object = ref && projectObject(document, ref.apiVersion, ref.kind);
      if (!object) {
        faults.push(nameless(side, entry));
        continue;
      }
      if (object.ref.kind === AUTOSCALER) autoscalers.push(projectAutoscaler(document, object.ref.apiVersion));
      byKey.set(objectKey(object.ref), object);
    }
  }
  return { objects: [...byKey.values()], autoscalers };
}

function desiredObjects(sides: readonly Side[], live: readonly LiveObject[], faults: OfflineObject[]): readonly DesiredObject[] {
  const byKey = new Map<string, DesiredObject>();
  // A live object that a document names in full is that document's, and no guess of another one.
  const exact = new Set(
    sides.flatMap(({ manifest }) => manifest.documents.flatMap(({ document }) => refOf(document) ?? [])).map(objectKey),
  );
  const withoutNamespace = new Set(live.flatMap(({ ref }) => (ref.namespace === '' ? objectKey(ref) : [])));
  const open = Map.groupBy(
    live.filter((object) => !exact.has(objectKey(object.ref))),
    ({ ref }) => objectKey({ ...ref, namespace: '' }),
  );
  for (const side of sides) {
    const { source, manifest } = side;
    addFaults(source, manifest, faults);
    for (const entry of manifest.documents) {
      const { document, index } = entry;
      const named = refOf(document);
      if (!named) {
        faults.push(nameless(side, entry));
        continue;
      }
      const line = side.lineOf;
      const ref = inNamespaceOfLive(named, open, withoutNamespace);
      const isKnown = byKey.has(objectKey(ref));
      if (isKnown)
        faults.push(invalid(ref, { file: source.file, line: line(entry, []), path: '', error: 'it is declared twice' }));
      else byKey.set(objectKey(ref), { ref, document, documentIndex: index, unit: NO_UNIT });
    }
  }
  return [...byKey.values()];
}

function addFaults({ file }: SourceText, manifest: Manifest, faults: OfflineObject[]): void {
  for (const { line, error } of manifest.faults) faults.push(invalid(NO_REF, { file, line, path: '', error }));
}

function nameless({ source, lineOf }: Side, entry: ManifestDocument): OfflineObject {
  const { document, index, items } = entry;
  const lacking = [['apiVersion'], ['kind'], ['metadata', 'name']].filter((path) => !stringAt(document, ...path));
  const which =
    items.length === 0 ? `document ${index + 1}` : `item ${items.map((item) => item + 1).join(' of item ')} of the list`;
  const [first = []] = lacking;
  const error = lacking
    .map((path) => (at(document, ...path) === undefined ? `lacks ${path.join('.')}` : `has a ${path.join('.')} that is no text`))
    .join(', ');
  return invalid(refOfPart(document), {
    file: source.file,
    line: lineOf(entry, first),
    path: `/${first.join('/')}`,
    error: `${which} ${error}`,
  });
}

/** What a document says of itself, as far as it does. */
function refOfPart(document: JsonObject): ObjectRef {
  return {
    apiVersion: stringAt(document, 'apiVersion') ?? '',
    kind: stringAt(document, 'kind') ?? '',
    namespace: stringAt(document, 'metadata', 'namespace') ?? '',
    name: stringAt(document, 'metadata', 'name') ?? '',
  };
}

/**
 * A manifest that leaves the namespace to whoever applies it is taken for the only live object of its kind and name. One
 * that has a namespace of its own, where the live object has none, names a kind that belongs to no namespace.
 */
function inNamespaceOfLive(
  ref: ObjectRef,
  open: ReadonlyMap<string, readonly LiveObject[]>,
  withoutNamespace: ReadonlySet<string>,
): ObjectRef {
  const clusterScoped = { ...ref, namespace: '' };
  if (ref.namespace !== '') return withoutNamespace.has(objectKey(clusterScoped)) ? clusterScoped : ref;
  const candidates = open.get(objectKey(ref)) ?? [];
  const [only] = candidates;
  return only && candidates.length === 1 ? { ...ref, namespace: only.ref.namespace } : ref;
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
