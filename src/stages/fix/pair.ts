import { displayBlame, displayTime, fieldName, summarize, summarizeFix } from '../../domain/describe.ts';
import { driftMarker, restoredMarker } from '../../domain/drift-marker.ts';
import { valueAt } from '../../domain/field-path.ts';
import { type Finding, inOrderOf } from '../../domain/finding.ts';
import type { UnitFix } from '../../domain/plan.ts';
import { Secret } from '../../domain/secret.ts';
import { sha256 } from '../../domain/sha256.ts';
import { editText, type TextEdit } from './edit-text.ts';

/** The two revisions of a fix, as texts and descriptions. */
export interface RevisionPair {
  /** The unit's text with the drifted fields as they were found. */
  readonly observed: string;
  readonly observedDescription: string;
  /** The desired text, byte for byte what it was. */
  readonly restored: string;
  readonly restoredDescription: string;
}

/** What a description of a drifted state says of its bytes. */
export function observedDigest(text: string): string {
  return sha256(text).slice(0, 12);
}

/** Findings named in a description before it is cut. */
const NAMED = 3;

/**
 * The pair of a fix; `undefined` where the drifted state cannot be written as a text of its own: only masked
 * values or missing objects, or a text whose fields cannot be edited one by one.
 * `firstSeen` gives the RFC 3339 time at which a finding was first reported.
 */
export function composePair(unitFix: UnitFix, firstSeen: (findingId: string) => string): RevisionPair | undefined {
  const { unit, id } = unitFix;
  const findings = unitFix.objects.flatMap((object) => object.fix);
  const edits = editsOf(unitFix);
  const observed = edits.length === 0 ? undefined : editText(unit.text, edits);
  if (observed === undefined || observed === unit.text) return undefined;
  const digest = observedDigest(observed);
  return {
    observed,
    observedDescription: `Drift detected: ${listed(findings, (finding) => observedText(finding, firstSeen(finding.id)))} ${driftMarker(id)} sha256:${digest}]`,
    restored: unit.text,
    restoredDescription: `Fixed ${listed(findings, summarizeFix)} ${driftMarker(id)}]`,
  };
}

/** What turns the unit's text into its drifted state. */
export function editsOf({ objects }: UnitFix): readonly TextEdit[] {
  return objects.flatMap(({ desired, fix }) =>
    fix.flatMap((finding): TextEdit[] => {
      // A masked value never enters ConfigHub: the field keeps its desired text. A missing object has no observed text.
      if (finding.live instanceof Secret || finding.desired instanceof Secret || finding.class === 'missing') return [];
      // The unit's own elements, in the order that was found.
      const value = finding.isReordered ? inOrderOf(valueAt(desired.document, finding.path), finding.live) : finding.live;
      return [{ ref: finding.ref, path: finding.path, value }];
    }),
  );
}

/**
 * True if the unit's newest revision ends a pair of this very fix: it is not written twice. Descriptions are sticky: a later
 * change by a person may have the same one, with other bytes.
 */
export function hasCompletePair({ id, unit }: UnitFix): boolean {
  return restoredMarker(unit.lastChangeDescription) === id && unit.headText === unit.text;
}

function listed(all: readonly Finding[], text: (finding: Finding) => string): string {
  const findings = all.filter(({ shownWith }) => shownWith === undefined || !all.some(({ id }) => id === shownWith));
  const named = findings.slice(0, NAMED).map(text);
  const rest = findings.length - named.length;
  return rest > 0 ? `${named.join('; ')}; and ${rest} more` : named.join('; ');
}

function observedText(finding: Finding, firstSeen: string): string {
  const summary =
    finding.live instanceof Secret ? `${fieldName(finding.path)} ${finding.class} (value not stored)` : summarize(finding);
  return `${summary} (${displayBlame(finding)}, ${displayTime(finding)}, first seen ${firstSeen.slice(11, 16)}Z)`;
}
