import { ClusterError } from '../../../src/domain/errors.ts';
import { type JsonObject, stringAt } from '../../../src/domain/json.ts';
import type { Bench } from './bench.ts';
import { type Case, CLIENT_SIDE, PARTNER } from './case.ts';
import { inTurn } from './in-turn.ts';

/** An object, named, and who delivers it. */
export interface Delivery {
  readonly case: Pick<Case, 'deliverer' | 'partner'>;
  readonly desired: JsonObject;
}

/**
 * Delivers each object as its deliverer does: a server-side apply, forced as ConfigHub's worker makes it or not, or a run of
 * the real kubectl for all that are applied client-side. Returns the server's message for each that it refuses.
 */
export async function deliver<D extends Delivery>(
  bench: Bench,
  deliveries: readonly D[],
  force: boolean,
): Promise<ReadonlyMap<D, string>> {
  const isClientSide = ({ case: { deliverer } }: D): boolean => deliverer === CLIENT_SIDE;
  const refusals = new Map<D, string>();
  const applied = deliveries.filter(isClientSide);
  const refused = await bench.applyClientSide(applied.map(({ desired }) => desired));
  for (const one of applied) {
    const name = stringAt(one.desired, 'metadata', 'name') ?? '';
    if (refused.has(name)) refusals.set(one, `kubectl apply of ${name} is refused`);
  }
  await inTurn(
    deliveries.filter((one) => !isClientSide(one)),
    async (one) => {
      try {
        await bench.apply(one.desired, one.case.deliverer, force);
      } catch (error) {
        if (!(error instanceof ClusterError)) throw error;
        refusals.set(one, error.message);
      }
    },
  );
  return refusals;
}

/** The partner declares its part of what is delivered. */
export async function addPartner(bench: Bench, { case: { partner }, desired }: Delivery, name: string): Promise<void> {
  if (partner) await bench.apply(bench.named({ ...partner, kind: desired['kind'] ?? '' }, name), PARTNER, false);
}
