import type { ConfigHubClient, ExtendedUnit, UnitSelection } from '../../clients/confighub/client.ts';
import { and, inList, quote } from '../../clients/confighub/where.ts';
import { ConfigError } from '../../domain/errors.ts';

/** What a command of `cub` works with. */
export interface CubContext {
  readonly hub: ConfigHubClient;
  /** Standard output; text of others passes `sanitize` before. */
  readonly out: (text: string) => void;
  /** Standard error: what is not the result, such as what was waited for. */
  readonly say: (text: string) => void;
  /** The text of a file; `-` is standard input. */
  readonly readFile: (path: string) => Promise<string>;
  readonly signal: AbortSignal;
}

/** Options by which units are meant, as ConfigHub's own client has them. */
export interface SelectionFlags {
  readonly space?: string;
  readonly where?: string;
  readonly whereField?: string;
  readonly filter?: string;
  readonly unit?: readonly string[];
}

export function usage(message: string, remedy = 'drift-detector cub --help lists commands and options.'): ConfigError {
  return new ConfigError(message, { code: 'usage', subject: 'command line', remedy });
}

/** The space of `--space`, which must be one. */
export async function oneSpace({ hub, signal }: CubContext, slug: string | undefined) {
  if (slug === undefined || slug === '*') throw usage('this command needs --space with the name of one space');
  return hub.findSpace(slug, signal);
}

/** The unit of `--space` with this name. */
export async function findUnit(context: CubContext, slug: string, space: string | undefined): Promise<ExtendedUnit> {
  return context.hub.findUnit((await oneSpace(context, space)).SpaceID, slug, context.signal);
}

/** The units that the flags mean; `--space '*'` means those of every space. */
export async function selectUnits(context: CubContext, flags: SelectionFlags): Promise<UnitSelection> {
  const { hub, signal } = context;
  if (flags.space === undefined) throw usage("this command needs --space: the name of a space, or '*' for all of them");
  const inSpace = flags.space === '*' ? '' : `SpaceID = ${quote((await hub.findSpace(flags.space, signal)).SpaceID)}`;
  const named = flags.unit ? `Slug IN ${inList(flags.unit)}` : '';
  const where = and(flags.where ?? flags.whereField ?? '', named, inSpace);
  return flags.filter === undefined ? { where } : hub.selectByFilter(flags.filter, where, signal);
}

/** `a=b,c=d`, given once or several times. */
export function readLabels(texts: readonly string[] = []): Readonly<Record<string, string>> {
  const pairs = texts.flatMap((text) => text.split(',')).map((pair) => pair.split('='));
  for (const [key, value, ...more] of pairs)
    if (!key || value === undefined || more.length > 0) throw usage('a label is written as name=value');
  return Object.fromEntries(pairs);
}
