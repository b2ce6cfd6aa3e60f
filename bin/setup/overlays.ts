import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { stringify } from 'yaml';
import { inCluster } from './environments.ts';
import { kubectlPath, run } from './kubectl.ts';
import type { Script } from './script.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const NAMESPACE = 'devops-apps';
/** Ports that components/network-policy opens. */
const OPEN_PORTS = ['22', '443', '6443'];

/** Where the pods of a pass find things. */
export interface Places {
  readonly hubUrl: string;
  /** Empty for the repository on a volume of the cluster. */
  readonly reportRepo: string;
  /** The volume is one of this machine, that bin/create-cluster made. */
  readonly hasOwnVolume: boolean;
  readonly image: string;
}

/** Namespace of an environment's detector. */
export function detectorNamespace(environment: string): string {
  return inCluster(NAMESPACE, environment);
}

export interface Rendered {
  /** What the unit is to hold. */
  readonly file: string;
  /** False where it was rendered before and is the same: then the unit keeps what people have changed in it. */
  readonly isNew: boolean;
}

/** The unit drift-detector of an environment: its overlay of `cronjobs/`, with the project's own settings. */
export async function renderDetector(script: Script, project: string, name: string, places: Places): Promise<Rendered> {
  const folder = script.state.path('overlays', name);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'kustomization.yaml');
  const above = relative(folder, ROOT);
  writeFileSync(file, stringify(kustomization(above, project, name, places)));
  const rendered = await run(script, await kubectlPath(script), ['kustomize', folder]);
  // A unit is merged by names, so the one with a hash in it would never be promoted. Its revisions tell what it was.
  const text = rendered.replaceAll(/drift-detector-config-[a-z0-9]{10}\b/gu, 'drift-detector-config');
  const unit = join('overlays', name, 'unit.yaml');
  const isNew = script.state.read(unit) !== text;
  script.state.write(unit, text);
  return { file: script.state.path(unit), isNew };
}

function kustomization(above: string, project: string, name: string, places: Places): object {
  const isBase = name === 'base';
  const components = [
    ...(isBase ? ['modern', 'network-policy'] : []),
    'dashboard',
    ...(places.reportRepo === '' ? ['reports'] : []),
  ];
  return {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    namespace: detectorNamespace(name),
    resources: [isBase ? `${above}/manifests/base` : `${above}/cronjobs/${name}`],
    components: components.map((component) => `${above}/manifests/components/${component}`),
    configMapGenerator: [
      { name: 'drift-detector-config', namespace: NAMESPACE, behavior: 'merge', literals: settings(project, name, places) },
    ],
    patches: [
      ...patchesOfName(name),
      ...(places.reportRepo === '' && places.hasOwnVolume ? [ownVolume(name)] : []),
      ...hubPort(places.hubUrl),
    ],
    images: [imageOf(places.image)],
  };
}

function settings(project: string, name: string, places: Places): readonly string[] {
  const { hostname, protocol } = new URL(places.hubUrl);
  const isPlain = protocol === 'http:' && !/^(127\.|localhost$)/u.test(hostname);
  const has = (variable: string): boolean => Boolean(process.env[variable] || process.env[`${variable}_FILE`]);
  return [
    `CONFIGHUB_URL=${places.hubUrl}`,
    // A person reads this log, and no collector.
    'DRIFT_LOG_FORMAT=pretty',
    ...(isPlain ? ['CONFIGHUB_PLAINTEXT=true'] : []),
    // Others of this cluster are watched by the detectors of their environments.
    ...(name === 'base'
      ? []
      : [`CONFIGHUB_SPACE=${project}-${name}`, `DRIFT_NAMESPACE_SELECTOR=monitored=true,environment=${name}`]),
    ...(places.reportRepo === '' ? [] : [`REPORT_REPO=${places.reportRepo}`]),
    ...(has('CLAUDE_API_KEY') ? [] : ['CLAUDE_API_KEY_FILE=']),
    ...(has('GIT_TOKEN') ? [] : ['GIT_TOKEN_FILE=']),
  ];
}

/** The role is the same for all environments of a cluster; who has it is not. */
function patchesOfName(name: string): readonly object[] {
  const binding = 'drift-detector-reader';
  const label = [{ op: 'add', path: '/metadata/labels/environment', value: name }];
  const lease = [{ op: 'replace', path: '/rules/0/resourceNames/0', value: `drift-detector-${name}` }];
  const rename = [{ op: 'replace', path: '/metadata/name', value: inCluster(binding, name) }];
  return [
    ...(name === 'base' ? [] : [{ target: { kind: 'Namespace' }, patch: stringify(label) }]),
    { target: { kind: 'ClusterRoleBinding', name: binding }, patch: stringify(rename), options: { allowNameChange: true } },
    // The dashboard comes after the overlay, which names the cluster in its own roles.
    ...(name === 'base' ? [] : [{ target: { kind: 'Role', name: 'drift-detector-lease-reader' }, patch: stringify(lease) }]),
  ];
}

function ownVolume(name: string): object {
  const spec = [
    { op: 'add', path: '/spec/storageClassName', value: '' },
    { op: 'add', path: '/spec/volumeName', value: inCluster('drift-reports', name) },
  ];
  return { target: { kind: 'PersistentVolumeClaim' }, patch: stringify(spec) };
}

function hubPort(hubUrl: string): readonly object[] {
  const { port } = new URL(hubUrl);
  if (port === '' || OPEN_PORTS.includes(port)) return [];
  const rule = { ports: [{ protocol: 'TCP', port: Number(port) }] };
  return [
    {
      target: { kind: 'NetworkPolicy', name: 'drift-detector' },
      patch: stringify([{ op: 'add', path: '/spec/egress/-', value: rule }]),
    },
  ];
}

/** `registry/name:tag` or `registry/name@digest`, as kustomize takes it. */
function imageOf(reference: string): object {
  const [, name, tag, digest] = /^(.+?)(?::([\w.-]+))?(?:@(sha256:[0-9a-f]{64}))?$/u.exec(reference) ?? [];
  return {
    name: 'drift-detector',
    newName: name,
    ...(tag === undefined ? {} : { newTag: tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** Name and version of the image that this checkout makes. */
export function ownImage(): string {
  // Of this repository.
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { readonly version: string };
  return `drift-detector:${version}`;
}
