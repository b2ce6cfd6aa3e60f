import { isDeepStrictEqual } from 'node:util';
import { ClusterError } from '../../../src/domain/errors.ts';
import type { JsonObject } from '../../../src/domain/json.ts';
import { type ObjectRef, objectKey, refOf } from '../../../src/domain/object-ref.ts';
import { type Bench, kindNameOf } from './bench.ts';
import type { Case } from './case.ts';
import { contentOf } from './content.ts';
import { addPartner, type Delivery, deliver } from './delivery.ts';
import { dropFields } from './drop.ts';
import { fixingPass } from './fixing-pass.ts';
import { inTurn } from './in-turn.ts';
import { judgeStory, type Story, type Verdict } from './verdict.ts';

/** What became of one case. */
export type Judged =
  /** The API refused the change, or accepted it and stored the object unchanged. */
  | { readonly case: Case; readonly status: 'not made'; readonly message: string }
  | {
      readonly case: Case;
      readonly status: 'judged';
      /** Names of the changes that the stranger made, where they have names. */
      readonly changes: readonly string[];
      readonly story: Story;
      readonly verdict: Verdict;
      /** The deliverer dropped a fixed field afterwards. */
      readonly isDropped: boolean;
    };

/** An object that a stranger is about to change. */
interface Placed extends Delivery {
  readonly case: Case;
  readonly ref: ObjectRef;
}

/** Delivers the objects of all cases, has the stranger come, makes one pass over all of them, and judges each. */
export async function judgeCases(bench: Bench, cases: readonly Case[]): Promise<readonly Judged[]> {
  const kinds = [...new Set(cases.map((one) => kindNameOf(one.desired)))];
  const placed = cases.map((one) => placedOf(bench, one));
  const refusals = await deliver(bench, placed, true);
  const delivered = placed.filter((one) => !refusals.has(one));
  await inTurn(delivered, (one) => addPartner(bench, one, one.ref.name));
  const before = await bench.readAll(kinds);
  const edited = await inTurn(delivered, async (one) => {
    const start = before.get(objectKey(one.ref)) ?? {};
    return { ...one, before: start, ...(await change(bench, one, start)) };
  });
  const treated = await fixingPass(bench, edited, kinds);
  const after = await bench.readAll(kinds);
  const judged = edited.map(({ case: one, ref, desired, before: start, edited: made, message, changes }): Judged => {
    const story = {
      case: one,
      desired,
      before: start,
      edited: made ?? start,
      after: after.get(objectKey(ref)) ?? {},
      treated: treated({ desired, before: start }),
    };
    const verdict = judgeStory(story);
    // Everything else has to stay unchanged.
    if (!made && verdict.faults.length === 0) return { case: one, status: 'not made', message };
    return { case: one, status: 'judged', changes, story, verdict, isDropped: false };
  });
  const whole = [...(await dropFields(bench, judged, kinds)), ...[...refusals].map(notDelivered)];
  await bench.clear(kinds);
  return whole;
}

function placedOf(bench: Bench, one: Case): Placed {
  const desired = bench.named(one.desired);
  const ref = refOf(desired);
  if (!ref) throw new Error(`${one.name} declares no object`);
  return { case: one, ref, desired };
}

function notDelivered([{ case: one }, message]: readonly [Placed, string]): Judged {
  return { case: one, status: 'not made', message };
}

interface Edited {
  /** `undefined` where the stranger got nothing done. */
  readonly edited: JsonObject | undefined;
  readonly message: string;
  readonly changes: readonly string[];
}

/** The first edit that the API takes and that makes a difference. */
async function change(bench: Bench, { case: { edits }, ref }: Placed, before: JsonObject): Promise<Edited> {
  let message = '';
  let live = before;
  for (const edit of edits) {
    const changes: string[] = [];
    try {
      for (const step of edit(live, (name) => changes.push(name))) live = await bench.take(step, ref);
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error;
      message = error.message;
    }
    if (!isDeepStrictEqual(contentOf(live), contentOf(before))) return { edited: live, message: '', changes };
  }
  return { edited: undefined, message, changes: [] };
}
