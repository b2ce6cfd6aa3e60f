import { type Context, Hono } from 'hono';
import { messageOf } from '../../domain/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import type { Role } from '../accounts.ts';
import type { Caller } from '../context.ts';
import { badRequest, HubError } from '../errors.ts';
import { type GenerationRules, isUnknownParameter, knownBody } from '../generation.ts';
import { type Parameters, readParameters } from '../query/parameters.ts';

/** Names the page after this one (reference, section 1.4). */
export const CONTINUE = 'ConfigHub-Continue';

/** What the middleware leaves for every handler. */
export interface Environment {
  readonly Variables: { readonly caller: Caller; readonly role: Role; readonly generation: GenerationRules };
}
export type HubRoutes = Hono<Environment>;
export type Request = Context<Environment>;

export function newRoutes(): HubRoutes {
  return new Hono<Environment>();
}

export function parametersOf(request: Request): Parameters {
  const generation = request.get('generation');
  const known = Object.entries(request.req.query()).filter(([name]) => !isUnknownParameter(generation, request.req.path, name));
  return readParameters(Object.fromEntries(known));
}

/** A path parameter, which the route's own pattern guarantees. */
export function idOf(request: Request, name: string): string {
  return (request.req.param(name) ?? '').toLowerCase();
}

/** The body as a JSON object; `null`, empty and absent are an empty one (reference, section 7). */
export async function bodyOf(request: Request): Promise<JsonObject> {
  const text = await request.req.text();
  if (text.trim() === '') return {};
  let body: Json;
  try {
    // JSON.parse gives exactly the values that Json names.
    body = JSON.parse(text) as Json;
  } catch (error) {
    throw badRequest(`the body is not JSON: ${messageOf(error)}`);
  }
  if (body === null) return {};
  if (!isJsonObject(body)) throw badRequest('the body is not a JSON object');
  if (isDeeperThan(body, MAX_DEPTH)) throw badRequest(`the body is nested more than ${MAX_DEPTH} levels deep`);
  return knownBody(request.get('generation'), body);
}

/** No entity comes near it, and no recursion over a body breaks below it. */
const MAX_DEPTH = 100;

function isDeeperThan(body: Json, depth: number): boolean {
  let level: readonly Json[] = [body];
  for (let reached = 0; level.length > 0; reached++) {
    if (reached > depth) return true;
    level = level.flatMap((value) => (typeof value === 'object' && value !== null ? Object.values(value) : []));
  }
  return false;
}

/** A body of a PATCH: refused under another content type, whose meaning would be another one (reference, section 6.2). */
export async function patchOf(request: Request): Promise<JsonObject> {
  const type = request.req.header('content-type')?.split(';')[0]?.trim();
  if (type !== undefined && type !== 'application/merge-patch+json') {
    throw new HubError(415, `a patch is application/merge-patch+json, not ${type}`);
  }
  return bodyOf(request);
}
