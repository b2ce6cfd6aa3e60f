import { ConfigHubError } from '../domain/errors.ts';
import type { ConfigHubTransport } from './confighub/transport.ts';
import type { KubernetesTransport } from './kubernetes/transport.ts';

/** Answers by `service code`, such as `kubernetes 200`; requests without an answer count as `none`. */
export type RequestCounts = ReadonlyMap<string, number>;

export interface RequestCounter {
  readonly counts: RequestCounts;
  kubernetes(transport: KubernetesTransport): KubernetesTransport;
  /** Repeated requests count once, with what came of them in the end. */
  confighub(transport: ConfigHubTransport): ConfigHubTransport;
}

export function createRequestCounter(): RequestCounter {
  const counts = new Map<string, number>();
  async function counted<T>(service: string, asking: Promise<T>, codeOf: (answer: T) => number): Promise<T> {
    let code: number | 'none' = 'none';
    try {
      const answer = await asking;
      code = codeOf(answer);
      return answer;
    } catch (error) {
      if (error instanceof ConfigHubError) code = error.status ?? 'none';
      throw error;
    } finally {
      const key = `${service} ${code}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return {
    counts,
    kubernetes: (transport) => ({
      server: transport.server,
      close: () => transport.close(),
      request: (request) => counted('kubernetes', transport.request(request), ({ status }) => status),
    }),
    confighub: (transport) => ({
      url: transport.url,
      get: (request, schema, signal) => counted('confighub', transport.get(request, schema, signal), () => 200),
      list: (request, element, signal) => counted('confighub', transport.list(request, element, signal), () => 200),
      text: (request, signal) => counted('confighub', transport.text(request, signal), () => 200),
      send: (request, schema, signal) => counted('confighub', transport.send(request, schema, signal), () => 200),
    }),
  };
}
