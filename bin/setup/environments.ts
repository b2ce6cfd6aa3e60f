import type { State } from './state.ts';

/** An environment or one of its regions: a space, an overlay in `cronjobs/`, and a clone of the one before it. */
export interface Environment {
  readonly name: string;
  /** Name of the one that it is cloned from. */
  readonly upstream: string;
  readonly labels: Readonly<Record<string, string>>;
}

const ENVIRONMENTS: readonly Environment[] = [
  { name: 'dev', upstream: 'base', labels: { environment: 'dev' } },
  { name: 'staging', upstream: 'dev', labels: { environment: 'staging' } },
  { name: 'prod', upstream: 'staging', labels: { environment: 'prod' } },
];

/** Regions take what their environment takes, at the same time: `bin/promote prod` upgrades prod and all of its regions. */
const REGIONS: readonly Environment[] = [
  { name: 'staging-us', upstream: 'dev', labels: { environment: 'staging', region: 'us' } },
  { name: 'staging-eu', upstream: 'dev', labels: { environment: 'staging', region: 'eu' } },
  { name: 'prod-us', upstream: 'staging', labels: { environment: 'prod', region: 'us' } },
  { name: 'prod-eu', upstream: 'staging', labels: { environment: 'prod', region: 'eu' } },
  { name: 'prod-asia', upstream: 'staging', labels: { environment: 'prod', region: 'asia' } },
];

export const ALL_ENVIRONMENTS = [...ENVIRONMENTS, ...REGIONS];

/** Upstreams first. Once made, regions stay. */
export function environmentsOf(state: State, withRegions = state.read('regions') !== undefined): readonly Environment[] {
  if (withRegions) state.write('regions', '');
  return withRegions ? ALL_ENVIRONMENTS : ENVIRONMENTS;
}

/** Environments share the cluster of bin/create-cluster, so names are dev's own, and those of all others end in theirs. */
export function inCluster(name: string, environment: string): string {
  return environment === 'dev' || environment === 'base' ? name : `${name}-${environment}`;
}
