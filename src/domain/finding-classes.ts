import type { DecisionKind } from './decision.ts';

// What a finding can be, a row each: types, report, JSON Schema, docs/comparison.md and what is done follow from it.

interface ClassOfFinding {
  /** It makes an object drifted; the others are shown apart and never counted. */
  readonly isDrift: boolean;
  /** What it says of a whole object, behind its kind; empty for one of a field. */
  readonly ofObject: string;
  /** What the Lease counts an object with it as; empty for none. */
  readonly state: string;
  /** How it would be brought back; `by-hand` says only where no patch could. */
  readonly repair: 'patch' | 'create' | 'by-hand' | 'none';
  /** The bill may depend on it. */
  readonly hasCost: boolean;
  /** What people can decide about it. */
  readonly decisions: readonly DecisionKind[];
  /** Why its live value cannot become desired; empty where the class does not speak against it. */
  readonly notAccepted: (unit: string) => string;
  /** What a pass with AUTO_FIX does about it, for docs/comparison.md. */
  readonly outcome: string;
  /** Name and texts of the SARIF rule; GitHub refuses one without all three. */
  readonly name: string;
  readonly short: string;
  readonly full: string;
  readonly help: string;
}

const DECIDE =
  "The workload's page in the report says what changed it and what it costs, and has the commands to bring it back (fix), to make it desired (accept) and to live with it (ignore).";

const BY_VALUE = ['ignore', 'accept', 'fix'] as const;

export const CLASSES = {
  changed: {
    isDrift: true,
    ofObject: '',
    state: 'drifted',
    repair: 'patch',
    hasCost: true,
    decisions: BY_VALUE,
    notAccepted: () => '',
    outcome: 'fixed, or reported: see [changed by](#changed-by)',
    name: 'FieldChanged',
    short: 'A declared field has another value.',
    full: 'The live value of a field departs from the one that the unit declares.',
    help: DECIDE,
  },
  removed: {
    isDrift: true,
    ofObject: '',
    state: 'drifted',
    repair: 'patch',
    hasCost: true,
    decisions: BY_VALUE,
    notAccepted: () => '',
    outcome: 'fixed, or reported: see [changed by](#changed-by)',
    name: 'FieldRemoved',
    short: 'A declared field is gone.',
    full: 'The unit declares a field that the live object does not have any more.',
    help: DECIDE,
  },
  added: {
    isDrift: true,
    ofObject: '',
    state: 'drifted',
    repair: 'patch',
    hasCost: true,
    decisions: BY_VALUE,
    notAccepted: () => '',
    outcome: 'fixed where it was added by hand, else reported',
    name: 'FieldAdded',
    short: 'A field that is not declared was added.',
    full: 'The live object has a field beside those that the unit declares, and nothing that is expected to put it there did.',
    help: DECIDE,
  },
  to_remove: {
    isDrift: true,
    ofObject: '',
    state: 'drifted',
    repair: 'patch',
    hasCost: true,
    decisions: BY_VALUE,
    notAccepted: () => '',
    outcome: 'fixed, or reported: see [changed by](#changed-by)',
    name: 'FieldLeftBehind',
    short: 'A field was dropped from the unit and is still live.',
    full: 'An earlier revision of the unit put a field there that the present one does not declare.',
    help: DECIDE,
  },
  missing: {
    isDrift: true,
    ofObject: 'is missing',
    state: 'missing',
    repair: 'create',
    hasCost: true,
    decisions: ['ignore', 'fix'],
    notAccepted: () => 'a whole object is gone; take its document out of the unit by hand, or fix it',
    outcome: 'reported; created with `DRIFT_CREATE_MISSING=true`',
    name: 'ObjectMissing',
    short: 'A declared object is not there.',
    full: 'The unit declares an object that the cluster does not have.',
    help: "The workload's page in the report has the commands to create it (fix) and to live without it (ignore).",
  },
  unmanaged: {
    isDrift: false,
    ofObject: 'is declared by no unit',
    state: 'unmanaged',
    repair: 'none',
    hasCost: true,
    decisions: ['ignore', 'adopt'],
    notAccepted: () => 'no unit declares it, so there is none to write to; adopt it instead',
    outcome: 'reported',
    name: 'ObjectUnmanaged',
    short: 'No unit declares the object.',
    full: 'The cluster has an object in a monitored namespace that no unit declares. It is no drift.',
    help: 'drift-detector adopt makes a unit of it; drift-detector ignore takes it off the list.',
  },
  conflicting: {
    isDrift: false,
    ofObject: 'is declared more than once',
    state: 'conflicting',
    repair: 'none',
    hasCost: true,
    decisions: [],
    notAccepted: () => 'more than one unit declares it, so there is none to write to; take a declaration away first',
    outcome: 'reported, not compared',
    name: 'DeclaredTwice',
    short: 'Two documents declare the same object.',
    full: 'More than one document declares the object, so that nobody can say what is desired.',
    help: 'Leave it in one unit and take it out of the others.',
  },
  terminating: {
    isDrift: false,
    ofObject: 'is being deleted',
    state: 'terminating',
    repair: 'none',
    hasCost: false,
    decisions: [],
    notAccepted: () => 'the object is being deleted, so there is nothing to accept',
    outcome: 'reported',
    name: 'BeingDeleted',
    short: 'A declared object is being deleted.',
    full: 'Somebody deleted an object that a unit declares, and a finalizer still holds it. It is no drift yet.',
    help: 'Find out who deleted it; once it is gone it is missing. Nothing brings it back before.',
  },
  pending: {
    isDrift: false,
    ofObject: '',
    state: 'pending',
    repair: 'by-hand',
    hasCost: false,
    decisions: [],
    notAccepted: (unit) => `unit ${unit} is ahead of what is live, so there is nothing to accept; apply the unit or put it back`,
    outcome: 'reported',
    name: 'NotApplied',
    short: 'What is declared was not applied yet.',
    full: 'The unit declares what ConfigHub has not applied to the cluster yet. It is no drift.',
    help: 'Apply the unit.',
  },
  informational: {
    isDrift: false,
    ofObject: '',
    state: '',
    repair: 'none',
    hasCost: false,
    decisions: [],
    notAccepted: () => 'it is not drift, so there is nothing to accept',
    outcome: 'shown in the log, never counted or fixed',
    name: 'NoDrift',
    short: 'A difference that is no drift.',
    full: 'Live departs from desired as it is meant to, such as the replicas that an autoscaler sets, or as a rule lets it.',
    help: 'Nothing is to be done.',
  },
} as const satisfies Readonly<Record<string, ClassOfFinding>>;

export type FindingClass = keyof typeof CLASSES;
// Object.keys forgets that it gives exactly these.
export const FINDING_CLASSES = Object.keys(CLASSES) as readonly FindingClass[];

export function rowOf(found: FindingClass): ClassOfFinding {
  return CLASSES[found];
}

/** The classes that make an object drifted; the others are shown apart and never counted. */
export const DRIFT_CLASSES: ReadonlySet<FindingClass> = new Set(FINDING_CLASSES.filter((found) => CLASSES[found].isDrift));
