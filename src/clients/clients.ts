import type { ConfigHubClient } from './confighub/client.ts';
import type { KubernetesClient } from './kubernetes/client.ts';

/** The world as a pass meets it. */
export interface Clients {
  readonly kubernetes: KubernetesClient;
  readonly confighub: ConfigHubClient;
}
