import { stringify } from 'yaml';
import type { KeyPair } from './certificates.ts';

export type Credentials = KeyPair | { readonly token: string };

const encode = (text: string): string => Buffer.from(text).toString('base64');

/** A kubeconfig that needs no other file. */
export function kubeconfig(server: string, authority: string, credentials: Credentials): string {
  const user =
    'token' in credentials
      ? { token: credentials.token }
      : { 'client-certificate-data': encode(credentials.certificate), 'client-key-data': encode(credentials.key) };
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority-data': encode(authority) } }],
    users: [{ name: 'test', user }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    'current-context': 'test',
  });
}
