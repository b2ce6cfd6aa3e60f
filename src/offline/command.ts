import { readFileSync } from 'node:fs';
import { readBuiltInSchemas } from '../kubernetes/built-in-schemas.ts';
import { parseManifest } from '../kubernetes/manifest.ts';
import { openApiOfCrd, trimOpenApi } from '../kubernetes/openapi.ts';
import { ConfigError, messageOf } from '../types/errors.ts';
import { parseJson } from '../types/exact-json.ts';
import type { IgnoreRule } from '../types/ignore-rule.ts';
import { at, isJsonObject, type JsonObject } from '../types/json.ts';
import { diffTexts, type OfflineDiff } from './offline.ts';

export { printDiff } from './print.ts';

/** What `drift-detector diff` was given. Files are names, `-` is standard input. */
export interface DiffArguments {
  readonly desired: readonly string[];
  readonly live: readonly string[];
  readonly schemas: readonly string[];
}

/** Reads the files and compares them. A live file that is not there holds nothing; any other must be readable. */
export async function diffFiles(
  files: DiffArguments,
  desiredManagers: readonly string[],
  ignoreRules: readonly IgnoreRule[],
): Promise<OfflineDiff> {
  if (files.desired.includes('-') && files.live.includes('-')) {
    throw new ConfigError('standard input cannot be both sides', {
      code: 'usage',
      subject: '--desired - --live -',
      remedy: 'Give at least one side as a file.',
    });
  }
  return diffTexts({
    desired: files.desired.map((file) => ({ file, text: readText(file, '--desired', false) })),
    live: files.live.map((file) => ({ file, text: readText(file, '--live', true) })),
    schemas: [await readBuiltInSchemas(), ...files.schemas.flatMap(readSchema)],
    desiredManagers,
    ignoreRules,
    now: new Date(),
  });
}

function readText(file: string, flag: string, mayBeAbsent: boolean): string {
  const bytes = readBytes(file, flag, mayBeAbsent);
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  try {
    if (!isUtf16) return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // Said below.
  }
  throw new ConfigError(`${file} is ${isUtf16 ? 'UTF-16' : 'not UTF-8'}`, {
    code: 'configuration',
    subject: flag,
    remedy: 'Save it as UTF-8; in PowerShell: ... | Out-File -Encoding utf8 FILE.',
  });
}

function readBytes(file: string, flag: string, mayBeAbsent: boolean): Buffer {
  try {
    return readFileSync(file === '-' ? 0 : file);
  } catch (error) {
    if (mayBeAbsent && error instanceof Error && 'code' in error && error.code === 'ENOENT') return Buffer.alloc(0);
    throw new ConfigError(`${file} cannot be read: ${messageOf(error)}`, {
      code: 'configuration',
      subject: flag,
      remedy: 'Give the name of a YAML or JSON file, or - for standard input.',
      cause: error,
    });
  }
}

/** An OpenAPI v3 document as `kubectl get --raw /openapi/v3/...` prints it, or CustomResourceDefinitions. */
function readSchema(file: string): readonly JsonObject[] {
  const text = readText(file, '--schema', false);
  const documents = /^\s*\{/u.test(text) ? objectsOfJson(text) : objectsOfYaml(text);
  const schemas = documents.map((document) => {
    if (isJsonObject(at(document, 'components', 'schemas'))) return trimOpenApi(document);
    return document['kind'] === 'CustomResourceDefinition' ? openApiOfCrd(document) : undefined;
  });
  if (schemas.length > 0 && schemas.every((schema) => schema !== undefined)) return schemas;
  throw new ConfigError(`${file} holds no schema`, {
    code: 'configuration',
    subject: '--schema',
    remedy: 'Give an OpenAPI v3 document (kubectl get --raw /openapi/v3/apis/GROUP/VERSION) or CustomResourceDefinitions.',
  });
}

function objectsOfJson(text: string): readonly JsonObject[] {
  try {
    const value = parseJson(text);
    return isJsonObject(value) ? [value] : [];
  } catch {
    return [];
  }
}

function objectsOfYaml(text: string): readonly JsonObject[] {
  const manifest = parseManifest(text);
  return manifest.ok ? manifest.documents : [];
}
