import pLimit from 'p-limit';
import type { Config } from '../../cli/config.ts';
import type { KubernetesClient, ResourceKind, RightTarget } from '../../clients/kubernetes/client.ts';
import { sanitize } from '../../domain/describe.ts';
import { groupOf } from '../../domain/object-ref.ts';
import { quoted } from '../../domain/shell.ts';
import { plural } from '../../domain/words.ts';
import { type Check, fail, ok, skip, warn } from './check.ts';
import { CLUSTER_RIGHTS, type ClusterRight } from './cluster-rights.ts';

export interface RightsContext {
  readonly config: Config;
  /** Namespace and name of the Lease. */
  readonly lease: { readonly namespace: string; readonly name: string };
  /** Those of DRIFT_KINDS that the API server serves. */
  readonly kinds: readonly ResourceKind[];
  /** Monitored namespaces; `undefined` where they could not be listed. */
  readonly namespaces: readonly string[] | undefined;
  readonly signal: AbortSignal;
}

const AT_ONCE = 8;
/** Namespaces that one line names. */
const NAMED = 3;

/** One check for each right that a pass with this configuration needs; the API server is asked, nothing is tried. */
export function checkRights(kubernetes: KubernetesClient, context: RightsContext): Promise<readonly Check[]> {
  const limit = pLimit(AT_ONCE);
  const ask = (verb: string, target: RightTarget): Promise<boolean> =>
    limit(() => kubernetes.hasRight(verb, target, context.signal));
  return Promise.all(
    CLUSTER_RIGHTS.filter(({ isNeeded }) => isNeeded(context.config)).map((right) => checkRight(right, context, ask)),
  );
}

type Ask = (verb: string, target: RightTarget) => Promise<boolean>;

/** A right that is missing, and the namespace that it is missing in; empty for all of them. */
interface Missing {
  readonly what: string;
  readonly namespace: string;
}

async function checkRight(right: ClusterRight, context: RightsContext, ask: Ask): Promise<Check> {
  const check = `right to ${right.purpose}`;
  const asked = right.verbs.flatMap((verb) => targetsOf(right, context).map((target) => ({ verb, target })));
  const answers = await Promise.all(asked.map(({ verb, target }) => missingOf(right, verb, target, context, ask)));
  if (answers.includes('unknown')) return skip(check, 'the list of monitored namespaces');
  const missing = answers.flatMap((answer) => (answer === 'unknown' ? [] : answer));
  const all = [...new Set(asked.map(({ verb, target }) => wordsOf(verb, target)))].join(', ');
  if (missing.length === 0) return ok(check, all);
  const namespaces = [...new Set(missing.map(({ namespace }) => namespace))];
  const what = [...new Set(missing.map((one) => one.what))].join(', ');
  const detail = `the account may not ${what}${wordsOfNamespaces(namespaces)}`;
  const remedy = remedyOf(right, namespaces);
  return right.isRequired(context.config) ? fail(check, 'permission', detail, remedy) : warn(check, detail, remedy);
}

/** Everywhere at once, where that is granted; else in each namespace that it is needed in. */
async function missingOf(
  { where }: ClusterRight,
  verb: string,
  target: RightTarget,
  { namespaces, lease }: RightsContext,
  ask: Ask,
): Promise<readonly Missing[] | 'unknown'> {
  const what = wordsOf(verb, target);
  if ('path' in target || where === 'everywhere') return (await ask(verb, target)) ? [] : [{ what, namespace: '' }];
  if (where !== 'own' && (await ask(verb, target))) return [];
  if (where !== 'own' && namespaces === undefined) return 'unknown';
  const needed = [...(where === 'own' ? [] : (namespaces ?? [])), ...(where === 'monitored' ? [] : [lease.namespace])];
  const answers = await Promise.all(
    needed.map(async (namespace) => ((await ask(verb, { ...target, namespace })) ? [] : [{ what, namespace }])),
  );
  return answers.flat();
}

function targetsOf(right: ClusterRight, { config, kinds, lease }: RightsContext): readonly RightTarget[] {
  if (right.paths) {
    const versions = [...new Set(kinds.map(({ apiVersion }) => apiVersion))];
    // Kinds of the core group have paths of their own.
    const pathsOf = (path: string): readonly string[] =>
      path.includes('*')
        ? versions.map((version) => {
            const name = groupOf(version) === '' ? `api/${version}` : `apis/${version}`;
            return path.startsWith('/apis/') ? `/${name}` : path.replace('*', name);
          })
        : [path];
    return right.paths.flatMap(pathsOf).map((path) => ({ path }));
  }
  const name = right.objectName?.(config, lease.name);
  const named = name === undefined ? {} : { name };
  const resources =
    right.resources?.names.map((resource) => ({ group: right.resources?.group ?? '', resource })) ??
    kinds.map(({ apiVersion, plural: resource }) => ({ group: groupOf(apiVersion), resource }));
  return resources.map((resource) => ({ ...resource, ...named, namespace: '' }));
}

/** `list deployments.apps` */
function wordsOf(verb: string, target: RightTarget): string {
  if ('path' in target) return `${verb} ${sanitize(target.path)}`;
  const { group, resource, name } = target;
  return `${verb} ${sanitize(resource)}${group === '' ? '' : `.${sanitize(group)}`}${name === undefined ? '' : ` ${sanitize(name)}`}`;
}

function wordsOfNamespaces(namespaces: readonly string[]): string {
  const named = namespaces.filter((name) => name !== '');
  if (named.length === 0) return '';
  const more = named.length > NAMED ? ` and ${plural(named.length - NAMED, 'other namespace')}` : '';
  return ` in namespace ${named.slice(0, NAMED).map(sanitize).join(', ')}${more}`;
}

function remedyOf({ manifest, binding, verbs, isLeftOut }: ClusterRight, namespaces: readonly string[]): string {
  if (isLeftOut) return `Add the verb ${verbs.join(', ')} to ${manifest}, which leaves it out, and apply it.`;
  const [first = ''] = namespaces;
  if (binding === undefined || first === '') return `Grant it to the account, as ${manifest} does.`;
  const others = namespaces.length > 1 ? ', and in the other namespaces' : '';
  return `kubectl apply -n ${quoted(sanitize(first))} -f ${binding}${others}; the role itself is in ${manifest}.`;
}
