import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { expect } from 'chai';
import { Secret } from '../../src/domain/secret.ts';
import { postWebhook } from '../../src/outputs/notify/webhook.ts';
import { type Authority, createAuthority } from '../control-plane/certificates.ts';
import { type Receiver, startReceiver } from './receiver.ts';

describe('webhook over https', () => {
  const trusted = getCACertificates('default');
  let authority: Authority;
  let receiver: Receiver;
  before(async () => {
    authority = await createAuthority();
    const { certificate: cert, key } = await authority.issue({ commonName: 'localhost' });
    receiver = await startReceiver([204], { tls: { cert, key } });
  });
  after(async () => {
    setDefaultCACertificates(trusted);
    await receiver?.[Symbol.asyncDispose]();
  });

  const post = (url: string): Promise<void> =>
    postWebhook(
      { text: 'x' },
      {
        url: new Secret(url),
        secret: new Secret('key'),
        userAgent: 'test',
        delivery: 'd',
        now: () => new Date(),
        signal: AbortSignal.timeout(15_000),
      },
    );

  it('is not sent to a server whose certificate is not trusted', async () => {
    const failure = await post(receiver.url).then(() => 'sent', String);
    expect(failure)
      .to.contain('not reached')
      .and.to.match(/certificate/u);
    expect(receiver.requests).to.have.length(0);
  });

  it('is taken where the certificate is trusted and is for that name, though the address was looked up before', async () => {
    setDefaultCACertificates([...trusted, authority.certificate]);
    await post(receiver.url);
    expect(receiver.requests.map(({ path }) => path)).to.deep.equal(['/hooks/path-canary']);
  });
});
