import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { parseJson } from '../../src/domain/exact-json.ts';
import { isJsonArray, isJsonObject, type JsonObject, own, stringAt } from '../../src/domain/json.ts';
import { type ControlPlane, startControlPlane } from '../control-plane/control-plane.ts';
import { CASES, NAMESPACE, readCase, startReplay } from './replay.ts';

// Records the live side of the cases in fixtures/diff: what a real API server holds after real actors did what
// case.yaml says, with managedFields. desired.yaml and expected.yaml are written by hand.
//
//   node bin/bootstrap.mjs test/diff/record.ts [CASE...]      without names: those without a live.yaml

async function record(name: string, cluster: ControlPlane): Promise<void> {
  const one = await readCase(name);
  const namespace = `case-${name}`.slice(0, 60);
  await using replay = await startReplay(one, cluster, namespace);
  for (const step of one.steps) await replay.take(step);
  const listed = parseJson((await replay.read()).replaceAll(namespace, NAMESPACE));
  const items = own(listed, 'items') ?? [listed];
  const kept = (isJsonArray(items) ? items : [])
    .filter(isJsonObject)
    .filter((item) => stringAt(item, 'metadata', 'name') !== 'kube-root-ca.crt')
    .map(withoutStatus);
  const live =
    kept.length === 0
      ? ''
      : stringify(
          { apiVersion: 'v1', kind: 'List', items: kept },
          { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false },
        );
  await writeFile(join(CASES, name, 'live.yaml'), live);
}

/** Status is never compared and changes while it is read. */
function withoutStatus(item: JsonObject): JsonObject {
  const { status: _, ...rest } = item;
  return rest;
}

async function namesWithoutLive(): Promise<readonly string[]> {
  const names = await readdir(CASES);
  const isNew = await Promise.all(
    names.map(async (name) => (await readFile(join(CASES, name, 'live.yaml'), 'utf8').catch(() => undefined)) === undefined),
  );
  return names.filter((_, index) => isNew[index]);
}

const given = process.argv.slice(2);
const names = given.length > 0 ? given : await namesWithoutLive();
const cluster = await startControlPlane({ onProgress: (line) => process.stderr.write(`${line}\n`) });
try {
  for (const name of names) {
    try {
      await record(name, cluster);
      process.stdout.write(`${name}\n`);
    } catch (error) {
      process.exitCode = 1;
      process.stdout.write(`${name}: ${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
} finally {
  await cluster.stop();
}
