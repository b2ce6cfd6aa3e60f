import * as z from 'zod';
import { sha256 } from '../../domain/sha256.ts';
import { ZERO_TIME } from '../identity.ts';
import { commonFields, inSpaceAttributes, inSpaceRelations } from './common.ts';
import type { NamedKind } from './named.ts';

export const bridgeWorkerFields = z.object({ BridgeWorkerID: z.string(), Slug: z.string(), SecretHash: z.string() });

/** The hub is its own worker, so every worker is ready; its ID and secret are the unattended login (reference, section 1.6). */
export const bridgeWorkerKind: NamedKind = {
  path: 'bridge_worker',
  writable: z.object(commonFields),
  initial: (random) => {
    const secret = random();
    const SecretHash = sha256(secret);
    return { stored: { SecretHash, Condition: 'Ready', LastSeenAt: ZERO_TIME, UserID: null }, once: { Secret: secret } };
  },
  definition: {
    name: 'BridgeWorker',
    idField: 'BridgeWorkerID',
    attributes: { ...inSpaceAttributes, BridgeWorkerID: 'uuid', UserID: 'uuid', Condition: 'string' },
    relations: inSpaceRelations,
  },
};
