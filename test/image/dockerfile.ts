export interface Instruction {
  readonly word: string;
  readonly rest: string;
}

/** Instructions in order: comment lines are dropped and continued lines joined, as Docker does. */
export function parseDockerfile(text: string): readonly Instruction[] {
  const lines = text.split('\n').filter((line) => !/^\s*#/u.test(line));
  const joined = lines.join('\n').replaceAll(/\\\n\s*/gu, ' ');
  return joined
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, word = '', rest = ''] = /^([A-Z]+)\s+(.*)$/u.exec(line) ?? [];
      if (word === '') throw new Error(`no instruction: ${line}`);
      return { word, rest: rest.trim() };
    });
}

/** Of the last stage: what the image is. */
export function finalStage(instructions: readonly Instruction[]): readonly Instruction[] {
  return instructions.slice(instructions.findLastIndex(({ word }) => word === 'FROM'));
}
