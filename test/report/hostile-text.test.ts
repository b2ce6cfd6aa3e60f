import { execFileSync } from 'node:child_process';
import { posix } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import type { Finding } from '../../src/domain/finding.ts';
import type { Report } from '../../src/domain/report.ts';
import { Secret } from '../../src/domain/secret.ts';
import { composeCommitMessage, renderReport } from '../../src/stages/report/report.ts';
import { CLUSTER, envValue, finding, IMAGE, ref } from '../types/builders.ts';
import { filesOf, outcome, ranked, reportOf } from './build.ts';
import { HARMLESS, mapWords, reportFrom, type Words } from './hostile-report.ts';

const nasty = [
  '`',
  '````',
  '```diff',
  '|',
  '\\|',
  '\\',
  '<script>alert(1)</script>',
  '</details>',
  '<!--',
  '-->',
  '[x](javascript:alert(1))',
  '![i](https://evil.example/i.png)',
  'https://evil.example',
  'www.evil.example',
  '@torvalds',
  '#123',
  'GH-7',
  'Fixes #1',
  '\n',
  '\r\n',
  '\n\n# Heading\n',
  '\nSigned-off-by: Mallory <m@evil.example>\n',
  '\nDrift-Open: 0\n',
  '\u001b[31m',
  '\u202e',
  '\u2066',
  '\u061c',
  '\u200b',
  '\u0085',
  '\u2028',
  '\ud83d\ude00',
  '\ud83d',
  '\udc00',
  '../',
  '/etc/passwd',
  '..',
  '&lt;',
  '*bold*',
  '__u__',
  '~~s~~',
  '$$x$$',
  '---',
  '- item',
  '1. item',
  '[skip ci]',
  'web',
  ' ',
];
const hostile = fc.oneof(
  fc.array(fc.constantFrom(...nasty), { minLength: 1, maxLength: 6 }).map((parts) => parts.join('')),
  fc.constantFrom(...nasty),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }),
);

const words: fc.Arbitrary<Words> = fc.record(mapWords(() => hostile));

/** The shape of a page: what each line is to a Markdown reader, values in fences counted apart. */
function shapeOf(page: string): readonly string[] {
  const shape: string[] = [];
  let fence = '';
  for (const line of page.split('\n')) {
    const mark = /^(`{3,})/u.exec(line)?.[1] ?? '';
    if (fence !== '') {
      if (line === fence) {
        shape.push('end of fence');
        fence = '';
      }
    } else if (mark !== '') {
      fence = mark;
      shape.push('fence');
    } else if (line.startsWith('|')) {
      shape.push(`row of ${[...line.replaceAll(/\\./gu, '').matchAll(/\|/gu)].length - 1}`);
    } else if (/^#+ /u.test(line)) shape.push('heading');
    else shape.push(line === '' ? 'empty' : 'text');
  }
  shape.push(fence === '' ? 'closed' : 'open fence');
  return shape;
}

/** A page without its fences and without what is escaped. */
function markupOf(page: string): string {
  return (
    page
      .replaceAll(/^(`{3,})(diff|sh|yaml)\n[\s\S]*?\n\1$/gmu, '')
      .replaceAll(/\\[^\w\s]/gu, '·')
      // Ours: a box, lines of a cell, what is folded.
      .replaceAll(/^> ?|<br>|^<details><summary>[\w ,.]*<\/summary>$|^<\/details>$/gmu, '')
      .replaceAll(/`[a-z+-][A-Za-z /-]*`/gu, '')
      .replaceAll('&#8203;', '·')
  );
}

const pages = (report: Report): readonly [string, string][] => [...renderReport(report)].filter(([path]) => path.endsWith('.md'));

describe('text from the outside in a report', () => {
  it('cannot change the shape of a page, whatever it says', () => {
    const expected = pages(reportFrom(HARMLESS)).map(([, page]) => shapeOf(page));
    fc.assert(
      fc.property(words, (texts) => {
        expect(pages(reportFrom(texts)).map(([, page]) => shapeOf(page))).to.deep.equal(expected);
      }),
      { numRuns: process.env['DRIFT_LONG'] ? 20_000 : 500 },
    );
  });

  it('is no HTML, link, picture, mention or control character outside a fence', () => {
    fc.assert(
      fc.property(words, (texts) => {
        for (const [, page] of pages(reportFrom(texts))) {
          const markup = markupOf(page).replaceAll(
            /\]\(((\.\.\/)?(corrections|findings)\.jsonl|report\.json|[a-z0-9./-]+\.md)\)/gu,
            '',
          );
          expect(markup).to.not.match(/[<>~]|\]\(|:\/\/|\bwww\.|(?<!\w)@\w|@[\w-]+\.\w/iu);
          expect(markup.replaceAll(/^#+ /gmu, '')).to.not.match(/(?<!&)#\d/u);
          expect(page).to.not.match(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
          expect(page.isWellFormed()).to.equal(true);
        }
      }),
      { numRuns: process.env['DRIFT_LONG'] ? 20_000 : 500 },
    );
  });

  it('cannot lead a file out of the folder of its cluster, or onto another file of it', () => {
    fc.assert(
      fc.property(words, (texts) => {
        for (const path of renderReport(reportFrom(texts)).keys()) {
          expect(posix.normalize(path)).to.equal(path);
          expect(path).to.match(
            /^([a-z0-9-.]+\/([a-z0-9-]+\/[a-z0-9.-]+\.md|README\.md|report\.json|(findings|corrections|gone)\.jsonl)|schema\/report-v1\.schema\.json)$/u,
          );
        }
      }),
    );
  });

  it('keeps names that differ only in case, look like a hash or are too long on pages of their own', () => {
    const [long, hostileName] = ['a'.repeat(64), '../../etc/passwd'];
    const hashOf = (name: string): string =>
      [...renderReport(reportOf([ranked(finding({ ref: ref(name) }))])).keys()].at(-1)?.replace(/^.*deployment\.|\.md$/gu, '') ??
      '';
    const names = ['web', 'Web', 'WEB', long, `${long}b`, hostileName, hashOf(hostileName)];
    const report = reportOf(names.map((name) => ranked(finding({ ref: ref(name) }))));
    const written = [...renderReport(report).keys()].filter((path) => path.includes('/shop/'));
    expect(new Set(written.map((path) => path.toLowerCase())).size).to.equal(names.length);
    for (const path of written) expect(posix.basename(path).length).to.be.at.most(100);
  });

  it('keeps a namespace from standing where a file of the report belongs', () => {
    for (const namespace of ['readme.md', 'report.json', 'findings.jsonl']) {
      const paths = [...renderReport(reportOf([ranked(finding({ ref: ref('web', { namespace }) }))])).keys()];
      expect(paths.filter((path) => path.startsWith(`${CLUSTER}/${namespace}/`))).to.deep.equal([]);
    }
  });

  it('cannot end a fence by a longer run of backticks', () => {
    const page = filesOf(reportOf([ranked(finding({ path: IMAGE, desired: 'a', live: '``````\n# out\n```````' }))]))[
      `${CLUSTER}/shop/deployment.web.md`
    ];
    expect(page)
      .to.match(/^`{8}diff\n/mu)
      .and.match(/\n[+ ] +```````\n`{8}\n/u);
  });

  it('never shows a masked value in any file or in the commit', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[a-zA-Z0-9]{8,20}$/u).map((text) => `hunter${text}`),
        fc.constantFrom('changed' as const, 'added' as const, 'removed' as const, 'to_remove' as const),
        fc.boolean(),
        (value, findingClass, isFixed) => {
          const entry: Finding = finding({
            path: envValue('DB_PASSWORD'),
            class: findingClass,
            desired: findingClass === 'added' ? undefined : new Secret(value),
            live: findingClass === 'removed' ? undefined : new Secret({ name: 'DB_PASSWORD', value }),
          });
          const report = reportOf([ranked(entry)], { outcomes: isFixed ? [outcome(entry.id)] : [] });
          const everything = `${JSON.stringify(filesOf(report))}${message(report)}${JSON.stringify(report)}`;
          expect(everything).to.not.contain(value);
          expect(everything).to.contain('***');
        },
      ),
    );
  });
});

function message(report: Report): string {
  return composeCommitMessage(report, { pass: 'pass-1', tool: 'drift-detector/1.2.3' });
}

/** What Git itself reads as trailers. */
function trailersOf(text: string): readonly string[] {
  const parsed = execFileSync('git', ['interpret-trailers', '--parse'], { input: text, encoding: 'utf8' });
  return parsed.trimEnd().split('\n');
}

describe('commit message', () => {
  it('tells counts, the worst, and each thing with what was done', () => {
    const fixed = finding();
    const open = finding({ ref: ref('cart'), live: 1 });
    const text = message(
      reportOf([ranked(fixed, { severity: 'critical' }), ranked(open, { severity: 'high' })], {
        outcomes: [outcome(fixed.id, { changeSet: 'platform/nightly' })],
      }),
    );
    const [subject, , ...body] = text.split('\n');
    expect(subject).to.equal('drift(prod-eu): 2 new, 1 fixed, 1 still open (worst: critical)');
    expect(body.slice(0, 4)).to.deep.equal([
      'critical  shop/deployment/web  fixed, revision 17  +$29.27/month',
      '  replicas 3 → 5 (kubectl via scale)',
      'high      shop/deployment/cart  new, report only  +$29.27/month',
      '  replicas 3 → 1 (kubectl via scale)',
    ]);
  });

  it('says all clear where nothing is open', () => {
    expect(message(reportOf([])).split('\n')[0]).to.equal('drift(prod-eu): all clear');
  });

  it('ends in trailers that Git reads', () => {
    const fixed = finding();
    const report = reportOf([ranked(fixed), ranked(finding({ ref: ref('cart') }))], {
      outcomes: [outcome(fixed.id, { changeSet: 'platform/nightly' })],
    });
    expect(trailersOf(message(report))).to.deep.equal([
      'Drift-Pass: pass-1',
      'Drift-Cluster: prod-eu',
      `Drift-Digest: sha256:${report.digest}`,
      'Drift-New: 2',
      'Drift-Returned: 0',
      'Drift-Changed: 0',
      'Drift-Fixed: 1',
      'Drift-Resolved: 0',
      'Drift-Open: 1',
      'Drift-Other: 0',
      'Drift-Actor: kubectl (by hand)',
      'ConfigHub-ChangeSet: platform/nightly',
      'Drift-Tool: drift-detector/1.2.3',
    ]);
  });

  it('keeps to 72 characters a line and to twenty lines before the trailers', () => {
    const name = `a${'b'.repeat(200)}`;
    const findings = Array.from({ length: 60 }, (_, index) =>
      ranked(finding({ ref: ref(`${name}${index}`), path: IMAGE, desired: 'x'.repeat(300), live: '\ud83d\ude00'.repeat(200) })),
    );
    const text = message(reportOf(findings));
    const paragraphs = text.split('\n\n');
    const lines = paragraphs.slice(0, -1).join('\n').split('\n');
    for (const line of lines) expect([...line].length, line).to.be.at.most(72);
    expect(lines.length).to.be.at.most(21);
    expect(text)
      .to.match(/\.\.\. and 5\d more \(worst: medium\)\n/u)
      .and.contain('(kubectl via scale)');
    expect(text.isWellFormed()).to.equal(true);
  });

  it('tells a cost whole, on the second line where the first has no room for it', () => {
    const fixed = finding({ ref: ref('backend-api-of-the-shop', { namespace: 'drift-test' }), live: 5 });
    const entry = { ...ranked(fixed), costUsdPerMonth: 29.27 };
    const lines = message(reportOf([entry], { outcomes: [outcome(fixed.id)] })).split('\n');
    expect(lines.find((line) => line.includes('replicas 3 → 5'))).to.match(/\(kubectl via scale\) {2}\+\$29\.27\/month$/u);
  });

  it('cannot be given trailers, mentions, closed issues or skipped checks by anybody', function () {
    this.timeout(120_000);
    const names = [
      'Drift-Pass',
      'Drift-Cluster',
      'Drift-Digest',
      'Drift-New',
      'Drift-Returned',
      'Drift-Changed',
      'Drift-Fixed',
      'Drift-Resolved',
      'Drift-Open',
      'Drift-Other',
      'Drift-Actor',
      'ConfigHub-ChangeSet',
      'Drift-Tool',
    ];
    fc.assert(
      fc.property(words, (texts) => {
        const text = message(reportFrom(texts));
        expect(text).to.not.match(/(?<!\w)@\w|#\d|:\/\/|\[(skip ci|ci skip)\]/u);
        expect(text).to.not.match(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        const found = trailersOf(text).map((line) => line.slice(0, line.indexOf(':')));
        expect(found).to.deep.equal(names);
        expect(text).to.contain('\nDrift-Open: 2\n');
      }),
      { numRuns: process.env['DRIFT_LONG'] ? 2_000 : 60 },
    );
  });
});
