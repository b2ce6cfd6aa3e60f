import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type AnyNode, parse } from 'acorn';
import { transformSync } from 'esbuild';

/** A pattern as a source file has it. */
export interface SourcePattern {
  readonly where: string;
  readonly source: string;
  readonly flags: string;
}

const SOURCES = fileURLToPath(new URL('../../src', import.meta.url));

/** Where patterns are made of texts that are known only then; a note beside each names them. */
const MADE_LATER: Readonly<Record<string, string>> = {
  'stages/diff/ignore.ts': 'stars of a rule for names and paths',
  'commands/cub/hand-over.ts': 'words of the command line, escaped',
  'hub/where/pattern.ts': 'patterns of a query, for the other engine of V8 where they go back too often',
};

/** Every regular expression that the program writes down, and those that it makes of texts while it starts. */
export async function sourcePatterns(): Promise<{
  readonly written: readonly SourcePattern[];
  readonly made: readonly SourcePattern[];
}> {
  const written: SourcePattern[] = [];
  const makers = new Set<string>();
  for (const file of readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))) {
    const { code } = transformSync(readFileSync(join(SOURCES, file), 'utf8'), { loader: 'ts', target: 'esnext' });
    const visit = (node: AnyNode): void => {
      if (node.type === 'Literal' && node.regex) {
        written.push({ where: `src/${file}`, source: node.regex.pattern, flags: node.regex.flags });
      }
      if (node.type === 'Identifier' && node.name === 'RegExp' && !(file in MADE_LATER)) makers.add(file);
      for (const child of childrenOf(node)) visit(child);
    };
    visit(parse(code, { ecmaVersion: 'latest', sourceType: 'module' }));
  }
  const made: SourcePattern[] = [];
  for (const file of makers) made.push(...(await madeBy(file)));
  return { written, made };
}

/** What a file makes while it is loaded; throws where it makes nothing then, and is not among those that do so later. */
async function madeBy(file: string): Promise<readonly SourcePattern[]> {
  const made: SourcePattern[] = [];
  // So that those of other files are made before.
  await import(pathToFileURL(join(SOURCES, file)).href);
  const known = globalThis.RegExp;
  globalThis.RegExp = new Proxy(known, {
    construct(target, given: [string | RegExp, string?]) {
      const pattern = new target(...given);
      made.push({ where: `src/${file}`, source: pattern.source, flags: pattern.flags });
      return pattern;
    },
  });
  try {
    await import(`${pathToFileURL(join(SOURCES, file)).href}?made`);
  } finally {
    globalThis.RegExp = known;
  }
  if (made.length === 0) throw new Error(`src/${file} makes patterns later: say of what, and keep them linear`);
  return made;
}

function childrenOf(node: AnyNode): readonly AnyNode[] {
  return Object.values(node)
    .flat()
    .filter((value): value is AnyNode => typeof value === 'object' && value !== null && 'type' in value);
}
