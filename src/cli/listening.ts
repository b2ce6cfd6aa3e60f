import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../domain/duration.ts';
import { collect } from './command.ts';

// What commands that serve take on their command line.

export function portOf(text: string): number {
  const port = Number(text);
  if (/^\d+$/u.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('It is not a port.');
}

export function collectHosts(text: string, before?: readonly string[]): readonly string[] {
  if (isHost(text)) return collect(text, before);
  throw new InvalidArgumentError('It is not a host name or address with an optional port.');
}

/** As a Host header has it. */
function isHost(text: string): boolean {
  const { host } = URL.parse(`http://${text}`) ?? {};
  return host !== undefined && (host === text.toLowerCase() || `${host}:80` === text.toLowerCase());
}

/** Of a Go duration, from one second on. */
export function secondsOf(text: string): number {
  const seconds = (parseDuration(text) ?? 0) / 1e9;
  if (Number.isFinite(seconds) && seconds >= 1) return seconds;
  throw new InvalidArgumentError('It is not a duration such as 30s, 10m or 1h30m.');
}
