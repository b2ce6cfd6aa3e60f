import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import fc from 'fast-check';
import { NOW } from './build.ts';
import { tree } from './tree.ts';

const TIME_ZONES = ['UTC', 'Asia/Kathmandu', 'America/St_Johns', 'Pacific/Kiritimati'];

describe('the tree of a report', function () {
  this.timeout(300_000);
  const zone = process.env['TZ'];
  afterEach(() => {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  });

  it('is the same to the byte for any order of what was read, at any time and in any time zone', async () => {
    const expected = await tree((list) => list, NOW);
    await fc.assert(
      fc.asyncProperty(
        fc.infiniteStream(fc.nat()),
        fc.date({ min: NOW, max: new Date('2100-01-01'), noInvalidDate: true }),
        fc.constantFrom(...TIME_ZONES),
        async (numbers, now, timeZone) => {
          process.env['TZ'] = timeZone;
          const shuffle = <T>(list: readonly T[]): readonly T[] =>
            list
              .map((entry) => ({ entry, place: numbers.next().value }))
              .sort((a, b) => a.place - b.place)
              .map(({ entry }) => entry);
          expect(await tree(shuffle, now)).to.equal(expected);
        },
      ),
      { numRuns: process.env['DRIFT_LONG'] ? 1_000 : 50 },
    );
  });

  it('is the same in any language', async () => {
    const expected = await tree((list) => list, NOW);
    const program = fileURLToPath(new URL('tree.ts', import.meta.url));
    for (const locale of ['tr_TR.UTF-8', 'sv_SE.UTF-8', 'de_DE.UTF-8', 'C']) {
      const env = { ...process.env, LC_ALL: locale, LANG: locale };
      const { stdout } = await promisify(execFile)(process.execPath, [program], { env });
      expect(JSON.parse(stdout), locale).to.deep.include({ tree: expected });
      if (locale !== 'C') expect(JSON.parse(stdout)).to.deep.include({ locale: locale.slice(0, 5).replace('_', '-') });
    }
  });
});
