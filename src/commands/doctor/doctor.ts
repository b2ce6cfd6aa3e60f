import type { Command } from '../../cli/command.ts';
import { OPTION_NAMES } from '../../cli/options/options.ts';

export const doctor: Command = {
  name: 'doctor',
  summary: 'check each connection and each right that a pass needs, and name the remedy; writes nothing',
  options: OPTION_NAMES,
  epilogue: `
It ends with 0 where no check failed (warnings are allowed), else by the first check that failed: 78 configuration,
77 permission, 75 unavailable.
`,
  example: 'doctor --context prod-eu',
  run: async (invocation, process) => (await import('./execute.ts')).execute(invocation, process),
};
