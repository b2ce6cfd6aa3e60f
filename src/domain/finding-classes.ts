import type { DecisionKind } from './decision.ts';

// Classes of findings, a row each: types, report, JSON Schema, docs/comparison.md and what is done follow from it.

interface ClassOfFinding {
  /** It makes an object drifted; the other classes are shown separately and not counted. */
  readonly isDrift: boolean;
  /** Predicate of a sentence about a whole object, after its kind; empty for a class of fields. */
  readonly ofObject: string;
  /** Key under which the Lease counts such an object; empty for none. */
  readonly state: string;
  /** How it would be fixed; `by-hand` only says where no patch works. */
  readonly repair: 'patch' | 'create' | 'by-hand' | 'none';
  /** It may change the cost. */
  readonly hasCost: boolean;
  /** What people can decide about it. */
  readonly decisions: readonly DecisionKind[];
  /** Why its live value cannot be accepted; empty if the class allows it. */
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
  "The workload's page in the report shows what changed it and what it costs, and has the commands to revert it (fix), to accept the live value as desired (accept) and to ignore it (ignore).";

/** What holds for every drifted field. */
const FIELD = {
  isDrift: true,
  ofObject: '',
  state: 'drifted',
  repair: 'patch',
  hasCost: true,
  decisions: ['ignore', 'accept', 'fix'],
  notAccepted: () => '',
} as const;

export const CLASSES = {
  changed: {
    ...FIELD,
    outcome: 'fixed, or reported: see [changed by](#changed-by)',
    name: 'FieldChanged',
    short: 'A declared field has another value.',
    full: 'The live value of a field differs from the value that the unit declares.',
    help: DECIDE,
  },
  removed: {
    ...FIELD,
    outcome: 'fixed, or reported: see [changed by](#changed-by)',
    name: 'FieldRemoved',
    short: 'A declared field was removed.',
    full: 'The unit declares a field that the live object no longer has.',
    help: DECIDE,
  },
  added: {
    ...FIELD,
    outcome: 'fixed if added by hand, else reported',
    name: 'FieldAdded',
    short: 'An undeclared field was added.',
    full: 'The live object has a field that the unit does not declare, and no known tool that is expected to add it did so.',
    help: DECIDE,
  },
  to_remove: {
    ...FIELD,
    outcome: 'fixed, or reported: see [changed by](#changed-by)',
    name: 'FieldLeftBehind',
    short: 'A field was dropped from the unit and is still live.',
    full: 'An earlier revision of the unit set a field that the current revision does not declare.',
    help: DECIDE,
  },
  missing: {
    isDrift: true,
    ofObject: 'is missing',
    state: 'missing',
    repair: 'create',
    hasCost: true,
    decisions: ['ignore', 'fix'],
    notAccepted: () => 'the whole object is missing; remove its document from the unit by hand, or fix it',
    outcome: 'reported; created with `DRIFT_CREATE_MISSING=true`',
    name: 'ObjectMissing',
    short: 'A declared object is missing.',
    full: 'The unit declares an object that the cluster does not have.',
    help: "The workload's page in the report has the commands to create it (fix) and to ignore it (ignore).",
  },
  unmanaged: {
    isDrift: false,
    ofObject: 'is not managed by any unit',
    state: 'unmanaged',
    repair: 'none',
    hasCost: true,
    decisions: ['ignore', 'adopt'],
    notAccepted: () => 'it is not managed by any unit, so there is no unit to change; adopt it instead',
    outcome: 'reported',
    name: 'ObjectUnmanaged',
    short: 'No unit declares the object.',
    full: 'A monitored namespace contains an object that no unit declares. This is not drift.',
    help: 'drift-detector adopt creates a unit from it; drift-detector ignore removes it from the list.',
  },
  conflicting: {
    isDrift: false,
    ofObject: 'is declared more than once',
    state: 'conflicting',
    repair: 'none',
    hasCost: true,
    decisions: [],
    notAccepted: () =>
      'more than one unit declares it (duplicate), so the unit to change is ambiguous; remove a declaration first',
    outcome: 'reported, not compared',
    name: 'DeclaredTwice',
    short: 'More than one document declares the object (duplicate).',
    full: 'More than one document declares the object, so the desired state is ambiguous.',
    help: 'Keep it in one unit and remove it from the others.',
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
    full: 'A declared object was deleted, but a finalizer still keeps it. This is not drift yet.',
    help: 'Find out who deleted it. When the deletion is complete, the object is missing and can be created again.',
  },
  pending: {
    isDrift: false,
    ofObject: '',
    state: 'pending',
    repair: 'by-hand',
    hasCost: false,
    decisions: [],
    notAccepted: (unit) =>
      `unit ${unit} is ahead of the live object, so there is nothing to accept; apply the unit or restore its earlier revision`,
    outcome: 'reported',
    name: 'NotApplied',
    short: 'The declared change is not applied yet.',
    full: 'The unit declares a change that ConfigHub has not applied to the cluster yet. This is not drift.',
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
    short: 'An ignored change: a difference that is not drift.',
    full: 'An expected difference, such as the replicas that an autoscaler sets, or one that an ignore rule covers.',
    help: 'No action is needed.',
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
