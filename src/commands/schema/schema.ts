import type { Command } from '../../cli/command.ts';

export const schema: Command = {
  name: 'schema',
  summary: "print the JSON Schema of a report's data",
  options: [],
  example: 'schema',
  async run(_invocation, process) {
    const { reportJsonSchema } = await import('../../stages/report/report.ts');
    process.out(reportJsonSchema());
    return 0;
  },
};
