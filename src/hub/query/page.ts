import type { Json } from '../../domain/json.ts';
import type { EntityName } from '../entities/definition.ts';
import { badRequest } from '../errors.ts';
import { compare } from '../where/operators.ts';
import { type Attribute, type Row, resolvePath } from '../where/resolve.ts';

/** `limit`, `continue` and `order_by` of a list (reference, section 1.4). */
export interface Paging {
  readonly limit?: number | undefined;
  readonly continue?: string | undefined;
  readonly order_by?: string | undefined;
}

/** One record of a selection: its place in the order of creation, and the values that it is ordered by. */
export interface Place {
  readonly seq: number;
  readonly keys: readonly (Json | undefined)[];
}

export interface Order {
  /** The values by which a record is ordered; empty for the order of creation. */
  keysOf(row: Row): readonly (Json | undefined)[];
  compare(one: Place, other: Place): number;
}

/** `DESC:CreatedAt,Slug`: attributes, each descending where it says so; equal ones keep the order of creation. */
export function readOrder(entity: EntityName, text: string | undefined): Order {
  const terms = [...(text ?? '').matchAll(/[^,]+/gu)].filter(([term]) => term.trim() !== '');
  const columns = terms.map(({ 0: term, index }) => {
    const [, direction, name = ''] = /^(?:(ASC|DESC):)?(.*)$/u.exec(term.trim()) ?? [];
    return { attribute: resolvePath(entity, name.split('.'), index, 'order_by'), isDescending: direction === 'DESC' };
  });
  return {
    keysOf: (row) => columns.map(({ attribute }) => attribute.read(row)),
    compare: (one, other) => {
      for (const [index, { attribute, isDescending }] of columns.entries()) {
        const sign = compareKeys(attribute, one.keys[index], other.keys[index]);
        if (sign !== 0) return isDescending ? -sign : sign;
      }
      return one.seq - other.seq;
    },
  };
}

/** Absent values come first. */
function compareKeys({ type }: Attribute, one: Json | undefined, other: Json | undefined): number {
  if (one === undefined || other === undefined) return Number(one !== undefined) - Number(other !== undefined);
  if (compare('=', type, one, other)) return 0;
  return compare('<', type, one, other) ? -1 : 1;
}

export interface Page {
  readonly seqs: readonly number[];
  /** Names the page after this one; `undefined` on the last. */
  readonly next: string | undefined;
}

/**
 * The page that was asked for. A token holds the place of the last record of its page and not a number of records, so
 * what comes or goes between two pages neither hides a record nor shows one twice.
 */
export function pageOf(places: readonly Place[], order: Order, paging: Paging): Page {
  const sorted = places.toSorted(order.compare);
  const after = paging.continue === undefined ? undefined : readToken(paging.continue);
  const rest = after ? sorted.filter((place) => order.compare(place, after) > 0) : sorted;
  const page = paging.limit === undefined ? rest : rest.slice(0, paging.limit);
  const last = page.at(-1);
  return {
    seqs: page.map(({ seq }) => seq),
    next: last && page.length < rest.length ? writeToken(last) : undefined,
  };
}

function writeToken({ seq, keys }: Place): string {
  return Buffer.from(JSON.stringify([seq, keys.map((key) => key ?? null)])).toString('base64url');
}

function readToken(token: string): Place {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    if (Array.isArray(parsed) && Number.isSafeInteger(parsed[0]) && Array.isArray(parsed[1])) {
      return { seq: parsed[0] as number, keys: parsed[1].map((key: Json) => key ?? undefined) };
    }
  } catch {
    // Reported below.
  }
  throw badRequest('continue is no token of a page; take it from ConfigHub-Continue of the answer before');
}
