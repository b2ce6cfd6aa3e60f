import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';

/** Mocha's spec output, closed by one plain line that any CI can read, and written to the file that test/run.ts names. */
export default class PlainCloseReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      const line = `${this.stats.passes} passed, ${this.stats.failures} failed, ${this.stats.pending} skipped`;
      const file = process.env['DRIFT_TEST_COUNTS'];
      if (file) writeFileSync(file, line);
      // After the failures that the base class prints on the same event.
      setImmediate(() => process.stdout.write(`${line}\n`));
    });
  }
}
