import * as z from 'zod';
import { ConfigHubError } from '../../domain/errors.ts';
import type { ServerAbilities } from '../../domain/server.ts';
import type { ConfigHubTransport } from './transport.ts';
import { quote } from './where.ts';
import { type Space, spaceSchema } from './wire.ts';

/** What every part of the client works with. */
export interface HubContext {
  readonly transport: ConfigHubTransport;
  readonly abilities: ServerAbilities;
}

/** A list of entities that stand in wrappers under their own name, such as `{"Filter": {...}}`, each once. */
export async function listWrapped<S extends z.ZodType<Readonly<Record<string, unknown>>>>(
  { transport }: HubContext,
  {
    path,
    where = '',
    name,
    schema,
  }: { readonly path: string; readonly where?: string; readonly name: string; readonly schema: S },
  signal: AbortSignal,
): Promise<readonly z.output<S>[]> {
  const query = where === '' ? {} : { where };
  const wrapped = z.object({ [name]: schema }).transform((entry) => entry[name] as z.output<S>);
  return onceEach(await transport.list({ path, query }, wrapped, signal), (entity) => String(entity[`${name}ID`]));
}

/** Each entity once, as it was read last: a page of a list may overlap the one before. */
export function onceEach<T>(entities: readonly T[], idOf: (entity: T) => string): readonly T[] {
  return [...new Map(entities.map((entity) => [idOf(entity), entity])).values()];
}

export async function spaceBySlug(hub: HubContext, slug: string, what: string, signal: AbortSignal): Promise<Space> {
  const spaces = await listWrapped(
    hub,
    { path: '/space', where: `Slug = ${quote(slug)}`, name: 'Space', schema: spaceSchema },
    signal,
  );
  const found = spaces.find((space) => space.Slug === slug);
  if (!found) throw notFound(what, slug);
  return found;
}

/** `project/name` as its two slugs. */
export function splitReference(reference: string, kind: string): { readonly space: string; readonly slug: string } {
  const [space, slug, more] = reference.split('/');
  if (!space || !slug || more !== undefined) {
    throw new ConfigHubError(`${kind} ${JSON.stringify(reference)} must look like project/name`, {
      code: 'configuration',
      subject: reference,
      remedy: `Write the ${kind} as SPACE/SLUG.`,
    });
  }
  return { space, slug };
}

export function notFound(what: string, subject: string): ConfigHubError {
  return new ConfigHubError(`ConfigHub has no ${what}`, {
    code: 'configuration',
    subject,
    remedy: 'Correct the name in the configuration, or create it first.',
  });
}
