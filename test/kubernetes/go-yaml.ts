import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { parseJson } from '../../src/domain/exact-json.ts';
import { findOwnProgram } from '../control-plane/own-program.ts';

const SOURCE = join(import.meta.dirname, 'go-yaml');

/** How Kubernetes reads a text: the JSON it makes of it, or why it refuses it. */
export interface GoAnswer {
  readonly json?: unknown;
  /** Why the strict reader alone refuses it: a key that is given twice, by a merge also. */
  readonly strict?: string;
  readonly error?: string;
}

/** Reads texts with the libraries that Kubernetes reads them with. Builds the program that does it where it is not there. */
export async function readWithGo(texts: readonly string[]): Promise<readonly GoAnswer[]> {
  // As main.go writes it.
  return (await linesOfGo(texts)).map((line) => parseJson(line) as GoAnswer);
}

/** The same answers as they come, with numbers that JavaScript does not have. */
export async function linesOfGo(texts: readonly string[]): Promise<readonly string[]> {
  const program = await findProgram();
  const answers = await new Promise<string>((resolve, reject) => {
    const child = execFile(program, { maxBuffer: 1 << 30 }, (error, stdout) => (error ? reject(error) : resolve(stdout)));
    child.stdin?.end(texts.map((text) => `${JSON.stringify(text)}\n`).join(''));
  });
  const lines = answers.split('\n').slice(0, -1);
  if (lines.length !== texts.length) throw new Error(`${lines.length} answers to ${texts.length} texts`);
  return lines;
}

function findProgram(): Promise<string> {
  return findOwnProgram(SOURCE, {
    environment: process.env,
    onProgress: (line) => console.log(line),
    signal: AbortSignal.timeout(300_000),
  });
}
