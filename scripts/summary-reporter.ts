import type { Reporter, TestModule } from 'vitest/node';

/** Writes `N passed, N failed` as the very last line; a file that cannot be loaded counts as one failed test. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const passed = tests.filter((test) => test.result().state === 'passed').length;
    const failed =
      tests.filter((test) => test.result().state === 'failed').length +
      modules.filter((module) => module.errors().length > 0).length +
      unhandled.length;
    process.once('exit', () => process.stdout.write(`${passed} passed, ${failed} failed\n`));
  }
}
