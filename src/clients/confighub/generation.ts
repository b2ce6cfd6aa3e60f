import * as z from 'zod';
import { ConfigHubError } from '../../domain/errors.ts';
import type { ApiGeneration, ServerAbilities } from '../../domain/server.ts';
import type { ConfigHubTransport } from './transport.ts';

const ABILITIES: Readonly<Record<ApiGeneration, Omit<ServerAbilities, 'generation'>>> = {
  A: { appliesUnits: true, appliesRevisions: false, locksUnits: false },
  B: { appliesUnits: true, appliesRevisions: true, locksUnits: true },
  C: { appliesUnits: false, appliesRevisions: false, locksUnits: true },
};

export function abilitiesOf(generation: ApiGeneration): ServerAbilities {
  return { generation, ...ABILITIES[generation] };
}

/** What `/info` tells in one generation or another; an object without any of it is another server's. */
const INFO_FIELDS = ['Version', 'Build', 'BuiltAt', 'Revision', 'AuthServer', 'ClientID', 'RedirectURI', 'WorkerPort'];
const infoSchema = z
  .looseObject({ Version: z.string().nullish() })
  .refine((info) => INFO_FIELDS.some((field) => field in info), { error: 'no information about a ConfigHub server' });

/**
 * Finds out which API the server speaks, once for each run. `/info` gives a version from generation B on; where it gives
 * none, or `dev`, the paths that only some generations have are asked for, which move no unit's data.
 */
export async function detectGeneration(transport: ConfigHubTransport, signal: AbortSignal): Promise<ApiGeneration> {
  const { Version: version } = await transport.get({ path: '/info' }, infoSchema, signal);
  const [, major, minor] = /^v?(\d+)\.(\d+)\.\d+/u.exec(version ?? '') ?? [];
  if (major !== undefined) return Number(major) > 0 || Number(minor) >= 4 ? 'C' : 'B';
  const answers = async (path: string, query: Readonly<Record<string, string>>): Promise<boolean> => {
    try {
      await transport.get({ path, query }, z.array(z.unknown()), signal);
      return true;
    } catch (error) {
      // A page of HTML is what some servers answer for a path that they do not know.
      const isAbsent = error instanceof ConfigHubError && ['not-found', 'invalid', 'bad-answer'].includes(error.code);
      if (!isAbsent) throw error;
      return false;
    }
  };
  if (await answers('/unit_data', { limit: '1' })) return 'C';
  return (await answers('/revision', { where: 'RevisionNum = 0' })) ? 'B' : 'A';
}
