/** Patch versions proven to build with Go 1.26 and to start, newest of each line that is used here. */
export const PROVEN_VERSIONS = ['1.19.16', '1.21.14', '1.24.17', '1.34.4', '1.37.2'] as const;
export const DEFAULT_VERSION = '1.34.4';

/** `1.34`, `v1.34.4` or nothing to an exact version without the `v`; throws for anything that is no version. */
export function resolveVersion(wanted: string | undefined): string {
  if (wanted === undefined || wanted.trim() === '') return DEFAULT_VERSION;
  const text = wanted.trim().replace(/^v/u, '');
  if (/^1\.\d+\.\d+$/u.test(text)) return text;
  const proven = PROVEN_VERSIONS.find((version) => version.startsWith(`${text}.`));
  if (proven) return proven;
  throw new Error(
    `KUBERNETES_VERSION=${wanted} is no exact Kubernetes version. Use one of ${PROVEN_VERSIONS.join(', ')}, or another one in full, such as 1.34.2.`,
  );
}

/** Releases before 1.24, whose servers are run beside kubectl and etcd of the default version; see openapi-definitions.ts. */
export function isOld(version: string): boolean {
  return minorOf(version) < 24;
}

/** Minor version as a number: 34 of `1.34.4`. */
export function minorOf(version: string): number {
  return Number(version.split('.')[1]);
}
