import type { Config } from '../../cli/config.ts';

/**
 * What a pass needs in the cluster, a row for each rule of the roles in `manifests/`. `test/docs/security.test.ts` holds it
 * against them, and them against docs/security.md.
 */
export interface ClusterRight {
  /** What the right is for. */
  readonly purpose: string;
  /** Empty for the core group. Absent: those of DRIFT_KINDS. */
  readonly resources?: { readonly group: string; readonly names: readonly string[] };
  /** Paths that are none of an object, in place of resources; `*` is each group and version of DRIFT_KINDS. */
  readonly paths?: readonly string[];
  readonly verbs: readonly string[];
  /** `monitored`: in each monitored namespace, or everywhere. `own`: in the namespace of the Lease. */
  readonly where: 'everywhere' | 'monitored' | 'own' | 'monitored and own';
  /** The only object that it is needed for. */
  readonly objectName?: (config: Config, lease: string) => string;
  readonly isNeeded: (config: Config) => boolean;
  /** False where a pass goes on without it, with a warning. */
  readonly isRequired: (config: Config) => boolean;
  /** The file that grants it. In `monitored` namespaces, its file that each of them applies. */
  readonly manifest: string;
  readonly binding?: string;
  /** The manifests leave it out: docs say who adds it. */
  readonly isLeftOut?: true;
}

const BASE = 'manifests/base/rbac.yaml';
const AUTO_FIX = 'manifests/components/auto-fix';
const EVENTS = 'manifests/components/events';
const always = (): boolean => true;

export const CLUSTER_RIGHTS: readonly ClusterRight[] = [
  {
    purpose: 'read kinds and schemas',
    paths: ['/apis/*', '/openapi/v3', '/openapi/v3/*'],
    verbs: ['get'],
    where: 'everywhere',
    isNeeded: always,
    isRequired: always,
    manifest: BASE,
  },
  {
    purpose: 'read namespaces',
    resources: { group: '', names: ['namespaces'] },
    verbs: ['list'],
    where: 'everywhere',
    isNeeded: always,
    isRequired: always,
    manifest: BASE,
  },
  {
    purpose: 'read workloads',
    verbs: ['list'],
    where: 'monitored',
    isNeeded: always,
    isRequired: always,
    manifest: BASE,
  },
  {
    purpose: 'read autoscalers',
    resources: { group: 'autoscaling', names: ['horizontalpodautoscalers'] },
    verbs: ['list'],
    where: 'monitored',
    isNeeded: always,
    isRequired: always,
    manifest: BASE,
  },
  {
    purpose: 'read usage',
    resources: { group: 'metrics.k8s.io', names: ['pods'] },
    verbs: ['list'],
    where: 'monitored',
    isNeeded: always,
    isRequired: () => false,
    manifest: BASE,
  },
  {
    purpose: 'take the Lease',
    resources: { group: 'coordination.k8s.io', names: ['leases'] },
    verbs: ['get', 'update'],
    where: 'own',
    objectName: (_, lease) => lease,
    isNeeded: ({ dryRun }) => !dryRun,
    // Without it nothing is fixed.
    isRequired: ({ autoFix }) => autoFix,
    manifest: BASE,
  },
  {
    // Apart: RBAC cannot grant it for one name.
    purpose: 'create the Lease',
    resources: { group: 'coordination.k8s.io', names: ['leases'] },
    verbs: ['create'],
    where: 'own',
    isNeeded: ({ dryRun }) => !dryRun,
    isRequired: ({ autoFix }) => autoFix,
    manifest: BASE,
  },
  {
    purpose: 'fix workloads',
    verbs: ['get', 'patch'],
    where: 'monitored',
    isNeeded: ({ autoFix }) => autoFix,
    isRequired: always,
    manifest: `${AUTO_FIX}/writer.yaml`,
    binding: `${AUTO_FIX}/role-binding.yaml`,
  },
  {
    purpose: 'create missing workloads',
    verbs: ['create'],
    where: 'monitored',
    isNeeded: ({ autoFix, createMissing }) => autoFix && createMissing,
    isRequired: always,
    manifest: `${AUTO_FIX}/writer.yaml`,
    isLeftOut: true,
  },
  {
    purpose: 'write events',
    resources: { group: 'events.k8s.io', names: ['events'] },
    verbs: ['create'],
    where: 'monitored and own',
    isNeeded: ({ events }) => events,
    isRequired: () => false,
    manifest: `${EVENTS}/event-writer.yaml`,
    binding: `${EVENTS}/role-binding.yaml`,
  },
  {
    purpose: 'read the CronJob',
    resources: { group: 'batch', names: ['cronjobs'] },
    verbs: ['get'],
    where: 'own',
    objectName: ({ cronjob }) => cronjob,
    isNeeded: ({ events, cronjob }) => events && cronjob !== '',
    isRequired: () => false,
    manifest: `${EVENTS}/event-writer.yaml`,
  },
];
