import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { readBuiltInSchemas } from '../../../src/clients/kubernetes/built-in-schemas.ts';
import { readManifest } from '../../../src/clients/kubernetes/manifest.ts';
import { openApiOfCrd } from '../../../src/clients/kubernetes/openapi.ts';
import { diffTexts, type OfflineDiff, type OfflineObject } from '../../../src/commands/diff/offline.ts';
import { printDiff } from '../../../src/commands/diff/print.ts';
import { parseJson } from '../../../src/domain/exact-json.ts';
import { printPath } from '../../../src/domain/field-path.ts';
import type { Finding } from '../../../src/domain/finding.ts';
import { at, isJsonArray, stringAt } from '../../../src/domain/json.ts';
import { objectKey } from '../../../src/domain/object-ref.ts';
import type { ControlPlane } from '../../control-plane/control-plane.ts';
import { faultsOf, nameOf, type Played } from './story.ts';

/** What became of one object by the commands that `diff` prints for it. */
export interface Repaired {
  readonly object: string;
  /** Findings that no printed patch brings back, as `path: method`, or `path: hidden` where it would show a secret. */
  readonly left: readonly string[];
  /** What went wrong; empty where nothing did. */
  readonly faults: readonly string[];
}

/**
 * Runs the commands that `diff -o json` prints for a case, exactly as printed, through a shell with the real kubectl. What
 * has to be made anew is delivered again after its command.
 */
export async function repairAsPrinted(played: Played, cluster: ControlPlane): Promise<readonly Repaired[]> {
  const { objects } = await diffOf(played);
  const printed = at(parseJson(printDiff({ ...NOTHING, objects }, 'json', undefined)), 'objects');
  const repairs = await Promise.all(
    objects.map(async (object, index) => {
      const said = isJsonArray(printed) ? printed[index] : undefined;
      const patch = stringAt(said, 'repair', 'command');
      const findings = at(said, 'findings');
      const byHand = (isJsonArray(findings) ? findings : []).flatMap((one) => stringAt(one, 'repair', 'command') ?? []);
      const errors: string[] = [];
      for (const command of new Set([...(patch === undefined ? [] : [patch]), ...byHand]))
        await inShell(command, cluster).catch((error: Error) => errors.push(error.message));
      return { object, isPrinted: patch !== undefined, errors };
    }),
  );
  const isRecreated = objects.some(({ findings }) => findings.some(({ repair }) => repair.method === 'recreate'));
  if (isRecreated) await played.deliver();
  const objectsAfter = new Map((await diffOf(played)).objects.map((object) => [objectKey(object.ref), object]));
  return Promise.all(
    repairs.map(async ({ object, isPrinted, errors }) => {
      const hidden = object.findings.filter(({ repair: { method } }) => !isPrinted && method === 'json-patch');
      const left = [...hidden, ...object.informational, ...object.pending].map(({ path }) => path);
      const story = played.stories.find(({ ref }) => objectKey(ref) === objectKey(object.ref));
      return {
        object: nameOf(object.ref, played.replay),
        left: object.findings.flatMap((finding) => {
          const { path, repair } = finding;
          if (repair.method === 'json-patch' && isPrinted) return [];
          return `${printPath(path)}: ${hidden.includes(finding) ? 'hidden' : repair.method}`;
        }),
        faults: [
          ...errors,
          ...stillFound(objectsAfter.get(objectKey(object.ref)), hidden),
          ...(story ? faultsOf(story, await played.get(story.ref), left) : []),
        ],
      };
    }),
  );
}

const NOTHING = { emptyDesired: [], groups: [], ignores: [], showValues: 'safe' as const, explain: () => [] };

function stillFound(object: OfflineObject | undefined, hidden: readonly Finding[]): readonly string[] {
  const known = new Set(hidden.map(({ path }) => printPath(path)));
  return (object?.findings ?? [])
    .filter(({ path }) => !known.has(printPath(path)))
    .map((finding) => `still ${finding.class} ${printPath(finding.path)}`);
}

async function diffOf({ case: one, replay }: Played): Promise<OfflineDiff> {
  const { managers = ['confighub'], desired, crd } = one;
  const crds = crd === undefined ? [] : readManifest(crd).documents.map(({ document }) => openApiOfCrd(document));
  return diffTexts({
    desired: [{ file: 'desired.yaml', text: replay.here(desired) }],
    live: [{ file: 'live.json', text: await replay.read() }],
    schemas: [await readBuiltInSchemas(), ...crds],
    desiredManagers: managers,
    ignoreRules: [],
    now: new Date(),
  });
}

function inShell(command: string, { kubectlPath, kubeconfig }: ControlPlane): Promise<string> {
  const env = { PATH: `${dirname(kubectlPath)}:${process.env['PATH']}`, KUBECONFIG: kubeconfig, HOME: '/nonexistent' };
  return new Promise((resolve, reject) => {
    execFile('/bin/sh', ['-c', command], { env }, (error, stdout, stderr) => {
      if (error) reject(new Error(`refused: ${stderr.trim()} (${command.slice(0, 400)})`));
      else resolve(stdout);
    });
  });
}
