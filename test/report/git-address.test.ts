import { resolve } from 'node:path';
import { expect } from 'chai';
import { parseAddress } from '../../src/clients/git/address.ts';
import { GitError } from '../../src/domain/errors.ts';

describe('address of the report repository', () => {
  for (const [text, protocol, origin, folder] of [
    ['https://git.example/a/b.git', 'https', 'https://git.example', ''],
    ['HTTPS://robot@git.example:8443/a', 'https', 'https://git.example:8443', ''],
    ['http://127.0.0.1:3000/a', 'http', 'http://127.0.0.1:3000', ''],
    ['http://[::1]:3000/a', 'http', 'http://[::1]:3000', ''],
    ['https://[2001:db8::1]:8443/a.git', 'https', 'https://[2001:db8::1]:8443', ''],
    ['ssh://git@[2001:db8::1]:2222/a.git', 'ssh', '', ''],
    ['git@[2001:db8::1]:a/b.git', 'ssh', '', ''],
    ['[::1]:a', 'ssh', '', ''],
    ['ssh://git@git.example:2222/a.git', 'ssh', '', ''],
    ['git@git.example:a/b.git', 'ssh', '', ''],
    ['git.example:a', 'ssh', '', ''],
    ['/srv/reports.git', 'file', '', '/srv/reports.git'],
    ['reports.git', 'file', '', resolve('reports.git')],
    ['./with:colon', 'file', '', resolve('with:colon')],
    ['file:///srv/with%20space', 'file', '', '/srv/with space'],
  ] as const) {
    it(`${text} is reached by ${protocol}`, () => {
      expect(parseAddress(text, true)).to.include({ protocol, origin, folder });
    });
  }

  for (const text of [
    '',
    '-oProxyCommand=evil',
    '--upload-pack=evil',
    'ext::evil',
    'fd::17',
    'ext+x.y-z::https://git.example/a',
    '::evil',
    'https::https://git.example/a',
    'https://%zz@git.example/a',
    'http://[2001:db8::1]/a',
    'https://[2001:db8::1/a',
    'https://user:password@git.example/a',
    'https://',
    'http://git.example/a',
    'git://git.example/a',
    'file://elsewhere/a',
    'https://git.example/a\nb',
  ]) {
    it(`${JSON.stringify(text.replace('password', '...'))} is refused, without being repeated`, () => {
      const refusal = (): unknown => parseAddress(text, true);
      expect(refusal).to.throw(GitError).with.property('code', 'configuration');
      expect(refusal).to.not.throw('password@');
    });
  }
});
