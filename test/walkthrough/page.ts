import { readFileSync } from 'node:fs';

/** A block of the page that is typed, and what the page shows right below it as printed; `undefined` where it shows nothing. */
export interface Step {
  /** Above it, for the title of its test. */
  readonly heading: string;
  readonly typed: string;
  readonly printed: string | undefined;
}

/** A heading, or a block: its language, its content, and the line after it where another block begins at once. */
const PARTS = /^#+ (?<heading>.+)$|^```(?<language>\w+)\n(?<content>(?:.*\n)*?)```$/gmu;

/** docs/walkthrough.md: each block in `sh`, with the block of another language that comes next with nothing between. */
export function readWalkthrough(): readonly Step[] {
  const text = readFileSync(new URL('../../docs/walkthrough.md', import.meta.url), 'utf8');
  const steps: Step[] = [];
  let heading = '';
  let end = -1;
  for (const { 0: whole, index, groups = {} } of text.matchAll(PARTS)) {
    const isNext = text.slice(end, index).trim() === '';
    end = index + whole.length;
    if (groups['heading'] !== undefined) heading = groups['heading'];
    else if (groups['language'] === 'sh') steps.push({ heading, typed: groups['content'] ?? '', printed: undefined });
    else {
      const step = steps.at(-1);
      if (!isNext || step === undefined || step.printed !== undefined)
        throw new Error(`Under "${heading}" a block shows what no command above it prints.`);
      steps.splice(-1, 1, { ...step, printed: groups['content'] ?? '' });
    }
  }
  return steps;
}
