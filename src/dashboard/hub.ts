import type { Logger } from 'pino';
import type { ConfigHubClient, ExtendedUnit } from '../clients/confighub/client.ts';
import { unitRef } from '../clients/confighub/client.ts';
import { and, quote } from '../clients/confighub/where.ts';
import { messageOf } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import { shownPart } from '../domain/secret.ts';
import { showDescription, showValue } from '../domain/show/show.ts';
import type { ShowValues } from '../domain/show/show-values.ts';
import { type RevisionDiff, revisionDiff } from './revision-diff.ts';
import { inTree, type UnitRow } from './unit-tree.ts';

export interface HubSource {
  readonly connect: (signal: AbortSignal) => Promise<ConfigHubClient>;
  readonly showValues: ShowValues;
}

/** A revision without its data. */
export interface RevisionRow {
  readonly number: number;
  /** RFC 3339. */
  readonly time: string;
  readonly author: string;
  readonly description: string;
}

export interface UnitRevisions {
  readonly kind: 'unit';
  readonly unit: UnitRow;
  /** Newest first. */
  readonly revisions: readonly RevisionRow[];
  /** Numbers of the two that are compared; 0 where there is none. */
  readonly from: number;
  readonly to: number;
  readonly diff: RevisionDiff;
}

/** What ConfigHub gave for a page, or why nothing: one sentence. */
export type HubRead =
  | { readonly kind: 'units'; readonly units: readonly UnitRow[] }
  | UnitRevisions
  | { readonly kind: 'problem'; readonly sentence: string };

/** Reads ConfigHub when a page is asked for. Nothing of it rejects: what goes wrong is a sentence. */
export interface HubReader {
  readonly units: () => Promise<HubRead>;
  /** `from` and `to` as the address has them; what is no number stands for the last two. */
  readonly unit: (asked: Readonly<Record<'space' | 'unit' | 'from' | 'to', string>>) => Promise<HubRead>;
}

const NOT_SET =
  'Set CONFIGHUB_URL, and CUB_TOKEN or CONFIGHUB_WORKER_ID with CONFIGHUB_WORKER_SECRET, for the dashboard to read units.';
const FRESH_MS = 15_000;
const DEADLINE_MS = 10_000;
/** Reads that may wait for their turn. */
const MOST_WAITING = 20;

interface Options {
  readonly clock: () => Date;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

export function hubReader(source: HubSource | undefined, options: Options): HubReader {
  if (source === undefined) {
    const none = async (): Promise<HubRead> => ({ kind: 'problem', sentence: NOT_SET });
    return { units: none, unit: none };
  }
  const { showValues } = source;
  const ask = oneAtATime(source.connect, options);
  const states = (hub: ConfigHubClient, where: string, signal: AbortSignal): Promise<readonly ExtendedUnit[]> =>
    hub.listUnitStates({ where }, signal);
  const shown = (labels: Readonly<Record<string, string>>): Json => shownLabels(labels, showValues);
  return {
    units: () =>
      ask('units', async (hub, signal) => {
        return { kind: 'units', units: inTree(await states(hub, '', signal), shown) };
      }),
    unit: ({ space, unit: slug, from, to }) =>
      ask(JSON.stringify([space, slug, from, to]), async (hub, signal) => {
        const { SpaceID } = await hub.findSpace(space, signal);
        const named = and(`SpaceID = ${quote(SpaceID)}`, `Slug = ${quote(slug)}`);
        const found = (await states(hub, named, signal)).find(({ Unit }) => Unit.Slug === slug);
        if (!found) return { kind: 'problem', sentence: 'ConfigHub has no such unit.' };
        const { Unit } = found;
        const { UpstreamUnitID: above } = Unit;
        const upstream = above === null ? [] : await states(hub, `UnitID = ${quote(above)}`, signal);
        const row = inTree([found, ...upstream], shown).find((one) => one.space === space && one.slug === slug);
        if (!row) return { kind: 'problem', sentence: 'ConfigHub has no such unit.' };
        const ref = unitRef(Unit, space);
        const revisions = await hub.listRevisions(ref, signal);
        const numbers = revisions.map(({ Revision }) => Revision.RevisionNum);
        const last = numberOf(to) ?? numbers[0] ?? 0;
        const first = numberOf(from) ?? numbers.find((number) => number < last) ?? last;
        const [before, after] = [await hub.readRevision(ref, first, signal), await hub.readRevision(ref, last, signal)];
        return {
          kind: 'unit',
          unit: row,
          revisions: revisions.map(({ Revision, User }) => ({
            number: Revision.RevisionNum,
            time: Revision.CreatedAt,
            author: User?.Username ?? '',
            description: showDescription(Revision.Description),
          })),
          from: first,
          to: last,
          diff: revisionDiff({ from: before?.Data, to: after?.Data }, { from: first, to: last }, showValues),
        };
      }),
  };
}

type Ask = (key: string, read: (hub: ConfigHubClient, signal: AbortSignal) => Promise<HubRead>) => Promise<HubRead>;

/** One read at a time, each with a deadline; an answer is kept for a short time, and so is a failure. */
function oneAtATime(connect: HubSource['connect'], { clock, log, signal }: Options): Ask {
  const kept = new Map<string, { readonly at: number; readonly answer: Promise<HubRead> }>();
  let hub: ConfigHubClient | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  const read: Ask = async (_key, work) => {
    const until = AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]);
    try {
      hub ??= await connect(until);
      return await work(hub, until);
    } catch (error) {
      const reason = until.aborted ? `it did not answer within ${DEADLINE_MS / 1000} s` : messageOf(error);
      if (!signal.aborted) log.warn({ event: 'dashboard-confighub-failed' }, `ConfigHub was not read: ${reason}`);
      return { kind: 'problem', sentence: `ConfigHub was not read: ${reason}.` };
    }
  };
  return (key, work) => {
    const now = clock().getTime();
    for (const [name, { at }] of kept) if (Math.abs(now - at) >= FRESH_MS) kept.delete(name);
    const known = kept.get(key);
    if (known) return known.answer;
    if (waiting >= MOST_WAITING)
      return Promise.resolve({ kind: 'problem', sentence: 'ConfigHub is being read for other pages. Ask again in a moment.' });
    waiting++;
    const answer = turn.then(() => read(key, work)).finally(() => waiting--);
    turn = answer;
    kept.set(key, { at: now, answer });
    return answer;
  };
}

function shownLabels(labels: Readonly<Record<string, string>>, show: ShowValues): Json {
  const path = [{ field: 'metadata' }, { field: 'labels' }];
  return shownPart(showValue({ apiVersion: 'v1', kind: 'Unit' }, path, { ...labels }, show)) ?? {};
}

function numberOf(text: string): number | undefined {
  return /^\d{1,9}$/u.test(text) ? Number(text) : undefined;
}
