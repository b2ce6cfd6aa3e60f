import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { createKubernetesClient } from '../../src/kubernetes/client.ts';
import { connectKubernetes } from '../../src/kubernetes/transport.ts';
import { parseJson } from '../../src/types/exact-json.ts';
import { isJsonArray, isJsonObject, type Json, type JsonObject, own, stringAt } from '../../src/types/json.ts';
import { type ControlPlane, startControlPlane } from '../control-plane/control-plane.ts';
import { startWebhook } from './webhook.ts';

// Records the live side of the cases in fixtures/diff: what a real API server holds after real actors did what
// case.yaml says, with managedFields. desired.yaml and expected.yaml are written by hand.
//
//   node bin/bootstrap.mjs test/diff/record.ts [CASE...]      without names: those without a live.yaml

/** One thing that somebody does to the cluster; exactly one key. */
interface Step {
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

interface Case {
  readonly about: string;
  readonly steps: readonly Step[];
  /** What is read at the end, as kubectl names kinds, or single objects as `kind/name` with spaces between them. */
  readonly read?: string;
}

const FOLDER = fileURLToPath(new URL('../../fixtures/diff/cases/', import.meta.url));
/** The namespace that manifests name; on the server each case has one of its own. */
const NAMESPACE = 'shop';
const READ = 'deployments,statefulsets,daemonsets,hpa,services,configmaps,cronjobs';
const CONTENT_TYPES = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
} as const;

async function record(name: string, cluster: ControlPlane): Promise<void> {
  const folder = join(FOLDER, name);
  const { steps, read = READ } = parse(await readFile(join(folder, 'case.yaml'), 'utf8'), { intAsBigInt: true }) as Case;
  const desired = await readFile(join(folder, 'desired.yaml'), 'utf8');
  const crd = await readFile(join(folder, 'crd.yaml'), 'utf8').catch(() => undefined);
  const namespace = `case-${name}`.slice(0, 60);
  await cluster.kubectl(['create', 'namespace', namespace]);
  const here = (text: string): string => text.replaceAll(new RegExp(`\\b${NAMESPACE}\\b`, 'gu'), namespace);
  const kubectl = async (
    args: readonly string[],
    input?: string,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<string> =>
    (await cluster.kubectl(['-n', namespace, ...args.map(here)], input === undefined ? undefined : here(input), environment))
      .stdout;
  const transport = await connectKubernetes({ kubeconfig: cluster.kubeconfig, userAgent: 'record' });
  const client = createKubernetesClient(transport);
  await using webhook = await startWebhook(cluster, namespace);
  const signal = AbortSignal.timeout(120_000);

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
    } else if (step.webhook) await webhook.enable(step.webhook);
    else if (step['webhook-off']) await webhook.disable();
    else throw new Error(`${name}: unknown step ${JSON.stringify(step)}`);
  }

  async function pathOf(object: string): Promise<string> {
    const text = await kubectl(['get', object, '-o', 'json']);
    const { apiVersion, kind, metadata } = JSON.parse(text) as { apiVersion: string; kind: string; metadata: { name: string } };
    const resource = await client.resourceKind(apiVersion, kind, signal);
    const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    return `${base}${resource?.namespaced ? `/namespaces/${namespace}` : ''}/${resource?.plural}/${metadata.name}`;
  }

  try {
    if (crd !== undefined) {
      await cluster.kubectl(['apply', '-f', '-'], crd);
      await cluster.kubectl(['wait', '-f', '-', '--for=condition=Established', '--timeout=30s'], crd);
    }
    for (const step of steps) await take(step);
    const listed = parseJson(
      (await kubectl(['get', ...read.split(' '), '-o', 'json', '--show-managed-fields'])).replaceAll(namespace, NAMESPACE),
    );
    const items = own(listed, 'items') ?? [listed];
    const kept = (isJsonArray(items) ? items : [])
      .filter(isJsonObject)
      .filter((item) => stringAt(item, 'metadata', 'name') !== 'kube-root-ca.crt')
      .map(withoutStatus);
    const live =
      kept.length === 0
        ? ''
        : stringify(
            { apiVersion: 'v1', kind: 'List', items: kept },
            { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false },
          );
    await writeFile(join(folder, 'live.yaml'), live);
  } finally {
    client.close();
    await cluster.kubectl(['delete', 'namespace', namespace, '--wait=false']);
  }
}

/** Status is never compared and changes while it is read. */
function withoutStatus(item: JsonObject): JsonObject {
  const { status: _, ...rest } = item;
  return rest;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

async function namesWithoutLive(): Promise<readonly string[]> {
  const names = await readdir(FOLDER);
  const isNew = await Promise.all(
    names.map(async (name) => (await readFile(join(FOLDER, name, 'live.yaml'), 'utf8').catch(() => undefined)) === undefined),
  );
  return names.filter((_, index) => isNew[index]);
}

const given = process.argv.slice(2);
const names = given.length > 0 ? given : await namesWithoutLive();
const cluster = await startControlPlane({ onProgress: (line) => process.stderr.write(`${line}\n`) });
try {
  for (const name of names) {
    try {
      await record(name, cluster);
      process.stdout.write(`${name}\n`);
    } catch (error) {
      process.exitCode = 1;
      process.stdout.write(`${name}: ${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
} finally {
  await cluster.stop();
}
