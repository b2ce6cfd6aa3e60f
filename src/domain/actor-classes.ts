// What kind of tool wrote a field, a row each: types, JSON Schema, docs/comparison.md and what is fixed follow from it. Which
// field manager is of which class: field-managers.ts, tools.ts.

interface ActorRow {
  /** For a parenthesis behind the manager's name. */
  readonly words: string;
  /** For docs/comparison.md. */
  readonly managers: string;
  /**
   * What a pass fixes without a decision if it wrote last. Tools that keep writing would write again; an addition may be
   * needed by the tool that delivered it, so only additions by hand are fixed.
   */
  readonly fixes: 'all' | 'declared' | 'nothing';
  /** A person or pipeline chose the value: by hand or in another delivery. */
  readonly isChoice: boolean;
  /** It writes annotations and the like into objects of others by itself. */
  readonly isController: boolean;
}

export const ACTORS = {
  // Commands and consoles for use by hand, by name; the person or script behind them is unknown.
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

/** Written by hand or by another delivery, not by a controller; false if no writer is known. */
export function isChoice(actor: ActorClass | undefined): boolean {
  return actor !== undefined && ACTORS[actor].isChoice;
}
