import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import * as z from 'zod';
import { foreignText, hideSecrets } from '../../src/domain/foreign-text.ts';
import { ownSecret } from '../../src/domain/secret.ts';

const CASES = z
  .array(z.object({ name: z.string(), text: z.string(), shown: z.string() }))
  .parse(parse(readFileSync(new URL('../../fixtures/foreign/texts.yaml', import.meta.url), 'utf8')));

describe('texts of others', () => {
  for (const { name, text, shown } of CASES) {
    it(`are shown without what is secret in them: ${name}`, () => {
      expect(foreignText(text)).to.equal(shown);
      expect(foreignText(shown)).to.equal(shown);
    });
  }

  it('do not tell our own credentials in any spelling', () => {
    const token = 'corréct-horse/9 +"x';
    ownSecret(token);
    const spellings = [
      token,
      encodeURIComponent(token),
      JSON.stringify(token).slice(1, -1),
      ...['', 'u:', 'us:', 'usr:'].flatMap((user) => {
        const bytes = Buffer.from(`${user}${token}\n`);
        return [bytes.toString('base64'), bytes.toString('base64url')];
      }),
    ];
    for (const spelling of spellings) {
      const shown = foreignText(`it said ${spelling} and more`);
      expect(shown, spelling).to.match(/^it said \S{0,12}\*\*\*\S{0,6} and more$/u);
      // What is left of base64 holds no three letters of it.
      expect(Buffer.from(shown.split(' ')[2]?.split('***')[0] ?? '', 'base64').toString()).to.not.contain('cor');
    }
  });

  it('are cut before they are looked at, and no half of a secret is left at the cut', () => {
    ownSecret('half-a-secret-0123456789');
    const text = `${'word '.repeat(3_274)}half-a-secret-0123456789`;
    expect(foreignText(text, 20_000).endsWith('word')).to.equal(true);
    expect(foreignText('x'.repeat(100_000))).to.equal('***');
  });

  it('keep a line of the log the JSON that it is', () => {
    const line = JSON.stringify({ msg: 'Bearer abc.def', key: '-----BEGIN PRIVATE KEY-----\nMIIE\n', url: 'https://a:b@c/' });
    expect(JSON.parse(hideSecrets(line))).to.deep.equal({ msg: '***', key: '***', url: 'https://***@c/' });
  });
});
