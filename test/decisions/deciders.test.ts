import { expect } from 'chai';
import { decisionsOf } from '../../src/pass-decisions.ts';
import type { LineChange } from '../../src/report/report.ts';
import { NO_REPORT, type PreviousReport } from '../../src/types/report.ts';

const FIRST = '0'.repeat(32);
const SECOND = '1'.repeat(32);
const TEXT = `fix:\n- fingerprint: "${FIRST}"\n- fingerprint: "${SECOND}"\n`;
/** How deep the history is read, and who of it is known to have written the two entries. */
const DEPTHS: readonly (readonly (string | undefined)[])[] = [
  [undefined, undefined],
  [undefined, 'Bob'],
  ['Ann', 'Bob'],
];

function change(name: string | undefined): LineChange {
  const who = { name: name ?? 'Carl', email: 'x@example.org', time: '2026-11-24T03:00:00Z' };
  return { ...who, commit: '', isOldestRead: name === undefined };
}

/** What a pass reads of the file, and how often it had to read deeper for it. */
async function read(by: Readonly<Record<string, string>>): Promise<{ deciders: unknown; deeper: number }> {
  let depth = 0;
  const repository = {
    previous: await reported(by),
    readFile: async () => TEXT,
    whoChanged: async (_: string, isEnough?: (changes: readonly LineChange[]) => boolean) => {
      const changesAt = (at: number): readonly LineChange[] => [change(undefined), ...(DEPTHS[at] ?? []).map(change)];
      while (depth < DEPTHS.length - 1 && !isEnough?.(changesAt(depth))) depth++;
      return changesAt(depth);
    },
  };
  const { decisions } = await decisionsOf(repository, 'prod-eu');
  return { deciders: decisions.map((decision) => decision.by?.name), deeper: depth };
}

/** The last report, with these entries decided by these people. */
async function reported(by: Readonly<Record<string, string>>): Promise<PreviousReport> {
  const bare = { previous: NO_REPORT, readFile: async () => TEXT, whoChanged: async () => [] };
  const { decisions } = await decisionsOf(bare, 'prod-eu');
  const lines = decisions.flatMap((decision) => {
    const name = decision.kind === 'ignore' ? undefined : by[decision.fingerprint];
    const line = { id: decision.id, kind: decision.kind, what: '', reason: '', effect: 'waiting' as const, detail: '' };
    return name === undefined ? [] : [{ ...line, by: name, decidedAt: '2026-11-23T03:00:00Z' }];
  });
  return { ...NO_REPORT, decisions: lines };
}

describe('who decided', () => {
  it('is read from as many commits as it takes', async () => {
    expect(await read({})).to.deep.equal({ deciders: ['Ann', 'Bob'], deeper: 2 });
  });

  it('is known from the last report, without an older commit', async () => {
    const known = { [FIRST]: 'Eve <eve@example.org>', [SECOND]: 'Dan <dan@example.org>' };
    expect(await read(known)).to.deep.equal({ deciders: ['Eve', 'Dan'], deeper: 0 });
  });

  it('is read no further than for the entries that are new', async () => {
    expect(await read({ [FIRST]: 'Eve <eve@example.org>' })).to.deep.equal({ deciders: ['Eve', 'Bob'], deeper: 1 });
  });

  it('is not looked for again where it could not be told once', async () => {
    const known = { [FIRST]: 'somebody unknown', [SECOND]: 'Dan <dan@example.org>' };
    expect(await read(known)).to.deep.equal({ deciders: [undefined, 'Dan'], deeper: 0 });
  });

  it('stays who it was where somebody else mends the reason', async () => {
    const known = { [SECOND]: 'Dan <dan@example.org>' };
    expect(await read(known)).to.deep.equal({ deciders: ['Ann', 'Dan'], deeper: 2 });
  });
});
