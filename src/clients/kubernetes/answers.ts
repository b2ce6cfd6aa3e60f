import { ClusterError } from '../../domain/errors.ts';
import { foreignText } from '../../domain/foreign-text.ts';
import { at, isJsonArray, isJsonObject, type Json, type JsonObject, numberAt, stringAt } from '../../domain/json.ts';
import { groupOf, type ObjectRef } from '../../domain/object-ref.ts';
import { trimEnd } from '../../domain/trim.ts';
import type { KubernetesResponse } from './transport.ts';

// A proxy, a login page or another server may answer 200 as well. Anything but the expected answer is a failed
// read: otherwise it would count as an empty list or an absent object.

const REMEDY = 'Check that the address is a Kubernetes API server and no proxy changes its answers.';

/** A kind as the API server serves it. `plural` is the path segment, such as `deployments`. */
export interface ResourceKind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

export interface ListPage {
  readonly items: readonly JsonObject[];
  /** Token of the next page; empty where this is the last one. */
  readonly next: string;
}

export function badAnswer(doing: string, subject: string, found: string, cause?: unknown): ClusterError {
  return new ClusterError(`cannot ${doing}: ${found}`, { code: 'bad-answer', subject, remedy: REMEDY, cause });
}

/** One page of a list of this kind; `namespace` is empty for all of them. */
export function pageOf(body: Json, kind: ResourceKind, namespace: string, doing: string, subject: string): ListPage {
  const refuse = (found: string): ClusterError => badAnswer(doing, subject, found);
  const isNamed = stringAt(body, 'kind') === `${kind.kind}List`;
  // The list of a custom resource may have any name, which its definition chooses; its items say what they are.
  const isCustom = isCustomGroup(kind.apiVersion) && stringAt(body, 'kind') !== undefined;
  if (!(isNamed || isCustom) || stringAt(body, 'apiVersion') !== kind.apiVersion)
    throw refuse(`the answer is ${described(body)}, not a ${kind.kind}List of ${kind.apiVersion}`);
  const listed = at(body, 'items');
  if (!isJsonArray(listed)) throw refuse('the list has no items');
  const items = listed.map((item) => {
    if (isItem(item, kind, namespace) && (isNamed || stringAt(item, 'kind') === kind.kind)) return item;
    throw refuse(`the list contains ${described(item)}, not a ${kind.kind}`);
  });
  const next = at(body, 'metadata', 'continue') ?? '';
  const left = numberAt(body, 'metadata', 'remainingItemCount') ?? 0;
  if (typeof next !== 'string' || (next === '' && left > 0)) throw refuse('the list has no continue token although items remain');
  return { items, next };
}

/** Items of built-in kinds do not say what they are; what they say is held against what was asked for. */
function isItem(item: Json, { apiVersion, kind, namespaced }: ResourceKind, namespace: string): item is JsonObject {
  if (!stringAt(item, 'metadata', 'name')) return false;
  const home = stringAt(item, 'metadata', 'namespace') ?? '';
  const isHome = namespaced ? home !== '' && (namespace === '' || home === namespace) : home === '';
  return isHome && (stringAt(item, 'kind') ?? kind) === kind && (stringAt(item, 'apiVersion') ?? apiVersion) === apiVersion;
}

/** The object that was asked for, by a read or a write. */
export function objectOf(body: Json, kind: ResourceKind, ref: Pick<ObjectRef, 'namespace' | 'name'>, doing: string): JsonObject {
  const home = kind.namespaced ? ref.namespace : '';
  const isIt =
    isJsonObject(body) &&
    stringAt(body, 'kind') === kind.kind &&
    stringAt(body, 'apiVersion') === kind.apiVersion &&
    stringAt(body, 'metadata', 'name') === ref.name &&
    (stringAt(body, 'metadata', 'namespace') ?? '') === home;
  if (isIt) return body;
  throw badAnswer(doing, ref.name, `the answer is ${described(body)}, not ${kind.kind} ${ref.name} of ${kind.apiVersion}`);
}

/** What a group version serves, by kind; subresources are left out. */
export function resourcesIn(body: Json, apiVersion: string): readonly ResourceKind[] {
  const doing = `read the kinds of ${apiVersion}`;
  const resources = at(body, 'resources');
  const isList = stringAt(body, 'kind') === 'APIResourceList' && stringAt(body, 'groupVersion') === apiVersion;
  if (!isList || !isJsonArray(resources))
    throw badAnswer(doing, apiVersion, `the answer is ${described(body)}, not the resources of ${apiVersion}`);
  return resources.flatMap((entry) => {
    const [kind, name] = [stringAt(entry, 'kind'), stringAt(entry, 'name')];
    if (kind === undefined || name === undefined || !/^[a-z0-9][a-z0-9./-]*$/u.test(name))
      throw badAnswer(doing, apiVersion, 'a resource has no kind or no name');
    return name.includes('/') ? [] : { apiVersion, kind, plural: name, namespaced: at(entry, 'namespaced') === true };
  });
}

/** Versions of a group, the one that the server prefers before the others. */
export function versionsIn(body: Json, group: string): readonly string[] {
  const listed = at(body, 'versions');
  const isGroup = stringAt(body, 'kind') === 'APIGroup' && stringAt(body, 'name') === group;
  if (!isGroup || !isJsonArray(listed))
    throw badAnswer(`read the versions of ${group}`, group, `the answer is ${described(body)}, not the versions of ${group}`);
  const versions = [at(body, 'preferredVersion'), ...listed].map((version) => stringAt(version, 'groupVersion') ?? '');
  return [...new Set(versions)].filter((version) => groupOf(version) === group);
}

/** Whether an access review allows what it was asked about. */
export function isAllowed(body: Json, doing: string): boolean {
  const allowed = at(body, 'status', 'allowed');
  if (stringAt(body, 'kind') === 'SelfSubjectAccessReview' && typeof allowed === 'boolean') return allowed;
  throw badAnswer(doing, 'SelfSubjectAccessReview', `the answer is ${described(body)}, not a SelfSubjectAccessReview`);
}

/**
 * Path of each document of OpenAPI v3 below the server's address, by the name that the index gives it, such as `apis/apps/v1`.
 * Addresses below `/openapi/v3` are relative to the server's address, a proxy's prefix included; all others to its host
 * (as client-go reads them). Throws for one that is not below the server's address.
 */
export function schemaPaths(index: Json, server: string): (name: string) => string | undefined {
  const [doing, subject] = ['read the OpenAPI index', '/openapi/v3'];
  const paths = at(index, 'paths');
  if (!isJsonObject(paths)) throw badAnswer(doing, subject, `the answer is ${described(index)}, not an index`);
  const prefix = prefixOf(server);
  return (name) => {
    const entry = at(paths, name);
    if (entry === undefined) return undefined;
    const address = stringAt(entry, 'serverRelativeURL') ?? '';
    const isBelow = address.startsWith('/openapi/v3');
    const path = isBelow || address.startsWith(prefix) ? address.slice(isBelow ? 0 : prefix.length) : '';
    addressOf(server, path);
    return path;
  };
}

/** The address of a request. Throws for a path that leads away from the server's address: a server's answer may have named it. */
export function addressOf(server: string, path: string): URL {
  const [base, prefix] = [new URL(server), prefixOf(server)];
  const url = path.startsWith('/') ? URL.parse(`${prefix}${path}`, server) : null;
  if (url?.origin === base.origin && url.pathname.startsWith(`${prefix}/`)) return url;
  throw badAnswer('ask the API server', server, 'it returned a URL that is not below this address');
}

function prefixOf(server: string): string {
  return trimEnd(new URL(server).pathname, '/');
}

/** A document of OpenAPI v3, or v2, with schemas in it. */
export function schemaDocument(body: Json, path: string): JsonObject {
  if (isJsonObject(body) && stringAt(body, 'openapi')?.startsWith('3.') && isJsonObject(at(body, 'components', 'schemas')))
    return body;
  if (isJsonObject(body) && stringAt(body, 'swagger') === '2.0' && isJsonObject(body['definitions'])) return body;
  throw badAnswer('read a schema', path, `the answer is ${described(body)}, not OpenAPI with schemas`);
}

/** Whether the API server says that the object does not exist; a 404 page may come from a proxy. */
export function isAbsent({ status, body }: Pick<KubernetesResponse, 'status' | 'body'>): boolean {
  return status === 404 && stringAt(body, 'kind') === 'Status' && stringAt(body, 'reason') === 'NotFound';
}

/**
 * Whether the server itself says that it does not serve a path: for groups that it does not know it does so as plain text,
 * for other paths old servers list those that they have (recorded on 1.19 and 1.21).
 */
export function isUnserved(response: Pick<KubernetesResponse, 'status' | 'body'>): boolean {
  const { status, body } = response;
  if (isAbsent(response)) return true;
  if (status !== 404) return false;
  const paths = at(body, 'paths');
  return typeof body === 'string' ? body.trim() === '404 page not found' : isJsonArray(paths) && paths.includes('/openapi/v2');
}

function isCustomGroup(apiVersion: string): boolean {
  const [group = '', version] = apiVersion.split('/');
  return version !== undefined && group.includes('.') && !group.endsWith('.k8s.io');
}

/** What an answer is, in a few words. */
function described(body: Json | undefined): string {
  if (body === null || body === undefined || body === '') return 'empty';
  if (isJsonArray(body)) return 'an array';
  if (!isJsonObject(body)) return typeof body === 'string' ? 'text' : `a ${typeof body}`;
  const kind = stringAt(body, 'kind');
  const name = stringAt(body, 'metadata', 'name');
  const what = kind === undefined ? 'an object of no kind' : `a ${kind} of ${stringAt(body, 'apiVersion') ?? 'no version'}`;
  return foreignText(name === undefined ? what : `${what} named ${name}`, 200);
}
