import { expect } from 'chai';
import { openConfigHub } from '../../src/clients/confighub/client.ts';
import { tokenSession } from '../../src/clients/confighub/session.ts';
import { connectConfigHub } from '../../src/clients/confighub/transport.ts';
import type { DesiredUnit } from '../../src/domain/desired.ts';
import { Secret } from '../../src/domain/secret.ts';
import { readHistories } from '../../src/stages/desired/desired.ts';
import { startTestHub } from '../hub/harness.ts';
import { deployment } from '../hub/scene.ts';
import { unit } from '../types/builders.ts';

const signal = new AbortController().signal;

describe('the last revisions of drifting units', () => {
  for (const generation of ['A', 'B', 'C'] as const)
    it(`are read without their data, newest first, on generation ${generation}${generation === 'A' ? '' : ' in one request'}`, async () => {
      await using hub = await startTestHub({ apiGeneration: generation });
      const session = tokenSession(new Secret('tester'));
      const transport = connectConfigHub({ url: hub.url, session, userAgent: 'test' });
      const client = await openConfigHub(transport, signal);
      const { SpaceID } = await client.createSpace('dev', {}, signal);
      const units: DesiredUnit[] = [];
      for (const [slug, changes] of [
        ['web', 9],
        ['cart', 2],
      ] as const) {
        let written = await client.createUnit(
          SpaceID,
          { slug, data: deployment(slug, 1), description: 'Initial deployment' },
          signal,
        );
        for (let change = 1; change <= changes; change++) {
          const state = {
            spaceId: SpaceID,
            id: written.UnitID,
            name: slug,
            version: written.Version,
            dataHash: written.DataHash,
          };
          const description =
            change === changes ? `change ${change} of ${slug}, password=hunter2` : `change ${change} of ${slug}`;
          written = await client.writeUnit(state, { data: deployment(slug, change + 1), description }, undefined, signal);
        }
        units.push(unit(slug, { id: written.UnitID, spaceId: SpaceID, space: 'dev', headRevision: written.HeadRevisionNum }));
      }
      const paths: string[] = [];
      const counting = await openConfigHub(
        {
          ...transport,
          list: (request, element, stop) => {
            paths.push(request.path);
            return transport.list(request, element, stop);
          },
        },
        signal,
      );
      const warnings: string[] = [];
      const mask = (text: string): string => text.replace(/password=.*/u, '***');
      const histories = await readHistories(counting, units, mask, (warning) => warnings.push(warning), signal);
      expect(warnings).to.deep.equal([]);
      const [web, cart] = histories;
      const head = units[0]?.headRevision ?? 0;
      expect(web?.unit).to.equal('dev/web');
      expect(web?.revisions.map(({ number }) => number)).to.deep.equal([0, 1, 2, 3, 4].map((back) => head - back));
      expect(web?.revisions[0]).to.include({ author: 'tester', description: 'change 9 of web, ***' });
      expect(web?.revisions[0]?.time).to.match(/^\d{4}-\d{2}-\d{2}T/u);
      expect(cart?.revisions.map(({ description }) => description)).to.include.members([
        'change 2 of cart, ***',
        'change 1 of cart',
        'Initial deployment',
      ]);
      if (generation !== 'A') expect(paths.filter((path) => path.includes('revision'))).to.deep.equal(['/revision']);
    });

  it('are a warning where they cannot be read: they only explain', async () => {
    const hub = await startTestHub({});
    const transport = connectConfigHub({ url: hub.url, session: tokenSession(new Secret('tester')), userAgent: 'test' });
    const client = await openConfigHub(transport, signal);
    const warnings: string[] = [];
    const broken = unit('web', { id: "it's" });
    expect(
      await readHistories(
        client,
        [broken],
        (text) => text,
        (warning) => warnings.push(warning),
        signal,
      ),
    ).to.deep.equal([]);
    expect(warnings[0]).to.contain('the last revisions of 1 units are not known');
    await hub.close();
  });
});
