import * as z from 'zod';
import type { Project, UnitSource } from './project.ts';
import { fixture, type World } from './world.ts';

/** The walk-through's steps against a running world; the demo shows them, the end-to-end test checks them. */
export interface Scenario {
  readonly world: World;
  readonly project: Project;
  /** What a pass in dev is configured with. */
  readonly environment: Readonly<Record<string, string>>;
}

const WORKLOADS = { 'backend-api': 'backend', 'frontend-web': 'frontend', checkout: 'backend', orders: 'backend' } as const;
export const NAMESPACE = 'drift-test';

/** Spaces base, dev, staging and prod with cloned units, and dev deployed by ConfigHub's worker. */
export async function deployProject(world: World, name: string): Promise<Scenario> {
  const units: UnitSource[] = [];
  for (const [workload, tier] of Object.entries(WORKLOADS)) {
    units.push({ slug: `${workload}-config`, text: await fixture(`workloads/${workload}.yaml`), labels: { tier } });
  }
  const project = await world.admin.createProject(name, units);
  await world.cluster.kubectl(['apply', '-f', '-'], await fixture('workloads/namespace.yaml'));
  await world.admin.applySpace(project.spaces['dev'] ?? '');
  for (const workload of Object.keys(WORKLOADS)) await rolledOut(world, workload);
  return { world, project, environment: { CONFIGHUB_SPACE: `${name}-dev`, AUTO_FIX: 'true', DRIFT_ENVIRONMENT: 'dev' } };
}

export async function kubectl(world: World, ...args: readonly string[]): Promise<string> {
  return (await world.cluster.kubectl(['-n', NAMESPACE, ...args])).stdout;
}

export async function rolledOut(world: World, workload: string): Promise<void> {
  await kubectl(world, 'rollout', 'status', `deployment/${workload}`, '--timeout=60s');
}

/** Hands an autoscaler the replicas of checkout, which its real controller raises from 2 to 4. */
export async function autoscaleCheckout(world: World): Promise<void> {
  await world.cluster.kubectl(['apply', '-f', '-'], await fixture('workloads/checkout-autoscaler.yaml'));
  await kubectl(world, 'wait', 'deployment/checkout', '--for=jsonpath={.spec.replicas}=4', '--timeout=60s');
  await rolledOut(world, 'checkout');
}

/** What people do at three in the morning: the commands, as they are typed. */
export const DRIFT_COMMANDS: readonly (readonly string[])[] = [
  ['scale', 'deployment/backend-api', '--replicas=5'],
  ['scale', 'deployment/frontend-web', '--replicas=1'],
  ['set', 'image', 'deployment/checkout', 'app=registry.example/checkout:3.1.0-hotfix'],
  ['set', 'env', 'deployment/orders', 'DEBUG=true'],
];

const revisionList = z.array(
  z.object({
    Revision: z.object({
      RevisionNum: z.number(),
      CreatedAt: z.string(),
      Description: z.string().default(''),
      Data: z.string().default(''),
    }),
    User: z.object({ Username: z.string() }).optional(),
  }),
);

export interface RevisionLine {
  readonly number: number;
  readonly time: string;
  readonly author: string;
  readonly description: string;
  readonly text: string;
}

/** A unit's revisions, newest first, as `cub revision list` shows them. */
export async function revisionsOf({ world, project }: Scenario, slug: string): Promise<readonly RevisionLine[]> {
  const path = `/space/${project.spaces['dev']}/unit/${project.units[slug]}/revision`;
  const found = await world.admin.get(path, { include: 'UserID' }, revisionList);
  return found
    .map(({ Revision, User }) => ({
      number: Revision.RevisionNum,
      time: Revision.CreatedAt,
      author: User?.Username ?? '',
      description: Revision.Description,
      text: Buffer.from(Revision.Data, 'base64').toString('utf8'),
    }))
    .sort((a, b) => b.number - a.number);
}

/** A file of the report repository's newest commit. */
export function reportFile(world: World, path: string): Promise<string> {
  return world.git('--git-dir', world.reportRepository, 'show', `main:${path}`);
}

export async function commitCount(world: World): Promise<number> {
  return Number(await world.git('--git-dir', world.reportRepository, 'rev-list', '--count', 'main'));
}
