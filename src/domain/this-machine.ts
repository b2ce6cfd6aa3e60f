import { BlockList, isIP, isIPv4 } from 'node:net';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** The host of a URL as it is looked up: an IPv6 address is in brackets there. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/u, '$1');
}

/** A host as an address has it: an IPv6 address in brackets. */
export function inAddress(host: string): string {
  return (host.includes(':') && !host.startsWith('[') ? `[${host}]` : host).toLowerCase();
}

/** Whether a name or an address is this machine's own by what it says. */
export function isThisMachine(host: string): boolean {
  return host === 'localhost' || isLoopback(host);
}

export function isLoopback(address: string): boolean {
  return isIP(address) !== 0 && LOOPBACK.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
}

/** Whether a credential may go there: the host is known to be it, or it is this machine. */
export function mayTakeCredentials(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const url = new URL(address);
  return url.protocol === 'https:' || (url.protocol === 'http:' && isThisMachine(hostOf(url)));
}
