import * as z from 'zod';
import { tokenSession } from '../../src/clients/confighub/session.ts';
import { type ConfigHubTransport, connectConfigHub, type Query } from '../../src/clients/confighub/transport.ts';
import { Secret } from '../../src/domain/secret.ts';

/** A project in ConfigHub, as `bin/install-base` and `bin/install-envs` lay it out: base -> dev -> staging -> prod. */
export interface Project {
  readonly name: string;
  /** Space ids by environment. */
  readonly spaces: Readonly<Record<string, string>>;
  /** Unit ids of the dev space by slug. */
  readonly units: Readonly<Record<string, string>>;
}

export interface UnitSource {
  readonly slug: string;
  readonly text: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** What a person does in ConfigHub with `cub`, as requests of an administrator. */
export interface Admin {
  createProject(name: string, units: readonly UnitSource[]): Promise<Project>;
  /** Applies units of a space and waits until ConfigHub's worker is done with each. */
  applySpace(spaceId: string, where?: string, revision?: string): Promise<void>;
  get<S extends z.ZodType>(path: string, query: Query, schema: S): Promise<z.output<S>>;
  send<S extends z.ZodType>(
    method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    query: Query,
    body: unknown,
    schema: S,
  ): Promise<z.output<S>>;
}

const bulkUnits = z.array(z.object({ Unit: z.object({ UnitID: z.string(), Slug: z.string(), SpaceID: z.string() }) }));
const events = z.array(z.object({ QueuedOperationID: z.string(), Status: z.string(), Message: z.string().default('') }));
const actions = z.array(
  z.object({
    Action: z.object({ QueuedOperationID: z.string(), UnitID: z.string(), SpaceID: z.string() }).optional(),
    Error: z.object({ Message: z.string() }).optional(),
  }),
);
const ENVIRONMENTS = ['base', 'dev', 'staging', 'prod'] as const;

export function administer(url: string, token: string): Admin {
  const session = tokenSession(new Secret(token));
  const transport: ConfigHubTransport = connectConfigHub({ url, session, userAgent: 'drift-detector-demo' });
  const { signal } = new AbortController();
  const get: Admin['get'] = (path, query, schema) => transport.get({ path, query }, schema, signal);
  const send: Admin['send'] = (method, path, query, body, schema) =>
    transport.send({ method, path, query, body }, schema, signal);

  return {
    get,
    send,

    async createProject(name, sources) {
      const spaces: Record<string, string> = {};
      for (const environment of ENVIRONMENTS) {
        const labels = { project: name, environment, ...(environment === 'base' ? { base: 'true' } : {}) };
        const space = await send(
          'POST',
          '/space',
          {},
          { Slug: `${name}-${environment}`, Labels: labels },
          z.object({ SpaceID: z.string() }),
        );
        spaces[environment] = space.SpaceID;
      }
      const home = await send('POST', '/space', {}, { Slug: name, Labels: { project: name } }, z.object({ SpaceID: z.string() }));
      spaces['home'] = home.SpaceID;
      const filter = { Slug: 'app', From: 'Unit', Where: "Labels.type = 'app'" };
      await send('POST', `/space/${home.SpaceID}/filter`, {}, filter, z.unknown());
      for (const { slug, text, labels } of sources) {
        const unit = {
          Slug: slug,
          ToolchainType: 'Kubernetes/YAML',
          Labels: { type: 'app', ...labels },
          Data: Buffer.from(text).toString('base64'),
          LastChangeDescription: 'Initial deployment',
        };
        await send('POST', `/space/${spaces['base']}/unit`, {}, unit, z.unknown());
      }
      let upstream = 'base';
      for (const environment of ENVIRONMENTS.slice(1)) {
        const query = { where: `SpaceID = '${spaces[upstream]}'`, where_space: `Slug = '${name}-${environment}'` };
        await send('POST', '/unit', query, { LastChangeDescription: 'Initial deployment' }, z.unknown());
        upstream = environment;
      }
      const dev = spaces['dev'] ?? '';
      const worker = await send(
        'POST',
        `/space/${dev}/bridge_worker`,
        {},
        { Slug: 'cluster' },
        z.object({ BridgeWorkerID: z.string() }),
      );
      const target = await send(
        'POST',
        `/space/${dev}/target`,
        {},
        {
          Slug: 'cluster',
          BridgeWorkerID: worker.BridgeWorkerID,
          ToolchainType: 'Kubernetes/YAML',
          ProviderType: 'Kubernetes',
          Parameters: '{}',
        },
        z.object({ TargetID: z.string() }),
      );
      const targeted = await send('PATCH', '/unit', { where: `SpaceID = '${dev}'` }, { TargetID: target.TargetID }, bulkUnits);
      return { name, spaces, units: Object.fromEntries(targeted.map(({ Unit }) => [Unit.Slug, Unit.UnitID])) };
    },

    async applySpace(spaceId, where = '', revision) {
      const query = {
        where: `SpaceID = '${spaceId}'${where === '' ? '' : ` AND ${where}`}`,
        ...(revision === undefined ? {} : { revision }),
      };
      for (const { Action, Error: refused } of await send('POST', '/unit/apply', query, undefined, actions)) {
        if (!Action) throw new Error(`ConfigHub refuses to apply: ${refused?.Message ?? ''}`);
        const path = `/space/${Action.SpaceID}/unit/${Action.UnitID}/unit_event`;
        for (;;) {
          const found = await get(path, { where: `QueuedOperationID = '${Action.QueuedOperationID}'` }, events);
          const failed = found.find((event) => event.Status === 'Failed');
          if (failed) throw new Error(`apply failed: ${failed.Message}`);
          if (found.some((event) => event.Status === 'Completed')) break;
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      }
    },
  };
}
