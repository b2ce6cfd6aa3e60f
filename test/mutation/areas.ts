/** Where mutants are made, and the tests that must notice them: those that need neither a cluster nor minutes. */
export interface Area {
  readonly name: string;
  /** Globs of its sources. */
  readonly sources: readonly string[];
  /** Globs; those likely to notice a mutant come first. */
  readonly tests: readonly string[];
}

const DECIDING = ['test/decide/*.test.ts', 'test/decisions/*.test.ts'];

export const AREAS: readonly Area[] = [
  { name: 'plan', sources: ['src/stages/plan/*.ts', 'src/domain/guards.ts'], tests: ['test/plan/*.test.ts'] },
  { name: 'decide', sources: ['src/commands/decide/**/*.ts'], tests: DECIDING },
  { name: 'decisions', sources: ['src/stages/decisions/**/*.ts'], tests: [...DECIDING].reverse() },
  {
    name: 'cli',
    sources: ['src/cli/**/*.ts'],
    tests: [
      'test/config/*.test.ts',
      'test/docs/generated.test.ts',
      'test/offline/diff-command.test.ts',
      'test/rank/prices.test.ts',
      'test/report/report-connection.test.ts',
      'test/decide/main.test.ts',
    ],
  },
  { name: 'diff', sources: ['src/commands/diff/**/*.ts', 'src/stages/desired/sides.ts'], tests: ['test/offline/*.test.ts'] },
];
