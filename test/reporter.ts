import Mocha from 'mocha';

/** Mocha's spec output, closed by one plain line that any CI can read. */
export default class PlainCloseReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      // After the failures that the base class prints on the same event.
      setImmediate(() =>
        process.stdout.write(`${this.stats.passes} passed, ${this.stats.failures} failed, ${this.stats.pending} skipped\n`),
      );
    });
  }
}
