import { isDeepStrictEqual } from 'node:util';
import { printPath, valueAt, withValueAt } from '../../../src/types/field-path.ts';
import { type Finding, inOrderOf } from '../../../src/types/finding.ts';
import { isJsonObject, type Json, type JsonObject, numberAt } from '../../../src/types/json.ts';
import type { PlanItem } from '../../../src/types/plan.ts';
import { schemaPathOf } from '../../diff/every-leaf/shape.ts';
import { type Case, PARTNER, SCALER, STRANGER } from './case.ts';
import { contentOf, differences, sorted } from './content.ts';
import type { Treated } from './fixing-pass.ts';
import { meet, type Owners, ownedPath, ownersOf } from './owners.ts';

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
export interface Kept {
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
  const left = unfixed.map(({ ranked }) => ownedPath(ranked.finding.path));
  const mayDiffer = (field: string): boolean => left.some((path) => meet(field, path));
  const faults: string[] = [];
  for (const key of new Set([...before.keys(), ...edited.keys(), ...after.keys()])) {
    const [was, now] = [fieldsOf(before, key), fieldsOf(after, key)];
    const manager = (after.get(key) ?? edited.get(key) ?? before.get(key))?.manager ?? '';
    const isStranger = manager === STRANGER || manager === SCALER;
    // Whoever else owned what a hand changes was displaced by it, and gets nothing that was not theirs.
    const wanted = manager === story.case.deliverer || isStranger ? was : fieldsOf(edited, key);
    if (manager === OURS) faults.push(`our entry: left: ${show(now)}`);
    const lost = [...wanted].filter((field) => !now.has(field) && !mayDiffer(field));
    const gained = [...now].filter((field) => !wanted.has(field) && !mayDiffer(field));
    const who = isStranger ? 'stranger' : manager === PARTNER ? 'partner' : manager === story.case.deliverer ? 'deliverer' : key;
    if (manager !== OURS && lost.length > 0) faults.push(`owner ${who} lost: ${show(lost)}`);
    if (manager !== OURS && gained.length > 0) faults.push(`owner ${who} has more: ${show(gained)}`);
  }
  return faults;
}

function fieldsOf(owners: Owners, key: string): ReadonlySet<string> {
  return owners.get(key)?.fields ?? new Set();
}

function show(fields: Iterable<string>): string {
  const all = [...fields];
  return `${all.slice(0, 3).join(', ')}${all.length > 3 ? ` and ${all.length - 3} more` : ''}`;
}

function brief(value: Json | undefined): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 120)}...` : text;
}
