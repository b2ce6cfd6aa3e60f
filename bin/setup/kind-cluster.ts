import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { isInstalled, run } from './kubectl.ts';
import { ownImage } from './overlays.ts';
import type { Script } from './script.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const NAME = 'drift-detector';
/** Of the folder with the report repository, in the node. */
export const NODE_REPORTS = '/var/lib/drift-reports';

export function hasKind(): boolean {
  return isInstalled('kind', ['version']) && isInstalled('docker', ['info']);
}

/** A kind cluster with this checkout's image in it; answers the name of its context, which is the current one. */
export async function ensureKindCluster(script: Script): Promise<string> {
  const { state, say } = script;
  const clusters = (await run(script, 'kind', ['get', 'clusters'])).split('\n');
  if (!clusters.includes(NAME)) {
    say(`kind create cluster --name ${NAME}`);
    const mounts = [{ hostPath: state.path('reports'), containerPath: NODE_REPORTS }];
    const config = {
      kind: 'Cluster',
      apiVersion: 'kind.x-k8s.io/v1alpha4',
      nodes: [{ role: 'control-plane', extraMounts: mounts }],
    };
    await run(script, 'kind', ['create', 'cluster', '--name', NAME, '--config', '-'], {}, stringify(config));
  }
  const image = ownImage();
  say(`docker build -t ${image} .; kind load docker-image ${image}`);
  await run(script, 'docker', ['build', '--quiet', '--tag', image, ROOT]);
  await run(script, 'kind', ['load', 'docker-image', image, '--name', NAME]);
  return `kind-${NAME}`;
}

/** Address of this machine as pods of kind see it. */
export async function addressForPods(script: Script): Promise<string> {
  const format = '{{range .IPAM.Config}}{{.Gateway}} {{end}}';
  const gateways = (await run(script, 'docker', ['network', 'inspect', 'kind', '--format', format])).split(' ');
  return gateways.find((address) => /^\d+(\.\d+){3}$/u.test(address)) ?? '127.0.0.1';
}

export async function deleteKindCluster(script: Script): Promise<void> {
  await run(script, 'kind', ['delete', 'cluster', '--name', NAME]);
}

/** The folder that the volumes of the report repository are; its parent is this user's alone. */
export function makeReportsFolder({ state }: Script): string {
  const folder = state.path('reports');
  mkdirSync(folder, { recursive: true });
  // A pass runs as another user.
  chmodSync(folder, 0o777);
  return folder;
}
