import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { OPTION_NAMES } from '../../src/cli/options/options.ts';
import { variablesOf } from '../../src/cli/options/variables.ts';
import { toHtml } from '../browser/markdown.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PAGES = globSync('{.,docs,bench}/*.md', { cwd: ROOT });
const textOf = (page: string): string => readFileSync(join(ROOT, page), 'utf8');

/** Text of an element without its tags; the renderer escapes four characters. */
const plain = (html: string): string =>
  html
    .replaceAll(/<[^>]*>/gu, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');

const rendered = new Map<string, string>();

function htmlOf(page: string): string {
  const html = rendered.get(page) ?? toHtml(textOf(page));
  rendered.set(page, html);
  return html;
}

/** Anchors as GitHub makes them of headings: lower case, words joined by dashes, everything else left out. */
function anchorsOf(page: string): readonly string[] {
  return [...htmlOf(page).matchAll(/<h\d>([\s\S]*?)<\/h\d>/gu)].map(([, heading = '']) =>
    plain(heading)
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(/\s/gu, '-'),
  );
}

/** What is wrong with a link of a page; `undefined` where nothing is. */
function faultOf(page: string, link: string): string | undefined {
  if (/^https:\/\//u.test(link)) return undefined;
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : relative(ROOT, join(ROOT, dirname(page), path));
  if (!existsSync(join(ROOT, target))) return `${page}: ${link} names no file`;
  if (anchor === undefined) return undefined;
  return anchorsOf(target).includes(anchor) ? undefined : `${page}: ${link} names no heading`;
}

/** Files that a page names in code, such as `test/fix/law/law.test.ts`, up to the first wildcard. */
function filesNamedBy(page: string): readonly string[] {
  const names = [
    ...textOf(page).matchAll(/(?<![\w/.-])(?:src|test|docs|fixtures|manifests|cronjobs|bench)\/[\w./-]+[*{]?/gu),
  ].map(String);
  return names.map((name) => (/[*{]$/u.test(name) ? dirname(`${name}x`) : name.replace(/[.:]+$/u, '')));
}

describe('docs: links', () => {
  for (const page of PAGES)
    it(`of ${page} lead somewhere`, () => {
      const links = [...htmlOf(page).matchAll(/<a href="([^"]*)"/gu)].map(([, link = '']) => plain(link));
      expect(links.map((link) => faultOf(page, link)).filter((fault) => fault !== undefined)).to.deep.equal([]);
    });

  it('of pages in code name files that are there', () => {
    // Written by a long run, or by an image build, when those are made.
    const later = ['docs/fixing-law.md', 'docs/reliability.md'];
    const missing = PAGES.flatMap((page) =>
      filesNamedBy(page)
        .filter((name) => !later.includes(name) && !existsSync(join(ROOT, name)))
        .map((name) => `${page}: ${name}`),
    );
    expect(missing).to.deep.equal([]);
  });

  it('reach every page under docs/ from the README', () => {
    const reached = new Set(['README.md']);
    for (const page of reached)
      for (const [, link = ''] of htmlOf(page).matchAll(/<a href="([^"#:]+\.md)/gu)) {
        const target = relative(ROOT, join(ROOT, dirname(page), link));
        if (existsSync(join(ROOT, target)) && statSync(join(ROOT, target)).isFile()) reached.add(target);
      }
    expect([...reached]).to.include.members(PAGES);
  });
});

/** Pages that name options to their readers; the others also name variables of tests and of examples. */
const GUIDES = [
  'README.md',
  ...['comparison', 'confighub', 'deployment', 'fixing', 'hub', 'report'].map((name) => `docs/${name}.md`),
];
/** What these pages name beside options, and is set outside this project. */
const OTHERS: ReadonlySet<string> = new Set(['HTTPS_PROXY', 'NO_PROXY']);

describe('docs: README', () => {
  it('has at most 200 lines', () => {
    expect(textOf('README.md').trimEnd().split('\n')).to.have.lengthOf.at.most(200);
  });

  it('and the guides name no option that does not exist', () => {
    const known = new Set<string>(OPTION_NAMES.flatMap((name) => variablesOf(name).flatMap((one) => [one, `${one}_FILE`])));
    const unknown = GUIDES.flatMap((page) =>
      [...textOf(page).matchAll(/`([A-Z][A-Z_]{3,})(?:=[^`\s]*)?`/gu)]
        .map(([, name = '']) => name)
        .filter((name) => !known.has(name) && !OTHERS.has(name))
        .map((name) => `${page}: ${name}`),
    );
    expect(unknown).to.deep.equal([]);
  });
});
