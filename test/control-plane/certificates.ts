// The certificate library registers its classes by decorators, which need this before it is loaded.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
/** Of the service `kubernetes`: the first of 10.96.0.0/16. */
const SERVICE_ADDRESS = '10.96.0.1';
const DAY_MS = 86_400_000;

export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

export interface Authority {
  readonly certificate: string;
  /**
   * For a server on loopback and for the client `kubernetes` names, RBAC user as common name, groups as organisations. `hosts`
   * are more names of the server.
   */
  issue(subject: {
    readonly commonName: string;
    readonly groups?: readonly string[];
    readonly hosts?: readonly string[];
  }): Promise<KeyPair>;
}

function pem(label: string, bytes: ArrayBuffer): string {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/gu) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

async function exportKey(keys: webcrypto.CryptoKeyPair): Promise<string> {
  return pem('PRIVATE KEY', await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

/** An authority of its own for one control plane, good for a day; its key never leaves the process. */
export async function createAuthority(): Promise<Authority> {
  const keys = await generateKeys();
  const notBefore = new Date(Date.now() - DAY_MS / 24);
  const notAfter = new Date(Date.now() + DAY_MS);
  const root: X509Certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=drift-detector-test-ca',
    notBefore,
    notAfter,
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
  return {
    certificate: root.toString('pem'),
    async issue({ commonName, groups = [], hosts = [] }) {
      const own = await generateKeys();
      const certificate = await X509CertificateGenerator.create({
        subject: [...groups.map((group) => ({ O: [group] })), { CN: [commonName] }],
        issuer: root.subject,
        notBefore,
        notAfter,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: ALGORITHM,
        extensions: [
          new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
          new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
          await AuthorityKeyIdentifierExtension.create(root.publicKey),
          new SubjectAlternativeNameExtension([
            { type: 'ip', value: '127.0.0.1' },
            { type: 'ip', value: SERVICE_ADDRESS },
            { type: 'dns', value: 'localhost' },
            { type: 'dns', value: 'kubernetes.default.svc' },
            ...hosts.map((value) => ({ type: 'dns' as const, value })),
          ]),
        ],
      });
      return { certificate: certificate.toString('pem'), key: await exportKey(own) };
    },
  };
}
