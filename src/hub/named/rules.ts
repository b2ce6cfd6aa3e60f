import type { Json } from '../../domain/json.ts';
import type { Hub } from '../context.ts';
import type { EntityName } from '../entities/definition.ts';
import { definitions } from '../entities/entities.ts';
import type { NamedKind } from '../entities/named.ts';
import { badRequest } from '../errors.ts';
import { Reader } from '../query/reader.ts';
import { compileWhere } from '../where/compile.ts';
import { parseWhere } from '../where/parse.ts';

type Fields = { readonly [field: string]: Json };

/** What a kind demands of its fields beyond their types. Throws 400: a mistake is better found now than at its first use. */
export function assertUsable(hub: Hub, kind: NamedKind, fields: Fields): void {
  assertReferencesExist(hub, kind, fields);
  if (kind.definition.name === 'Filter') assertFilter(fields);
  if (kind.definition.name === 'Target') assertParameters(fields);
}

function assertReferencesExist(hub: Hub, kind: NamedKind, fields: Fields): void {
  const reader = new Reader(hub.store);
  for (const [field, { of }] of Object.entries(kind.definition.relations)) {
    const id = fields[field];
    if (typeof id === 'string' && !reader.load(of, id)) throw badRequest(`${field} ${id} names no ${of}`);
  }
}

function assertFilter(fields: Fields): void {
  const where = parseWhere(String(fields['Where']));
  const from = String(fields['From']) === 'Worker' ? 'BridgeWorker' : String(fields['From']);
  const entity = (Object.keys(definitions) as readonly EntityName[]).find((name) => name === from);
  // Triggers and such are not entities of this hub: their filters can be stored, and never used.
  if (entity) compileWhere(entity, where);
}

function assertParameters(fields: Fields): void {
  const text = String(fields['Parameters']);
  if (text.trim() === '') return;
  try {
    JSON.parse(text);
  } catch {
    throw badRequest('Parameters is not JSON text');
  }
}
