import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import type { HubContext } from './context.ts';
import { unable } from './first-generation.ts';
import { type UnitRef, type UnitSelection, unitPath } from './unit-client.ts';
import { quote, whereUnits } from './where.ts';
import { type BulkAction, bulkActionSchema, bulkMessageSchema, type UnitEvent, unitEventSchema } from './wire.ts';

const EVENT_POLL_MS = { first: 100, longest: 2_000 } as const;
const TERMINAL = new Set(['Completed', 'Failed', 'Canceled', 'Aborted']);

export interface OperationClient {
  /** Applies a revision (`ChangeSet:<id>`, a number, `LiveRevisionNum`) of each unit; the operations run on the server. */
  applyUnits(unitIds: readonly string[], revision: string, signal: AbortSignal): Promise<readonly BulkAction[]>;
  applySelection(
    selection: UnitSelection,
    options: { readonly revision?: string | undefined; readonly dryRun?: boolean },
    signal: AbortSignal,
  ): Promise<readonly BulkAction[]>;
  /** Waits until an operation ends and returns its last event. */
  awaitOperation(unit: UnitRef, operationId: string, signal: AbortSignal): Promise<UnitEvent>;
  /** Approves the heads of the units, which opens the gates that wait for an approval. */
  approveUnits(selection: UnitSelection, signal: AbortSignal): Promise<readonly z.output<typeof bulkMessageSchema>[]>;
  /** Publishes every unit of the space at its head (generation C). The path is not in a published schema; see the reference. */
  publishRelease(spaceId: string, signal: AbortSignal): Promise<void>;
}

export function operationClient({ transport, abilities }: HubContext): OperationClient {
  const apply = (query: Readonly<Record<string, string | undefined>>, signal: AbortSignal): Promise<BulkAction[]> =>
    transport.send({ method: 'POST', path: '/unit/apply', query }, z.array(bulkActionSchema), signal);

  return {
    async applyUnits(unitIds, revision, signal) {
      const actions: BulkAction[] = [];
      for (const where of whereUnits(unitIds)) {
        // Generation A applies heads, and ignores what it does not know: naming a revision would be a false promise.
        actions.push(...(await apply({ where, revision: abilities.appliesRevisions ? revision : undefined }, signal)));
      }
      return actions;
    },

    async applySelection({ where, filterId }, { revision, dryRun }, signal) {
      if (revision !== undefined && !abilities.appliesRevisions)
        throw unable(
          'applies units at their head only',
          `revision ${revision}`,
          'Restore the revision first, then apply the head.',
        );
      const query = { where: where === '' ? undefined : where, filter: filterId, revision };
      return apply({ ...query, dry_run: dryRun ? 'true' : undefined }, signal);
    },

    async awaitOperation(unit, operationId, signal) {
      const path = `${unitPath(unit)}/unit_event`;
      const query = { where: `QueuedOperationID = ${quote(operationId)}` };
      for (let waitMs: number = EVENT_POLL_MS.first; ; waitMs = Math.min(waitMs * 2, EVENT_POLL_MS.longest)) {
        const events = await transport.list({ path, query, about: `unit ${unit.name}` }, unitEventSchema, signal);
        const last = events.findLast((event) => TERMINAL.has(event.Status));
        if (last) return last;
        await sleep(waitMs, undefined, { signal });
      }
    },

    approveUnits: ({ where, filterId }, signal) =>
      transport.send(
        { method: 'POST', path: '/unit/approve', query: { where: where === '' ? undefined : where, filter: filterId } },
        z.array(bulkMessageSchema),
        signal,
      ),

    async publishRelease(spaceId, signal) {
      await transport.send(
        { method: 'POST', path: `/space/${encodeURIComponent(spaceId)}/release`, body: {} },
        z.unknown(),
        signal,
      );
    },
  };
}
