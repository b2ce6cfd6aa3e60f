import {
  type DesiredObject,
  type DesiredState,
  type DesiredUnit,
  type InvalidUnit,
  indexDeclarations,
  NO_UNIT,
} from '../../domain/desired.ts';
import type { InvalidObject } from '../../domain/finding.ts';
import { groupOf, refOf } from '../../domain/object-ref.ts';
import {
  addFaults,
  type BadDocument,
  desiredSideOf,
  type Fault,
  nameless,
  placeOf,
  type Side,
  type SourceText,
} from './sides.ts';

/** Desired state from files instead of ConfigHub. */
export interface Manifests {
  /** Each file is a unit without a space. Namespaces are those that the documents name. */
  readonly desired: DesiredState;
  /** What the comparison refused, with the line of its file. */
  readonly located: (invalid: InvalidObject) => InvalidObject;
}

const KUSTOMIZE = 'kustomize.config.k8s.io';

/** Reads the documents of files. A document that is no object is recorded with its file and line, and the others go on. */
export function assembleManifests(sources: readonly SourceText[], unreadable: readonly Fault[]): Manifests {
  const sides = sources.map(desiredSideOf);
  const units = sources.map(({ file, text }): DesiredUnit => ({ ...NO_UNIT, slug: file, text }));
  const faults: BadDocument[] = [];
  const declared = sides.flatMap((side, index) => objectsOf(side, units[index] ?? NO_UNIT, faults));
  const invalid = [...unreadable, ...faults.map(({ fault }) => fault)].map(
    ({ file, line, error }): InvalidUnit => ({
      space: '',
      slug: file,
      error: error.includes('(line ') ? error : `line ${line}: ${error}`,
      text: '',
    }),
  );
  return {
    desired: { units, ...indexDeclarations(declared), invalid, otherTargets: 0 },
    located(found) {
      const { file, line } = placeOf(found.desired.document, found.located, sides);
      return line === 0 ? found : { ...found, message: `${found.message} (line ${line} of ${file})` };
    },
  };
}

function objectsOf(side: Side, unit: DesiredUnit, faults: BadDocument[]): readonly DesiredObject[] {
  const { source, manifest, lineOf } = side;
  addFaults(source, manifest, faults);
  return manifest.documents.flatMap((entry) => {
    const { document, index } = entry;
    const { apiVersion } = document;
    if (typeof apiVersion === 'string' && groupOf(apiVersion) === KUSTOMIZE) {
      const error = 'a kustomization is no object of the cluster: check its folder with -k, or render it first';
      const fault = { file: source.file, line: lineOf(entry, []), path: '', error };
      faults.push({ ref: { apiVersion, kind: '', namespace: '', name: '' }, fault });
      return [];
    }
    const ref = refOf(document);
    if (ref) return { ref, document, documentIndex: index, unit };
    faults.push(nameless(side, entry));
    return [];
  });
}
