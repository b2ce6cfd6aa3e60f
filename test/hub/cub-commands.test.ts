import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { load } from 'js-yaml';
import * as z from 'zod';
import { at, isJsonArray, isJsonObject, type Json, type JsonObject, stringAt } from '../../src/domain/json.ts';
import type { Cluster } from '../../src/hub/worker/cluster.ts';
import { base64, startTestHub } from './harness.ts';
import { deployment } from './scene.ts';

// Each command of the walk-through on the wire, as ConfigHub's own client of a generation sends it to a hub of that
// generation. What must come back is what that client reads.

const json = z.custom<Json>();
const requestSchema = z.object({
  get: z.string().optional(),
  post: z.string().optional(),
  put: z.string().optional(),
  patch: z.string().optional(),
  delete: z.string().optional(),
  query: z.record(z.string(), z.string()).default({}),
  /** Content type where it is not the method's usual one. */
  type: z.string().optional(),
  body: json.optional(),
  status: z.number().default(200),
  expect: json.optional(),
  until: json.optional(),
  count: z.number().optional(),
  absent: z.array(z.string()).default([]),
  /** The answer is a JSON text. */
  string: z.boolean().default(false),
  keep: z.record(z.string(), z.string()).default({}),
});
type WireRequest = z.output<typeof requestSchema>;
const commands = z
  .array(z.object({ command: z.string(), in: z.array(z.enum(['A', 'B'])), requests: z.array(requestSchema) }))
  .parse(load(readFileSync(new URL('../../fixtures/hub/cub-commands.yaml', import.meta.url), 'utf8')));

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
const CONSTANTS: Readonly<Record<string, string>> = {
  NIL: '00000000-0000-0000-0000-000000000000',
  ZERO: '0001-01-01T00:00:00Z',
  INC: 'UnitEventID,TargetID,UpstreamUnitID,SpaceID',
  DATA2: base64(deployment('web', 2)),
  DATA5: base64(deployment('web', 5)),
  DATA9: base64(deployment('web', 9)),
};

/** Holds what was applied, so that a refresh has something to read; what an API server does is tested with a real one. */
function holdingCluster(): Cluster {
  const objects = new Map<string, JsonObject>();
  return {
    apply: async (document) => {
      const managed = { ...document, metadata: { ...(document['metadata'] as JsonObject), managedFields: [] } };
      objects.set(stringAt(document, 'metadata', 'name') ?? '', managed);
      return document;
    },
    get: async ({ name }) => objects.get(name),
    delete: async ({ name }) => {
      objects.delete(name);
    },
  };
}

class Wire {
  readonly #url: string;
  readonly #kept = new Map<string, Json>();

  constructor(url: string) {
    this.#url = url;
  }

  #filled<T extends Json>(value: T): T {
    const fill = (part: Json): Json => {
      if (typeof part === 'string') {
        const whole = CONSTANTS[part] ?? (part.startsWith('$') ? this.#kept.get(part.slice(1)) : undefined);
        return whole ?? part.replaceAll(/\$([A-Za-z]\w*)/gu, (_, name: string) => String(this.#kept.get(name) ?? `$${name}`));
      }
      if (isJsonArray(part)) return part.map(fill);
      return isJsonObject(part) ? Object.fromEntries(Object.entries(part).map(([key, inside]) => [key, fill(inside)])) : part;
    };
    // Texts become texts or what was kept under their name, which is of the type that the place has.
    return fill(value) as T;
  }

  async send(request: WireRequest): Promise<void> {
    for (;;) {
      const answer = await this.#once(request);
      if (request.until !== undefined && !holds(answer, this.#filled(request.until))) continue;
      if (request.expect !== undefined) expectPart(answer, this.#filled(request.expect), '');
      if (request.count !== undefined) expect(isJsonArray(answer) && answer.length, 'length of the list').to.equal(request.count);
      if (request.string) expect(answer).to.be.a('string');
      for (const path of request.absent) expect(inside(answer, path) ?? undefined, path).to.equal(undefined);
      for (const [name, path] of Object.entries(request.keep)) {
        const value = inside(answer, path);
        if (value === undefined) throw new Error(`nothing at ${path} of ${JSON.stringify(answer).slice(0, 300)}`);
        this.#kept.set(name, value);
      }
      return;
    }
  }

  async #once(request: WireRequest): Promise<Json> {
    const method = METHODS.find((name) => request[name] !== undefined) ?? 'get';
    const query = new URLSearchParams(this.#filled(request.query));
    const hasBody = request.body !== undefined;
    const type = request.type ?? (method === 'patch' ? 'application/merge-patch+json' : 'application/json');
    const response = await fetch(`${this.#url}/api${this.#filled(request[method] ?? '')}?${query}`, {
      method: method.toUpperCase(),
      headers: { authorization: 'Bearer tester', 'user-agent': 'cub', ...(hasBody ? { 'content-type': type } : {}) },
      ...(hasBody ? { body: JSON.stringify(this.#filled(request.body ?? null)) } : {}),
    });
    const text = await response.text();
    expect(response.status, text.slice(0, 300)).to.equal(request.status);
    // What that client cannot do without: it takes nothing but JSON, never 201 or 204, and prints the request's id.
    expect(response.headers.get('content-type')).to.contain('json');
    expect(response.headers.get('x-request-id')).to.match(/\S/u);
    const answer = JSON.parse(text) as Json;
    if (response.status >= 400) expect(answer).to.have.property('Code').that.is.a('string');
    return answer;
  }
}

/** The value at a dotted path with list indexes. */
function inside(answer: Json | undefined, path: string): Json | undefined {
  return path
    .split('.')
    .reduce<Json | undefined>((value, step) => (isJsonArray(value) ? value[Number(step)] : at(value, step)), answer);
}

/** Every field that is named, and as many elements; what else the answer has is not looked at. */
function expectPart(answer: Json | undefined, part: Json, path: string): void {
  if (isJsonArray(part)) {
    expect(isJsonArray(answer) && answer.length, `${path}: ${JSON.stringify(answer)}`).to.be.at.least(part.length);
    if (part.length === 0) expect(answer, path).to.deep.equal([]);
    for (const [index, entry] of part.entries()) expectPart(inside(answer, String(index)), entry, `${path}/${index}`);
  } else if (isJsonObject(part)) {
    for (const [field, value] of Object.entries(part)) expectPart(at(answer, field), value, `${path}/${field}`);
  } else expect(answer, path).to.equal(part);
}

function holds(answer: Json, part: Json): boolean {
  try {
    expectPart(answer, part, '');
    return true;
  } catch {
    return false;
  }
}

describe('commands of the walk-through on the wire', () => {
  const table = new Map<string, Record<string, string>>();
  for (const generation of ['A', 'B'] as const) {
    describe(`as clients of generation ${generation} send them`, () => {
      let wire: Wire;
      let close: () => Promise<void>;
      before(async () => {
        const cluster = holdingCluster();
        const hub = await startTestHub({ apiGeneration: generation, clusterFor: async () => cluster });
        close = () => hub.close();
        wire = new Wire(hub.url);
      });
      after(() => close());
      for (const { command, requests, in: generations } of commands.filter((entry) => entry.in.includes(generation))) {
        it(`cub ${command}`, async () => {
          for (const request of requests) await wire.send(request);
          const row = table.get(command) ?? {
            A: generations.includes('A') ? '?' : '-',
            B: generations.includes('B') ? '?' : '-',
          };
          table.set(command, { ...row, [generation]: `${requests.length} ok` });
        });
      }
    });
  }
  after(() => {
    const rows = [...table].map(([command, row]) => `| ${command} | ${row['A']} | ${row['B']} |`);
    process.stdout.write(`| cub ... | requests of A | of B |\n|---|---|---|\n${rows.join('\n')}\n`);
  });
});
