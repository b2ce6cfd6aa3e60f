import type { Json, JsonObject } from '../../src/domain/json.ts';
import type { Harmless, Made, Planted } from '../types/show/planted.ts';

/** Patches of live objects, by `kind/name`, and what they hold that no sink may show. */
export interface Plants {
  readonly patches: Readonly<Record<string, JsonObject>>;
  readonly made: readonly Made[];
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const isLabel = (text: string): boolean => /^[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?$/u.test(text);

/** Spreads the planted values over all kinds of place in the live objects of fixtures/show/unit.yaml. */
export function plant(planted: Planted, make: (template: string) => Made): Plants {
  const made: Made[] = [];
  const keep = (template: string): string => {
    const one = make(template);
    made.push(one);
    return one.text;
  };
  const env: Json[] = [];
  const initEnv: Json[] = [];
  const headers: Json[] = [];
  const maps = {
    annotations: {},
    podAnnotations: {},
    labels: {},
    ingress: {},
    data: {},
    binaryData: {},
    custom: {},
    volume: {},
  } satisfies Record<string, Record<string, string>>;
  type MapName = keyof typeof maps;
  const into =
    (map: MapName) =>
    (name: string, text: string): void => {
      Object.assign(maps[map], { [name]: map === 'binaryData' ? base64(text) : text });
    };
  const places: readonly ((name: string, text: string) => void)[] = [
    (name, value) => env.push({ name, value }),
    into('data'),
    into('annotations'),
    (name, value) => initEnv.push({ name, value }),
    into('custom'),
    into('binaryData'),
    (name, value) => headers.push({ name: name.replaceAll(/[^A-Za-z0-9-]/gu, '-'), value }),
    into('volume'),
    into('ingress'),
    into('podAnnotations'),
  ];
  for (const [index, { text }] of planted.byValue.entries()) {
    const value = keep(text);
    const name = `setting-${index}`;
    if (index % 11 === 10 && isLabel(value)) into('labels')(name, value);
    else places[index % places.length]?.(name, value);
  }
  for (const [index, name] of planted.byName.entries()) {
    const isKey = /^[\w.-]+$/u.test(name);
    places[isKey ? index % places.length : 2]?.(name, keep('<word>'));
  }
  for (const [index, { key, text }] of planted.files.entries())
    into(index % 2 === 0 ? 'data' : 'binaryData')(`${index}-${key}`, keep(text));
  const applied = { kind: 'Deployment', spec: { env: [{ name: 'DB_PASSWORD', value: keep('<word>') }] } };
  Object.assign(maps.annotations, { 'example.com/last-applied-configuration': JSON.stringify(applied) });
  return { made, patches: patchesOf(planted, keep, { env, initEnv, headers, maps }) };
}

function patchesOf(
  planted: Planted,
  keep: (template: string) => string,
  {
    env,
    initEnv,
    headers,
    maps,
  }: {
    readonly env: Json[];
    readonly initEnv: Json[];
    readonly headers: Json[];
    readonly maps: Readonly<Record<string, Readonly<Record<string, string>>>>;
  },
): Readonly<Record<string, JsonObject>> {
  const image = 'registry.example/tool:1.0.0';
  const commands = planted.arguments.map((command) => command.map(keep));
  const tool = (command: readonly string[], index: number): JsonObject => {
    const name = `tool-${index}`;
    const exec = { exec: { command } };
    return (
      [
        { name, image, args: command },
        { name, image, command },
        { name, image, livenessProbe: exec },
        { name, image, lifecycle: { preStop: exec } },
      ][index % 4] ?? {}
    );
  };
  const probe = { httpGet: { path: '/healthz', port: 8080, httpHeaders: headers } };
  const app = { name: 'app', args: ['--port=8080', '--db-pass', keep('<word>')], env, readinessProbe: probe };
  const init = { name: 'init', image, env: initEnv };
  const volume = { name: 'store', csi: { driver: 'store.example.com', volumeAttributes: maps['volume'] ?? {} } };
  return {
    'deployment/planted': {
      metadata: { annotations: maps['annotations'] ?? {}, labels: maps['labels'] ?? {} },
      spec: {
        template: {
          metadata: { annotations: maps['podAnnotations'] ?? {} },
          spec: { containers: [app, ...commands.map(tool)], initContainers: [init], volumes: [volume] },
        },
      },
    },
    'deployment/refused': {
      spec: { template: { spec: { containers: [{ name: 'app', env: [{ name: 'SETTING', value: keep('ghp_<alnum 36>') }] }] } } },
    },
    'configmap/planted': { data: maps['data'] ?? {}, binaryData: maps['binaryData'] ?? {} },
    'ingress/planted': { metadata: { annotations: maps['ingress'] ?? {} } },
    'shop/planted': {
      spec: { config: { ...maps['custom'], [keep('ghp_<alnum 36>')]: 'joe' }, tokens: [keep('<word>'), keep('ghp_<alnum 36>')] },
    },
  };
}

/** The harmless values, as variables, annotations and arguments of live objects. */
export function plantHarmless(harmless: Harmless): JsonObject {
  const env = harmless.texts.map(([name, value], index) => ({ name: `${name}__${index}`, value }));
  const containers = harmless.arguments.map((args, index) => ({
    name: `tool-${index}`,
    image: 'registry.example/tool:1.0.0',
    args,
  }));
  return {
    metadata: { annotations: Object.fromEntries(harmless.annotations), labels: Object.fromEntries(harmless.labels) },
    spec: { template: { spec: { containers: [{ name: 'app', env }, ...containers] } } },
  };
}
