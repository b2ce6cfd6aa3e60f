import { isOld } from './version.ts';

/** The parts of `go mod edit -json` that are used. */
export interface GoModule {
  readonly Go: string;
  readonly Require?: readonly { readonly Path: string; readonly Version: string }[] | null;
  readonly Replace?:
    | readonly {
        readonly Old: { readonly Path: string; readonly Version?: string };
        readonly New: { readonly Path: string; readonly Version?: string };
      }[]
    | null;
}

/** Import paths of the servers that one Kubernetes module builds, by the name of the binary. */
export const SERVER_PROGRAMS = {
  'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver',
  'kube-controller-manager': 'k8s.io/kubernetes/cmd/kube-controller-manager',
  'kube-scheduler': 'k8s.io/kubernetes/cmd/kube-scheduler',
} as const;
/** The same, of kubectl and of what stores the objects. */
export const KUBERNETES_PROGRAMS = {
  ...SERVER_PROGRAMS,
  kubectl: 'k8s.io/kubernetes/cmd/kubectl',
  etcd: 'go.etcd.io/etcd/server/v3',
} as const;

export const KWOK_VERSION = '0.8.0';
export const KWOK_PROGRAMS = { kwok: 'sigs.k8s.io/kwok/cmd/kwok' } as const;

/** The last one that reads YAML by a library that the module proxy serves. */
export const GOJQ_VERSION = '0.12.17';
export const JQ_PROGRAMS = { jq: 'github.com/itchyny/gojq/cmd/gojq' } as const;

/** What old releases pin and today's Go cannot use: it panics with the first, and the second's address is gone. */
const MENDED: Readonly<Record<string, string>> = {
  'github.com/modern-go/reflect2': 'github.com/modern-go/reflect2 v1.0.2',
  'vbom.ml/util': 'github.com/fvbommel/util v0.0.0-20180919145318-efcd4e0f9787',
};

/**
 * A go.mod that can build the programs of a Kubernetes release. Kubernetes' own go.mod points its staging modules at
 * folders of its repository, which no dependent can use; each is published as v0.<minor>.<patch> as well. The etcd
 * server takes the version of the client that this release speaks; an old release is built without one.
 */
export function kubernetesGoMod(version: string, upstream: GoModule): string {
  const staging = `v0.${version.slice('1.'.length)}`;
  const etcd = upstream.Require?.find((module) => module.Path === 'go.etcd.io/etcd/client/v3')?.Version;
  if (!etcd && !isOld(version))
    throw new Error(`Kubernetes ${version} requires no etcd client, so the etcd version is not known`);
  const replaced = (upstream.Replace ?? []).map(({ Old, New }) => {
    const from = Old.Version ? `${Old.Path} ${Old.Version}` : Old.Path;
    if (New.Path.startsWith('./')) return `${from} => ${Old.Path} ${staging}`;
    return `${from} => ${(isOld(version) && MENDED[Old.Path]) || `${New.Path} ${New.Version ?? ''}`}`;
  });
  const lines = [
    'module drift-detector-control-plane',
    '',
    `go ${upstream.Go}`,
    '',
    `require k8s.io/kubernetes v${version}`,
    ...(isOld(version) ? [] : [`require go.etcd.io/etcd/server/v3 ${etcd}`]),
    '',
    'replace (',
    ...replaced.map((line) => `\t${line.trim()}`),
    ')',
    '',
  ];
  return lines.join('\n');
}

/** A go.mod for programs of one module that needs no replacements. */
export function simpleGoMod(module: string, version: string): string {
  return `module drift-detector-tool\n\ngo 1.24\n\nrequire ${module} v${version}\n`;
}

/** A file that imports the programs, so that `go mod tidy` keeps what they need. It is never compiled. */
export function toolsFile(importPaths: readonly string[]): string {
  return `//go:build tools\n\npackage tools\n\nimport (\n${importPaths.map((path) => `\t_ "${path}"\n`).join('')})\n`;
}
