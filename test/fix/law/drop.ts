import { type FieldPath, locate, printPath } from '../../../src/domain/field-path.ts';
import type { JsonObject } from '../../../src/domain/json.ts';
import { objectKey, refOf } from '../../../src/domain/object-ref.ts';
import { omit } from '../../diff/every-leaf/pointer.ts';
import type { Bench } from './bench.ts';
import { contentOf, differences } from './content.ts';
import type { Judged } from './court.ts';
import { type Delivery, deliver } from './delivery.ts';

type JudgedCase = Extract<Judged, { readonly status: 'judged' }>;

/** An object whose deliverer drops a field that was fixed, beside one that only the deliverer ever changed. */
interface Drop {
  readonly judged: JudgedCase;
  readonly path: FieldPath;
  readonly fixed: Delivery;
  readonly untouched: Delivery;
}

/**
 * Each deliverer declares its object without one of the fields that were fixed, as it always does: without force, where it
 * applies on the server. The object must then be as one is that was delivered twice and never changed by anybody else.
 */
export async function dropFields(bench: Bench, all: readonly Judged[], kinds: readonly string[]): Promise<readonly Judged[]> {
  const drops = all.flatMap((judged) => (judged.status === 'judged' ? (dropOf(bench, judged) ?? []) : []));
  if (drops.length === 0) return all;
  await deliver(
    bench,
    drops.map(({ untouched, judged }) => ({ case: untouched.case, desired: renamed(judged.story.desired, untouched.desired) })),
    true,
  );
  const refused = await deliver(
    bench,
    drops.flatMap(({ fixed, untouched }) => [fixed, untouched]),
    false,
  );
  const now = await bench.readAll(kinds);
  const contentNow = ({ desired }: Delivery): JsonObject => {
    const ref = refOf(desired);
    return contentOf((ref && now.get(objectKey(ref))) ?? {});
  };
  // What cannot be dropped anyway says nothing.
  const made = new Map(drops.filter(({ untouched }) => !refused.has(untouched)).map((drop) => [drop.judged, drop]));
  return all.map((judged) => {
    const drop = judged.status === 'judged' ? made.get(judged) : undefined;
    if (!drop || judged.status !== 'judged') return judged;
    const refusal = refused.get(drop.fixed);
    const [first] = differences(contentNow(drop.untouched), contentNow(drop.fixed));
    const faults = [...judged.verdict.faults];
    if (refusal) faults.push(`drop refused: ${printPath(drop.path)}: ${refusal}`);
    else if (first) faults.push(`dropped field stays: ${printPath(drop.path)}: ${first.path}`);
    return { ...judged, isDropped: true, verdict: { ...judged.verdict, faults } };
  });
}

function dropOf(bench: Bench, judged: JudgedCase): Drop | undefined {
  const { story, verdict } = judged;
  if (!story.case.drops || verdict.faults.length + verdict.kept.length > 0) return undefined;
  for (const { ranked, action } of story.treated.items) {
    const { path } = ranked.finding;
    const located = action === 'fix' ? locate(story.desired, path) : undefined;
    if (!located) continue;
    const desired = omit(story.desired, [located]);
    const { deliverer } = story.case;
    return {
      judged,
      path,
      fixed: { case: { deliverer }, desired },
      untouched: { case: { deliverer }, desired: bench.named(desired) },
    };
  }
  return undefined;
}

/** The first one under the other one's name. */
function renamed(document: JsonObject, { metadata = {} }: JsonObject): JsonObject {
  return { ...document, metadata: { ...(document['metadata'] as JsonObject), name: (metadata as JsonObject)['name'] ?? '' } };
}
