/** Value names are ours: the API's schema does not give them (reference, section 6.4 and doubt 1). */
export type ChangeSetState = 'New' | 'Open' | 'Closed';

export interface LockQuestion {
  /** For messages: `space/unit`. */
  readonly unit: string;
  readonly lockedBy: string | null;
  /** `ChangeSetID` of the patch: absent, null (close) or the changeset to open. */
  readonly requested: string | null | undefined;
  /** The `change_set_id` parameter. */
  readonly parameter: string | undefined;
  readonly changesData: boolean;
  /** `undefined` for a changeset that does not exist. */
  readonly describe: (changeSetId: string) => { readonly name: string; readonly state: ChangeSetState } | undefined;
}

export type LockVerdict =
  | {
      readonly outcome: 'allowed';
      /** The unit's `ChangeSetID` afterwards. */
      readonly lock: string | null;
      /** The changeset that a revision made by this write belongs to. */
      readonly revisionOf: string | null;
      /** Opening makes a revision even without a change of data, for the start tag to stand on. */
      readonly opens: string | undefined;
      readonly closes: string | undefined;
    }
  | { readonly outcome: 'refused'; readonly status: 400 | 404 | 409; readonly message: string };

/** Whether a write to a unit is allowed, and what it does to the lock (reference, section 6.4). */
export function judgeLock(question: LockQuestion): LockVerdict {
  const { lockedBy, requested } = question;
  if (typeof requested === 'string' && requested !== lockedBy) return judgeOpening(question, requested);
  const data = judgeData(question);
  if (data) return data;
  const closes = requested === null && lockedBy !== null ? lockedBy : undefined;
  return { outcome: 'allowed', lock: closes === undefined ? lockedBy : null, revisionOf: lockedBy, opens: undefined, closes };
}

function judgeOpening({ unit, lockedBy, parameter, describe }: LockQuestion, requested: string): LockVerdict {
  const changeSet = describe(requested);
  if (!changeSet) return { outcome: 'refused', status: 404, message: `ChangeSet ${requested} not found` };
  if (lockedBy !== null)
    return refused(409, `unit ${unit} is locked by ChangeSet ${describe(lockedBy)?.name ?? lockedBy}; close that one first`);
  if (parameter !== requested)
    return refused(400, `opening ChangeSet ${changeSet.name} on unit ${unit} needs change_set_id=${requested}`);
  if (changeSet.state === 'Closed') return refused(400, `ChangeSet ${changeSet.name} is closed and cannot be opened again`);
  return { outcome: 'allowed', lock: requested, revisionOf: requested, opens: requested, closes: undefined };
}

function judgeData({ unit, lockedBy, parameter, changesData, describe }: LockQuestion): LockVerdict | undefined {
  if (!changesData || (lockedBy ?? undefined) === parameter) return undefined;
  if (lockedBy !== null) {
    return refused(409, `unit ${unit} is locked by ChangeSet ${describe(lockedBy)?.name ?? lockedBy}; pass change_set_id`);
  }
  const name = parameter === undefined ? '' : (describe(parameter)?.name ?? parameter);
  return refused(409, `unit ${unit} is not in ChangeSet ${name}; open it on the unit first, by ChangeSetID`);
}

function refused(status: 400 | 409, message: string): LockVerdict {
  return { outcome: 'refused', status, message };
}

/** `Open` while any unit has it, `Closed` after the last one left, `New` before the first. */
export function changeSetState(hasStarted: boolean, locksUnits: boolean): ChangeSetState {
  if (locksUnits) return 'Open';
  return hasStarted ? 'Closed' : 'New';
}
