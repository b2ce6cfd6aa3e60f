import { type Context, Hono } from 'hono';
import { isJsonObject, type Json, type JsonObject } from '../../types/json.ts';
import type { Caller } from '../context.ts';
import { badRequest, HubError } from '../errors.ts';
import { type GenerationRules, isUnknownParameter, knownBody } from '../generation.ts';
import { type Parameters, readParameters } from '../query/parameters.ts';

/** Names the page after this one (reference, section 1.4). */
export const CONTINUE = 'ConfigHub-Continue';

/** What the middleware leaves for every handler. */
export interface Environment {
  readonly Variables: { readonly caller: Caller; readonly generation: GenerationRules };
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
    throw badRequest(`the body is not JSON: ${error instanceof Error ? error.message : 'unreadable'}`);
  }
  if (body === null) return {};
  if (!isJsonObject(body)) throw badRequest('the body is not a JSON object');
  return knownBody(request.get('generation'), body);
}

/** A body of a PATCH: refused under another content type, whose meaning would be another one (reference, section 6.2). */
export async function patchOf(request: Request): Promise<JsonObject> {
  const type = request.req.header('content-type')?.split(';')[0]?.trim();
  if (type !== undefined && type !== 'application/merge-patch+json') {
    throw new HubError(415, `a patch is application/merge-patch+json, not ${type}`);
  }
  return bodyOf(request);
}
