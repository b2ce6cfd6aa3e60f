import type { CommandResult } from '../demo/world.ts';

interface LogLine {
  readonly event: string;
  readonly level: string;
  readonly msg: string;
}

/** The JSON log lines of a run; lines that are no JSON are left out. */
function logLines({ stderr }: CommandResult): readonly LogLine[] {
  return stderr.split('\n').flatMap((line): LogLine[] => {
    if (!line.startsWith('{')) return [];
    // One JSON object a line is what the command promises; a line that is none fails the test here.
    return [JSON.parse(line) as LogLine];
  });
}

export function sentences(result: CommandResult, event?: string): readonly string[] {
  return logLines(result)
    .filter((line) => event === undefined || line.event === event)
    .map((line) => line.msg);
}
