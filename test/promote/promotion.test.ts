import { expect } from 'chai';
import { openConfigHub } from '../../src/clients/confighub/client.ts';
import { tokenSession } from '../../src/clients/confighub/session.ts';
import { connectConfigHub } from '../../src/clients/confighub/transport.ts';
import { Secret } from '../../src/domain/secret.ts';
import { waitingPromotions } from '../../src/stages/promotion/promotion.ts';
import { startTestHub } from '../hub/harness.ts';
import { unit } from '../types/builders.ts';

describe('what waits to be promoted', function () {
  this.timeout(60_000);

  it('is what the last report knew, and a warning, where ConfigHub refuses to tell', async () => {
    await using hub = await startTestHub({});
    const transport = connectConfigHub({ url: hub.url, session: tokenSession(new Secret('tester')), userAgent: 'test' });
    const signal = AbortSignal.timeout(60_000);
    const client = await openConfigHub(transport, signal);
    const before = [{ unit: 'prod/web', upstream: 'staging/web', refusal: '' }];
    const warnings: string[] = [];
    const ask = (spaceId: string) =>
      waitingPromotions(client, { units: [unit('web', { spaceId })] }, before, (warning) => warnings.push(warning), signal);
    expect(await ask("no id, it's")).to.deep.equal({ needed: before, behindInNumberOnly: 0 });
    expect(warnings.join()).to.match(/^pending promotions could not be read: /u);
    const { SpaceID } = await client.createSpace('prod', {}, signal);
    expect(await ask(SpaceID)).to.deep.equal({ needed: [], behindInNumberOnly: 0 });
  });
});
