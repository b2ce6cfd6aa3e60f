import { once } from 'node:events';
import { createServer } from 'node:https';
import type { Json } from '../../src/domain/json.ts';
import { createAuthority } from '../control-plane/certificates.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';

/** A real mutating webhook of one namespace. */
export interface Webhook extends AsyncDisposable {
  /** Does this JSON patch to every workload that is created or updated, and is asked in dry runs too. */
  enable(patch: readonly Json[]): Promise<void>;
  /** Refuses them instead, in these words. */
  deny(message: string): Promise<void>;
  disable(): Promise<void>;
}

interface Review {
  readonly request: { readonly uid: string };
}

export async function startWebhook(cluster: ControlPlane, namespace: string): Promise<Webhook> {
  const name = `webhook-${namespace}`;
  const authority = await createAuthority();
  const { certificate, key } = await authority.issue({ commonName: 'webhook' });
  let patch: readonly Json[] = [];
  let denial: string | undefined;
  let requests = 0;
  const server = createServer({ cert: certificate, key }, (request, response) => {
    requests++;
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { uid } = (JSON.parse(Buffer.concat(parts).toString()) as Review).request;
      const verdict = denial === undefined ? { allowed: true } : { allowed: false, status: { message: denial } };
      const mutation = { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') };
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({
          apiVersion: 'admission.k8s.io/v1',
          kind: 'AdmissionReview',
          response: { uid, ...verdict, ...(denial === undefined ? mutation : {}) },
        }),
      );
    });
  });
  const configuration = (port: number): unknown => ({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name },
    webhooks: [
      {
        name: 'mutate.example.com',
        clientConfig: { url: `https://127.0.0.1:${port}/`, caBundle: Buffer.from(authority.certificate).toString('base64') },
        rules: [
          {
            apiGroups: ['apps'],
            apiVersions: ['v1'],
            operations: ['CREATE', 'UPDATE'],
            resources: ['deployments', 'statefulsets', 'daemonsets'],
          },
        ],
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
        timeoutSeconds: 5,
      },
    ],
  });
  const probe = (): Promise<unknown> =>
    cluster.kubectl(['-n', namespace, 'create', 'deployment', 'probe', '--image=probe', '--dry-run=server']);
  // The API server takes a new configuration up within a second or so, and forgets one as slowly.
  const disable = async (): Promise<void> => {
    await cluster.kubectl(['delete', 'mutatingwebhookconfiguration', name, '--ignore-not-found']);
    for (let before = -1; requests !== before; ) {
      before = requests;
      await probe().catch(() => undefined);
    }
  };
  const configure = async (): Promise<void> => {
    if (!server.listening) {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
    }
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    await cluster.kubectl(['apply', '-f', '-'], JSON.stringify(configuration(port)));
    const before = requests;
    while (requests === before) {
      const asked = probe();
      await (denial === undefined ? asked : asked.catch(() => undefined));
    }
  };
  return {
    async enable(operations) {
      [patch, denial] = [operations, undefined];
      await configure();
    },
    async deny(message) {
      denial = message;
      await configure();
    },
    disable,
    async [Symbol.asyncDispose]() {
      if (!server.listening) return;
      await disable();
      server.closeAllConnections();
      server.close();
    },
  };
}
