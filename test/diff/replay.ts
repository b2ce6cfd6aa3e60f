import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { createKubernetesClient } from '../../src/clients/kubernetes/client.ts';
import { connectKubernetes } from '../../src/clients/kubernetes/transport.ts';
import type { Json } from '../../src/domain/json.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { startWebhook, type Webhook } from './webhook.ts';

// What real actors do in a case of fixtures/diff/cases, done again on a real API server.

/** One action in the cluster; exactly one key. */
export interface Step {
  /** Server-side apply, of desired.yaml or of another manifest, forced. */
  readonly apply?: { readonly as: string; readonly manifest?: string };
  /** Arguments of kubectl, in the namespace of the case; `stdin` is a manifest. */
  readonly kubectl?: readonly string[];
  /** kubectl create, apply (client side) or replace of desired.yaml or of another manifest. */
  readonly create?: { readonly manifest?: string; readonly as?: string };
  readonly 'client-apply'?: { readonly manifest?: string };
  readonly replace?: { readonly manifest?: string };
  /** kubectl edit, where the editor is this sed script. */
  readonly edit?: { readonly object: string; readonly sed: string };
  /** A client of its own name: `json`, `merge` or `strategic` patch over HTTP. */
  readonly patch?: {
    readonly object: string;
    readonly as: string;
    readonly type: 'json' | 'merge' | 'strategic';
    readonly body: Json;
    /** Such as `scale`. */
    readonly subresource?: string;
  };
  /** From here on, this JSON patch is done by a mutating webhook to every workload that is written. */
  readonly webhook?: readonly Json[];
  readonly 'webhook-off'?: true;
  /** The same manifest beside desired.yaml, such as an autoscaler. */
  readonly also?: string;
}

/** A case as its files have it. */
export interface Case {
  readonly name: string;
  readonly about: string;
  /** Field managers that carry desired state; ConfigHub's where absent. */
  readonly managers?: readonly string[];
  /** Brought back again in every run of the tests; the others in samples. */
  readonly everyRun?: true;
  readonly steps: readonly Step[];
  /** What is read at the end, as kubectl names kinds, or single objects as `kind/name` with spaces between them. */
  readonly read?: string;
  readonly desired: string;
  /** Definition of a custom kind. */
  readonly crd: string | undefined;
}

export const CASES: string = fileURLToPath(new URL('../../fixtures/diff/cases/', import.meta.url));
/** The namespace that manifests name; on the server each case has one of its own. */
export const NAMESPACE = 'shop';
const READ = 'deployments,statefulsets,daemonsets,hpa,services,configmaps,cronjobs';
const CONTENT_TYPES = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
} as const;

export async function readCase(name: string): Promise<Case> {
  const file = (part: string): Promise<string> => readFile(join(CASES, name, part), 'utf8');
  const [text, desired, crd] = await Promise.all([
    file('case.yaml'),
    file('desired.yaml'),
    file('crd.yaml').catch(() => undefined),
  ]);
  return { ...(parse(text, { intAsBigInt: true }) as Omit<Case, 'name' | 'desired' | 'crd'>), name, desired, crd };
}

/** A namespace of the real API server where the steps of a case are taken. */
export interface Replay extends AsyncDisposable {
  readonly namespace: string;
  /** A text of the case, in this namespace. */
  here(text: string): string;
  kubectl(args: readonly string[], input?: string): Promise<string>;
  take(step: Step): Promise<void>;
  /** Everything that the case is about, as kubectl prints it with its managedFields. */
  read(): Promise<string>;
}

/** `labels` are those of the namespace. Disposing of it ends its webhook and deletes the namespace. */
export async function startReplay(
  one: Case,
  cluster: ControlPlane,
  namespace: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<Replay> {
  const { name, desired, crd, read = READ } = one;
  const transport = await connectKubernetes({ kubeconfig: cluster.kubeconfig, userAgent: 'replay' });
  const client = createKubernetesClient(transport);
  const signal = AbortSignal.timeout(600_000);
  const document = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } };
  await cluster.kubectl(['create', '-f', '-'], JSON.stringify(document));
  const here = (text: string): string => text.replaceAll(new RegExp(`\\b${NAMESPACE}\\b`, 'gu'), namespace);
  const kubectl = async (
    args: readonly string[],
    input?: string,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<string> =>
    (await cluster.kubectl(['-n', namespace, ...args.map(here)], input === undefined ? undefined : here(input), environment))
      .stdout;
  let webhook: Webhook | undefined;
  if (crd !== undefined) {
    await cluster.kubectl(['apply', '-f', '-'], crd);
    await cluster.kubectl(['wait', '-f', '-', '--for=condition=Established', '--timeout=30s'], crd);
  }

  async function take(step: Step): Promise<void> {
    if (step.apply) {
      const args = ['apply', '--server-side', '--force-conflicts', `--field-manager=${step.apply.as}`, '-f', '-'];
      await kubectl(args, step.apply.manifest ?? desired);
    } else if (step.kubectl) await kubectl(step.kubectl);
    else if (step.create)
      await kubectl(
        ['create', `--field-manager=${step.create.as ?? 'kubectl-create'}`, '-f', '-'],
        step.create.manifest ?? desired,
      );
    else if (step['client-apply']) await kubectl(['apply', '-f', '-'], step['client-apply'].manifest ?? desired);
    else if (step.replace) await kubectl(['replace', '-f', '-'], step.replace.manifest ?? desired);
    else if (step.also !== undefined) await kubectl(['create', '-f', '-'], step.also);
    else if (step.edit)
      await kubectl(['edit', step.edit.object], undefined, { KUBE_EDITOR: `sed -i -E ${quote(step.edit.sed)}` });
    else if (step.patch) {
      const { object, as, type, body, subresource } = step.patch;
      const path = `${await pathOf(object)}${subresource ? `/${subresource}` : ''}?fieldManager=${encodeURIComponent(as)}`;
      const response = await transport.request({ method: 'PATCH', path, body, contentType: CONTENT_TYPES[type], signal });
      if (response.status >= 300) throw new Error(`${name}: ${JSON.stringify(response.body)}`);
    } else if (step.webhook) {
      webhook ??= await startWebhook(cluster, namespace);
      await webhook.enable(step.webhook);
    } else if (step['webhook-off']) await webhook?.disable();
    else throw new Error(`${name}: unknown step ${JSON.stringify(step)}`);
  }

  async function pathOf(object: string): Promise<string> {
    const text = await kubectl(['get', object, '-o', 'json']);
    const { apiVersion, kind, metadata } = JSON.parse(text) as { apiVersion: string; kind: string; metadata: { name: string } };
    const resource = await client.resourceKind(apiVersion, kind, signal);
    const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    return `${base}${resource?.namespaced ? `/namespaces/${namespace}` : ''}/${resource?.plural}/${metadata.name}`;
  }

  return {
    namespace,
    here,
    kubectl,
    take,
    read: () => kubectl(['get', ...read.split(' '), '-o', 'json', '--show-managed-fields']),
    async [Symbol.asyncDispose]() {
      client.close();
      await webhook?.[Symbol.asyncDispose]();
      await cluster.kubectl(['delete', 'namespace', namespace, '--wait=false']);
    },
  };
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
