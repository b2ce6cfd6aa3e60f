import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseManifest } from '../../../src/clients/kubernetes/manifest.ts';
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../../src/domain/json.ts';
import { type Shape, stepDown } from './shape.ts';

const FOLDER = fileURLToPath(new URL('../../../fixtures/diff/leaves/', import.meta.url));

interface Rule {
  readonly path: RegExp;
  readonly json: JsonObject;
}

export interface Explanation {
  readonly path: RegExp;
  readonly acts: readonly string[];
  /** A part of the server's message; empty for any. */
  readonly message: string;
  readonly reason: string;
}

/** The data files of fixtures/diff/leaves. Paths are regular expressions over schema paths, the first that fits counts. */
export interface Data {
  /** Whole objects as a person would write them, without what this server does not know. */
  manifests(kind: string, shape: Shape): readonly JsonObject[];
  alternatives(schemaPath: string, value: Json): readonly Json[] | undefined;
  insertions(schemaPath: string, value: Json): readonly Json[] | undefined;
  /** Leaves that no manifest holds, and why. */
  readonly exceptions: readonly Explanation[];
  /** What the API does not let one change, and why. */
  readonly refusals: readonly Explanation[];
  /** Mutations that the server answers with the object as it was, and why. */
  readonly noOps: readonly Explanation[];
  /** Mutations that the comparison does not find as it should, and why. */
  readonly misses: readonly Explanation[];
}

/** `minor` is the server's minor version: some rules hold for some versions. */
export function readData(minor: number): Data {
  const values = rules('values.yaml');
  const inserts = rules('insertions.yaml');
  const versions = rules('versions.yaml');
  const templates = documents('templates');
  const kinds = documents('kinds');

  return {
    manifests(kind, shape) {
      return kinds
        .filter((document) => document['kind'] === kind)
        .flatMap((document) => {
          const { name, labels, annotations } = objectAt(document, 'metadata');
          const spec = objectAt(document, 'spec');
          // An alternative of a kind's own fields needs one pod template only.
          const chosen = document['templates'] === undefined ? templates : templates.slice(0, 1);
          return chosen.map((template) => {
            const whole: JsonObject = {
              apiVersion: 'apps/v1',
              kind,
              metadata: {
                name: `${name}-${template['name']}`,
                ...(labels ? { labels } : {}),
                ...(annotations ? { annotations } : {}),
              },
              spec: { ...spec, template: { metadata: template['metadata'] ?? {}, spec: template['spec'] ?? {} } },
            };
            const isUnknown = (path: string): boolean => versions.some((rule) => rule.path.test(path) && !holdsFor(rule, minor));
            const pruned = prune(whole, shape, '', isUnknown);
            return isJsonObject(pruned) ? pruned : {};
          });
        });
    },
    alternatives: (path, value) => {
      const found = values.find((rule) => rule.path.test(path) && (rule.json['of'] === undefined || rule.json['of'] === value));
      const list = found?.json['values'];
      return isJsonArray(list) ? list.filter((entry) => entry !== value) : undefined;
    },
    insertions: (path) => {
      const list = inserts.find((rule) => rule.path.test(path))?.json['values'];
      return isJsonArray(list) ? list : undefined;
    },
    exceptions: explanations('exceptions.yaml', minor),
    refusals: explanations('refusals.yaml', minor),
    noOps: explanations('no-ops.yaml', minor),
    misses: explanations('misses.yaml', minor),
  };
}

function objectAt(document: JsonObject, field: string): JsonObject {
  const value = document[field];
  return isJsonObject(value) ? value : {};
}

function load(file: string): readonly JsonObject[] {
  const parsed = parseManifest(readFileSync(join(FOLDER, file), 'utf8'));
  if (!parsed.ok) throw new Error(`${file}: ${parsed.error}`);
  return parsed.documents;
}

function documents(folder: string): readonly JsonObject[] {
  return readdirSync(join(FOLDER, folder))
    .sort()
    .flatMap((file) => load(`${folder}/${file}`));
}

function rules(file: string): readonly Rule[] {
  const list = load(file)[0]?.['rules'];
  return (isJsonArray(list) ? list : []).filter(isJsonObject).map((json) => ({ path: pattern(json), json }));
}

function holdsFor({ json }: Rule, minor: number): boolean {
  return minor >= Number(json['since'] ?? 0) && minor <= Number(json['until'] ?? 999);
}

/** The rules of a file, which is named from fixtures/diff/leaves, that hold for this minor version. */
export function explanations(file: string, minor: number): readonly Explanation[] {
  const held = rules(file).filter((rule) => holdsFor(rule, minor));
  return held.map(({ path, json }) => ({
    path,
    acts: isJsonArray(json['acts']) ? json['acts'].map(String) : [],
    message: String(json['message'] ?? ''),
    reason: String(json['reason']),
  }));
}

/** Dots and brackets stand for themselves, `*` for any text; the whole path must fit. */
function pattern(json: JsonObject): RegExp {
  const one = (text: string): string => text.replaceAll(/[.[\]{}]/gu, '\\$&').replaceAll('*', '.*');
  return new RegExp(`^${one(String(json['path']))}$`, 'u');
}

export function explain(table: readonly Explanation[], path: string, act: string, message: string): Explanation | undefined {
  return table.find(
    (entry) =>
      entry.path.test(path) &&
      (entry.acts.length === 0 || entry.acts.includes(act)) &&
      message.toLowerCase().includes(entry.message.toLowerCase()),
  );
}

/** Leaves out what this server does not know; an element or struct of which nothing but its name would be left goes as well. */
function prune(value: Json, shape: Shape, path: string, isUnknown: (path: string) => boolean): Json | undefined {
  if (path !== '' && isUnknown(path)) return undefined;
  if (isJsonArray(value)) {
    const kept = value.flatMap((entry) => {
      const below = stepDown(shape, path, 0);
      const left = below && prune(entry, below.shape, below.path, isUnknown);
      return left === undefined ? [] : [left];
    });
    return kept.length === 0 && value.length > 0 ? undefined : kept;
  }
  if (!isJsonObject(value)) return value;
  const kept = Object.entries(value).flatMap(([field, entry]) => {
    const below = stepDown(shape, path, field);
    const left = below && prune(entry, below.shape, below.path, isUnknown);
    return left === undefined ? [] : [[field, left] as const];
  });
  const isHollow = kept.length < Object.keys(value).length && kept.every(([field]) => field === 'name');
  return isHollow ? undefined : Object.fromEntries(kept);
}
