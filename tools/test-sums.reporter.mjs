/**
 * Writes how many tests passed, failed and were left out to the file named by its option `file`, for whoever has to add them up.
 * A spec file that could not run at all counts as one failed test, because jest counts none for it.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

export default class TestSumsReporter {
  #file;

  constructor(_globalConfig, options) {
    this.#file = options.file;
  }

  onRunComplete(_contexts, results) {
    const sums = {
      passed: results.numPassedTests,
      failed: results.numFailedTests + results.testResults.filter((suite) => suite.testExecError || suite.failureMessage && suite.numFailingTests === 0).length,
      left: results.numPendingTests + results.numTodoTests,
      interrupted: results.wasInterrupted,
    };
    mkdirSync(dirname(this.#file), { recursive: true });
    writeFileSync(this.#file, JSON.stringify(sums));
  }
}
