import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import { sharedControlPlane } from '../../control-plane/shared.ts';
import { sample } from '../../diff/every-leaf/sample.ts';
import { CASES, type Case, readCase } from '../../diff/replay.ts';
import { inTurn } from '../law/in-turn.ts';
import { type Repaired, repairAsPrinted } from './printed-repair.ts';
import { playCase } from './story.ts';
import { type Fixed, passOver } from './whole-pass.ts';

// The recorded cases once more on a real API server: what `diff` prints for them is run as it is printed, and in another
// namespace a pass fixes them. Both give back what was there before, or say what they leave, as expected.yaml has it.
// DRIFT_LONG=1 tries all that drift; otherwise those whose case.yaml says `everyRun`, and a few more.

const isLong = (process.env['DRIFT_LONG'] ?? '') !== '';
const SAMPLE = 3;
const MANAGERS = ['confighub'];

interface Expected {
  readonly object: string;
  readonly verdict: string;
  /** JSON pointers, or managedFields, of what is not as it was for another reason. */
  readonly otherwise?: readonly string[];
  /** What is not brought back, as `path: why`, by the printed commands and by a pass. */
  readonly leaves?: { readonly diff?: readonly string[]; readonly pass?: readonly string[] };
}

const expectedOf = (name: string): readonly Expected[] =>
  (parse(readFileSync(`${CASES}${name}/expected.yaml`, 'utf8')) as { readonly objects: readonly Expected[] }).objects;

describe('what brings a recorded case back', function () {
  this.timeout(isLong ? 3_600_000 : 300_000);
  const drifted = readdirSync(CASES).filter((name) => expectedOf(name).some(({ verdict }) => verdict === 'drifted'));
  const given = drifted.filter((name) => /^everyRun: true$/mu.test(readFileSync(`${CASES}${name}/case.yaml`, 'utf8')));
  const others = drifted.filter((name) => !given.includes(name));
  const names = isLong ? drifted : [...given, ...sample(others, SAMPLE)];
  const printed = new Map<string, readonly Repaired[]>();
  const fixed = new Map<string, readonly Fixed[]>();

  before(async () => {
    const cluster = await sharedControlPlane();
    const cases = await Promise.all(names.map(readCase));
    await inTurn(cases, async (one) => {
      await using played = await playCase(one, cluster);
      printed.set(one.name, await repairAsPrinted(played, cluster));
    });
    for (const [index, [managers, group]] of [...Map.groupBy(cases, managersOf)].entries()) {
      const scene = `cases-${process.pid}-${index}`;
      const played = await inTurn(group, (one) => playCase(one, cluster, { scene }));
      for (const [name, result] of await passOver(played, scene, managers.split(','), cluster)) fixed.set(name, result);
      await inTurn(played, async (one) => one[Symbol.asyncDispose]());
    }
  });

  for (const name of names) {
    const expected = expectedOf(name);
    const leavesOf = (object: string, by: 'diff' | 'pass'): readonly string[] =>
      expected.find((one) => one.object === object)?.leaves?.[by] ?? [];

    const unexpected = (object: string, faults: readonly string[]): readonly string[] => {
      const known = expected.find((one) => one.object === object)?.otherwise ?? [];
      return faults.filter((fault) => !known.some((path) => fault.startsWith(`${path}: `)));
    };

    it(`${name}: the printed command`, () => {
      for (const { object, left, faults } of printed.get(name) ?? expect.fail('it was not tried')) {
        expect(unexpected(object, faults), object).to.deep.equal([]);
        expect(left, object).to.deep.equal(leavesOf(object, 'diff'));
      }
    });

    it(`${name}: a pass`, () => {
      for (const { object, left, faults } of fixed.get(name) ?? expect.fail('it was not tried')) {
        expect(unexpected(object, faults), object).to.deep.equal([]);
        expect(left, object).to.deep.equal(leavesOf(object, 'pass'));
      }
    });
  }
});

function managersOf({ managers = MANAGERS }: Case): string {
  return managers.join(',');
}
