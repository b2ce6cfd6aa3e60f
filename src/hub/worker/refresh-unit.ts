import { parseManifest } from '../../clients/kubernetes/manifest.ts';
import { writeYaml } from '../../clients/kubernetes/yaml.ts';
import { stringifyJson } from '../../domain/exact-json.ts';
import { isJsonArray, isJsonObject, isNumber, type Json, type JsonObject } from '../../domain/json.ts';
import { displayRef, refOf } from '../../domain/object-ref.ts';
import { equalQuantities } from '../../domain/quantity.ts';
import { userOf } from '../entities/user.ts';
import { HubError } from '../errors.ts';
import { byKey, fieldOf, itemOf, type Schema, schemaOf } from '../merge/list-schema.ts';
import { mergeThreeWay } from '../merge/three-way.ts';
import { readPatch } from '../units/body.ts';
import { changeUnit } from '../units/change.ts';
import { withNamespace } from './documents.ts';
import { failure, type Job, type JobResult } from './job.ts';
import { writeLiveState } from './live-state.ts';

/**
 * Reads the unit's objects and, where a declared field has another value by now, adopts the live value as a new head
 * (reference, section 6.6): the opposite of fixing drift. Fields that the unit does not declare do not count.
 */
export async function refreshUnit(job: Job): Promise<JobResult> {
  const read = parseManifest(job.text);
  if (!read.ok) return failure('RefreshFailed', read.error);
  const objects: JsonObject[] = [];
  const adopted: JsonObject[] = [];
  const drifted: string[] = [];
  for (const document of read.documents) {
    const ref = refOf(withNamespace(document, job.target.kubeNamespace));
    if (!ref) return failure('RefreshFailed', 'a document has no apiVersion, kind or metadata.name');
    const live = await job.cluster.get(ref, job.signal);
    // A deleted object stays declared: to remove it is a decision, not a refresh.
    const now = live ? adopt(document, live, schemaOf(document)) : document;
    if (live) objects.push(live);
    adopted.push(isJsonObject(now) ? now : document);
    if (!live) drifted.push(`${displayRef(ref)} is missing`);
    else if (stringifyJson(now) !== stringifyJson(document)) drifted.push(displayRef(ref));
  }
  const LiveStateHash = job.hub.store.blobs.put(Buffer.from(writeLiveState(objects)));
  if (drifted.length === 0) {
    return {
      status: 'Completed',
      result: 'RefreshAndNoDrift',
      message: 'No drift',
      settle: (unit) => ({ ...unit, LiveStateHash }),
    };
  }
  const theirs = adopted.map(writeYaml).join('---\n');
  const base = read.documents.map(writeYaml).join('---\n');
  const merged = mergeThreeWay({ base, ours: job.text, theirs });
  if (merged.outcome === 'unreadable') return failure('RefreshFailed', merged.message);
  return {
    status: 'Completed',
    result: 'RefreshAndDrifted',
    message: `Drifted: ${drifted.join(', ')}`,
    settle: (unit) => {
      // Another write came first: the read objects belong to another text.
      if (unit.HeadRevisionNum !== job.operation.RevisionNum) return { ...unit, LiveStateHash };
      const change = { ...readPatch(unit, {}), data: Buffer.from(merged.text), source: 'Refresh' as const };
      const caller = { user: userOf('worker'), userAgent: 'worker' };
      try {
        const changed = changeUnit(job.hub, caller, unit, {
          ...change,
          stamp: `Refreshed: ${drifted.join(', ')}`,
          changeSetParameter: undefined,
          tag: undefined,
        });
        return { ...changed, LiveStateHash };
      } catch (error) {
        // A lock is respected by everybody; the event says what drifted all the same.
        if (error instanceof HubError) return { ...unit, LiveStateHash };
        throw error;
      }
    },
  };
}

/** The declared value with the live values of its fields; what means the same keeps its spelling. */
function adopt(declared: Json, live: Json, schema: Schema): Json {
  if (isJsonObject(declared) && isJsonObject(live)) {
    const fields = Object.entries(declared).flatMap(([name, value]) => {
      const now = live[name];
      // Identity and bookkeeping are no drift; an absent empty value is what the API server makes of it.
      if (now === undefined) return isNothing(value) ? [[name, value] as const] : [];
      return [[name, adopt(value, now, fieldOf(schema, name))] as const];
    });
    return Object.fromEntries(fields);
  }
  if (isJsonArray(declared) && isJsonArray(live)) {
    const [ours, theirs] = [byKey(schema, declared), byKey(schema, live)];
    if (!ours || !theirs)
      return stringifyJson(declared) === stringifyJson(live) ? declared : adoptByIndex(declared, live, schema);
    return [...ours].flatMap(([key, value]) => {
      const now = theirs.get(key);
      return now === undefined ? [] : [adopt(value, now, itemOf(schema))];
    });
  }
  const isSame = declared === live || (isAmount(declared) && isAmount(live) && equalQuantities(declared, live, true));
  return isSame ? declared : live;
}

function adoptByIndex(declared: readonly Json[], live: readonly Json[], schema: Schema): Json {
  if (declared.length !== live.length) return live;
  return declared.map((value, index) => adopt(value, live[index] ?? null, itemOf(schema)));
}

function isAmount(value: Json): value is string | number | bigint {
  return typeof value === 'string' || isNumber(value);
}

function isNothing(value: Json): boolean {
  if (typeof value === 'object') return value === null || Object.keys(value).length === 0;
  return value === '' || value === 0 || value === false;
}
