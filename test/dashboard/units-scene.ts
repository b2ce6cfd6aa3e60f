import { openConfigHub, type Unit, unitRef } from '../../src/clients/confighub/client.ts';
import { tokenSession } from '../../src/clients/confighub/session.ts';
import { connectConfigHub } from '../../src/clients/confighub/transport.ts';
import type { HubSource } from '../../src/dashboard/hub.ts';
import { Secret } from '../../src/domain/secret.ts';
import type { HubGeneration } from '../../src/hub/generation.ts';
import type { RunningHub } from '../../src/hub/server.ts';
import { Client, startTestHub } from '../hub/harness.ts';
import { createNamed, deployment, unitPath } from '../hub/scene.ts';
import { type Scene, startScene } from './scene.ts';

const signal = new AbortController().signal;

export const HOSTILE = '"><img src=x onerror=alert(1)><script>alert(1)</script>';

export interface UnitsScene extends Scene {
  readonly hub: RunningHub;
  /** Writes another revision of unit `web` of the base, which is two ahead of dev. */
  readonly write: (replicas: number) => Promise<Unit>;
}

/** Spaces whose names say nothing of their order: z-base, then m-dev, then prod's two regions; a Secret beside. */
export async function startUnits(apiGeneration: HubGeneration = 'B', words = 'release 7'): Promise<UnitsScene> {
  const hub = await startTestHub({ apiGeneration });
  const client = await sourceOf(hub.url).connect(signal);
  const { SpaceID: base } = await client.createSpace('z-base', {}, signal);
  for (const slug of ['m-dev', 'b-prod-us', 'a-prod-eu']) await client.createSpace(slug, {}, signal);
  const write = async (unit: Unit, data: string, description: string): Promise<Unit> => {
    const state = { ...unitRef(unit, 'z-base'), version: unit.Version, dataHash: unit.DataHash };
    return client.writeUnit(state, { data, description }, undefined, signal);
  };
  let web = await client.createUnit(base, { slug: 'web', data: deployment('web', 2), labels: { app: words } }, signal);
  for (const [from, to] of [
    ['z-base', 'm-dev'],
    ['m-dev', 'b-prod-us'],
    ['m-dev', 'a-prod-eu'],
  ] as const) {
    const { SpaceID } = await client.findSpace(from, signal);
    await client.cloneUnits({ where: `SpaceID = '${SpaceID}'` }, `Slug = '${to}'`, {}, signal);
  }
  for (const replicas of [3, 4]) web = await write(web, deployment('web', replicas), `${words} ${replicas}`);
  const login = await client.createUnit(base, { slug: 'login', data: secretText('hunter2-first') }, signal);
  const latest = await write(login, secretText('hunter2-second'), 'Another password');
  const cub = new Client(hub.url);
  if (apiGeneration === 'A') {
    const { SetID } = await client.createSet(base, 'frontend', {}, signal);
    await cub.patch(unitPath({ SpaceID: base, UnitID: latest.UnitID }), { SetID });
  } else if (apiGeneration === 'B') {
    const { ChangeSetID } = await createNamed(cub, base, 'change_set', { Slug: 'release-7' });
    await cub.patch(
      unitPath({ SpaceID: base, UnitID: latest.UnitID }),
      { ChangeSetID: String(ChangeSetID) },
      { change_set_id: String(ChangeSetID) },
    );
  }
  const scene = await startScene([], [], undefined, sourceOf(hub.url));
  return Object.assign(scene, {
    hub,
    write: (replicas: number) => write(web, deployment('web', replicas), 'Updated'),
    async [Symbol.asyncDispose]() {
      await scene.dashboard[Symbol.asyncDispose]();
      scene.repositories[Symbol.dispose]();
      await hub[Symbol.asyncDispose]();
    },
  });
}

function sourceOf(url: string): HubSource {
  const session = tokenSession(new Secret('tester'));
  return {
    connect: (signal) => openConfigHub(connectConfigHub({ url, session, userAgent: 'test' }), signal),
    showValues: 'safe',
  };
}

function secretText(password: string): string {
  return `apiVersion: v1\nkind: Secret\nmetadata:\n  name: login\nstringData:\n  password: ${password} # ${password}\n`;
}
