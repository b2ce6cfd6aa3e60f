import { createKubernetesClient } from '../../../src/clients/kubernetes/client.ts';
import { connectKubernetes } from '../../../src/clients/kubernetes/transport.ts';
import { printPath } from '../../../src/domain/field-path.ts';
import { objectKey } from '../../../src/domain/object-ref.ts';
import type { PlanItem } from '../../../src/domain/plan.ts';
import type { ControlPlane } from '../../control-plane/control-plane.ts';
import { inTurn } from '../law/in-turn.ts';
import { ownersOf } from '../law/owners.ts';
import { stagedPass } from '../staged-pass.ts';
import { faultsOf, nameOf, type Played, type Story } from './story.ts';

/** What a pass made of one object. */
export interface Fixed {
  readonly object: string;
  /** Findings that the plan leaves, as `path: reason`. */
  readonly left: readonly string[];
  readonly faults: readonly string[];
}

/** One pass over all of these cases, whose namespaces bear the label `scene`. By name of the case. */
export async function passOver(
  played: readonly Played[],
  scene: string,
  managers: readonly string[],
  cluster: ControlPlane,
): Promise<ReadonlyMap<string, readonly Fixed[]>> {
  const kinds = [...new Set(played.flatMap(({ stories }) => stories.map(({ ref }) => `${ref.apiVersion}/${ref.kind}`)))];
  const kubernetes = createKubernetesClient(await connectKubernetes({ kubeconfig: cluster.kubeconfig, userAgent: 'test' }));
  const units = played.map(({ case: { name, desired }, replay }) => ({ slug: name, text: replay.here(desired) }));
  const {
    objects,
    items: all,
    outcomes,
  } = await stagedPass(
    kubernetes,
    { namespaceSelector: `scene=${scene}`, kinds, desiredManagers: managers, units },
    AbortSignal.timeout(600_000),
  );
  kubernetes.close();
  const outcomeOf = new Map(outcomes.map((outcome) => [outcome.findingId, outcome]));
  const failed = ({ action, ranked: { finding } }: PlanItem): readonly string[] => {
    const outcome = outcomeOf.get(finding.id);
    if (action !== 'fix' || outcome?.result === 'fixed') return [];
    return [`${printPath(finding.path)} ${outcome?.result ?? 'without outcome'}: ${outcome?.message ?? ''}`];
  };
  const itemsOf = Map.groupBy(all, ({ ranked: { finding } }) => finding.unit);
  const compared = new Set(objects.map(({ ref }) => objectKey(ref)));
  const judged = await inTurn(played, async (one) => {
    const items = itemsOf.get(`prod/${one.case.name}`) ?? [];
    const fixed = await Promise.all(
      one.stories.map(async (story): Promise<Fixed> => {
        if (!compared.has(objectKey(story.ref)))
          return { object: nameOf(story.ref, one.replay), left: ['not compared'], faults: [] };
        const own = items.filter(({ ranked: { finding } }) => objectKey(finding.ref) === objectKey(story.ref));
        const kept = own.filter(({ action }) => action !== 'fix');
        const after = await one.get(story.ref);
        return {
          object: nameOf(story.ref, one.replay),
          left: kept
            .filter(({ ranked: { finding } }) => finding.class !== 'informational')
            .map(({ ranked: { finding }, reason }) => `${printPath(finding.path)}: ${reason}`),
          faults: [
            ...own.flatMap(failed),
            ...faultsOf(
              story,
              after,
              kept.map(({ ranked: { finding } }) => finding.path),
            ),
            ...(after && kept.length === 0 ? ownerFaults(story, ownersOf(after), managers) : []),
          ],
        };
      }),
    );
    return [one.case.name, fixed] as const;
  });
  return new Map(judged);
}

/** The API server reads keys in managedFields as floats, whoever writes (measured on 1.34). */
const LONG_KEY = /\/k:\{[^}]*\d{16}/u;

/** Whoever delivers owns what it did before, and the detector nothing. */
function ownerFaults({ before }: Story, after: ReturnType<typeof ownersOf>, managers: readonly string[]): readonly string[] {
  const faults = [...after.values()].some(({ manager }) => manager === 'drift-detector')
    ? ['managedFields: our entry is left']
    : [];
  for (const [key, { manager, fields }] of before ? ownersOf(before) : []) {
    if (!managers.includes(manager)) continue;
    const now = after.get(key)?.fields ?? new Map();
    const lost = [...fields.keys()].filter((field) => !now.has(field) && !LONG_KEY.test(field));
    const more = [...now.keys()].filter((field) => !fields.has(field) && !LONG_KEY.test(field));
    if (lost.length > 0) faults.push(`managedFields: ${manager} lost ${lost.slice(0, 3).join(', ')}`);
    if (more.length > 0) faults.push(`managedFields: ${manager} has more: ${more.slice(0, 3).join(', ')}`);
  }
  return faults;
}
