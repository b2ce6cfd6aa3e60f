import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { main } from '../../src/main.ts';
import type { CommandResult } from '../demo/world.ts';

/** drift-detector in one process of its own that stays warm: many commands one after the other, each as `main` runs it. */
export interface DetectorHost extends Disposable {
  /** Of the process, for signals. */
  readonly pid: number;
  run(argv: readonly string[], environment: Readonly<Record<string, string>>): Promise<CommandResult>;
}

interface Order {
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** Ends what a command wrote to standard error, its log. */
const END = '\u0000end of the command\n';

/** `environment`: what the process itself has, such as TMPDIR; that of a command is its own. */
export function startDetectorHost(environment: Readonly<Record<string, string>> = {}): DetectorHost {
  const child = fork(fileURLToPath(import.meta.url), { env: { ...environment }, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let stderr = '';
  let told = (): void => undefined;
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    told();
  });
  return {
    pid: child.pid ?? 0,
    async run(argv, environment) {
      const order: Order = { argv, environment };
      const result = await new Promise<Omit<CommandResult, 'stderr'>>((resolve, reject) => {
        child.once('message', resolve);
        child.once('exit', (code) => reject(new Error(`drift-detector ended with ${code}: ${stderr}`)));
        child.send(order);
      });
      child.removeAllListeners('exit');
      while (!stderr.endsWith(END))
        await new Promise<void>((resolve) => {
          told = resolve;
        });
      const log = stderr.slice(0, -END.length);
      stderr = '';
      return { ...result, stderr: log };
    },
    [Symbol.dispose]: () => {
      child.kill('SIGKILL');
    },
  };
}

if (import.meta.main) {
  process.on('message', (message) => {
    // Sent by `run` above, one at a time; main never throws.
    void obey(message as Order);
  });
}

async function obey({ argv, environment }: Order): Promise<void> {
  let stdout = '';
  const out = (text: string): void => {
    stdout += text;
  };
  const err = (text: string): void => {
    process.stderr.write(text);
  };
  const code = await main({ argv, environment, isTerminal: false, out, err, stop: new AbortController().signal });
  process.stderr.write(END);
  process.send?.({ code, stdout });
}
