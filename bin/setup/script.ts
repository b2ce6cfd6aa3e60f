import { parseArgs } from 'node:util';
import { UserError } from '../../src/domain/errors.ts';
import { EXIT, exitCodeOf } from '../../src/domain/exit-codes.ts';
import { openState, type State } from './state.ts';

export interface Script {
  readonly state: State;
  readonly given: Readonly<Record<string, string | boolean | undefined>>;
  readonly say: (line: string) => void;
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
}

export interface Flag {
  readonly type: 'string' | 'boolean';
  /** How help shows it, such as `--context NAME`. */
  readonly shown: string;
  readonly help: string;
}

/** Runs one of the scripts in `bin/`: reads its flags, prints its help, and says what went wrong. */
export async function script(
  name: string,
  about: string,
  flags: Readonly<Record<string, Flag>>,
  run: (script: Script) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort(new Error(`ended by ${signal}`)));
  try {
    const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' }, ...flags } });
    if (values['help'] === true) process.stdout.write(helpOf(name, about, flags));
    else
      await run({
        state: openState(),
        // Each is text or a switch, as `flags` has it.
        given: values as Script['given'],
        say: (line) => process.stdout.write(`${line}\n`),
        signal: stop.signal,
      });
  } catch (error) {
    const isUsage = error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
    const text = error instanceof UserError ? `${error.message} (${error.subject}). ${error.remedy}` : String(error);
    process.stderr.write(`bin/${name}: ${isUsage ? error.message : text}\n`);
    process.exitCode = isUsage ? EXIT.usage : exitCodeOf(error);
  }
}

function helpOf(name: string, about: string, flags: Readonly<Record<string, Flag>>): string {
  const entries = Object.values(flags);
  const width = Math.max(0, ...entries.map(({ shown }) => shown.length));
  const lines = entries.map(({ shown, help }) => `  ${shown.padEnd(width)}  ${help}`);
  return [
    `usage: bin/${name}${entries.length > 0 ? ' [OPTION...]' : ''}`,
    '',
    about,
    ...(lines.length > 0 ? ['', ...lines] : []),
    '',
  ].join('\n');
}
