import type { Hub } from '../context.ts';
import type { Space } from '../entities/space.ts';
import { badRequest } from '../errors.ts';
import type { Parameters } from '../query/parameters.ts';
import { Reader } from '../query/reader.ts';
import { find } from '../query/select.ts';

export interface Copy<R> {
  readonly source: R;
  readonly space: string;
  readonly slug: string;
}

/** Where copies of each go: into every selected space, or its own under each prefix (reference, section 5.5). */
export function copiesOf<R extends { readonly SpaceID: string; readonly Slug: string }>(
  hub: Hub,
  sources: readonly R[],
  parameters: Parameters,
): readonly Copy<R>[] {
  const prefixes = parameters.name_prefixes ?? [''];
  const spaces = destinationSpaces(hub, parameters);
  return sources.flatMap((source) =>
    (spaces ?? [source.SpaceID]).flatMap((space) => prefixes.map((prefix) => ({ source, space, slug: prefix + source.Slug }))),
  );
}

function destinationSpaces(hub: Hub, parameters: Parameters): readonly string[] | undefined {
  if (parameters.where_space === undefined && parameters.filter_space === undefined) {
    if (parameters.name_prefixes === undefined) throw badRequest('a copy needs where_space, filter_space or name_prefixes');
    return undefined;
  }
  const selection = { where: parameters.where_space, filter: parameters.filter_space };
  const spaces: readonly Space[] = find(new Reader(hub.store), 'Space', hub.store.spaces, [], selection);
  if (spaces.length === 0) throw badRequest('no space matches where_space');
  return spaces.map(({ SpaceID }) => SpaceID);
}
