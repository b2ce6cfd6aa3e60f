import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { OPTION_NAMES } from '../../src/cli/options/options.ts';
import { formerVariableOf, variablesOf } from '../../src/cli/options/variables.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** What a user may read: texts of the program, manifests and pages; of tests and fixtures what they set. */
const FILES = globSync(
  '{src,bin,manifests,cronjobs,.github,docs,test,fixtures/{guards,faults,kill,config}}/**/*.{ts,mjs,yaml,yml,env,md}',
  { cwd: ROOT },
).concat(globSync('{*.md,Dockerfile}', { cwd: ROOT }));
/** Of tests and scripts, or of the program beside its options. */
const OTHERS =
  /^DRIFT_(CONFIG|STATE_DIR|LONG|LAW|FAULT|SEED|KILL|RECORD|MARKER|CLASSES|COMMANDS|GIT_TOKEN|GIT_USER|TEST_\w+|DETECTOR_\w+)$/u;
/** Pages and cases about the former names themselves. */
const ABOUT_FORMER =
  /^(CHANGELOG\.md|docs\/configuration\.md|fixtures\/config\/former-variables\.yaml|src\/cli\/options\/.*|test\/(config\/former-variables|docs\/generated).*)$/u;

/** Every match of a pattern in these files, as `file: match`. */
function found(pattern: RegExp, isWrong: (name: string, file: string) => boolean): readonly string[] {
  return FILES.flatMap((file) =>
    [...readFileSync(join(ROOT, file), 'utf8').matchAll(pattern)]
      .map(([, name = '']) => name)
      .filter((name) => isWrong(name, file))
      .map((name) => `${file}: ${name}`),
  );
}

describe('docs: variables', () => {
  it('with the prefix are named nowhere but as the program reads them', () => {
    const known = new Set(OPTION_NAMES.flatMap(variablesOf).flatMap((variable) => [variable, `${variable}_FILE`]));
    expect(FILES.length).to.be.above(500);
    expect(found(/\b(DRIFT_[A-Z_]*[A-Z])\b/gu, (name) => !known.has(name) && !OTHERS.test(name))).to.deep.equal([]);
  });

  it('without it are named nowhere any more, where the word has no other meaning', () => {
    // One is a constant too, the other a variable of many programs.
    const others = new Set(['SHOW_VALUES', 'LOG_LEVEL']);
    const former = new Set(OPTION_NAMES.map(formerVariableOf).filter((name) => name?.includes('_') && !others.has(name)));
    expect(former.size).to.be.above(25);
    expect(
      found(/(?<![\w$])([A-Z]+_[A-Z_]*[A-Z])\b/gu, (name, file) => former.has(name) && !ABOUT_FORMER.test(file)),
    ).to.deep.equal([]);
  });
});
