import type { DesiredState } from '../domain/desired.ts';
import type { Comparison } from '../domain/finding.ts';
import type { Snapshot } from '../domain/snapshot.ts';

export interface EmptyInput {
  readonly snapshot: Pick<Snapshot, 'objects'>;
  readonly desired: Pick<DesiredState, 'units'>;
  readonly comparison: Pick<Comparison, 'compared' | 'notMonitored'>;
}

/**
 * Why a pass had nothing to compare, and what to look at; empty where it had something, or is meant to have nothing. A label or
 * a setting that is lost looks just like a cluster in which all is well.
 */
export function nothingCompared(
  { snapshot, desired, comparison }: EmptyInput,
  { allowEmpty, namespaceSelector }: { readonly allowEmpty: boolean; readonly namespaceSelector: string },
): string {
  const why = reasonFor(desired.units.length, snapshot.objects.length, comparison, `namespaces labelled ${namespaceSelector}`);
  return allowEmpty || why === '' ? '' : `${why}, or set DRIFT_ALLOW_EMPTY=true`;
}

function reasonFor(units: number, objects: number, comparison: EmptyInput['comparison'], labels: string): string {
  if (units === 0) return 'no unit was found: check CONFIGHUB_SPACE and DRIFT_TARGET';
  if (objects === 0) return `no workload was found in ${labels}: check the labels of the namespaces and DRIFT_CONTEXT`;
  if (comparison.compared > 0 || comparison.notMonitored === 0) return '';
  return `none of the objects that units declare is in ${labels}: check CONFIGHUB_SPACE and DRIFT_CONTEXT`;
}
