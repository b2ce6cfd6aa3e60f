import { close, constants, createReadStream, fstat, open, type Stats } from 'node:fs';
import { Socket } from 'node:net';
import { addAbortSignal, type Readable } from 'node:stream';
import { isatty, ReadStream as Terminal } from 'node:tty';
import { promisify } from 'node:util';
import { ConfigError, messageOf } from '../../domain/errors.ts';

export interface ReadOptions {
  /** The option that names the file. */
  readonly subject: string;
  /** What to do where it cannot be read. */
  readonly remedy: string;
  /** Largest size in MB (2^20 bytes) as DRIFT_MAX_FILE_MB sets it; `DEFAULT_MAX_MB` where that does not count. */
  readonly maxMb?: number;
  readonly signal: AbortSignal;
}

export const DEFAULT_MAX_MB = 64;
/** V8 has no longer texts. */
export const MOST_MB = 511;
const MB = 1 << 20;
const STDIN = 0;

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
  EAGAIN: 'it has no data at the moment',
  ENXIO: 'it is a socket, or a device that does not exist',
};

/**
 * What a file holds that a user named; `-` is standard input. Pipes, terminals and devices are read to their end like files.
 * Never more than the bound is read, and the signal ends the reading at once, whatever the file is. Throws `ConfigError`.
 */
export async function readFileBytes(path: string, { subject, remedy, maxMb, signal }: ReadOptions): Promise<Buffer> {
  const limit = maxMb ?? DEFAULT_MAX_MB;
  let bytes: Buffer | undefined;
  try {
    bytes = await readAtMost(path, limit * MB, signal);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const what = `${nameOf(path)} cannot be read: ${WORDS[codeOf(error)] ?? messageOf(error)}`;
    throw new ConfigError(what, { code: 'configuration', subject, remedy, cause: error });
  }
  if (bytes !== undefined) return bytes;
  const advice = maxMb === undefined ? remedy : 'Pass a smaller file, or raise DRIFT_MAX_FILE_MB.';
  throw new ConfigError(`${nameOf(path)} is larger than ${limit} MB`, { code: 'configuration', subject, remedy: advice });
}

/** The same as text, which must be UTF-8. */
export async function readTextFile(path: string, options: ReadOptions): Promise<string> {
  const bytes = await readFileBytes(path, options);
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  try {
    if (!isUtf16) return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // Reported below.
  }
  throw new ConfigError(`${nameOf(path)} is ${isUtf16 ? 'UTF-16' : 'not UTF-8'}`, {
    code: 'configuration',
    subject: options.subject,
    remedy: 'Save it as UTF-8; in PowerShell: ... | Out-File -Encoding utf8 FILE.',
  });
}

/** As errors name a file. */
export function nameOf(path: string): string {
  return path === '-' ? 'standard input' : path;
}

/** Whether reading failed because there is no such file. */
export function isAbsent(error: unknown): boolean {
  return error instanceof ConfigError && codeOf(error.cause) === 'ENOENT';
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** `undefined` where there is more than this. */
async function readAtMost(path: string, most: number, signal: AbortSignal): Promise<Buffer | undefined> {
  signal.throwIfAborted();
  // Without O_NONBLOCK a named pipe that has no writer yet would hold a thread of Node that no signal can free.
  const fd = path === '-' ? STDIN : await promisify(open)(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  let stream: Readable;
  try {
    const stats = await promisify(fstat)(fd);
    // Files of /proc have the size 0; what they hold is counted below.
    if (stats.isFile() && stats.size > most) {
      await promisify(close)(fd);
      return undefined;
    }
    stream = addAbortSignal(signal, streamOf(fd, stats));
  } catch (error) {
    await promisify(close)(fd);
    throw error;
  }
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving the loop in any way closes the file.
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > most) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Pipes and terminals are waited for by the event loop; a read of a file or device does not wait for anybody. */
function streamOf(fd: number, stats: Stats): Readable {
  if (isatty(fd)) return new Terminal(fd);
  if (stats.isFIFO() || stats.isSocket()) return new Socket({ fd, readable: true, writable: false });
  return createReadStream('', { fd, highWaterMark: MB });
}
