import { usage } from '../../cli/command.ts';

/** Of `check` alone. */
export interface RunFlags {
  /** Files and folders of manifests, `-` for standard input: compared instead of units. */
  readonly filename?: readonly string[];
  /** Folders with a kustomization. */
  readonly kustomize?: readonly string[];
  /** Of documents that name none. */
  readonly namespace?: string;
  readonly fieldManager?: readonly string[];
}

/** Whether manifests are compared, so that no ConfigHub is asked. */
export function isOfFiles({ filename, kustomize }: RunFlags): boolean {
  return filename !== undefined || kustomize !== undefined;
}

/** Throws where an option of manifests is given without any: ignored, `check -n shop` would look like the answer for one namespace. */
export function refuseOptionsOfFiles({ namespace, fieldManager }: RunFlags): void {
  if (namespace !== undefined)
    throw usage(
      '--namespace is for manifests, and no -f or -k is given',
      `To compare one namespace with its units, pass --namespace-selector kubernetes.io/metadata.name=${namespace}.`,
    );
  if (fieldManager !== undefined)
    throw usage(
      '--field-manager is for manifests, and no -f or -k is given',
      `To name who delivers the units, pass --desired-managers ${fieldManager.join(',')}.`,
    );
}
