import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../../clients/files/make-folder.ts';
import { schemaDocument, schemaPaths } from '../../clients/kubernetes/answers.ts';
import { readBuiltInSchemas } from '../../clients/kubernetes/built-in-schemas.ts';
import type { KubernetesClient } from '../../clients/kubernetes/client.ts';
import { describes, mergeOpenApi, trimOpenApi } from '../../clients/kubernetes/openapi.ts';
import { ClusterError, messageOf } from '../../domain/errors.ts';
import { parseJson, stringifyJson } from '../../domain/exact-json.ts';
import { at, isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import { groupOf } from '../../domain/object-ref.ts';
import type { FailedRead } from '../../domain/snapshot.ts';

/**
 * The trimmed OpenAPI v3 document of each group version: it tells lists with keys from atomic ones. A document is
 * named by its hash, which is the same on every cluster of one version, so it is kept in `cacheDir` and read once.
 * Where the server publishes none (before 1.24, or an aggregated API) the built-in schemas stand in, for they know what the
 * server fills in and OpenAPI v2 does not say; what they do not know is read from that: custom resources, and versions of
 * built-in kinds that are no more.
 */
export async function readSchemas(
  kubernetes: KubernetesClient,
  apiVersions: readonly string[],
  cacheDir: string,
  signal: AbortSignal,
  failedReads: FailedRead[],
): Promise<Readonly<Record<string, Json>>> {
  const schemas: Record<string, Json> = {};
  const fail = (what: string, error: unknown): void => {
    if (signal.aborted) throw error;
    failedReads.push({ what, namespace: '', error: messageOf(error) });
  };
  let pathOf = (_name: string): string | undefined => undefined;
  try {
    pathOf = schemaPaths(await kubernetes.read('/openapi/v3', 'read the OpenAPI index', signal), kubernetes.server);
  } catch (error) {
    const isUnknown = error instanceof ClusterError && error.code === 'not-found';
    if (!isUnknown) {
      fail('OpenAPI v3', error);
      return schemas;
    }
  }
  // One document for all group versions, some megabytes: read once, and only where it is needed.
  let second: Promise<JsonObject> | undefined;
  const readUnpublished = async (apiVersion: string): Promise<JsonObject> => {
    const builtIn = await readBuiltInSchemas();
    if (describes(builtIn, apiVersion)) return builtIn;
    second ??= readOne(kubernetes, '/openapi/v2', apiVersion, signal);
    return mergeOpenApi([await second, builtIn]);
  };
  await Promise.all(
    apiVersions.map(async (apiVersion) => {
      const name = groupOf(apiVersion) === '' ? `api/${apiVersion}` : `apis/${apiVersion}`;
      try {
        const path = pathOf(name);
        schemas[apiVersion] =
          path === undefined
            ? await readUnpublished(apiVersion)
            : await readCached(cacheDir, path, () => readOne(kubernetes, path, apiVersion, signal));
      } catch (error) {
        fail(`OpenAPI of ${apiVersion}`, error);
      }
    }),
  );
  return schemas;
}

async function readOne(kubernetes: KubernetesClient, path: string, apiVersion: string, signal: AbortSignal): Promise<JsonObject> {
  return trimOpenApi(schemaDocument(await kubernetes.read(path, `read the schema of ${apiVersion}`, signal), path));
}

/** Raised when the form of what is kept changes. */
const CACHE_FORM = 2;

/** Without a folder that can be written nothing is kept, and nothing is lost but half a second. */
async function readCached(cacheDir: string, path: string, read: () => Promise<JsonObject>): Promise<JsonObject> {
  const hash = new URL(path, 'http://server').searchParams.get('hash') ?? '';
  if (cacheDir === '' || !/^[0-9A-Za-z]{16,}$/u.test(hash)) return read();
  const file = join(cacheDir, `openapi-${CACHE_FORM}-${hash}.json`);
  try {
    const kept = parseJson(await readFile(file, 'utf8'));
    if (isJsonObject(kept) && isJsonObject(at(kept, 'components', 'schemas'))) return kept;
  } catch {
    // Absent or broken: read again.
  }
  const document = await read();
  const temporary = `${file}.${process.pid}`;
  try {
    await makeFolder(cacheDir);
    await writeFile(temporary, stringifyJson(document), { mode: 0o600 });
    await rename(temporary, file);
  } catch {
    // A read-only file system, as in the CronJob.
  }
  return document;
}
