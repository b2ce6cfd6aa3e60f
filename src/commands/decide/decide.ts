import type { Command as Parser } from 'commander';
import { type Command, refuseManifests } from '../../cli/command.ts';
import { OPTION_NAMES } from '../../cli/options/options.ts';
import type { DecisionKind } from '../../domain/decision.ts';

export interface DecideFlags {
  /** Fingerprint, beginning of one, or workload. */
  readonly finding: string;
  readonly reason?: string;
  /** `ignore` only: a date or an RFC 3339 time. */
  readonly until?: string;
  /** `adopt` only. */
  readonly space?: string;
  readonly unit?: string;
}

/** What reaches the report repository. Who decides is the author, whom `person.ts` asks for. */
const OPTIONS_OF_REPOSITORY = OPTION_NAMES.filter(
  (name) => name === 'cluster' || name === 'timeout' || (/^(report|git)/u.test(name) && !name.startsWith('gitAuthor')),
);

const REASON = ['--reason <TEXT>', 'reason, shown in the report'] as const;

function decideCommand(
  kind: DecisionKind,
  summary: string,
  example: string,
  define: (parser: Parser) => void,
): Command<DecideFlags> {
  return {
    name: kind,
    summary: `${summary}; writes it to decisions.yaml in the report repository and pushes it`,
    options: OPTIONS_OF_REPOSITORY,
    epilogue: '\nThe commit has your name: GIT_AUTHOR_NAME and GIT_AUTHOR_EMAIL, or user.name and user.email of Git.\n',
    example: `${kind} ${example}`,
    define(parser) {
      parser.argument(
        '<FINDING>',
        'fingerprint, the beginning of one, or a workload such as web, deployment/web, shop/deployment/web',
      );
      define(parser);
    },
    run: async (invocation, process) => (await import('./execute.ts')).execute(kind, invocation, process),
  };
}

export const accept = decideCommand(
  'accept',
  'accept the live value as desired',
  "3f9ac04b --reason 'the new release'",
  (parser) => parser.option(...REASON),
);

export const ignore = decideCommand(
  'ignore',
  'ignore a drift',
  "deployment/web --reason 'load test' --until 2026-12-01",
  (parser) => parser.requiredOption(...REASON).option('--until <DATE>', 'date or RFC 3339 time at which it ends'),
);

export const fix = decideCommand('fix', 'revert a drift, even if AUTO_FIX is off', '3f9ac04b', (parser) =>
  refuseManifests(parser).option(...REASON),
);

export const adopt = decideCommand(
  'adopt',
  'create a unit for an unmanaged workload',
  'shop/deployment/web --space shop-dev',
  (parser) =>
    parser
      .option(...REASON)
      .option('--space <SPACE>', 'space of the new unit; optional if CONFIGHUB_SPACE names exactly one')
      .option('--unit <NAME>', "slug of the new unit (default: the workload's name)"),
);
