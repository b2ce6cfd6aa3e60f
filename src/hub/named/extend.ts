import type { JsonObject } from '../../domain/json.ts';
import type { Named } from '../entities/named.ts';
import type { Reader } from '../query/reader.ts';
import { namedId } from '../storage/store.ts';

/** What a worker's own answers have besides the entity: its secret, and how many targets it serves. */
export function extendNamed(reader: Reader, record: Named, extended: JsonObject, own: JsonObject): JsonObject {
  if (record.EntityType !== 'BridgeWorker') return extended;
  const targets = reader.store.named.find({ column: 'entity_type', values: ['Target'] });
  const count = targets.filter((target) => target['BridgeWorkerID'] === namedId(record)).length;
  return { ...extended, BridgeWorker: own, TargetCount: count };
}
