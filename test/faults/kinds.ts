import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import * as z from 'zod';
import type { Matches } from '../end-to-end/gate.ts';
import { type Dice, diceOf } from '../fix/law/dice.ts';
import { HOWS } from './acts.ts';

const requestSchema = z.strictObject({
  server: z.enum(['cluster', 'confighub', 'git']),
  name: z.string(),
  is: z.enum(['read', 'question', 'write']),
  method: z.string(),
  /** Regular expressions. */
  path: z.string(),
  body: z.string().optional(),
});
const faultSchema = z.strictObject({
  name: z.string(),
  of: z.array(requestSchema.shape.is),
  how: z.enum(HOWS),
  /** Of the answer that comes instead: 200 and application/json unless given. */
  status: z.number().optional(),
  type: z.string().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  body: z.string().optional(),
});

/** Something that a pass asks for, as fixtures/faults/requests.yaml has it. */
export type RequestKind = z.output<typeof requestSchema>;
/** What happens to a request, as fixtures/faults/faults.yaml has it. */
export type Fault = z.output<typeof faultSchema>;
export type Server = RequestKind['server'];

/** One fault that happens to one request. */
export interface FaultKind {
  readonly name: string;
  readonly request: RequestKind;
  readonly fault: Fault;
  /** A number that chooses which request of the kind it happens to. */
  readonly choice: number;
  /** Whether it happens to all that follow in the pass, too. */
  readonly isLasting: boolean;
}

/** Every fault of every request that it makes sense for. When it strikes is chosen by the name: the same in every run. */
export function faultKinds(): readonly FaultKind[] {
  const requests = z.array(requestSchema).parse(read('requests.yaml'));
  const faults = z.array(faultSchema).parse(read('faults.yaml'));
  return requests.flatMap((request) =>
    faults
      .filter(({ of }) => of.includes(request.is))
      .map((fault) => {
        const name = `${request.server}: ${request.name}: ${fault.name}`;
        const dice = diceOfText(name);
        return { name, request, fault, choice: dice.number(1e6), isLasting: dice.isLucky(0.5) };
      }),
  );
}

/** The kinds in an order that is the same in every run, some of each server's first. */
export function sampleOf(kinds: readonly FaultKind[], count: number): readonly FaultKind[] {
  const groups = [...Map.groupBy(kinds, ({ request }) => request.server).values()].map((group) =>
    group.toSorted((one, other) => diceOfText(one.name).number(1e6) - diceOfText(other.name).number(1e6)),
  );
  return Array.from({ length: count }, (_, index) => groups[index % groups.length]?.[Math.floor(index / groups.length)]).filter(
    (kind) => kind !== undefined,
  );
}

export function isOf({ method, path, body = '' }: RequestKind): Matches {
  const [inPath, inBody] = [new RegExp(path, 'u'), new RegExp(body, 'u')];
  return (request) => request.method === method && inPath.test(request.path) && inBody.test(request.body);
}

function read(file: string): unknown {
  return parse(readFileSync(new URL(`../../fixtures/faults/${file}`, import.meta.url), 'utf8'));
}

function diceOfText(text: string): Dice {
  return diceOf(createHash('sha256').update(text).digest().readInt32BE());
}
