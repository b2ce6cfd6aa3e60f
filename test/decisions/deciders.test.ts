import { expect } from 'chai';
import type { Decider } from '../../src/domain/decision.ts';
import type { FileHistory, FileVersion } from '../../src/domain/file-history.ts';
import { decidersOf, readDecisions, withDeciders } from '../../src/stages/decisions/decisions.ts';

const A = '3f9ac04be1d2a7765c01fe6b8a09d4e2';
const B = '0c77be12d4a95f3e8d10b6a2c3f4e5d6';
const WEB = 'ignore:\n- {kind: Deployment, name: web, reason: r}\n';

/** A commit of that author with that text; on top of the one before it in the list unless it names others. */
type Step = readonly [author: string, text: string, ...parents: number[]];

function historyOf(steps: readonly Step[], { isOldestRead = false, isSinceReport = false } = {}): FileHistory {
  const versions = steps.map(([name, text, ...parents], index): FileVersion => {
    const below = parents.length > 0 || index === 0 ? parents : [index - 1];
    return {
      commit: `c${index}`,
      parents: below.map((parent) => `c${parent}`),
      name,
      email: `${name}@example.org`,
      // As after a rebase: the newest commit was written first.
      time: `2026-11-${20 - index}T10:00:00.000Z`,
      text,
      isOldestRead: isOldestRead && below.length === 0,
    };
  });
  return { versions: versions.reverse(), isSinceReport };
}

const nobody = new Map<string, Decider | undefined>();

function decided(steps: readonly Step[]): readonly string[] {
  const file = readDecisions(steps.at(-1)?.[1] ?? '');
  return withDeciders(file, decidersOf(file, historyOf(steps), nobody)).decisions.map(({ by }) => by?.name ?? '');
}

describe('who decided', () => {
  const rows: readonly (readonly [name: string, steps: readonly Step[], deciders: readonly string[]])[] = [
    [
      'is whoever wrote the entry, whatever was done beside it since',
      [
        ['ann', `fix:\n- fingerprint: ${A}\n`],
        ['bob', `# ours\nfix:\n- fingerprint: ${B}\n- {fingerprint: "${A}", reason: mended}\n`],
      ],
      ['bob', 'ann'],
    ],
    [
      'is whoever took lines out of a rule, so that it covers more',
      [
        ['ann', 'ignore:\n- kind: Deployment\n  name: web\n  path: /spec/replicas\n  until: 2026-12-01\n  reason: r\n'],
        ['mallory', WEB],
      ],
      ['mallory'],
    ],
    [
      'is whoever took the line between two sections out, or gave a section another name',
      [
        ['ann', `accept:\n- fingerprint: ${A}\nfix:\n- fingerprint: ${B}\n`],
        ['mallory', `accept:\n- fingerprint: ${A}\n- fingerprint: ${B}\n`],
      ],
      ['ann', 'mallory'],
    ],
    [
      'is whoever aimed the anchor of an entry elsewhere, far above it',
      [
        ['ann', `fix:\n- &it {fingerprint: "${A}"}\naccept:\n- *it\n`],
        ['mallory', `fix:\n- &it {fingerprint: "${B}"}\naccept:\n- *it\n`],
      ],
      ['mallory', 'mallory'],
    ],
    [
      'is whoever wrote an entry again that had been taken out',
      [
        ['ann', WEB],
        ['bob', 'ignore: []\n'],
        ['carl', WEB],
      ],
      ['carl'],
    ],
    [
      'is whoever wrote it again after the file was gone',
      [
        ['ann', WEB],
        ['bob', ''],
        ['carl', WEB],
      ],
      ['carl'],
    ],
    [
      'is not whoever mended a file that nobody could read',
      [
        ['ann', WEB],
        ['bob', `${WEB}fix: [\n`],
        ['bob', `${WEB}fxi: []\n`],
        ['carl', `${WEB}fix: [{fingerprint: "${A}"}]\n`],
      ],
      ['ann', 'carl'],
    ],
    [
      'is whoever decided on a branch, and not who merged it',
      [
        ['ann', WEB],
        ['bob', `${WEB}fix:\n- fingerprint: ${A}\n`, 0],
        ['ann', `${WEB}accept:\n- fingerprint: ${B}\n`, 0],
        ['carl', `${WEB}fix:\n- fingerprint: ${A}\naccept:\n- fingerprint: ${B}\n`, 2, 1],
      ],
      ['ann', 'bob', 'ann'],
    ],
    [
      'is whoever brought an entry back from a branch that had been taken out here',
      [
        ['ann', WEB],
        ['bob', '# none\n', 0],
        ['mallory', WEB, 1, 0],
      ],
      ['mallory'],
    ],
    [
      'is whoever decided anew on a branch what had been taken out before it began, and not who merged it',
      [
        ['ann', WEB],
        ['bob', '# none\n', 0],
        ['ann', `# again\n${WEB}`, 1],
        ['carl', `fix:\n- fingerprint: ${A}\n`, 1],
        ['bob', `fix:\n- fingerprint: ${A}\n${WEB}`, 3, 2],
      ],
      ['carl', 'ann'],
    ],
  ];
  for (const [name, steps, deciders] of rows) {
    it(name, () => {
      expect(decided(steps)).to.deep.equal(deciders);
    });
  }

  describe('before what was read of the history', () => {
    const steps: readonly Step[] = [
      ['bob', WEB],
      ['carl', `${WEB}fix:\n- fingerprint: ${A}\n`],
    ];
    const file = readDecisions(steps.at(-1)?.[1] ?? '');
    const [web, fix] = file.decisions.map(({ id }) => id);
    const ann: Decider = { name: 'ann', email: 'ann@example.org', time: '', commit: '' };
    const known = new Map([
      [web ?? '', ann],
      [fix ?? '', ann],
    ]);
    const told = (isSinceReport: boolean, knows: typeof nobody = known) =>
      decidersOf(file, historyOf(steps, { isOldestRead: true, isSinceReport }), knows);

    it('is as the last report says, where that looked at all before; what is newer the history says', () => {
      expect(told(true).get(web ?? '')).to.equal(ann);
      expect(told(true).get(fix ?? '')?.name).to.equal('carl');
    });

    it('is unknown if the decision may have changed since the last report, or the report has none', () => {
      expect([...told(false).keys()]).to.deep.equal([fix]);
      expect([...told(true, new Map()).keys()]).to.deep.equal([fix]);
    });

    it('stays unknown if it was unknown then, without another search', () => {
      expect(told(true, new Map([[web ?? '', undefined]])).has(web ?? '')).to.equal(true);
    });
  });
});
