import { type HubContext, listWrapped, notFound, spaceBySlug, splitReference } from './context.ts';
import { refuseDataFilter } from './first-generation.ts';
import type { UnitSelection } from './unit-client.ts';
import { and, quote } from './where.ts';
import {
  type BridgeWorker,
  type Filter,
  filterSchema,
  type NamedSet,
  type Space,
  setSchema,
  spaceSchema,
  type Target,
  targetSchema,
  userSchema,
  workerSchema,
} from './wire.ts';

type Labels = Readonly<Record<string, string>>;

/** Spaces, and what is found by its name in one. */
export interface NamedClient {
  /** Id of the token's user, as revisions name their author. */
  whoAmI(signal: AbortSignal): Promise<string>;
  listSpaces(where: string, signal: AbortSignal): Promise<readonly Space[]>;
  /** Throws where there is none. */
  findSpace(slug: string, signal: AbortSignal): Promise<Space>;
  createSpace(slug: string, labels: Labels, signal: AbortSignal): Promise<Space>;
  createFilter(
    spaceId: string,
    filter: { readonly slug: string; readonly from: string; readonly where: string },
    signal: AbortSignal,
  ): Promise<Filter>;
  /** The units that the filter `project/name` selects, and those of `where`; throws where there is no such filter. */
  selectByFilter(reference: string, where: string, signal: AbortSignal): Promise<UnitSelection>;
  createSet(spaceId: string, slug: string, labels: Labels, signal: AbortSignal): Promise<NamedSet>;
  /** A target of `space/slug`, or of the slug in this space; throws where there is none. */
  findTarget(reference: string, space: string, signal: AbortSignal): Promise<Target>;
  createTarget(
    spaceId: string,
    target: { readonly slug: string; readonly workerId: string; readonly parameters: string },
    signal: AbortSignal,
  ): Promise<Target>;
  findWorker(spaceId: string, slug: string, signal: AbortSignal): Promise<BridgeWorker>;
  createWorker(spaceId: string, slug: string, signal: AbortSignal): Promise<BridgeWorker>;
}

export function namedClient(hub: HubContext): NamedClient {
  const { transport } = hub;
  const inSpace = (spaceId: string, kind: string): string => `/space/${encodeURIComponent(spaceId)}/${kind}`;
  const named = (spaceId: string, slug: string): Readonly<Record<string, unknown>> => ({
    SpaceID: spaceId,
    Slug: slug,
    DisplayName: slug,
  });

  return {
    whoAmI: async (signal) => (await transport.get({ path: '/me' }, userSchema, signal)).UserID,

    listSpaces: (where, signal) => listWrapped(hub, { path: '/space', where, name: 'Space', schema: spaceSchema }, signal),

    findSpace: (slug, signal) => spaceBySlug(hub, slug, `space ${slug}`, signal),

    createSpace: (slug, labels, signal) =>
      transport.send({ method: 'POST', path: '/space', body: { Slug: slug, Labels: labels } }, spaceSchema, signal),

    createFilter: (spaceId, { slug, from, where }, signal) =>
      transport.send(
        { method: 'POST', path: inSpace(spaceId, 'filter'), body: { ...named(spaceId, slug), From: from, Where: where } },
        filterSchema,
        signal,
      ),

    async selectByFilter(reference, where, signal) {
      const { space, slug } = splitReference(reference, 'filter');
      const { SpaceID } = await spaceBySlug(hub, space, `space ${space}, which filter ${reference} is in`, signal);
      const found = await listWrapped(
        hub,
        { path: inSpace(SpaceID, 'filter'), where: `Slug = ${quote(slug)}`, name: 'Filter', schema: filterSchema },
        signal,
      );
      const filter = found.find((entry) => entry.Slug === slug);
      if (!filter) throw notFound(`filter ${reference}`, reference);
      if (hub.abilities.generation !== 'A') return { where, filterId: filter.FilterID };
      refuseDataFilter(filter, reference);
      // Generation A keeps filters and cannot be asked by one: its terms are asked for instead.
      const fromSpace = filter.FromSpaceID === null ? '' : `SpaceID = ${quote(filter.FromSpaceID)}`;
      return { where: and(where, filter.Where, fromSpace) };
    },

    createSet: (spaceId, slug, labels, signal) =>
      transport.send(
        { method: 'POST', path: inSpace(spaceId, 'set'), body: { ...named(spaceId, slug), Labels: labels } },
        setSchema,
        signal,
      ),

    async findTarget(reference, space, signal) {
      const { space: home, slug } = reference.includes('/') ? splitReference(reference, 'target') : { space, slug: reference };
      const { SpaceID } = await spaceBySlug(hub, home, `space ${home}, which target ${reference} is in`, signal);
      const found = await listWrapped(
        hub,
        { path: inSpace(SpaceID, 'target'), where: `Slug = ${quote(slug)}`, name: 'Target', schema: targetSchema },
        signal,
      );
      const target = found.find((entry) => entry.Slug === slug);
      if (!target) throw notFound(`target ${home}/${slug}`, reference);
      return target;
    },

    createTarget: (spaceId, { slug, workerId, parameters }, signal) =>
      transport.send(
        {
          method: 'POST',
          path: inSpace(spaceId, 'target'),
          body: {
            ...named(spaceId, slug),
            BridgeWorkerID: workerId,
            ProviderType: 'Kubernetes',
            ToolchainType: 'Kubernetes/YAML',
            Parameters: parameters,
          },
        },
        targetSchema,
        signal,
      ),

    async findWorker(spaceId, slug, signal) {
      const where = `Slug = ${quote(slug)}`;
      const found = await listWrapped(
        hub,
        { path: inSpace(spaceId, 'bridge_worker'), where, name: 'BridgeWorker', schema: workerSchema },
        signal,
      );
      const worker = found.find((entry) => entry.Slug === slug);
      if (!worker) throw notFound(`worker ${slug} in this space`, slug);
      return worker;
    },

    createWorker: (spaceId, slug, signal) =>
      transport.send(
        { method: 'POST', path: inSpace(spaceId, 'bridge_worker'), body: named(spaceId, slug) },
        workerSchema,
        signal,
      ),
  };
}
