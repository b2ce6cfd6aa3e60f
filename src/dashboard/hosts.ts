/** Names of this machine: no name of another site (DNS rebinding) looks like one, whatever port leads here. */
const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/iu;

/** Whether a request for this Host is answered. */
export function isAllowedHost(host: string, more: readonly string[]): boolean {
  return LOOPBACK.test(host) || more.some((entry) => entry.toLowerCase() === host.toLowerCase());
}
