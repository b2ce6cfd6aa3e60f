import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../src/domain/json.ts';
import type { Account } from '../../src/hub/accounts.ts';
import { type HubOptions, type RunningHub, startHub } from '../../src/hub/server.ts';

/** A directory that is gone when its scope ends. */
export function temporaryDirectory(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'hub-test-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: Json;
  /** The body as an object; fails the test where it is something else. */
  readonly object: JsonObject;
  readonly list: readonly JsonObject[];
}

/** Talks HTTP to the hub as clients do; a path is below `/api` unless it starts with `//`. */
export class Client {
  readonly url: string;
  readonly #token: string;

  constructor(url: string, token = 'tester') {
    this.url = url;
    this.#token = token;
  }

  get(path: string, query: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.send('GET', path, query);
  }
  post(path: string, body?: Json, query: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.send('POST', path, query, body, 'application/json');
  }
  put(path: string, body: Json, query: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.send('PUT', path, query, body, 'application/json');
  }
  patch(path: string, body: Json, query: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.send('PATCH', path, query, body, 'application/merge-patch+json');
  }
  delete(path: string, query: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.send('DELETE', path, query);
  }

  async send(
    method: string,
    path: string,
    query: Readonly<Record<string, string>>,
    body?: Json,
    contentType?: string,
  ): Promise<Answer> {
    const url = `${this.url}/api${path}?${new URLSearchParams(query)}`;
    const response = await fetch(url, {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        'user-agent': 'cub',
        ...(contentType !== undefined && body !== undefined ? { 'content-type': contentType } : {}),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    // JSON.parse gives exactly the values that Json names.
    const json = JSON.parse(await response.text()) as Json;
    return {
      status: response.status,
      headers: response.headers,
      json,
      get object() {
        if (!isJsonObject(json)) throw new Error(`not an object: ${JSON.stringify(json)}`);
        return json;
      },
      get list() {
        if (!isJsonArray(json)) throw new Error(`not an array: ${JSON.stringify(json)}`);
        return json.filter(isJsonObject);
      },
    };
  }
}

const quiet = pino({ level: 'silent' });

/** Tokens that are their accounts' names. */
const ACCOUNTS: readonly Account[] = [
  { name: 'tester', role: 'admin', token: 'tester' },
  { name: 'admin', role: 'admin', token: 'admin' },
  { name: 'drift-detector', role: 'drift-detector', token: 'drift-detector' },
];

export function startTestHub(options: Partial<HubOptions> = {}): Promise<RunningHub> {
  return startHub({ dataDir: ':memory:', port: 0, log: quiet, accounts: ACCOUNTS, ...options });
}

export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

export function fromBase64(value: Json | undefined): string {
  return Buffer.from(String(value), 'base64').toString('utf8');
}
