import { readManifest } from '../../clients/kubernetes/manifest.ts';
import { displayBlame, summarize } from '../../domain/describe.ts';
import type { DesiredObject } from '../../domain/desired.ts';
import { actorOf } from '../../domain/field-managers.ts';
import { type Blame, type Finding, isDrift, type ObjectComparison } from '../../domain/finding.ts';
import { objectKey, refOf } from '../../domain/object-ref.ts';
import type { LiveObject } from '../../domain/snapshot.ts';

/**
 * The drift that a revision holds: its text is compared with what is desired as a live object is. Who was to blame no
 * managedFields tell any more, only the revision's description, which names the first few fields.
 */
export function recordedDrift(
  desired: readonly DesiredObject[],
  observed: string,
  description: string,
  compare: (desired: DesiredObject, live: LiveObject) => readonly Finding[],
): readonly ObjectComparison[] {
  const documents = new Map(
    readManifest(observed).documents.flatMap(({ document }) => {
      const ref = refOf(document);
      return ref ? [[objectKey(ref), { ref, document }]] : [];
    }),
  );
  return desired.flatMap((object): ObjectComparison[] => {
    const found = documents.get(objectKey(refOf(object.document) ?? object.ref));
    if (!found) return [];
    const live: LiveObject = {
      ref: found.ref,
      uid: '',
      resourceVersion: '',
      generation: 0,
      body: found.document,
      owners: [],
      isControlled: false,
    };
    const findings = compare(object, live)
      .filter(isDrift)
      .map((finding): Finding => ({ ...finding, blame: blameIn(description, finding) }));
    return findings.length === 0 ? [] : [{ ref: object.ref, desired: object, live, findings }];
  });
}

/** As descriptions write it behind what happened: `(kubectl via scale, 2026-11-24T03:00:00Z, first seen 03:10Z)`. */
const WRITER = /^ \((?<manager>[^,()]+?)(?: via (?<subresource>[a-z]+))?, (?<time>[^,()]+), first seen \d\d:\d\dZ\)/u;

function blameIn(description: string, finding: Finding): Blame | undefined {
  const summary = summarize(finding);
  const at = description.indexOf(`${summary} (`);
  const written = at < 0 ? undefined : WRITER.exec(description.slice(at + summary.length))?.groups;
  const manager = written?.['manager'];
  if (manager === undefined || manager === displayBlame({ ...finding, blame: undefined })) return undefined;
  const { subresource = '', time = '' } = written ?? {};
  const isTime = !Number.isNaN(Date.parse(time));
  const owner = { manager, operation: 'Update' as const, subresource, fields: {}, ...(isTime ? { time } : {}) };
  const { fields: _, ...blame } = owner;
  return { ...blame, actor: actorOf(owner) };
}
