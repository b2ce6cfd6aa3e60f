import type { ConfigHubTransport } from './confighub/transport.ts';
import type { KubernetesTransport } from './kubernetes/transport.ts';

/** Asked before every write; throws where nothing may be written any more. */
export type MayWrite = () => Promise<void>;

/** The same transport, whose writes are asked for first. Dry runs and questions about the account change nothing. */
export function guardKubernetes(transport: KubernetesTransport, mayWrite: MayWrite): KubernetesTransport {
  return {
    server: transport.server,
    namespace: transport.namespace,
    close: () => transport.close(),
    async request(request) {
      const isWrite =
        request.method !== 'GET' &&
        !/^\/apis\/authorization\.k8s\.io\/|\/selfsubjectreviews$/u.test(request.path) &&
        !new URLSearchParams(request.path.split('?')[1]).has('dryRun', 'All');
      if (isWrite) await mayWrite();
      return transport.request(request);
    },
  };
}

/** The same for ConfigHub. */
export function guardConfigHub(transport: ConfigHubTransport, mayWrite: MayWrite): ConfigHubTransport {
  return {
    ...transport,
    async send(request, schema, signal) {
      if (request.query?.['dry_run'] !== 'true') await mayWrite();
      return transport.send(request, schema, signal);
    },
  };
}
