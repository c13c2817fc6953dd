import { defineConfig } from 'vitest/config';

const never = ['**/node_modules/**', '**/generated/**'];
const cluster = 'e2e/test/cluster.e2e.test.ts';
const house = {
  globalSetup: './packages/testkit/src/vitest-setup.ts',
  testTimeout: 300_000,
  hookTimeout: 120_000,
};

export default defineConfig({
  test: {
    // Each file that asks for a database works in its own; two at a time keep a small machine responsive.
    maxWorkers: 2,
    reporters: ['default', './scripts/summary-reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['**/*.test.ts'],
          exclude: [...never, '**/*.component.test.ts', '**/*.e2e.test.ts'],
          testTimeout: 10_000,
          // They leave nothing behind that another could meet, and half of their time went into loading the same code again.
          isolate: false,
        },
      },
      {
        test: {
          name: 'component',
          include: ['**/test/**/*.component.test.ts'],
          exclude: never,
          globalSetup: './packages/testkit/src/vitest-setup.ts',
          testTimeout: 30_000,
          // Each file makes its own databases and services; a third of the time went into loading the same code again.
          isolate: false,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['e2e/**/*.e2e.test.ts'],
          exclude: [...never, cluster],
          ...house,
        },
      },
      {
        test: {
          name: 'cluster',
          include: [cluster],
          exclude: never,
          ...house,
          // Last and alone: twelve processes that are held to the times they promise leave no room beside them.
          fileParallelism: false,
        },
      },
    ],
  },
});
