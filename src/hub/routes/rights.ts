import type { MiddlewareHandler } from 'hono';
import type { Role } from '../accounts.ts';
import { HubError } from '../errors.ts';
import { bodyOf, type Environment } from './environment.ts';

/** A request that a role may make. What is not named is refused: other paths, parameters and fields of the body alike. */
interface Right {
  readonly method: string;
  /** Below `/api`; `:` is one segment. */
  readonly path: string;
  /** Parameters of a write; reading may be asked for in every way. */
  readonly query?: readonly string[];
  /** Parameters that must be as they are here. */
  readonly always?: Readonly<Record<string, string>>;
  /** Fields of a JSON body. */
  readonly fields?: readonly string[];
}

const READ = [
  ...['/me', '/space', '/unit', '/unit_data', '/revision', '/change_set'],
  ...['/space/:/unit/:', '/space/:/unit/:/data', '/space/:/unit/:/unit_event', '/space/:/filter'],
  ...['/space/:/unit/:/revision', '/space/:/unit/:/revision/:/data'],
];
const CHANGE = ['Version', 'Data', 'LastChangeDescription', 'ChangeSetID'];

/** Exactly what a pass, a decision and an undo request; `src/confighub` is what sends it. */
export const RIGHTS: Readonly<Record<Role, readonly Right[] | 'all'>> = {
  admin: 'all',
  'drift-detector': [
    ...READ.map((path) => ({ method: 'GET', path })),
    // Pairs of revisions, accepted values, undo.
    { method: 'PATCH', path: '/space/:/unit/:', query: ['change_set_id'], fields: CHANGE },
    { method: 'PUT', path: '/space/:/unit/:/data', query: ['last_change_description', 'change_set_id'] },
    // Closing a changeset.
    { method: 'PATCH', path: '/unit', query: ['where'], fields: ['ChangeSetID'] },
    // What a promotion would change.
    {
      method: 'PATCH',
      path: '/unit',
      query: ['where', 'filter', 'include', 'upgrade', 'dry_run'],
      always: { dry_run: 'true' },
      fields: [],
    },
    // Adopted workloads.
    { method: 'POST', path: '/space/:/unit', query: [], fields: ['SpaceID', 'Slug', 'ToolchainType', ...CHANGE] },
    {
      method: 'POST',
      path: '/space/:/change_set',
      query: [],
      fields: ['Slug', 'DisplayName', 'Description', 'Labels', 'SpaceID'],
    },
    { method: 'DELETE', path: '/space/:/change_set/:', query: [] },
    { method: 'POST', path: '/unit/apply', query: ['where', 'revision'], fields: [] },
    { method: 'POST', path: '/space/:/release', query: [], fields: [] },
  ],
};

/** Refuses what the caller's role may not do, with 403. */
export function authorize(): MiddlewareHandler<Environment> {
  return async (request, next) => {
    const rights = RIGHTS[request.get('role')];
    if (rights === 'all') return next();
    const { method } = request.req;
    const path = request.req.path.slice('/api'.length);
    const query = request.req.query();
    const here = rights.filter((right) => right.method === method && matches(right.path, path));
    const reasons: string[] = [];
    for (const right of here) {
      const reason = refusalOf(right, query, right.fields === undefined ? [] : Object.keys(await bodyOf(request)));
      if (reason === undefined) return next();
      reasons.push(reason);
    }
    const what = reasons[0] ?? `${method} ${path}`;
    throw new HubError(
      403,
      `the token of ${request.get('caller').user.Username} may not be used for ${what}: use the token of admin`,
    );
  };
}

function matches(pattern: string, path: string): boolean {
  const wanted = pattern.split('/');
  const given = path.split('/');
  return wanted.length === given.length && wanted.every((segment, index) => segment === ':' || segment === given[index]);
}

/** What of the request the right does not cover. */
function refusalOf(right: Right, query: Readonly<Record<string, string>>, body: readonly string[]): string | undefined {
  const { method, path } = right;
  const parameter = Object.keys(query).find((name) => right.query?.includes(name) === false);
  if (parameter !== undefined) return `parameter ${parameter} of ${method} ${path}`;
  const field = body.find((name) => right.fields?.includes(name) === false);
  if (field !== undefined) return `field ${field} of ${method} ${path}`;
  const missing = Object.entries(right.always ?? {}).find(([name, value]) => query[name] !== value);
  return missing && `${method} ${path} without ${missing.join('=')}`;
}
