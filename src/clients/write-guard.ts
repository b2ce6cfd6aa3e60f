import type { ConfigHubTransport } from './confighub/transport.ts';
import type { KubernetesTransport } from './kubernetes/transport.ts';

/** Asked before every write; throws where nothing may be written any more. */
export type MayWrite = () => Promise<void>;

/** The same transport, whose writes are asked for first. Dry runs and questions about permissions change nothing. */
export function guardKubernetes(transport: KubernetesTransport, mayWrite: MayWrite): KubernetesTransport {
  return {
    server: transport.server,
    close: () => transport.close(),
    async request(request) {
      const isWrite =
        request.method !== 'GET' &&
        !request.path.startsWith('/apis/authorization.k8s.io/') &&
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
      await mayWrite();
      return transport.send(request, schema, signal);
    },
  };
}
