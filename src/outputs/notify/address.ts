import { lookup } from 'node:dns/promises';
import { BlockList, isIP, isIPv4 } from 'node:net';
import { isLoopback, isThisMachine, mayTakeCredentials } from '../../domain/this-machine.ts';

/** An address that was looked at, to be connected to and no other. */
export interface PinnedAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Where clouds keep the credentials of machines, and addresses of no one host. */
const FORBIDDEN = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  // Link-local, with the metadata service of most clouds.
  ['169.254.0.0', 16],
  ['224.0.0.0', 3],
  // Metadata of Alibaba Cloud and of Oracle Cloud.
  ['100.100.100.200', 32],
  ['192.0.0.192', 32],
] as const)
  FORBIDDEN.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of [
  ['::', 128],
  ['fe80::', 10],
  ['ff00::', 8],
  // Metadata of AWS and of Google Cloud.
  ['fd00:ec2::254', 128],
  ['fd20:ce::254', 128],
] as const)
  FORBIDDEN.addSubnet(network, prefix, 'ipv6');

/** https without a user in it; http only to this machine. */
export function isSafeWebhook(text: string): boolean {
  if (!/^https?:\/\//u.test(text) || !URL.canParse(text)) return false;
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return false;
  return mayTakeCredentials(text);
}

function isIn(list: BlockList, address: string): boolean {
  const plain = unmapped(address);
  return list.check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6');
}

/** The IPv4 address within an IPv6 one (mapped, NAT64, 6to4): the same host by another name. */
function unmapped(address: string): string {
  if (isIPv4(address)) return address;
  // As the URL standard writes it: eight groups at most, in hexadecimal.
  const groups = new URL(`http://[${address.split('%')[0]}]/`).hostname.slice(1, -1);
  const ofGroups = (high: string, low: string): string => {
    const number = Number.parseInt(high, 16) * 65_536 + Number.parseInt(low, 16);
    return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
  };
  const embedded =
    /^(?:::ffff:|64:ff9b::)([0-9a-f]{1,4}):([0-9a-f]{1,4})$/u.exec(groups) ??
    /^2002:([0-9a-f]{1,4}):([0-9a-f]{1,4}):/u.exec(groups);
  return embedded ? ofGroups(embedded[1] ?? '0', embedded[2] ?? '0') : groups;
}

/**
 * Looks a host up once and gives an address to connect to; throws where any of its addresses is link-local, a metadata
 * service, multicast or unspecified, or is this machine's under another name.
 */
export async function pinAddress(host: string, resolve: typeof lookupAll = lookupAll): Promise<PinnedAddress> {
  const found = isIP(host) === 0 ? await resolve(host) : [{ address: host, family: isIP(host) }];
  for (const { address } of found) {
    if (isIn(FORBIDDEN, address)) throw new Error(`${host} is ${address}, which is link-local or otherwise not allowed`);
    if (isLoopback(unmapped(address)) && !isThisMachine(host)) throw new Error(`${host} is ${address}, which is this machine`);
  }
  const [first] = found;
  if (!first) throw new Error(`${host} has no address`);
  return { address: first.address, family: first.family === 6 ? 6 : 4 };
}

/** The same, given up when the signal is aborted: a lookup itself cannot be. */
export function pinAddressUntil(host: string, signal: AbortSignal): Promise<PinnedAddress> {
  return untilAborted(pinAddress(host), signal);
}

/** What cannot be ended, as the look-up of a name, is no longer waited for. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

function lookupAll(host: string): Promise<readonly { readonly address: string; readonly family: number }[]> {
  return lookup(host, { all: true });
}
