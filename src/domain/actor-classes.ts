// What kind of tool wrote a field, a row each: types, JSON Schema, docs/comparison.md and what is fixed follow from it. Which
// field manager is of which class: field-managers.ts, tools.ts.

interface ActorRow {
  /** For a parenthesis behind the manager's name. */
  readonly words: string;
  /** For docs/comparison.md. */
  readonly managers: string;
  /**
   * What a pass fixes without a decision where it wrote last. Whatever keeps writing would write again; an addition may be
   * needed by whoever delivered it, and only one by hand is known not to be.
   */
  readonly fixes: 'all' | 'declared' | 'nothing';
  /** Somebody chose what it writes: by hand or in another delivery, where pipelines and people write alike. */
  readonly isChoice: boolean;
  /** It notes things in objects of others on its own account. */
  readonly isController: boolean;
}

export const ACTORS = {
  // A command or console that is used by hand, by its name; who or what ran it is not known.
  hands: {
    words: 'by hand',
    managers: '`kubectl` edit, set, patch, scale, label, ...; consoles, browsers, `curl`',
    fixes: 'all',
    isChoice: true,
    isController: false,
  },
  delivery: {
    words: 'another delivery',
    managers: '`kubectl` apply, create, replace; `helm`, Terraform, Ansible, Pulumi, client libraries',
    fixes: 'declared',
    isChoice: true,
    isController: false,
  },
  controller: {
    words: 'a controller',
    managers: '`kube-controller-manager`, Istio, Kyverno, ...; names with `controller`, `operator`, `webhook`',
    fixes: 'nothing',
    isChoice: false,
    isController: true,
  },
  autoscaler: {
    words: 'an autoscaler',
    managers: '`kube-controller-manager` through the scale subresource, KEDA, the vertical pod autoscaler, ...',
    fixes: 'nothing',
    isChoice: false,
    isController: true,
  },
  // Another tool that keeps reconciling.
  gitops: {
    words: 'a GitOps tool',
    managers: 'Argo CD, Flux, Crossplane, ...',
    fixes: 'nothing',
    isChoice: false,
    isController: false,
  },
  unknown: {
    words: 'unknown tool',
    managers: 'any other name, `ancient-changes` (the API server merges the oldest of more than ten), none recorded',
    fixes: 'declared',
    isChoice: false,
    isController: false,
  },
} as const satisfies Readonly<Record<string, ActorRow>>;

export type ActorClass = keyof typeof ACTORS;
// Object.keys forgets that it gives exactly these.
export const ACTOR_CLASSES = Object.keys(ACTORS) as readonly ActorClass[];

/** By hand or by another delivery, and by no controller on its own account; false where nobody is known. */
export function isChoice(actor: ActorClass | undefined): boolean {
  return actor !== undefined && ACTORS[actor].isChoice;
}
