import { isDeepStrictEqual } from 'node:util';
import { printPath, valueAt, withValueAt } from '../../../src/domain/field-path.ts';
import { type Finding, inOrderOf } from '../../../src/domain/finding.ts';
import { isJsonObject, type Json, type JsonObject, numberAt } from '../../../src/domain/json.ts';
import type { PlanItem } from '../../../src/domain/plan.ts';
import { schemaPathOf } from '../../diff/every-leaf/shape.ts';
import { type Case, PARTNER, SCALER, STRANGER } from './case.ts';
import { contentOf, differences, sorted } from './content.ts';
import type { Treated } from './fixing-pass.ts';
import { type Field, fieldOf, fieldValue, meet, type Owners, ownersOf } from './owners.ts';

/** One object through all of it. */
export interface Story {
  readonly case: Case;
  readonly desired: JsonObject;
  /** As it was delivered. */
  readonly before: JsonObject;
  /** As the stranger left it. */
  readonly edited: JsonObject;
  /** As it is after the pass. */
  readonly after: JsonObject;
  readonly treated: Treated;
}

/** A finding that was not fixed, and why. */
interface Kept {
  readonly path: string;
  readonly schemaPath: string;
  readonly action: PlanItem['action'];
  readonly reason: string;
  readonly detail: string;
}

export interface Verdict {
  readonly kept: readonly Kept[];
  /** What the law forbids, each as `kind of fault: what exactly`; empty where it is kept. */
  readonly faults: readonly string[];
}

/** The manager that the pass writes under; nothing of it may stay. */
const OURS = 'drift-detector';
/** Faults of one kind that are named for one object. */
const PLACES = 3;

/** Holds one object to the law. */
export function judgeStory(story: Story): Verdict {
  const unfixed = unfixedOf(story.treated);
  return {
    kept: unfixed.map(({ ranked, action, reason, detail }) => ({
      path: printPath(ranked.finding.path),
      schemaPath: schemaPathOf(ranked.finding.path),
      action,
      reason,
      detail,
    })),
    faults: [
      ...outcomeFaults(story.treated),
      ...contentFaults(story, unfixed),
      ...generationFaults(story),
      ...ownerFaults(story, unfixed),
    ],
  };
}

/** Findings that the plan leaves alone, but for those that were there before anybody changed anything. */
function unfixedOf({ items, standing }: Treated): readonly PlanItem[] {
  const known = new Set(standing.map(({ path }) => printPath(path)));
  return items.filter(({ action, ranked }) => action !== 'fix' && !known.has(printPath(ranked.finding.path)));
}

function lineOf(finding: Finding): string {
  return `${finding.class} ${printPath(finding.path)}`;
}

function outcomeFaults({ items, outcomes }: Treated): readonly string[] {
  return items.flatMap(({ action, ranked }) => {
    if (action !== 'fix') return [];
    const outcome = outcomes.get(ranked.finding.id);
    if (outcome?.result === 'fixed') return [];
    const told = outcome ? `${outcome.result}: ${outcome.message}` : 'none';
    return [`outcome ${told.replace(/(cannot |changed ).*$/su, '$1')}: ${lineOf(ranked.finding)}: ${outcome?.message ?? ''}`];
  });
}

/** As before, but for what was left alone, which is as the stranger left it. */
function contentFaults({ before, edited, after, treated }: Story, unfixed: readonly PlanItem[]): readonly string[] {
  const left = contentOf(edited);
  const expected = unfixed.reduce<Json>((content, { ranked: { finding } }) => {
    const value = finding.isReordered ? inOrderOf(valueAt(content, finding.path), finding.live) : valueAt(left, finding.path);
    return withValueAt(content, finding.path, value) ?? content;
  }, contentOf(before));
  const wanted = contentOf(isJsonObject(expected) ? expected : {});
  const found = contentOf(after);
  const places = differences(wanted, found).slice(0, PLACES);
  if (places.length === 0) return [];
  if (isDeepStrictEqual(sorted(wanted), sorted(found))) {
    // Nobody says at which place of a list something that was left there has to be.
    return unfixed.length > 0 ? [] : places.map(({ path }) => `order: ${path}`);
  }
  const kind = treated.items.length === 0 ? 'unfound' : 'content';
  return places.map(({ path, expected: was, found: is }) => `${kind}: ${path}: ${brief(was)} became ${brief(is)}`);
}

function generationFaults({ edited, after }: Story): readonly string[] {
  const [from, to] = [edited, after].map((object) => numberAt(object['metadata'], 'generation'));
  if (from === undefined || to === undefined) return [];
  return to <= from + 1 ? [] : [`generation: ${to - from} steps`];
}

function ownerFaults(story: Story, unfixed: readonly PlanItem[]): readonly string[] {
  const [before, edited, after] = [story.before, story.edited, story.after].map(ownersOf);
  if (!before || !edited || !after) return [];
  const left = unfixed.map(({ ranked }) => fieldOf(ranked.finding.path));
  const faults: string[] = [];
  for (const key of new Set([...before.keys(), ...edited.keys(), ...after.keys()])) {
    const manager = (after.get(key) ?? edited.get(key) ?? before.get(key))?.manager ?? '';
    const now = fieldsOf(after, key);
    if (manager === OURS) {
      faults.push(`our entry: left: ${show(now.keys())}`);
      continue;
    }
    const isStranger = manager === STRANGER || manager === SCALER;
    const theirs = fieldsOf(edited, key);
    // Whoever else owned what a hand changes was displaced by it, and gets nothing that was not theirs.
    const wanted = manager === story.case.deliverer || isStranger ? fieldsOf(before, key) : theirs;
    const isFault = ([name, field]: readonly [string, Field]): boolean =>
      !left.some((path) => meet(field, path)) &&
      !(now.has(name) === theirs.has(name) && isUnchanged(field, story)) &&
      !(isStranger && (isFilledByOthers(field, story) || isNothing(field, story)));
    const lost = [...wanted].filter(([name]) => !now.has(name)).filter(isFault);
    const gained = [...now].filter(([name]) => !wanted.has(name)).filter(isFault);
    const who = isStranger ? 'stranger' : manager === PARTNER ? 'partner' : manager === story.case.deliverer ? 'deliverer' : key;
    if (lost.length > 0) faults.push(`owner ${who} lost: ${show(lost.map(([name]) => name))}`);
    if (gained.length > 0) faults.push(`owner ${who} has more: ${show(gained.map(([name]) => name))}`);
  }
  return faults;
}

/** The stranger wrote the value that was there: nothing differs, so nothing is done about it. */
function isUnchanged(field: Field, { before, edited }: Story): boolean {
  return field.at(-1) !== '.' && isDeepStrictEqual(fieldValue(before, field), fieldValue(edited, field));
}

/** The API server keeps whoever wrote a field of a gate that is off as its owner, though it stored nothing. */
function isNothing(field: Field, { after }: Story): boolean {
  return fieldValue(after, field) === undefined;
}

/** A map of labels or annotations that the stranger made and others put something into since. */
function isFilledByOthers(field: Field, { after }: Story): boolean {
  const isMap = field[0] === 'f:metadata' && field.filter((step) => step !== '.').length === 2;
  return isMap && fieldValue(after, field) !== undefined;
}

function fieldsOf(owners: Owners, key: string): ReadonlyMap<string, Field> {
  return owners.get(key)?.fields ?? new Map();
}

function show(names: Iterable<string>): string {
  const all = [...names];
  return `${all.slice(0, 3).join(', ')}${all.length > 3 ? ` and ${all.length - 3} more` : ''}`;
}

function brief(value: Json | undefined): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 120)}...` : text;
}
