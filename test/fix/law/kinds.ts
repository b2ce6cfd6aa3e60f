import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { parseManifest } from '../../../src/clients/kubernetes/manifest.ts';
import type { JsonObject } from '../../../src/domain/json.ts';
import type { JsonPatchOperation } from '../../../src/domain/json-patch.ts';
import type { Bench } from './bench.ts';
import { type Case, DELIVERERS } from './case.ts';

const FIXTURES = new URL('../../../fixtures/', import.meta.url);
const DEFINITIONS = ['fixing/law/gadget-crd.yaml', 'diff/thing-crd.yaml'];
const GROUPS = ['apis/law.example.com/v1', 'apis/free.example.com/v1'];

const json = z.custom<JsonObject>((value) => typeof value === 'object' && value !== null);
const entry = z.object({
  row: z.string(),
  desired: json,
  changes: z.array(z.object({ name: z.string(), patch: z.array(z.custom<JsonPatchOperation>()) })),
});

/** Objects of other kinds and their changes, as fixtures/fixing/law/kinds.yaml lists them, each by every deliverer in turn. */
export function kindCases(): readonly Case[] {
  const parsed = parseManifest(textOf('fixing/law/kinds.yaml'));
  if (!parsed.ok) throw new Error(parsed.error);
  const changes = parsed.documents.flatMap((document) => {
    const { row, desired, changes: all } = entry.parse(document);
    return all.map(({ name, patch }) => ({ row, desired, name, patch }));
  });
  return changes.map(({ row, desired, name, patch }, index): Case => {
    const deliverer = DELIVERERS[index % DELIVERERS.length] ?? DELIVERERS[0];
    return {
      row,
      name: `${row} of ${deliverer}: ${name}`,
      desired,
      deliverer,
      drops: true,
      edits: [() => [{ how: 'patch', operations: patch }]],
    };
  });
}

/** Has the API server serve the custom resources among them. */
export async function serveCustomResources({ cluster }: Bench): Promise<void> {
  const definitions = DEFINITIONS.map(textOf).join('---\n');
  await cluster.kubectl(['apply', '-f', '-'], definitions);
  await cluster.kubectl(['wait', '-f', '-', '--for=condition=Established', '--timeout=30s'], definitions);
  // Their schema is published some time after they are served.
  for (;;) {
    const { stdout } = await cluster.kubectl(['get', '--raw', '/openapi/v3']);
    if (GROUPS.every((group) => stdout.includes(`"${group}"`))) return;
    await sleep(100);
  }
}

function textOf(file: string): string {
  return readFileSync(fileURLToPath(new URL(file, FIXTURES)), 'utf8');
}
