import { expect } from 'chai';
import { type ConfigHubClient, openConfigHub } from '../../src/clients/confighub/client.ts';
import { tokenSession } from '../../src/clients/confighub/session.ts';
import { connectConfigHub } from '../../src/clients/confighub/transport.ts';
import type { ChangeSetRef } from '../../src/domain/desired.ts';
import type { UnitFix } from '../../src/domain/plan.ts';
import { Secret } from '../../src/domain/secret.ts';
import { openOwnChangeSet } from '../../src/stages/fix/changeset.ts';
import { Client, startTestHub } from '../hub/harness.ts';
import { createSpace, createUnit, deployment } from '../hub/scene.ts';
import { unit } from '../types/builders.ts';

const { signal } = new AbortController();

describe("the pass's own changeset", () => {
  it('has the name that an earlier pass left, unless that one is closed or belongs to a person', async () => {
    await using hub = await startTestHub();
    const client = new Client(hub.url);
    const spaceId = await createSpace(client, 'prod');
    const made = await createUnit(client, spaceId, 'web', deployment('web', 3));
    const session = tokenSession(new Secret('tester'));
    const confighub: ConfigHubClient = await openConfigHub(
      connectConfigHub({ url: hub.url, session, userAgent: 'test' }),
      signal,
    );
    const owner = unit('web', { id: String(made['UnitID']), spaceId, space: 'prod' });
    const unitFix: UnitFix = {
      id: '0123456789abcdef',
      unit: owner,
      objects: [],
      others: [],
      isCritical: false,
      writesPair: true,
      changeSet: undefined,
      isStaged: false,
      route: 'direct',
    };
    const open = async (cluster = 'dev'): Promise<ChangeSetRef> => {
      const opened = await openOwnChangeSet(confighub, cluster, [unitFix], signal);
      if (!opened) throw new Error('no changeset');
      return opened;
    };

    const labels = { 'drift-detector': 'dev' };
    const theirs = await confighub.createChangeSet(spaceId, { slug: 'my-work', description: '', labels }, signal);
    const first = await open();
    expect((await confighub.findChangeSet('prod/my-work', signal)).ChangeSetID, 'a person labelled it').to.equal(
      theirs.ChangeSetID,
    );
    expect(first.slug).to.match(/^drift-dev-[0-9a-f]{8}$/u);
    const again = await open();
    expect(again.slug, 'nothing was ever put into the first').to.equal(first.slug);

    await client.patch(`/space/${spaceId}/unit/${owner.id}`, { ChangeSetID: again.id }, { change_set_id: again.id });
    expect((await open()).id, 'a unit is locked to it').to.equal(again.id);
    await confighub.closeChangeSet(again.id, signal);
    const second = await open();
    expect([second.id === again.id, second.slug]).to.deep.equal([false, `${first.slug}-2`]);

    await client.post(`/space/${spaceId}/change_set`, { Slug: first.slug.replace('-dev-', '-eu-') });
    expect((await open('eu')).slug).to.match(/^drift-eu-[0-9a-f]{8}-2$/u);
  });
});
