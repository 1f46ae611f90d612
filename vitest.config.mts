import { defineConfig } from 'vitest/config';

/** Lab and e2e suites share one lab and two cores: one file at a time, in order. */
const serial = { fileParallelism: false, sequence: { concurrent: false } } as const;

export default defineConfig({
  test: {
    projects: [
      // Keys are unlocked by real arithmetic, which takes its time on a busy machine.
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 20_000 } },
      // Builds what is shipped, where everything else expects the build of a developer: `npm test` runs it first.
      { test: { name: 'package', include: ['test/package/**/*.test.ts'], hookTimeout: 120_000 } },
      {
        test: {
          name: 'lab',
          include: ['test/lab/**/*.test.ts'],
          testTimeout: 240_000,
          hookTimeout: 180_000,
          ...serial,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 240_000,
          hookTimeout: 240_000,
          ...serial,
        },
      },
    ],
  },
});
