import type { JsonObject } from '../../domain/json.ts';
import type { Hub } from '../context.ts';
import type { EntityName } from '../entities/definition.ts';
import { extensionOf, extensionWriter } from '../query/extend.ts';
import { showsData } from '../query/present.ts';
import { Reader } from '../query/reader.ts';
import { selectPage } from '../query/select.ts';
import type { Condition, Table } from '../storage/table.ts';
import { CONTINUE, parametersOf, type Request } from './environment.ts';

/** Records that are read and written at once: what a list holds in memory, and for how long others wait. */
const RECORDS = 32;

/** How the elements of a list are written. */
export interface ListWriter<R> {
  /** From the record and its stored text. */
  readonly write: (record: R, stored: string) => string;
  /** Whether it writes each record's configuration. */
  readonly readsData: boolean;
}
export type WriterOf<R> = (reader: Reader) => ListWriter<R>;

/** What is listed: entities of a table for which all conditions hold. */
export interface Listed<R extends JsonObject> {
  readonly entity: EntityName;
  readonly table: Table<R>;
  readonly conditions?: readonly Condition[];
}

/**
 * Answers a list batch by batch, no faster than the client takes it, so that its size is never in memory. What is listed
 * is decided at the beginning; each element is as it is when it is written.
 */
export function listResponse<R extends JsonObject>(
  hub: Hub,
  request: Request,
  { entity, table, conditions = [] }: Listed<R>,
  writerOf: WriterOf<R> = extended(request, entity),
): Response {
  const parameters = parametersOf(request);
  const reader = new Reader(hub.store);
  const { seqs, next } = selectPage(reader, entity, table, conditions, parameters);
  // Made here: a mistake in `select` is answered, not streamed.
  const { write, readsData } = writerOf(reader);
  const headers: Record<string, string> = { 'content-type': 'application/json; charset=UTF-8' };
  if (next !== undefined) headers[CONTINUE] = next;
  let from = 0;
  let before = '[';
  const batch = (): string => {
    const stored = table.readStored(seqs.slice(from, from + RECORDS), readsData);
    reader.expect(stored);
    from += RECORDS;
    let text = '';
    for (const entry of stored) {
      text += before + write(entry.record, entry.text);
      before = ',';
    }
    // Also where everything that was to be listed is gone by now.
    if (from < seqs.length) return text;
    return `${text}${before === '[' ? '[]' : ']'}`;
  };
  if (seqs.length <= RECORDS) return request.body(batch(), 200, headers);
  const encoder = new TextEncoder();
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        controller.enqueue(encoder.encode(batch()));
        if (from >= seqs.length) controller.close();
      },
    },
    { highWaterMark: 1 },
  );
  return request.body(stream, 200, headers);
}

function extended<R extends JsonObject>(request: Request, entity: EntityName): WriterOf<R> {
  const parameters = parametersOf(request);
  return (reader) => {
    const extension = extensionOf(reader, entity, parameters);
    return { write: extensionWriter(reader, entity, extension), readsData: showsData(reader, entity, extension.wanted) };
  };
}
