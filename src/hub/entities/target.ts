import * as z from 'zod';
import { commonFields, inSpaceAttributes, inSpaceRelations, optionalUuid, text } from './common.ts';
import type { NamedKind } from './named.ts';

export const targetKind: NamedKind = {
  path: 'target',
  writable: z.object({
    ...commonFields,
    BridgeWorkerID: optionalUuid,
    ToolchainType: text,
    ProviderType: text,
    Parameters: text,
  }),
  definition: {
    name: 'Target',
    idField: 'TargetID',
    attributes: {
      ...inSpaceAttributes,
      TargetID: 'uuid',
      BridgeWorkerID: 'uuid',
      ProviderType: 'string',
      ToolchainType: 'string',
    },
    relations: { ...inSpaceRelations, BridgeWorkerID: { as: 'BridgeWorker', of: 'BridgeWorker' } },
  },
};

/** What a Kubernetes target says about its cluster (reference, section 2). */
const parameters = z.object({ KubeContext: text, KubeNamespace: text, WaitTimeout: text });

export interface TargetCluster {
  readonly targetId: string;
  readonly slug: string;
  /** Empty where the target leaves it to the hub's kubeconfig. */
  readonly kubeContext: string;
  /** For documents that name none; empty where the target leaves it to the context. */
  readonly kubeNamespace: string;
  readonly waitTimeout: string;
}

const stored = z.object({ TargetID: z.string(), Slug: z.string(), Parameters: z.string() });

/** Throws where the parameters are not JSON of the right shape. */
export function readTarget(record: unknown): TargetCluster {
  const target = stored.parse(record);
  const parsed = parameters.parse(target.Parameters.trim() === '' ? {} : JSON.parse(target.Parameters));
  return {
    targetId: target.TargetID,
    slug: target.Slug,
    kubeContext: parsed.KubeContext,
    kubeNamespace: parsed.KubeNamespace,
    waitTimeout: parsed.WaitTimeout,
  };
}
