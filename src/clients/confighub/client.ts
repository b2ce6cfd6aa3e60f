import type { ServerAbilities } from '../../domain/server.ts';
import { type ChangeSetClient, changeSetClient } from './change-sets.ts';
import { abilitiesOf, detectGeneration } from './generation.ts';
import { type NamedClient, namedClient } from './named.ts';
import { type OperationClient, operationClient } from './operations.ts';
import type { ConfigHubTransport } from './transport.ts';
import type { UnitClient } from './unit-client.ts';
import { unitClient } from './units.ts';

export type { BulkChange, UnitRef, UnitSelection, UnitState } from './unit-client.ts';
export { unitRef } from './unit-client.ts';
export type {
  BulkAction,
  BulkUnit,
  ChangeSet,
  ExtendedUnit,
  Revision,
  Space,
  Unit,
} from './wire.ts';

/** ConfigHub behind one interface, whichever generation of its API the server speaks; wire names stay in this folder. */
export interface ConfigHubClient extends NamedClient, UnitClient, ChangeSetClient, OperationClient {
  readonly url: string;
  readonly abilities: ServerAbilities;
}

/** Asks the server which API it speaks, and speaks that from then on. */
export async function openConfigHub(transport: ConfigHubTransport, signal: AbortSignal): Promise<ConfigHubClient> {
  return createConfigHubClient(transport, abilitiesOf(await detectGeneration(transport, signal)));
}

export function createConfigHubClient(transport: ConfigHubTransport, abilities: ServerAbilities): ConfigHubClient {
  const hub = { transport, abilities };
  return {
    url: transport.url,
    abilities,
    ...namedClient(hub),
    ...unitClient(hub),
    ...changeSetClient(hub),
    ...operationClient(hub),
  };
}
