import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseManifest } from '../../src/clients/kubernetes/manifest.ts';
import { at, isJsonArray, isJsonObject, type Json, type JsonObject, stringAt } from '../../src/domain/json.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';

export const NAMESPACE = 'devops-apps';
/** Of package.json, which labels and image tag repeat. */
export const { version: VERSION } = JSON.parse(readFileSync(repositoryPath('package.json'), 'utf8')) as {
  readonly version: string;
};

/** An absolute path of this repository, wherever the test was started. */
export function repositoryPath(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}

/** What `kubectl apply -k` would send. */
export async function render(plane: ControlPlane, path: string): Promise<readonly JsonObject[]> {
  const { stdout } = await plane.kubectl(['kustomize', repositoryPath(path)]);
  const manifest = parseManifest(stdout);
  if (!manifest.ok) throw new Error(`${path} renders no YAML: ${manifest.error}`);
  return manifest.documents;
}

/** The only object of this kind; fails the test where there is none or are more. */
export function only(documents: readonly JsonObject[], kind: string, name?: string): JsonObject {
  const found = documents.filter((document) => document['kind'] === kind && (!name || at(document, 'metadata', 'name') === name));
  if (found.length !== 1 || !found[0]) throw new Error(`${found.length} objects of kind ${kind} ${name ?? ''}`);
  return found[0];
}

/** An object within another, which the test fails without. */
export function objectAt(value: Json | undefined, ...keys: readonly string[]): JsonObject {
  const found = at(value, ...keys);
  if (!isJsonObject(found)) throw new Error(`no object at ${keys.join('.')} of ${JSON.stringify(value)}`);
  return found;
}

/** The objects of a list within an object, such as containers; empty where it is absent. */
export function objectsAt(value: Json | undefined, ...keys: readonly string[]): readonly JsonObject[] {
  const found = at(value, ...keys);
  return isJsonArray(found) ? found.filter(isJsonObject) : [];
}

/** `kubectl apply -k`, server side; gone with everything in its namespace when its scope ends. */
export async function deploy(plane: ControlPlane, path: string): Promise<AsyncDisposable> {
  await apply(plane, path);
  return {
    [Symbol.asyncDispose]: async () => {
      // Pods first: a namespace that waits for them is looked at again only after 15 s.
      await plane.kubectl(['delete', 'cronjobs,jobs,pods', '--all', '-n', NAMESPACE, '--cascade=foreground', '--grace-period=0']);
      await plane.kubectl(['delete', '--ignore-not-found', '-k', repositoryPath(path)]);
    },
  };
}

export async function apply(plane: ControlPlane, path: string): Promise<void> {
  await plane.kubectl(['apply', '--server-side', '--validate=strict', '-k', repositoryPath(path)]);
}

/** Asks until the answer is there; an informer of the server may be some milliseconds behind. */
export async function eventually<T>(what: string, read: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const found = await read();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`${what} did not happen within 20 s`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export async function getJson(plane: ControlPlane, args: readonly string[]): Promise<JsonObject> {
  // kubectl prints one JSON object.
  return JSON.parse((await plane.kubectl(['get', ...args, '-o', 'json'])).stdout) as JsonObject;
}

/** How people name an object in a message. */
export function nameOf(document: JsonObject): string {
  return `${stringAt(document, 'kind')}/${stringAt(document, 'metadata', 'name')}`;
}
