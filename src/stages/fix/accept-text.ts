import { readManifest } from '../../clients/kubernetes/manifest.ts';
import { acceptMarker } from '../../domain/accept-marker.ts';
import { type DecisionOutcome, type DecisionText, displayDecider } from '../../domain/decision.ts';
import { sanitize, summarize } from '../../domain/describe.ts';
import type { DesiredObject, DesiredUnit } from '../../domain/desired.ts';
import { isWithin, valueAt } from '../../domain/field-path.ts';
import { type Finding, inOrderOf } from '../../domain/finding.ts';
import { rowOf } from '../../domain/finding-classes.ts';
import type { JsonObject } from '../../domain/json.ts';
import { objectKey, refOf } from '../../domain/object-ref.ts';
import { Secret } from '../../domain/secret.ts';
import { editText } from './edit-text.ts';

/** A person's decision that a live value is the wanted one. */
export interface Acceptance extends DecisionText {
  readonly finding: Finding;
  /** `undefined` where no unit declares the object, which is a reason to refuse. */
  readonly desired: DesiredObject | undefined;
}

/** One that nothing speaks against. */
export interface Acceptable extends Acceptance {
  readonly desired: DesiredObject;
}

/** Why a live value cannot become desired; empty where it can. */
export function refusalOf(finding: Finding): string {
  const { class: found, ref, unit } = finding;
  const refusal = rowOf(found).notAccepted(unit);
  if (refusal !== '') return refusal;
  if (ref.kind === 'Secret') return 'Secrets are not stored in ConfigHub';
  if (finding.live instanceof Secret || finding.desired instanceof Secret)
    return 'its value looks like a secret, and secrets are not stored in ConfigHub; put it into a Secret and refer to that, or ignore it';
  return '';
}

/** Compares an object as it is now with a desired state. */
export type CompareNow = (desired: DesiredObject, live: JsonObject | undefined) => readonly Finding[];

/** A unit's new text, and what of the decisions is in it. */
export interface AcceptedText {
  readonly text: string;
  readonly description: string;
  readonly accepted: readonly Acceptable[];
  readonly refused: readonly DecisionOutcome[];
}

/**
 * The unit's text with the accepted values in it: only these fields edited, comments and order as they were. A value is
 * taken only where the comparison then finds nothing there any more. `live` gives the object as it is now.
 */
export function composeAcceptance(
  unit: DesiredUnit,
  acceptances: readonly Acceptable[],
  live: (desired: DesiredObject) => JsonObject | undefined,
  compare: CompareNow,
): AcceptedText {
  let text = unit.text;
  const accepted: Acceptable[] = [];
  const refused: DecisionOutcome[] = [];
  for (const acceptance of acceptances) {
    const { finding, desired, id } = acceptance;
    const value = finding.isReordered ? inOrderOf(valueAt(desired.document, finding.path), finding.live) : finding.live;
    // Refused before where it is masked: only the type does not know.
    const edited = value instanceof Secret ? undefined : editText(text, [{ ref: finding.ref, path: finding.path, value }]);
    const document = edited === undefined ? undefined : documentOf(edited, desired);
    const isGone =
      document !== undefined &&
      !compare({ ...desired, document }, live(desired)).some(
        (left) => left.class !== 'informational' && isWithin(left.path, finding.path),
      );
    if (edited === undefined || !isGone) {
      const detail = `the text of unit ${unit.space}/${unit.slug} cannot be edited field by field; edit the unit by hand`;
      refused.push({ id, effect: 'refused', detail });
      continue;
    }
    text = edited;
    accepted.push(acceptance);
  }
  return { text, description: describe(unit, accepted, text), accepted, refused };
}

function documentOf(text: string, { ref }: DesiredObject): JsonObject | undefined {
  return readManifest(text).documents.find(({ document }) => {
    const found = refOf(document);
    return found !== undefined && objectKey(found) === objectKey(ref);
  })?.document;
}

/** Findings named in a description before it is cut. */
const NAMED = 3;

function describe(unit: DesiredUnit, accepted: readonly Acceptable[], text: string): string {
  const named = accepted.slice(0, NAMED).map(({ finding }) => summarize(finding));
  const rest = accepted.length - named.length;
  const what = rest > 0 ? `${named.join('; ')}; and ${rest} more` : named.join('; ');
  const ids = accepted.map(({ id }) => id);
  return `Accepted ${what} (${who(accepted)}) ${acceptMarker(ids, unit.liveRevision, text)}`;
}

const MAX_REASON = 120;

/** `decided by Ann Lee <ann@example.org>: the new limit is right`, each person once. */
export function who(decisions: readonly DecisionText[]): string {
  const sentences = decisions.map(({ by, reason }) => {
    const why = sanitize(reason).slice(0, MAX_REASON);
    return `${displayDecider(by)}${why === '' ? '' : `: ${why}`}`;
  });
  return `decided by ${[...new Set(sentences)].slice(0, NAMED).join(', ')}`;
}
