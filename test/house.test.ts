import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { parse } from 'yaml';
import * as z from 'zod';

// Files around the program: every command in them can be typed.

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const readText = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const { scripts } = z.object({ scripts: z.record(z.string(), z.string()) }).parse(JSON.parse(readText('package.json')));
/** Scripts that npm starts without `run`. */
const SHORT = ['test'];

const workflowSchema = z.object({
  on: z.object({ push: z.unknown(), schedule: z.array(z.object({ cron: z.string() })).nonempty() }),
  permissions: z.object({ contents: z.literal('read') }).strict(),
  jobs: z.record(
    z.string(),
    z.object({ steps: z.array(z.union([z.object({ uses: z.string() }), z.object({ run: z.string() }).strict()])) }),
  ),
});

/** The scripts that a text has npm start, such as `check` of `npm run check`. */
function scriptsIn(text: string): readonly string[] {
  return [...text.matchAll(/\bnpm (?:run )?([a-z][\w:-]*)/gu)]
    .map(([command, name = '']) => ({ name, isScript: command.startsWith('npm run ') || SHORT.includes(name) }))
    .filter(({ isScript }) => isScript)
    .map(({ name }) => name);
}

describe('the house', () => {
  it('has scripts whose files exist', () => {
    for (const [name, command] of Object.entries(scripts)) {
      const [node, bootstrap = '', file = ''] = command.split(' ');
      expect([node, bootstrap], name).to.deep.equal(['node', 'bin/bootstrap.mjs']);
      expect(existsSync(join(ROOT, file)), `${name}: ${file}`).to.equal(true);
    }
  });

  it('is described and built by commands that exist', () => {
    const texts = ['.github/workflows/ci.yml', '.ci/run', ...globSync('{*,docs/*}.md', { cwd: ROOT })];
    const named = texts.flatMap((path) => scriptsIn(readText(path)).map((name) => ({ path, name })));
    expect(named).to.deep.include({ path: 'CONTRIBUTING.md', name: 'check' });
    for (const { path, name } of named) expect(scripts, path).to.have.property(name);
  });

  it('has CI that runs scripts alone, check on every push and all tests by night, with a token that only reads', () => {
    const { jobs } = workflowSchema.parse(parse(readText('.github/workflows/ci.yml')));
    const commands = Object.values(jobs).flatMap(({ steps }) => steps.flatMap((step) => ('run' in step ? [step.run] : [])));
    expect(commands).to.deep.equal(['npm run check', 'npm test']);
    for (const command of commands) expect(scriptsIn(command), command).to.have.length(1);
  });

  it('has an issue form that parses, and names a security policy that exists', () => {
    const form = readText('.github/ISSUE_TEMPLATE/bug.yml');
    const body = z.object({ name: z.string(), description: z.string(), body: z.array(z.looseObject({ type: z.string() })) });
    expect(body.parse(parse(form)).body.length).to.be.above(1);
    expect(form).to.contain('SECURITY.md');
    expect(existsSync(join(ROOT, 'SECURITY.md'))).to.equal(true);
  });
});
