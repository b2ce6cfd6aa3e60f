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
